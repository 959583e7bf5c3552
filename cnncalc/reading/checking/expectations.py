"""The keys ``expect`` and ``cases``: what a spec expects of its numbers. They are read only when they are checked."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from cnncalc.errors import Mark, Place, Problem, UsageError, did_you_mean
from cnncalc.fields import describe
from cnncalc.reading import slips
from cnncalc.reading.checking import settings
from cnncalc.reading.checking.value import Failed, Value, compile_value
from cnncalc.reading.expressions import quantity
from cnncalc.reading.expressions.bounds import WORDS
from cnncalc.reading.text.nodes import ListNode, MapNode

if TYPE_CHECKING:
    from cnncalc.domain import Domain
    from cnncalc.reading.checking.spec import Spec

BOUNDS = tuple(word for word in WORDS if word != "exactly")


#: numbers by operator or variable; of a shape, its sizes
Wanted = tuple[tuple[str, Value], ...]


class Words(NamedTuple):
    """What can be expected of the network and of a layer, the numbers that depend on the data type, and its names."""

    network: Collection[str]
    layer: Collection[str]
    scaled: Collection[str]
    dtypes: Collection[str]


class Expectation(NamedTuple):
    """The expectation of one number or one layer. What cannot be read is reported as a problem."""

    name: str
    key: str
    place: Place
    wanted: Wanted | None
    dtype: str | None = None
    inside: tuple[Expectation, ...] = ()  # of a layer
    problems: tuple[Problem, ...] = ()


class Case(NamedTuple):
    """A setting, and what is expected there."""

    name: str
    place: Place
    setting: Mapping[str, Value]
    fails: bool
    expectations: tuple[Expectation, ...]
    problems: tuple[Problem, ...]  # why it cannot be set


def read_expectations(spec: Spec, words: Words) -> tuple[Expectation, ...]:
    """Return what the spec expects at its own setting."""
    return tuple(_Reader(spec, words).network(spec.expect)) if spec.expect is not None else ()


def read_cases(spec: Spec, words: Words) -> Iterator[Case]:
    """Return the cases, each of which is a setting with expectations."""
    for number, (node, mark) in enumerate(spec.cases, 1):
        yield _Reader(spec, words).case(node, mark, number)


def number_of(value: Value, variables: Mapping[str, Any]) -> Any:
    """Evaluate an expected number.

    Raises:
        Failed: it is not a number.
    """
    found = value.evaluate(variables)
    if isinstance(found, bool | str | list | dict) or found is None:
        raise Failed(Problem("C101", f"needs a number, got {describe(found)}", value.place))
    if isinstance(found, float) and not math.isfinite(found):
        raise Failed(Problem("C101", f"needs a finite number, got {found}", value.place))
    return found


class _Reader:
    def __init__(self, spec: Spec, words: Words) -> None:
        self.spec, self.words = spec, words
        self.problems: list[Problem] = []

    def problem(self, code: str, message: str, mark: Mark, help: str | None = None) -> None:
        self.problems.append(Problem(code, message, Place(self.spec.source, mark), help=help))

    def unknown(self, key: str, mark: Mark, known: Collection[str]) -> None:
        help = did_you_mean(key, known) or f"choose from {', '.join(known)}"
        self.problem("C102", f"'expect' has no field '{key}'", mark, help)

    def taken(self) -> tuple[Problem, ...]:
        """Return the problems since the last call."""
        found, self.problems = tuple(self.problems), []
        return found

    def case(self, node: Any, mark: Mark, number: int) -> Case:
        if not isinstance(node, MapNode):
            self.problem("C101", f"a case is a mapping with 'set', got {describe(node)}", mark)
            node = MapNode(mark)
        written = node.get("set")
        if written is not None and not isinstance(written, MapNode):
            self.problem("C101", "'set' needs a mapping from variables to values", node.values_at["set"])
        setting = written if isinstance(written, MapNode) else MapNode(mark)
        values = {name: self.value(name, setting) for name in setting}
        name = node.get("name")
        shown = ", ".join(f"{key}={describe(value)}" for key, value in setting.items())
        return Case(
            f"case {name if isinstance(name, str) else shown or number}",
            Place(self.spec.source, mark),
            {name: value for name, value in values.items() if value is not None},
            node.get("fails") is True,
            problems=self.taken(),
            expectations=tuple(self.network(node.without(("set", "fails", "name")))),
        )

    def domain(self, name: str, node: MapNode) -> Domain | None:
        """Return the domain of a variable that is a key of a mapping."""
        try:
            return settings.domain(self.spec, name)
        except UsageError as error:
            self.problem("C102", str(error), node.keys_at[name])
            return None

    def value(self, name: str, setting: MapNode) -> Value | None:
        """Return a value for a variable: a literal or an expression."""
        raw, mark = setting[name], setting.values_at[name]
        domain = self.domain(name, setting)
        if domain is None:
            return None
        if isinstance(raw, bool | list) or (isinstance(raw, str) and domain.kind == "str"):
            return Value(raw, Place(self.spec.source, mark))
        return self.number(raw, mark, name)

    def network(self, node: MapNode) -> Iterator[Expectation]:
        """Return what is expected of the network, number by number, and of its layers."""
        for key in node:
            if key == "layers":
                yield from self.layers(node[key], node.values_at[key])
            else:
                yield self.expectation(key, key, node, self.words.network)

    def layers(self, node: Any, mark: Mark) -> Iterator[Expectation]:
        place = Place(self.spec.source, mark)
        if not isinstance(node, MapNode):
            self.problem("C101", "'layers' needs a mapping from paths to expectations", mark)
            yield Expectation("layers", "layers", place, None, problems=self.taken())
            return
        known = self.words.layer
        for path, inner in node.items():
            name = f"layers.{path}"
            inside: tuple[Expectation, ...] = ()
            if isinstance(inner, MapNode):
                inside = tuple(self.expectation(f"{name}.{key}", key, inner, known) for key in inner)
            else:
                self.problem("C101", f"'{path}' needs a mapping", node.values_at[path])
            place = Place(self.spec.source, node.keys_at[path])
            yield Expectation(name, "layers", place, None, inside=inside, problems=self.taken())

    def expectation(self, name: str, key: str, node: MapNode, known: Collection[str]) -> Expectation:
        raw, mark = node[key], node.values_at[key]
        wanted, dtype = None, None
        if key not in known:
            self.unknown(key, node.keys_at[key], known)
        elif key == "output":
            wanted = self.sizes(raw, mark)
        elif key == "divisible_by":
            wanted = self.divisors(raw, mark)
        else:
            dtype = self.dtype(key, raw)
            wanted = self.bounds(key, raw, mark)
        return Expectation(name, key, Place(self.spec.source, mark), wanted, dtype, problems=self.taken())

    def sizes(self, raw: Any, mark: Mark) -> Wanted | None:
        if not isinstance(raw, ListNode):
            meant = slips.listed(raw) if isinstance(raw, str) else None
            help = f"write {meant or f'[{describe(raw)}]'}" if meant or isinstance(raw, int) else None
            self.problem("C101", f"needs a list of sizes, got {describe(raw)}", mark, help)
            return None
        found = [self.number(size, at, "an axis") for size, at in zip(raw, raw.values_at, strict=True)]
        sizes = tuple(("", size) for size in found if size is not None)
        return sizes if len(sizes) == len(raw) else None

    def divisors(self, raw: Any, mark: Mark) -> Wanted | None:
        if not isinstance(raw, MapNode):
            self.problem("C101", "'divisible_by' needs a mapping from variables to numbers", mark)
            return None
        if None in [self.domain(name, raw) for name in raw]:
            return None
        found = []
        for name, divisor in raw.items():
            if isinstance(divisor, bool) or not isinstance(divisor, int) or divisor < 1:
                self.problem(
                    "C101", f"needs a positive integer, got {describe(divisor)}", raw.values_at[name]
                )
            else:
                found.append((name, Value(divisor, Place(self.spec.source, raw.values_at[name]))))
        return tuple(found)

    def dtype(self, key: str, raw: Any) -> str | None:
        """Return the data type for expected bytes, if it is given."""
        if key not in self.words.scaled or not isinstance(raw, MapNode) or "dtype" not in raw:
            return None
        if raw["dtype"] not in self.words.dtypes:
            help = did_you_mean(str(raw["dtype"]), self.words.dtypes)
            help = help or f"choose from {', '.join(self.words.dtypes)}"
            self.problem("C101", f"unknown dtype {describe(raw['dtype'])}", raw.values_at["dtype"], help)
            return None
        return str(raw["dtype"])

    def bounds(self, key: str, raw: Any, mark: Mark) -> Wanted | None:
        """Yield the operators for a number, each with the value to compare with."""
        if self.problems:
            return None
        if not isinstance(raw, MapNode):
            value = self.number(raw, mark, key)
            return None if value is None else ((WORDS["exactly"][0], value),)
        known = [*BOUNDS, *(["dtype"] if key in self.words.scaled else [])]
        found = []
        for word, wanted in raw.items():
            if word not in known:
                self.unknown(word, raw.keys_at[word], known)
            elif word != "dtype" and (value := self.number(wanted, raw.values_at[word], key)) is not None:
                found.append((WORDS[word][0], value))
        return tuple(found)

    def number(self, raw: Any, mark: Mark, name: str) -> Value | None:
        """Return a number, a quantity with a unit, or an expression in the spec's variables."""
        if isinstance(raw, str) and (found := quantity.parse(raw)) is not None:
            if (wrong := quantity.wrong_unit(raw, name)) is None:
                return Value(found, Place(self.spec.source, mark))
            self.problem("C101", wrong[0], mark, wrong[1])
        elif isinstance(raw, str) and (plain := slips.grouped(raw)) is not None:
            self.problem("C105", f"'{raw[:40]}' is not a plain number", mark, f"write {plain}")
        else:
            try:
                return compile_value(raw, mark, self.spec.source, self.spec.vars)
            except Failed as failed:
                self.problems.append(failed.problem)
        return None
