"""Expectations of a spec held against its report."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from cnncalc.counting.liveness import live_sets
from cnncalc.counting.quantities import ITEM_BYTES, QUANTITIES, Scale
from cnncalc.counting.rows import Row, whole
from cnncalc.dims import Dim
from cnncalc.errors import Mark, Place, Problem, Source, SpecError, UsageError, did_you_mean
from cnncalc.fields import describe
from cnncalc.reading import slips
from cnncalc.reading.checking import settings
from cnncalc.reading.checking.value import Failed, compile_value
from cnncalc.reading.checking.variables import variables_of
from cnncalc.reading.expressions import quantity, rational
from cnncalc.reading.expressions.bounds import WORDS, Bound
from cnncalc.reading.text.nodes import ListNode, MapNode
from cnncalc.shapes import show

if TYPE_CHECKING:
    from cnncalc.counting.propagate import Report
    from cnncalc.counting.rows import Totals
    from cnncalc.network import Network

FIELDS = (*QUANTITIES, "receptive_field", "output", "layers", "divisible_by")
OF_LAYERS = (*(q.name for q in QUANTITIES.values() if q.of is not None), "receptive_field", "output")
BOUNDS = tuple(word for word in WORDS if word != "exactly")


class Outcome(NamedTuple):
    """One expectation, by name, and what is wrong with it: nothing if it is met."""

    name: str
    problems: tuple[Problem, ...]


def check(network: Network, report: Report) -> list[Problem]:
    """Expectations that the report does not meet, or that cannot be read."""
    return [problem for outcome in outcomes(network, report) for problem in outcome.problems]


def outcomes(network: Network, report: Report) -> list[Outcome]:
    """Every expectation of the spec, every case, and how it went."""
    checker = _Checker(network, report)
    if network.spec.expect is not None:
        checker.check(network.spec.expect, report)
    for number, (case, mark) in enumerate(network.spec.cases, 1):
        checker.case(case, mark, number)
    return checker.outcomes


def budgets(
    report: Report, limits: Iterable[Bound], dtype: str, source: Source, root: MapNode
) -> list[Outcome]:
    """Upper bounds from elsewhere than the spec: ``params``, ``macs``, ``peak_activation_bytes``.

    They are shown where the spec itself says what it expects, or at its first key.
    """
    place = Place(source, root.keys_at["expect" if "expect" in root else next(iter(root))])
    found = []
    for bound in limits:
        actual = _actual(bound.left, report, report.totals, dtype)
        problems: tuple[Problem, ...] = ()
        if bound.holds(actual) is not True:
            message, *notes = _failure("the network", bound, actual, report)
            problems = (Problem("C401", message, place, notes=tuple(notes)),)
        found.append(Outcome(f"{bound.left} budget", problems))
    return found


class _Checker:
    def __init__(self, network: Network, report: Report) -> None:
        self.network = network
        self.source = network.source
        self.report = report
        self.variables, _ = variables_of(network.vars, {}, {})
        self.problems: list[Problem] = []
        self.outcomes: list[Outcome] = []

    def done(self, name: str, before: int) -> None:
        """What was found since then belongs to one expectation."""
        self.outcomes.append(Outcome(name, tuple(self.problems[before:])))

    def add(self, code: str, message: str, mark: Mark, *notes: str, help: str | None = None) -> None:
        self.problems.append(Problem(code, message, Place(self.source, mark), notes, help))

    def case(self, case: Any, mark: Mark, number: int) -> None:
        """One entry of ``cases``, which is one outcome."""
        before, outer = len(self.problems), self.outcomes
        self.outcomes = []
        self.judge_setting(case, mark)
        self.outcomes = outer
        written = case.get("set") if isinstance(case, MapNode) else None
        setting = written if isinstance(written, MapNode) else {}
        name = case.get("name") if isinstance(case, MapNode) else None
        shown = ", ".join(f"{key}={describe(value)}" for key, value in setting.items())
        self.done(f"case {name if isinstance(name, str) else shown or number}", before)

    def judge_setting(self, case: Any, mark: Mark) -> None:
        """A setting, and what is expected there."""
        if not isinstance(case, MapNode):
            self.add("C101", f"a case is a mapping with 'set', got {describe(case)}", mark)
            return
        setting = case.get("set")
        values: dict[str, Any] = {}
        if setting is not None and not isinstance(setting, MapNode):
            self.add("C101", "'set' needs a mapping from variables to values", case.values_at["set"])
            return
        for name, raw in (setting or {}).items():
            at = case["set"].values_at[name]
            if name not in self.network.vars:
                self.unknown(name, case["set"].keys_at[name], [*self.network.vars])
                return
            values[name] = self.setting_of(name, raw, at)
            if values[name] is None:
                return  # which has been said
            try:
                settings.refuse_values(self.network.spec, name, [values[name]])
            except UsageError as error:
                self.add("C101", str(error), at)
                return
        self.judge_case(case, mark, values)

    def setting_of(self, name: str, raw: Any, mark: Mark) -> Any:
        """A value for a variable: as it is written, or of an expression."""
        word = isinstance(raw, str) and settings.domain(self.network.spec, name).kind == "str"
        return raw if word or isinstance(raw, bool | list) else self.evaluate(raw, mark, name)

    def judge_case(self, case: MapNode, mark: Mark, values: dict[str, Any]) -> None:
        shown = ", ".join(f"{name}={value}" for name, value in values.items()) or "its own setting"
        try:
            report = self.network.summary(set=values)
        except SpecError as error:
            if case.get("fails") is not True:
                why = error.problems[0].message
                self.add("C401", f"the case at {shown} fails", mark, f"because {why}")
            return
        if case.get("fails") is True:
            self.add("C401", f"the case at {shown} should fail, but it is valid", mark)
            return
        self.report = report
        rest = MapNode(case.mark)
        for key in (k for k in case if k not in ("set", "fails", "name")):
            rest[key], rest.keys_at[key], rest.values_at[key] = (
                case[key],
                case.keys_at[key],
                case.values_at[key],
            )
        self.variables = {**self.variables, **values}
        self.check(rest, report)

    def check(self, expect: MapNode, report: Report) -> list[Problem]:
        for key, wanted in expect.items():
            at, before = expect.values_at[key], len(self.problems)
            if key == "layers":
                self.layers(wanted, at, report)
                continue
            if key == "output":
                self.output(wanted, at, report)
            elif key == "divisible_by":
                self.divisible_by(wanted, at)
            elif key in FIELDS:
                self.number(key, wanted, at, report.totals, "the network")
            else:
                self.unknown(key, expect.keys_at[key], [*FIELDS])
            self.done(key, before)
        return self.problems

    def output(self, wanted: Any, mark: Mark, report: Report) -> None:
        if len(report.outputs) == 1:
            self.shape(wanted, mark, report.output, "the network's output")
            return
        several = ", ".join(report.outputs)
        help = f"write 'layers: {{{next(iter(report.outputs))}: {{output: [...]}}}}' for each"
        self.add("C204", f"the network has several outputs: {several}", mark, help=help)

    def divisible_by(self, wanted: Any, mark: Mark) -> None:
        """Every positive multiple of each number is valid, whatever the other variables' multiples."""
        from cnncalc.analysis.solve import proves_multiples, solve

        if not isinstance(wanted, MapNode):
            self.add("C101", "'divisible_by' needs a mapping from variables to numbers", mark)
            return
        for name in wanted:
            if name not in self.network.vars:
                self.unknown(name, wanted.keys_at[name], [*self.network.vars])
                return
        try:
            found = solve(self.network, list(wanted))
        except SpecError as error:
            self.problems += error.problems
            return
        for name, divisor in wanted.items():
            at = wanted.values_at[name]
            if isinstance(divisor, bool) or not isinstance(divisor, int) or divisor < 1:
                self.add("C101", f"needs a positive integer, got {describe(divisor)}", at)
            elif found.sets[name].grid.scale > 1:
                self.add("C101", f"'{name}' is a decimal variable, and multiples are of integers", at)
            elif (multiple := proves_multiples(found, name, divisor)) is not None:
                valid = found.sets[name].text(name)
                self.add(
                    "C401",
                    f"not every multiple of {divisor} works: {multiple} does not",
                    at,
                    f"valid: {valid}",
                )
        for reason in found.coupled:
            self.add("C401", f"the variables constrain each other: {reason.condition}", mark)

    def unknown(self, key: str, mark: Mark, known: list[str]) -> None:
        help = did_you_mean(key, known) or f"choose from {', '.join(known)}"
        self.add("C102", f"'expect' has no field '{key}'", mark, help=help)

    def layers(self, wanted: Any, mark: Mark, report: Report) -> None:
        if not isinstance(wanted, MapNode):
            before = len(self.problems)
            self.add("C101", "'layers' needs a mapping from paths to expectations", mark)
            self.done("layers", before)
            return
        for path, node in wanted.items():
            before = len(self.problems)
            if not isinstance(node, MapNode):
                self.add("C101", f"'{path}' needs a mapping", wanted.values_at[path])
                self.done(f"layers.{path}", before)
                continue
            try:
                row = report[path]
            except KeyError as error:
                self.add("C202", str(error.args[0]), wanted.keys_at[path])
                self.done(f"layers.{path}", before)
                continue
            self.layer(path, node, row)

    def layer(self, path: str, node: MapNode, row: Row) -> None:
        for key, value in node.items():
            at, before = node.values_at[key], len(self.problems)
            if key == "output":
                self.shape(value, at, row.output, path)
            elif key in OF_LAYERS:
                self.number(key, value, at, row, path)
            else:
                self.unknown(key, node.keys_at[key], [*OF_LAYERS])
            self.done(f"layers.{path}.{key}", before)

    def number(self, key: str, wanted: Any, mark: Mark, have: Row | Totals, what: str) -> None:
        dtype = wanted.get("dtype", self.report.dtype) if isinstance(wanted, MapNode) else self.report.dtype
        if dtype not in ITEM_BYTES:
            help = did_you_mean(str(dtype), ITEM_BYTES) or f"choose from {', '.join(ITEM_BYTES)}"
            self.add("C101", f"unknown dtype {describe(dtype)}", wanted.values_at["dtype"], help=help)
            return
        actual = _actual(key, self.report, have, dtype)
        if actual is None:
            self.add("C401", f"{what} has no {LABELS[key]} of a fixed size", mark)
            return
        bounds = {"exactly": (wanted, mark)}
        if isinstance(wanted, MapNode):
            bounds = {}
            for word in wanted:
                if word in BOUNDS:
                    bounds[word] = (wanted[word], wanted.values_at[word])
                elif word != "dtype" or not _scaled(key):
                    known = [*BOUNDS, *(["dtype"] if _scaled(key) else [])]
                    self.unknown(word, wanted.keys_at[word], known)
        for word, (raw, at) in bounds.items():
            value = self.evaluate(raw, at, key)
            bound = Bound(key, WORDS[word][0], value)
            if value is not None and bound.holds(actual) is not True:
                message, *notes = _failure(what, bound, actual, self.report)
                self.add("C401", message, at, *notes)

    def evaluate(self, raw: Any, mark: Mark, name: str) -> Any:
        """A number, a quantity with a unit, or an expression in the spec's variables."""
        if isinstance(raw, str) and (found := quantity.parse(raw)) is not None:
            if (wrong := quantity.wrong_unit(raw, name)) is None:
                return found
            message, help = wrong
            self.add("C101", message, mark, help=help)
            return None
        if isinstance(raw, str) and (number := slips.grouped(raw)) is not None:
            self.add("C105", f"'{raw[:40]}' is not a plain number", mark, help=f"write {number}")
            return None
        try:
            value = compile_value(raw, mark, self.source, self.variables).evaluate(self.variables)
        except Failed as failed:
            self.problems.append(failed.problem)
            return None
        if isinstance(value, bool | str | list | dict) or value is None:
            self.add("C101", f"needs a number, got {describe(value)}", mark)
            return None
        if isinstance(value, float) and not math.isfinite(value):
            self.add("C101", f"needs a finite number, got {value}", mark)
            return None
        return value

    def shape(self, wanted: Any, mark: Mark, actual: tuple[Dim, ...], what: str) -> None:
        if not isinstance(wanted, ListNode):
            meant = slips.listed(wanted) if isinstance(wanted, str) else None
            help = f"write {meant or f'[{describe(wanted)}]'}" if meant or isinstance(wanted, int) else None
            self.add("C101", f"needs a list of sizes, got {describe(wanted)}", mark, help=help)
            return
        sizes = [self.evaluate(raw, at, "an axis") for raw, at in zip(wanted, wanted.values_at, strict=True)]
        if None not in sizes and tuple(sizes) != actual:
            message = f"{what} is {show(actual)}, expected {show(tuple(sizes))}"
            self.add("C401", message, mark, help=_short_of(tuple(sizes), actual, self.report))


def _short_of(wanted: tuple[Any, ...], actual: tuple[Dim, ...], report: Report) -> str | None:
    """The output padding that gives the sizes that a transposed convolution is short of."""
    for node in reversed(report.graph.nodes):
        layer: Any = node.layer
        if not node.type.startswith("conv_transpose") or node.output[1:] != actual[1:]:
            continue
        missing = [want - have for want, have in zip(wanted[1:], actual[1:], strict=False)]
        if (
            len(wanted) != len(actual)
            or any(not isinstance(n, int) or n < 0 for n in missing)
            or not any(missing)
        ):
            return None
        extra = [n + padding for n, padding in zip(missing, layer.output_padding, strict=True)]
        if all(n < max(limits) for n, *limits in zip(extra, layer.stride, layer.dilation, strict=True)):
            written = extra[0] if len(set(extra)) == 1 else extra
            return f"'output_padding: {written}' in {node.path} makes it {show((actual[0], *wanted[1:]))}"
        return None
    return None


LABELS = {name: quantity.heading for name, quantity in QUANTITIES.items()} | {
    "receptive_field": "receptive field"
}


def _scaled(key: str) -> bool:
    """Whether the data type matters, so that an expectation may name one."""
    return key in QUANTITIES and QUANTITIES[key].scaled


def _actual(key: str, report: Report, have: Row | Totals, dtype: str) -> Any:
    """The number that an expectation is about; for a receptive field one for each axis. None: there is none."""
    if key == "receptive_field":
        rows = [have] if isinstance(have, Row) else [row for row in report if not row.train_only]
        fields = [row.receptive_field for row in rows if row.receptive_field is not None]
        partial = [field for field in fields if not field.everything]  # the last map, before all is pooled
        return (partial or fields)[-1].size if fields else None
    quantity, scale = QUANTITIES[key], Scale(report.batch, ITEM_BYTES[dtype])
    return (
        quantity.value(have, scale)
        if isinstance(have, Row)
        else quantity.total(report.graph, whole(report.rows), scale)
    )


def _failure(what: str, bound: Bound, actual: Any, report: Report) -> tuple[str, ...]:
    """Message and notes of an expectation that is not met."""
    key = bound.left
    if isinstance(actual, tuple):
        return (f"{what} has a receptive field of {show(actual)}, expected {bound.wanted}",)
    have = f"{actual:,}" if isinstance(actual, int) else str(actual)
    message = f"{what} has {have} {LABELS[key]}, expected {bound.wanted}"
    notes = []
    difference = rational.subtract(actual, bound.right)
    if isinstance(difference, int):
        notes.append(f"that is {abs(difference):,} too {'many' if difference > 0 else 'few'}")
    if QUANTITIES[key].largest is not None:
        return (message, *notes, *_peak_notes(report))
    if top := [f"{row.path} {number:,}" for number, row in QUANTITIES[key].most(report, report.scale)]:
        notes.append(f"most are in {', '.join(top)}")
    return (message, *notes)


def _peak_notes(report: Report) -> list[str]:
    """The three layers that run while most is alive, in elements."""
    nodes = [node for node in report.graph.nodes if not node.train_only]
    alive = sorted(zip(live_sets(report.graph), nodes, strict=True), key=lambda pair: -_plain(pair[0]))[:3]
    return [
        f"most is alive while {', '.join(f'{node.path} runs ({_plain(n):,} elements)' for n, node in alive)}"
    ]


def _plain(value: Dim) -> int:
    return value if isinstance(value, int) else 0
