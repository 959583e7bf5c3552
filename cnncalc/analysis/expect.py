"""Expectations of a spec held against its report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnncalc.dims import Dim
from cnncalc.errors import Mark, Place, Problem, SpecError, did_you_mean
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
LATER = ("peak_activation_bytes", "receptive_field")
BOUNDS = ("min", "max", "approx")
TOLERANCE = 200  # approx: within one part in this many


def check(network: Network, report: Report) -> list[Problem]:
    """Expectations that the report does not meet, or that cannot be read."""
    checker = _Checker(network, report)
    if network.expect is not None:
        checker.check(network.expect, report)
    for case, mark in network.cases:
        checker.case(case, mark)
    return checker.problems


class _Checker:
    def __init__(self, network: Network, report: Report) -> None:
        self.network = network
        self.source = network.source
        self.report = report
        self.variables, _ = variables_of(network.vars, {}, frozenset())
        self.problems: list[Problem] = []

    def add(self, code: str, message: str, mark: Mark, *notes: str, help: str | None = None) -> None:
        self.problems.append(Problem(code, message, Place(self.source, mark), notes, help))

    def case(self, case: Any, mark: Mark) -> None:
        """One entry of ``cases``: a setting, and what is expected there."""
        if not isinstance(case, Mapping):
            self.add("C101", f"a case is a mapping with 'set', got {describe(case)}", mark)
            return
        setting = case.get("set")
        values: dict[str, Any] = {}
        if setting is not None and not isinstance(setting, Mapping):
            self.add("C101", "'set' needs a mapping from variables to values", case.values_at["set"])
            return
        for name, raw in (setting or {}).items():
            at = case["set"].values_at[name]
            if name not in self.network.vars:
                self.unknown(name, case["set"].keys_at[name], [*self.network.vars])
                return
            values[name] = raw if isinstance(raw, bool | list) else self.evaluate(raw, at)
        self.judge_case(case, mark, values)

    def judge_case(self, case: Mapping, mark: Mark, values: dict[str, Any]) -> None:
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
        rest = Mapping(case.mark)
        for key in (k for k in case if k not in ("set", "fails", "name")):
            rest[key], rest.keys_at[key], rest.values_at[key] = (
                case[key],
                case.keys_at[key],
                case.values_at[key],
            )
        self.variables = {**self.variables, **values}
        self.check(rest, report)

    def check(self, expect: Mapping, report: Report) -> list[Problem]:
        known = [*NUMBERS, *LATER, "output", "layers", "divisible_by"]
        for key, wanted in expect.items():
            at = expect.values_at[key]
            if key in NUMBERS:
                self.number(key, wanted, at, report.totals, "the network")
            elif key == "output":
                self.shape(wanted, at, list(report.outputs.values())[-1], "the network's output")
            elif key == "layers":
                self.layers(wanted, at, report)
            elif key == "divisible_by":
                self.divisible_by(wanted, at)
            elif key not in LATER:
                self.unknown(key, expect.keys_at[key], known)
        return self.problems

    def divisible_by(self, wanted: Any, mark: Mark) -> None:
        """Every positive multiple of each number is valid, whatever the other variables' multiples."""
        from cnncalc.analysis.solve import proves_multiples, solve

        if not isinstance(wanted, Mapping):
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
