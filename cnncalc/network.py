"""A network read from a spec: checked, and ready to be summarised at any setting."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from math import lcm
from typing import TYPE_CHECKING, Any

from cnncalc.counting.propagate import Report, propagate
from cnncalc.domain import KINDS, POSITIVE, Domain, Grid, grid_of, number, of_kind, ratio
from cnncalc.errors import Mark, Place, Problem, Source, SpecError, UsageError, did_you_mean
from cnncalc.graph import Graph
from cnncalc.reading.checking.inputs import Inputs, by_input, read_inputs
from cnncalc.reading.checking.items import ItemReader
from cnncalc.reading.checking.model import SpecModel, VariantModel
from cnncalc.reading.checking.parts import Item
from cnncalc.reading.checking.problems import validated
from cnncalc.reading.checking.tensors import Numbers, read_numbers
from cnncalc.reading.checking.value import Failed, Value, compile_value
from cnncalc.reading.checking.variables import domain_of, shape_of, variables_of
from cnncalc.reading.expressions.words import NAME, wrong_name
from cnncalc.reading.foreign import other_file
from cnncalc.reading.text import files as loading
from cnncalc.reading.text.nodes import Document, ListNode, MapNode
from cnncalc.reading.unrolling.expander import Expander
from cnncalc.shapes import axis_names
from cnncalc.suppression import unsilenced

MOST_ADVISED = 2_000  # layers of a network that is unrolled again to say which sizes would do
MOST_VALUES = 1_000_000  # of one range
MOST_UNEVEN = 4_000  # values of a free variable that are not evenly spaced: each is a set of its own

if TYPE_CHECKING:
    from cnncalc.reading.unrolling.assembly import Assembly


@dataclass(frozen=True, eq=False, repr=False)
class Network:
    """A spec that has passed every check that needs no sizes. Immutable."""

    name: str
    description: str
    citation: str  # the spec's key 'source'
    source: Source
    vars: Mapping[str, Value]
    inputs: Mapping[str, Value]
    layouts: Mapping[str, str]  # of the inputs for which the spec says one
    input_values: Mapping[str, Numbers]
    items: list[Item]
    outputs: list[Value]
    expect: MapNode | None
    cases: list[tuple[Any, Mark]]
    reader: ItemReader
    root: MapNode
    variants: tuple[str, ...]
    domains: Mapping[str, Domain]  # of the vars that are declared with one

    def __repr__(self) -> str:
        return (
            f"<Network {self.name}: {', '.join(f'{n}={v.raw}' for n, v in self.vars.items()) or 'no vars'}>"
        )

    def graph(
        self,
        *,
        free: Iterable[str] = (),
        set: Mapping[str, Any] | None = None,
        over: Mapping[str, Sequence[Any] | str] | None = None,
    ) -> Graph:
        """The network with blocks unrolled, at the given setting.

        Args:
            free: names of ``vars`` that stay symbolic, or one name.
            set: values for ``vars`` instead of their defaults.
            over: variables that stay symbolic, and the numbers each stands for: ``{"w": "0.25:2:0.05"}``, or a list.

        Raises:
            SpecError: a layer does not fit its input, or an expression has no value.
            UsageError: a name is not one of ``vars``, a value is not of its kind or domain, or a variable cannot
                stay free.
        """
        given = self.setting(set or {})
        grids = self.grids(free, over or {})
        variables, problems = variables_of(self.vars, given, grids)
        shapes = {}
        for name, value in self.inputs.items():
            try:
                shapes[name] = (shape_of(value, variables), value.place)
            except Failed as failed:
                problems.append(failed.problem)
        if problems:
            raise SpecError(problems)
        expander = Expander(self.reader, variables)
        try:
            graph = expander.expand(self.name, shapes, self.items, self.outputs, self.input_values)
        except SpecError as error:
            small = expander.items_seen <= MOST_ADVISED and not grids
            raise SpecError(
                error.problems, partial(self._advised, given, variables) if small else None
            ) from None
        return graph._replace(
            free=grids,
            layouts=self.layouts,
            unsilenced=partial(unsilenced, source=self.source, root=self.root),
        )

    def valid_part(self) -> tuple[Graph, frozenset[int]]:
        """The network without the layers that do not fit their input, and without what depends on them.

        Beside it its tensors that what is left out reads.
        """
        try:
            grown = self._unrolled({}, {})
        except (SpecError, Failed):  # not even the input has a size
            return Graph(self.name, (), (), {}), frozenset()
        graph = Graph(
            self.name, tuple(grown.nodes), (), grown.groups, (), tuple(grown.warnings), layouts=self.layouts
        )
        return graph, frozenset(grown.wanted)

    def _advised(
        self, given: Mapping[str, Any], variables: Mapping[str, Any], problems: tuple[Problem, ...]
    ) -> tuple[Problem, ...]:
        """What is wrong at a setting, with the sizes of the input that would do."""
        from cnncalc.reading.unrolling.advice import Size, advised

        named = dict.fromkeys(
            n for value in self.inputs.values() for n in sorted(value.names()) if n in self.vars
        )
        sizes = [
            Size(name, variables[name], grid)
            for name in named
            if type(variables[name]) is int and (grid := self.domain(name).grid) is not None
        ]
        written = next(iter(self.inputs.values())).parsed if len(self.inputs) == 1 else None
        if isinstance(written, tuple):
            axes = zip(axis_names(len(written) - 1), written[1:], strict=True)
            sizes += [Size(n, size.raw) for n, size in axes if type(size.raw) is int and n not in self.vars]
        return advised(problems, sizes, partial(self._unrolled, given))

    def _unrolled(self, given: Mapping[str, Any], at: Mapping[str, int | None]) -> Assembly:
        """The network with other sizes of its input, by variable or by axis, valid or not; None leaves one free."""
        free = [name for name, size in at.items() if size is None and name in self.vars]
        chosen = {name: size for name, size in at.items() if size is not None and name in self.vars}
        variables, problems = variables_of(self.vars, {**given, **chosen}, self.grids(free, {}))
        if problems:
            raise SpecError(problems)
        shapes = {}
        for name, value in self.inputs.items():
            channels, *sizes = shape_of(value, variables)
            for index, axis in enumerate(axis_names(len(sizes))):
                if axis in at and axis not in self.vars:
                    size = at[axis]
                    sizes[index] = POSITIVE.symbol(axis)[0] if size is None else size
            shapes[name] = ((channels, *sizes), value.place)
        expander = Expander(self.reader, variables)
        try:
            expander.expand(self.name, shapes, self.items, self.outputs, {})
        except SpecError:
            pass  # what is wrong is in it
        return expander.grown

    def domain(self, name: str) -> Domain:
        """The values that a variable may take: those that the spec declares, or else all of its default's type.

        Raises:
            UsageError: there is no such variable.
        """
        self.refuse_unknown([name])
        if name not in self.domains:
            defaults, _ = variables_of(self.vars, {}, {})
            return domain_of(defaults[name])
        return self.domains[name]

    def setting(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Values for ``vars``, each of the variable's type and in its domain.

        Raises:
            UsageError: one is not, or there is no such variable.
        """
        found = {name: loading.plain(value) for name, value in values.items()}
        for name, value in found.items():
            self.refuse_values(name, [value])
        return found

    def _declare(self, name: str, domain: Domain, value: Any) -> str:
        """How a decimal variable is declared, where a decimal is given for what is an integer by its default."""
        if domain.declared or domain.kind != "int" or not of_kind(value, "number"):
            return ""
        default = self.vars[name].raw
        return (
            f"; it is an integer by its default: write 'vars: {{{name}: {default}.0}}' for a decimal variable"
        )

    def grids(self, free: Iterable[str], over: Mapping[str, Sequence[Any] | str]) -> dict[str, Grid]:
        """The numbers that each free variable stands for.

        Raises:
            UsageError: a variable is unknown or cannot stay free, or a value given for it is not in its domain.
        """
        names = [free] if isinstance(free, str) else list(free)
        found = {}
        for name in dict.fromkeys([*names, *over]):
            domain = self.domain(name)
            grid = domain.grid
            if name in over:
                listed = over[name]
                values = values_of(listed, name) if isinstance(listed, str) else list(loading.plain(listed))
                self.refuse_values(name, values)
                grid = grid_of(values)
            if grid is None:
                raise UsageError(_not_free(name, domain))
            if len(grid.listed) > MOST_UNEVEN:
                raise UsageError(
                    f"'{name}' has {len(grid.listed):,} unevenly spaced values, and formulas hold for at most "
                    f"{MOST_UNEVEN:,}: give fewer of them with --over"
                )
            found[name] = grid
        return found

    def refuse_values(self, name: str, values: Iterable[Any]) -> None:
        """Raise ``UsageError`` for the first value that a variable may not have."""
        domain = self.domain(name)
        for value in values:
            if (reason := domain.wrong(value)) is not None:
                raise UsageError(f"'{name}' {reason}{self._declare(name, domain, value)}")

    def summary(
        self,
        *,
        free: Iterable[str] = (),
        set: Mapping[str, Any] | None = None,
        over: Mapping[str, Sequence[Any] | str] | None = None,
        batch: int = 1,
        dtype: str = "float32",
    ) -> Report:
        """The numbers of the network at a setting; ``api.Network.summary`` says what the arguments are."""
        with _uncollected():
            return propagate(self.graph(free=free, set=set, over=over), batch=batch, dtype=dtype)

    def with_values(self, values: Mapping[str, Any]) -> Network:
        """The same network with other defaults for some of its ``vars``.

        Raises:
            UsageError: a name is not one of ``vars``, or a value is not of its kind or domain.
        """
        changed = {name: Value(value, self.vars[name].place) for name, value in self.setting(values).items()}
        kept = {name: self.domain(name) for name in changed}
        return replace(self, vars={**self.vars, **changed}, domains={**self.domains, **kept})

    def refuse_unknown(self, names: Iterable[str]) -> None:
        """Raise ``UsageError`` for the first name that is not one of ``vars``."""
        for name in names:
            if name not in self.vars:
                help = did_you_mean(name, self.vars)
                if help is None and self.vars:
                    help = f"it has {', '.join(self.vars)}"
                help = help or "give it some: vars: {H: 224, W: 224} and input: [3, H, W]"
                raise UsageError(f"the spec has no variable '{name}'; {help}")


def build(document: Document, variant: str | None = None) -> Network:
    """A network from a document, with the overrides of one of its variants."""
    with _uncollected():
        return _Builder(document).network(variant)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Many small objects and no garbage among them: looking for cycles only costs, and not linearly."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def setting(assignments: Iterable[str], option: str = "--set") -> dict[str, Any]:
    """Values from ``NAME=VALUE`` texts: numbers, words, lists, true and false; ``option`` is for messages.

    Raises:
        UsageError: a text is not of this form.
    """
    found: dict[str, Any] = {}
    for text in assignments:
        name, equals, raw = text.partition("=")
        if not equals or not NAME.match(name.strip()):
            raise UsageError(f"'{text}' is not NAME=VALUE")
        source = Source(f"{option} {name.strip()}", raw)
        try:
            root = loading.read(source, json=False)
            words = tuple(filter(_word, root.root if isinstance(root.root, list) else [root.root]))
            found[name.strip()] = compile_value(root.root, root.root_mark, source, (), words).evaluate({})
        except (SpecError, Failed) as error:
            problems = error.problems if isinstance(error, SpecError) else (error.problem,)
            raise UsageError(f"{option} {text}: {problems[0].message}") from None
    return found


def values_of(text: str, name: str) -> list[Any]:
    """Values from ``16:128:8`` (from, to, step; both ends are in) or ``128,160,192``; decimals are exact.

    Raises:
        UsageError: the text is neither.
    """
    ends = text.split(":")
    if len(ends) not in (2, 3):
        return list(setting([f"{name}=[{text}]"], "--over")[name])
    try:
        low, high, step = (ratio(setting([f"{name}={end}"], "--over")[name]) for end in [*ends, "1"][:3])
    except (TypeError, ValueError):
        raise UsageError(
            f"'{name}={text}' needs numbers: from:to:step, such as 16:128:8 or 0.25:2:0.05"
        ) from None
    scale = lcm(low[1], high[1], step[1])
    first, last, apart = (top * (scale // bottom) for top, bottom in (low, high, step))
    if apart < 1 or (last - first) // apart >= MOST_VALUES:
        raise UsageError(
            f"'{name}={text}': the step must be positive, and a range has at most {MOST_VALUES:,} values"
        )
    return [number(n, scale) for n in range(first, last + 1, apart)]


def _not_free(name: str, domain: Domain) -> str:
    """Why a variable cannot stay symbolic, and what helps."""
    if domain.kind == "number":
        return (
            f"'{name}' is a decimal variable, and its formulas depend on the values it may take: give them with "
            f"--over {name}=0.25:2:0.05, or declare 'vars: {{{name}: {{default: 1.0, from: 0.25, to: 2, step: 0.05}}}}'"
        )
    return (
        f"'{name}' is {KINDS[domain.kind]}, and formulas are in numbers: give it a value with --set; "
        f"'cnncalc sweep' tries several, as in --over {name}=..."
    )


def _word(value: Any) -> bool:
    return isinstance(value, str) and NAME.match(value) is not None


class _Builder:
    """Checks a document and takes it apart. All problems are collected."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.source = document.source
        self.problems: list[Problem] = []

    def network(self, variant: str | None) -> Network:
        root = self.document.root
        if not isinstance(root, MapNode):
            place = Place(self.source, self.document.root_mark)
            message = "a spec is a mapping with 'input' and 'layers'"
            help = "write 'input: [3, 224, 224]' and 'layers:' at the left margin, without '- ' or '='"
            raise SpecError([Problem("C101", message, place, help=help)])
        self.refuse_other_file(root)
        model, self.problems = validated(SpecModel, root, self.source, "the spec")
        overrides = self.variant(root, variant)
        variables, domains = self.variables(root.get("vars"), overrides.vars if overrides else None)
        inputs = self.inputs(root, variables)
        values = self.input_values(root, inputs.shapes)
        defaults = root.get("defaults")
        reader = ItemReader(self.source, variables, defaults if isinstance(defaults, MapNode) else None)
        reader.check_defaults()
        if isinstance(root.get("blocks"), MapNode):
            reader.read_blocks(root["blocks"])
        layers = root.get("layers")
        items = reader.read_list(layers) if isinstance(layers, ListNode) else []
        problems = [*self.problems, *reader.problems]
        if problems or model is None:
            raise SpecError(problems)
        expect = overrides.expect if overrides and overrides.expect is not None else model.expect
        outputs = self.outputs(root, model.output or [])
        name = (overrides.name if overrides else "") or variant or model.name or _stem(self.source.name)
        citation = (overrides.source if overrides else "") or model.source
        return Network(
            name,
            model.description,
            citation,
            self.source,
            variables,
            inputs.shapes,
            inputs.layouts,
            values,
            items,
            outputs,
            expect,
            self.cases(root, variant),
            reader,
            root,
            () if variant is not None else tuple(model.variants or ()),
            domains,
        )

    def refuse_other_file(self, root: MapNode) -> None:
        """Files of other programs: one sentence, not an error for each key."""
        what = other_file(root) if "layers" not in root else None
        if what is not None:
            first = next(iter(root))
            message = f"this is {what}, not a cnncalc spec"
            help = "cnncalc cannot import such files: write the layers under 'layers'; 'cnncalc zoo NAME' prints an example"
            raise SpecError([Problem("C104", message, Place(self.source, root.keys_at[first]), help=help)])

    def cases(self, root: MapNode, variant: str | None) -> list[tuple[Any, Mark]]:
        """Cases belong to the spec itself, not to its variants."""
        raw = root.get("cases")
        if variant is not None or not isinstance(raw, ListNode):
            return []
        return list(zip(raw, raw.values_at, strict=True))

    def variant(self, root: MapNode, name: str | None) -> VariantModel | None:
        variants = root.get("variants")
        found: VariantModel | None = None
        if isinstance(variants, MapNode):
            for key, node in variants.items():
                at = variants.values_at[key]
                if not isinstance(node, MapNode):
                    place = Place(self.source, at)
                    self.problems.append(Problem("C101", f"variant '{key}' needs a mapping", place))
                    continue
                model, problems = validated(VariantModel, node, self.source, f"variant '{key}'")
                self.problems += problems
                found = model if key == name else found
                self.unknown_overrides(root, node)
        if name is not None and found is None and not self.problems:
            known = list(variants) if isinstance(variants, MapNode) else []
            help = did_you_mean(name, known) or f"it has {', '.join(known) or 'none'}"
            raise UsageError(f"{self.source.name} has no variant '{name}'; {help}")
        return found

    def unknown_overrides(self, root: MapNode, node: MapNode) -> None:
        given, base = node.get("vars"), root.get("vars")
        if not isinstance(given, MapNode):
            return
        known = list(base) if isinstance(base, MapNode) else []
        for key in given:
            if key not in known:
                place = Place(self.source, given.keys_at[key])
                message = f"'{key}' is not among the spec's vars"
                self.problems.append(Problem("C106", message, place, help=did_you_mean(key, known)))

    def variables(self, base: Any, overrides: MapNode | None) -> tuple[dict[str, Value], dict[str, Domain]]:
        """Values of ``vars`` and the domains that are declared."""
        found: dict[str, Value] = {}
        domains: dict[str, Domain] = {}
        for name, raw in base.items() if isinstance(base, MapNode) else ():
            mark, domain = base.values_at[name], None
            if (problem := wrong_name(name, Place(self.source, base.keys_at[name]))) is not None:
                self.problems.append(problem)
            if isinstance(raw, MapNode):
                raw, mark, domain = self.declared(raw, mark)
            if overrides is not None and name in overrides:
                raw, mark = overrides[name], overrides.values_at[name]
            found[name] = self.default(name, raw, mark, found, domain)
            if domain is not None:
                domains[name] = domain
        return found, domains

    def declared(self, node: MapNode, mark: Mark) -> tuple[Any, Mark, Domain | None]:
        from cnncalc.reading.checking.declaration import read_declaration

        declared, problems = read_declaration(node, self.source)
        self.problems += problems
        return declared or (1, mark, None)

    def default(
        self, name: str, raw: Any, mark: Mark, known: Mapping[str, Value], domain: Domain | None
    ) -> Value:
        """What a variable is unless another value is given; it must be in its domain."""
        place = Place(self.source, mark)
        try:
            if raw is None or isinstance(raw, MapNode):
                message = f"'{name}' needs a number, true or false, a word or a list"
                raise Failed(Problem("C101", message, place, help=f"for example {name[:40]}: 224"))
            value = self.variable(raw, mark, known)
            if domain is not None and not self.problems:
                defaults, _ = variables_of({**known, name: value}, {}, {})
                if (reason := domain.wrong(defaults[name])) is not None:
                    raise Failed(Problem("C101", f"'{name}' {reason}", place))
        except Failed as failed:
            self.problems.append(failed.problem)
            return Value(1, place)
        return value

    def variable(self, raw: Any, mark: Mark, known: Mapping[str, Value]) -> Value:
        """An expression in earlier variables, or a word such as ``relu``."""
        words = tuple(w for w in (raw if isinstance(raw, list) else [raw]) if _word(w) and w not in known)
        return compile_value(raw, mark, self.source, known, words)

    def inputs(self, root: MapNode, variables: Mapping[str, Value]) -> Inputs:
        raw = root.get("input")
        if raw is None:
            if "input" in root:
                place = Place(self.source, root.values_at["input"])
                self.problems.append(
                    Problem(
                        "C101",
                        "'input' needs [channels, height, width]",
                        place,
                        help="write input: [3, 224, 224]",
                    )
                )
            return Inputs({}, {}, [])
        found = read_inputs(raw, root.values_at["input"], self.source, variables)
        self.problems += found.problems
        return found

    def input_values(self, root: MapNode, inputs: Mapping[str, Value]) -> dict[str, Numbers]:
        """Numbers for the inputs: one tensor, or tensors by name."""
        raw = root.get("input_values")
        if raw is None:
            return {}
        entries = by_input(raw, root.values_at["input_values"])
        found = {}
        for name, (numbers, mark) in entries.items():
            if name not in inputs:
                help = did_you_mean(name, inputs) or f"it has {', '.join(inputs)}"
                place = Place(self.source, mark)
                self.problems.append(Problem("C106", f"there is no input '{name}'", place, help=help))
                continue
            try:
                found[name] = read_numbers(numbers, mark, self.source)
            except Failed as failed:
                self.problems.append(failed.problem)
        return found

    def outputs(self, root: MapNode, names: list[str]) -> list[Value]:
        if not names:
            return []
        raw, mark = root["output"], root.values_at["output"]
        marks = raw.values_at if isinstance(raw, ListNode) else [mark]
        return [Value(n, Place(self.source, m)) for n, m in zip(names, marks, strict=True)]


def _stem(name: str) -> str:
    return "" if name.startswith("<") else os.path.splitext(os.path.basename(name))[0]


__all__ = ["Network", "build", "setting"]
