"""Expectations of a spec held against its report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnncalc.dims import Dim
from cnncalc.errors import Mark, Place, Problem, did_you_mean
from cnncalc.fields import describe
from cnncalc.shapes import show
from cnncalc.spec import quantity, rational
from cnncalc.spec.document import Mapping, Sequence
from cnncalc.spec.expand import variables_of
from cnncalc.spec.values import Failed, compile_value

if TYPE_CHECKING:
    from cnncalc.network import Network
    from cnncalc.propagate import Report, Row, Totals

NUMBERS = ("params", "weights", "biases", "buffers", "macs", "flops")
#: read, but held against the network by other commands
LATER = ("peak_activation_bytes", "receptive_field", "divisible_by")
BOUNDS = ("min", "max", "approx")
TOLERANCE = 200  # approx: within one part in this many


def check(network: Network, report: Report) -> list[Problem]:
    """Expectations that the report does not meet, or that cannot be read."""
    if network.expect is None:
        return []
    return _Checker(network, report).check(network.expect, report)


class _Checker:
    def __init__(self, network: Network, report: Report) -> None:
        self.source = network.source
        self.report = report
        self.variables, _ = variables_of(network.vars, {}, frozenset())
        self.problems: list[Problem] = []

    def add(self, code: str, message: str, mark: Mark, *notes: str, help: str | None = None) -> None:
        self.problems.append(Problem(code, message, Place(self.source, mark), notes, help))

    def check(self, expect: Mapping, report: Report) -> list[Problem]:
        known = [*NUMBERS, *LATER, "output", "layers"]
        for key, wanted in expect.items():
            at = expect.values_at[key]
            if key in NUMBERS:
                self.number(key, wanted, at, report.totals, "the network")
            elif key == "output":
                self.shape(wanted, at, list(report.outputs.values())[-1], "the network's output")
            elif key == "layers":
                self.layers(wanted, at, report)
            elif key not in LATER:
                self.unknown(key, expect.keys_at[key], known)
        return self.problems

    def unknown(self, key: str, mark: Mark, known: list[str]) -> None:
        help = did_you_mean(key, known) or f"there are {', '.join(known)}"
        self.add("C102", f"'expect' has no field '{key}'", mark, help=help)

    def layers(self, wanted: Any, mark: Mark, report: Report) -> None:
        if not isinstance(wanted, Mapping):
            self.add("C101", "'layers' needs a mapping from paths to expectations", mark)
            return
        for path, node in wanted.items():
            try:
                row = report[path]
            except KeyError as error:
                self.add("C202", str(error.args[0]), wanted.keys_at[path])
                continue
            if not isinstance(node, Mapping):
                self.add("C101", f"'{path}' needs a mapping", wanted.values_at[path])
                continue
            self.layer(path, node, row)

    def layer(self, path: str, node: Mapping, row: Row) -> None:
        for key, value in node.items():
            at = node.values_at[key]
            if key in NUMBERS:
                self.number(key, value, at, row, path)
            elif key == "output":
                self.shape(value, at, row.output, path)
            elif key not in LATER:
                self.unknown(key, node.keys_at[key], [*NUMBERS, *LATER, "output"])

    def number(self, key: str, wanted: Any, mark: Mark, have: Row | Totals, what: str) -> None:
        actual: Dim = getattr(have, key)
        bounds = {"exactly": (wanted, mark)}
        if isinstance(wanted, Mapping):
            bounds = {}
            for bound in wanted:
                if bound in BOUNDS:
                    bounds[bound] = (wanted[bound], wanted.values_at[bound])
                elif bound != "dtype":
                    self.unknown(bound, wanted.keys_at[bound], [*BOUNDS])
        for bound, (raw, at) in bounds.items():
            value = self.evaluate(raw, at)
            if value is not None and not _meets(actual, bound, value):
                self.add("C401", *_failure(key, what, bound, value, actual, at, self.report))

    def evaluate(self, raw: Any, mark: Mark) -> Any:
        """A number, a quantity with a unit, or an expression in the spec's variables."""
        if isinstance(raw, str) and (found := quantity.parse(raw)) is not None:
            return found
        try:
            value = compile_value(raw, mark, self.source, self.variables).evaluate(self.variables)
        except Failed as failed:
            self.problems.append(failed.problem)
            return None
        if isinstance(value, bool | str | list | dict) or value is None:
            self.add("C101", f"needs a number, got {describe(value)}", mark)
            return None
        return value

    def shape(self, wanted: Any, mark: Mark, actual: tuple[Dim, ...], what: str) -> None:
        if not isinstance(wanted, Sequence):
            self.add("C101", f"needs a list of sizes, got {describe(wanted)}", mark)
            return
        sizes = [self.evaluate(raw, at) for raw, at in zip(wanted, wanted.values_at, strict=True)]
        if None not in sizes and tuple(sizes) != actual:
            message = f"{what} is {show(actual)}, expected {show(tuple(sizes))}"
            self.add("C401", message, mark)


def _meets(actual: Dim, bound: str, value: Any) -> bool:
    if bound == "approx":
        distance = rational.absolute(rational.subtract(actual, value))
        return rational.compare(rational.multiply(distance, TOLERANCE), "<=", value) is True
    operator = {"min": ">=", "max": "<=", "exactly": "=="}[bound]
    return rational.compare(actual, operator, value) is True


def _failure(
    key: str, what: str, bound: str, value: Any, actual: Dim, mark: Mark, report: Report
) -> tuple[Any, ...]:
    """Message, mark and notes of an expectation that is not met."""
    words = {"min": "at least ", "max": "at most ", "approx": "about ", "exactly": ""}
    wanted = f"{value:,}" if isinstance(value, int) else str(value)
    have = f"{actual:,}" if isinstance(actual, int) else str(actual)
    label = "MACs" if key == "macs" else key
    message = f"{what} has {have} {label}, expected {words[bound]}{wanted}"
    notes = []
    difference = rational.subtract(actual, value)
    if isinstance(difference, int):
        notes.append(f"that is {abs(difference):,} too {'many' if difference > 0 else 'few'}")
    rows = sorted(report, key=lambda row: -_plain(getattr(row, key)))[:3]
    top = [f"{row.path} {_plain(getattr(row, key)):,}" for row in rows if _plain(getattr(row, key))]
    if top:
        notes.append(f"most are in {', '.join(top)}")
    return (message, mark, *notes)


def _plain(value: Dim) -> int:
    return value if isinstance(value, int) else 0
