"""Expectations of a spec compared with its report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from cnncalc.counting.liveness import live_sets
from cnncalc.counting.quantities import ITEM_BYTES, QUANTITIES, Scale
from cnncalc.counting.rows import Row, whole
from cnncalc.dims import Dim
from cnncalc.errors import Place, Problem, Source, SpecError, UsageError
from cnncalc.reading.checking import settings
from cnncalc.reading.checking.expectations import (
    Case,
    Expectation,
    Wanted,
    Words,
    number_of,
    read_cases,
    read_expectations,
)
from cnncalc.reading.checking.value import Failed
from cnncalc.reading.checking.variables import variables_of
from cnncalc.reading.expressions import rational
from cnncalc.reading.expressions.bounds import Bound
from cnncalc.reading.text.nodes import MapNode
from cnncalc.shapes import show

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cnncalc.counting.propagate import Report
    from cnncalc.counting.rows import Totals
    from cnncalc.network import Network

WORDS = Words(
    network=(*QUANTITIES, "receptive_field", "output", "layers", "divisible_by"),
    layer=(*(q.name for q in QUANTITIES.values() if q.of is not None), "receptive_field", "output"),
    scaled=tuple(name for name, quantity in QUANTITIES.items() if quantity.scaled),
    dtypes=tuple(ITEM_BYTES),
)


class Room(NamedTuple):
    """A number and the most that it may be."""

    quantity: str
    actual: int
    limit: int

    @property
    def left(self) -> float:
        """The part of the limit that is not used; negative where there is too much."""
        return 1 - self.actual / self.limit if self.limit else float(-bool(self.actual))


class Outcome(NamedTuple):
    """One expectation, by name, and what is wrong with it: nothing if it is met."""

    name: str
    problems: tuple[Problem, ...]
    room: Room | None = None  # of an upper bound


def check(network: Network, report: Report) -> list[Problem]:
    """Expectations that the report does not meet, or that cannot be read."""
    return [problem for outcome in outcomes(network, report) for problem in outcome.problems]


def outcomes(network: Network, report: Report) -> list[Outcome]:
    """Every expectation of the spec, every case, and how it went."""
    judge = _Judge(network, report, {})
    found = [each for one in read_expectations(network.spec, WORDS) for each in judge.outcomes(one)]
    return [
        *found,
        *(Outcome(case.name, tuple(_case(network, case))) for case in read_cases(network.spec, WORDS)),
    ]


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
        found.append(Outcome(f"{bound.left} budget", problems, _room(bound, actual)))
    return found


def _room(bound: Bound, actual: Any) -> Room | None:
    both = isinstance(actual, int) and isinstance(bound.right, int)
    return Room(bound.left, actual, bound.right) if both else None


def _case(network: Network, case: Case) -> Iterator[Problem]:
    """What is wrong at a setting of its own."""
    if case.problems:
        yield from case.problems
        return
    spec, values = network.spec, dict[str, Any]()
    defaults, _ = variables_of(spec.vars, {}, {})
    for name, value in case.setting.items():
        try:
            literal = value.parsed is None and isinstance(value.raw, bool | str | list)
            values[name] = value.raw if literal else number_of(value, defaults)
            settings.refuse_values(spec, name, [values[name]])
        except Failed as failed:
            yield failed.problem
            return
        except UsageError as error:
            yield Problem("C101", str(error), value.place)
            return
    shown = ", ".join(f"{name}={value}" for name, value in values.items()) or "its own setting"
    try:
        report = network.summary(set=values)
    except SpecError as error:
        if not case.fails:
            notes = (f"because {error.problems[0].message}",)
            yield Problem("C401", f"the case at {shown} fails", case.place, notes)
        return
    if case.fails:
        yield Problem("C401", f"the case at {shown} should fail, but it is valid", case.place)
        return
    judge = _Judge(network, report, values)
    for one in case.expectations:
        for outcome in judge.outcomes(one):
            yield from outcome.problems


class _Judge:
    """Compares what is expected with a report at a setting."""

    def __init__(self, network: Network, report: Report, setting: Mapping[str, Any]) -> None:
        self.network, self.report = network, report
        self.variables, _ = variables_of(network.spec.vars, setting, {})

    def outcomes(self, one: Expectation) -> Iterator[Outcome]:
        """How an expectation went; of a layer, each of what is expected there."""
        if one.key != "layers" or one.problems:
            yield Outcome(one.name, (*one.problems, *self.problems(one, None)), self.room(one, None))
            return
        try:
            row = self.report[one.name.partition(".")[2]]
        except KeyError as error:
            yield Outcome(one.name, (Problem("C202", str(error.args[0]), one.place),))
            return
        for each in one.inside:
            yield Outcome(each.name, (*each.problems, *self.problems(each, row)), self.room(each, row))

    def problems(self, one: Expectation, row: Row | None) -> Iterator[Problem]:
        """What is not as expected, of a layer or of the network."""
        if one.key == "output":
            yield from self.output(one, row)
        elif one.wanted:
            judge = self.divisible_by if one.key == "divisible_by" else self.number
            yield from judge(one, one.wanted, row)

    def room(self, one: Expectation, row: Row | None) -> Room | None:
        """What an upper bound leaves of a number."""
        if one.key not in QUANTITIES or not one.wanted:
            return None
        numbers, _ = self.numbers(tuple((word, value) for word, value in one.wanted if word == "<="))
        actual = _actual(one.key, self.report, row or self.report.totals, one.dtype or self.report.dtype)
        return _room(Bound(one.key, "<=", numbers[0][1]), actual) if numbers else None

    def numbers(self, wanted: Wanted) -> tuple[list[tuple[str, Any, Place]], list[Problem]]:
        """What is wanted, as numbers, and what is none."""
        found, problems = [], []
        for word, value in wanted:
            try:
                found.append((word, number_of(value, self.variables), value.place))
            except Failed as failed:
                problems.append(failed.problem)
        return found, problems

    def output(self, one: Expectation, row: Row | None) -> Iterator[Problem]:
        outputs = self.report.outputs
        if row is None and len(outputs) > 1:
            help = f"write 'layers: {{{next(iter(outputs))}: {{output: [...]}}}}' for each"
            message = f"the network has several outputs: {', '.join(outputs)}"
            yield Problem("C204", message, one.place, help=help)
        elif one.wanted is not None:
            actual = self.report.output if row is None else row.output
            sizes, problems = self.numbers(one.wanted)
            yield from problems
            wanted = tuple(size for _, size, _ in sizes)
            if wanted != actual and not problems:
                what = "the network's output" if row is None else row.path
                message = f"{what} is {show(actual)}, expected {show(wanted)}"
                yield Problem("C401", message, one.place, help=_short_of(wanted, actual, self.report))

    def divisible_by(self, one: Expectation, wanted: Wanted, row: Row | None) -> Iterator[Problem]:
        """Every positive multiple of each number is valid, whatever the other variables' multiples."""
        from cnncalc.analysis.solve import proves_multiples, solve

        try:
            found = solve(self.network, [name for name, _ in wanted])
        except SpecError as error:
            yield from error.problems
            return
        for name, (divisor, at, _) in wanted:
            if found.sets[name].grid.scale > 1:
                yield Problem("C101", f"'{name}' is a decimal variable, and multiples are of integers", at)
            elif (multiple := proves_multiples(found, name, divisor)) is not None:
                message = f"not every multiple of {divisor} works: {multiple} does not"
                yield Problem("C401", message, at, (f"valid: {found.sets[name].text(name)}",))
        for reason in found.coupled:
            yield Problem("C401", f"the variables constrain each other: {reason.condition}", one.place)

    def number(self, one: Expectation, wanted: Wanted, row: Row | None) -> Iterator[Problem]:
        what = "the network" if row is None else row.path
        actual = _actual(one.key, self.report, row or self.report.totals, one.dtype or self.report.dtype)
        if actual is None:
            yield Problem("C401", f"{what} has no {LABELS[one.key]} of a fixed size", one.place)
            return
        numbers, problems = self.numbers(wanted)
        yield from problems
        for operator, number, place in numbers:
            bound = Bound(one.key, operator, number)
            if bound.holds(actual) is not True:
                message, *notes = _failure(what, bound, actual, self.report)
                yield Problem("C401", message, place, tuple(notes))


def _short_of(wanted: tuple[Any, ...], actual: tuple[Dim, ...], report: Report) -> str | None:
    """The field that gives the sizes that a transposed convolution is short of."""
    for node in reversed(report.graph.nodes):
        if node.layer is None or node.output[1:] != actual[1:]:
            continue
        if (written := node.layer.advice(actual, wanted)) is not None:
            return f"'{written}' in {node.path} makes it {show((actual[0], *wanted[1:]))}"
    return None


LABELS = {name: quantity.heading for name, quantity in QUANTITIES.items()} | {
    "receptive_field": "receptive field"
}


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
        notes.append(f"largest contributions: {', '.join(top)}")
    return (message, *notes)


def _peak_notes(report: Report) -> list[str]:
    """The three layers that run while most is alive, in elements."""
    nodes = [node for node in report.graph.nodes if not node.train_only]
    alive = sorted(zip(live_sets(report.graph), nodes, strict=True), key=lambda pair: -_plain(pair[0]))[:3]
    return [
        f"peaks while these layers run: {', '.join(f'{node.path} ({_plain(n):,} elements)' for n, node in alive)}"
    ]


def _plain(value: Dim) -> int:
    return value if isinstance(value, int) else 0
