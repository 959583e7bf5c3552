"""The exact sets of values of free variables for which a network is valid, derived from the rules of its layers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from operator import and_
from typing import TYPE_CHECKING, Any, NamedTuple

from cnncalc.analysis.closed_form import of_layer
from cnncalc.conditions import Condition, Statement
from cnncalc.counting.propagate import Report, propagate
from cnncalc.counting.quantities import QUANTITIES
from cnncalc.domain import Values, every
from cnncalc.errors import Mark, Place, Problem, Source, SpecError, UsageError
from cnncalc.integers import NOTHING, IntegerSet, listed
from cnncalc.reading.checking import settings
from cnncalc.reading.expressions import grammar as expressions
from cnncalc.reading.expressions import quantity
from cnncalc.reading.expressions.bounds import Bound
from cnncalc.reading.expressions.grammar import ExpressionError
from cnncalc.validity import positions, validity

if TYPE_CHECKING:
    from cnncalc.domain import Grid
    from cnncalc.network import Network

MAX_TRIED = 2_000  # each value requires unrolling the network
MAX_REASONS = 200  # with more conditions, finding the redundant ones is not worth the time
#: numbers that a condition may use: those of the network, and those of a layer
TOTALS = tuple(name for name, quantity in QUANTITIES.items() if quantity.of is not None)
ROWS = (*TOTALS, "output")
FORMLESS = ("peak_activations", *(name for name in QUANTITIES if name not in TOTALS))


class Reason(NamedTuple):
    """A condition, and the layer or the user's condition that it comes from."""

    condition: Statement
    layer: str | None
    line: int | None
    text: str


class Solution(NamedTuple):
    """The valid values of each variable; ``coupled`` has the conditions that relate several variables."""

    report: Report
    sets: dict[str, Values]
    coupled: list[Reason]
    reasons: list[Reason]
    tried: int = 0  # settings that were tried one by one, because the structure depends on the variable
    near: float | None = None  # the nearest valid values are wanted too


def input_variables(network: Network) -> list[str]:
    """Return the variables in the shapes of the network's inputs, in order."""
    found: dict[str, None] = {}
    for value in network.spec.inputs.values():
        for size in value.parsed if isinstance(value.parsed, tuple) else (value,):
            found |= dict.fromkeys(name for name in sorted(size.names()) if name in network.spec.vars)
    return list(found)


def solve(
    network: Network,
    names: Sequence[str] = (),
    *,
    where: str | Iterable[str] = (),
    set: Mapping[str, Any] | None = None,
    over: Mapping[str, Sequence[Any] | str] | None = None,
) -> Solution:
    """Return the values for which a network is valid and ``where`` holds; see ``api.solve`` for the arguments."""
    given, grids = set or {}, over or {}
    conditions = [where] if isinstance(where, str) else list(where)
    chosen = (
        [names]
        if isinstance(names, str)
        else list(names) or [*grids] or [name for name in input_variables(network) if name not in given]
    )
    if both := [name for name in chosen if name in given]:
        raise UsageError(f"'{both[0]}' cannot be both set and solved for")
    if not chosen:
        raise UsageError("the input's shape has no variables to solve for; name some of the spec's vars")
    try:
        report = propagate(network.graph(free=chosen, set=set, over=over))
    except SpecError as error:
        grid = settings.grids(network.spec, chosen, grids)[chosen[0]]
        if len(chosen) > 1 or not grid.points or not any(p.code == "C306" for p in error.problems):
            raise
        return _by_trying(network, chosen[0], grid, conditions, given)
    free = report.graph.free
    reasons = [*_demanded(report), *(r for text in conditions for r in _wanted(text, report, network))]
    found = validity([reason.condition for reason in reasons], free)
    for _, too_large in found.undecided:
        raise too_large
    kept = []
    for name, grid in free.items():
        symbols = {grid.symbol_name(name)}
        group = _strongest(r for r in reasons if r.condition.symbols() == symbols)
        alone = positions([r.condition for r in group], grid, name)
        if not alone.pieces:
            raise SpecError([_impossible(name, group, grid, network)])
        kept += _irredundant(group, grid, name, alone)
    if found.impossible is not None:
        raise SpecError([_impossible_together(reasons[found.impossible], found.sets, network)])
    kept += [reasons[origin] for origin in sorted(found.absorbed - {c.origin for c in found.coupled})]
    coupled = [reasons[c.origin]._replace(condition=c.statement) for c in found.coupled]
    return Solution(report, {name: found.sets[name] for name in chosen}, coupled, kept)


def _by_trying(
    network: Network, name: str, grid: Grid, conditions: Sequence[str], given: Mapping[str, Any]
) -> Solution:
    """Try every value of a variable's grid, because the structure depends on the variable."""
    if len(grid.points) > MAX_TRIED:
        raise UsageError(
            f"the structure depends on '{name}', which has {len(grid.points):,} values; at most {MAX_TRIED:,} can be tried"
        )
    report, valid = None, []
    for point in grid.points:
        try:
            found = propagate(network.graph(set={**given, name: grid.value(point)}))
            for text in conditions:
                _wanted(text, found, network)
        except SpecError as error:
            last = error
            continue
        report = report or found
        valid.append(point)
    if report is None:
        raise last
    return Solution(report, {name: Values(grid, listed(valid))}, [], [], len(grid.points))


def _impossible_together(reason: Reason, sets: Mapping[str, Values], network: Network) -> Problem:
    """Return a condition on several variables that contradicts the other conditions."""
    notes = tuple(valid.text(name) for name, valid in sets.items() if valid.pieces)
    message = f"no size satisfies {_because(reason)}"
    return Problem("C402", message, None, notes, where=network.source.name)


def _demanded(report: Report) -> list[Reason]:
    found = []
    for demand in report.graph.demands:
        node = report.graph.nodes[demand.node]
        line = node.place.mark.line + 1 if node.place else None
        found.append(Reason(demand.condition, node.path, line, f"{node.type}: {demand.reason}"))
    return found


def _strongest(reasons: Iterable[Reason]) -> list[Reason]:
    """Keep only the highest of several bounds on one expression, and every other condition once."""
    found: dict[Any, Reason] = {}
    limits: dict[str, int] = {}
    for reason in reasons:
        condition = reason.condition
        if (
            isinstance(condition, Condition)
            and condition.relation == ">="
            and isinstance(condition.right, int)
        ):
            key, bound = condition.left.key, condition.right
            if bound > limits.get(key, bound - 1):
                found[key], limits[key] = reason, bound
        else:
            found.setdefault(condition.key, reason)
    return list(found.values())


def _irredundant(reasons: list[Reason], grid: Grid, name: str, whole: IntegerSet) -> list[Reason]:
    """Return the reasons that matter: without any one of them, the set would be larger."""
    if len(reasons) > MAX_REASONS:
        return reasons
    own = [(reason, positions([reason.condition], grid, name)) for reason in reasons]
    for pair in list(own):
        others = [other for other in own if other is not pair]
        if reduce(and_, (valid for _, valid in others), grid.positions_set()) == whole:
            own = others
    return [reason for reason, _ in own]


def _impossible(name: str, reasons: list[Reason], grid: Grid, network: Network) -> Problem:
    """Return the problem that names the conditions that cannot hold together."""
    kept = _irredundant(reasons, grid, name, NOTHING)
    notes = tuple(_because(reason) for reason in kept)
    return Problem(
        "C402", f"no value of {name} is valid ({grid.text()})", None, notes, where=network.source.name
    )


def _because(reason: Reason) -> str:
    where = f" (line {reason.line})" if reason.line else ""
    return f"{reason.condition} for {reason.layer or 'the requested condition'}{where}"


# ----------------------------------------------------------------------- conditions of the user

_DOTTED = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+)+")


def _wanted(text: str, report: Report, network: Network) -> list[Reason]:
    """Return the conditions in a text such as ``macs <= 600M and output == [512, 7, 7]``."""
    found = []
    for part, bound in Bound.parse_all(text):
        for side, other in ((bound.left, bound.right), (bound.right, bound.left)):
            _refuse_bytes(side, other, part)
        left, right = (_side(side, report, network) for side in (bound.left, bound.right))
        for a, b in _paired(left, right, bound.operator, part):
            verdict = Bound(bound.left, bound.operator, b).holds(a)
            if verdict is False:
                raise SpecError([_never(part, text, report)])
            if not isinstance(verdict, bool):
                found.append(Reason(verdict, None, None, f"requested: {part}"))
    return found


def _refuse_bytes(side: str, other: str, part: str) -> None:
    """Raise ``UsageError`` if a size in bytes is compared with a count; products are not checked."""
    if "*" in side:
        return
    for number in other.removeprefix("[").removesuffix("]").split(","):
        if (wrong := quantity.wrong_unit(number, side)) is not None:
            raise UsageError(f"'{part}': {'; '.join(wrong)}")


def _never(part: str, text: str, report: Report) -> Problem:
    start = max(text.find(part), 0)
    place = Place(Source("--where", text), Mark(0, start, 0, start + len(part)))
    message = f"no size satisfies {part}"
    free = report.graph.free
    where = f"for every {every(free)}" if free else "for the whole network"
    return Problem("C402", message, place, (f"it is false {where}",))


def _paired(left: Any, right: Any, operator: str, part: str) -> list[tuple[Any, Any]]:
    if isinstance(left, list) != isinstance(right, list) or (isinstance(left, list) and operator != "=="):
        raise UsageError(f"'{part}': a shape is compared with a shape, by ==")
    if not isinstance(left, list):
        return [(left, right)]
    if len(left) != len(right):
        raise UsageError(f"'{part}': the shapes have {len(left)} and {len(right)} axes")
    return list(zip(left, right, strict=True))


def _side(text: str, report: Report, network: Network) -> Any:
    text = text.strip()
    if (number := quantity.parse(text)) is not None:
        return number
    if text.startswith("[") and text.endswith("]"):
        return [_side(part, report, network) for part in text[1:-1].split(",")]
    env: dict[str, Any] = {name: report.number(name) for name in TOTALS}
    env |= {
        name: report.graph.variables[name] for name in network.spec.vars if name in report.graph.variables
    }

    def placed(match: re.Match[str]) -> str:
        path, _, attribute = match[0].rpartition(".")
        if attribute not in ROWS:
            raise UsageError(f"'{match[0]}': a layer has {', '.join(ROWS)}")
        value = of_layer(report, path, attribute)
        name = f"_{len(env)}"
        env[name] = list(value) if isinstance(value, tuple) else value
        return name

    if re.search(rf"\b({'|'.join(FORMLESS)})\b", text):
        raise UsageError(
            f"'{text}' cannot be in a condition, because it has no closed form; 'cnncalc sweep' computes it for each value"
        )
    replaced = _DOTTED.sub(placed, text)
    if re.search(r"\boutput\b", replaced):
        env["output"] = list(report.output)
    try:
        return expressions.parse(replaced).evaluate(env)
    except ExpressionError as error:
        raise UsageError(f"'{text}': {error.message}" + (f"; {error.help}" if error.help else "")) from None


def proves_multiples(solution: Solution, name: str, divisor: int) -> int | None:
    """Return None if every positive multiple of ``divisor`` in the variable's domain is valid, else the first invalid one."""
    valid = solution.sets[name]
    periods = [piece.modulus for piece in valid.pieces]
    bounds = [b for piece in valid.pieces for b in (piece.low, piece.high) if b is not None]
    enough = max(bounds, default=0) // divisor + max(periods, default=1) + 2
    for multiple in range(divisor, (enough + 1) * divisor, divisor):
        if multiple not in valid and valid.grid.has(multiple * valid.grid.scale):
            return multiple
    return None


__all__ = ["Reason", "Solution", "input_variables", "proves_multiples", "solve"]
