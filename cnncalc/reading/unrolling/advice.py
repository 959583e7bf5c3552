"""Advice for a network whose sizes do not fit: the exact set of sizes that would.

It is computed only when an error is shown, by unrolling the network once more with symbols for the
sizes of its input. What is advised has been tried.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from cnncalc.dims import DimError
from cnncalc.domain import POSITIVE, Grid, Values
from cnncalc.errors import Problem, SpecError, UsageError
from cnncalc.merge import ONE_SIZE
from cnncalc.reading.checking.value import Failed
from cnncalc.validity import positions
from cnncalc.window import LARGER_INPUT

if TYPE_CHECKING:
    from cnncalc.reading.unrolling.assembly import Assembly

MOST_CONDITIONS = 200
ADVISED = ("C301", "C302", "C308")
UNDECIDED = (DimError, Failed, SpecError, UsageError)


class Size(NamedTuple):
    """A size of the input that could be another: a variable, or a number written there."""

    name: str
    now: int
    grid: Grid = POSITIVE


#: the network unrolled, with symbols (None) or numbers for sizes by name; also where it is not valid
Unroll = Callable[[Mapping[str, int | None]], "Assembly"]


def advised(problems: tuple[Problem, ...], sizes: list[Size], unroll: Unroll) -> tuple[Problem, ...]:
    """Return the problems, with the input sizes that would work if a different size helps."""
    open_ones = [p for p in problems if p.code in ADVISED and _is_general(p.help)]
    if not open_ones or not sizes:
        return problems
    try:
        symbolic = unroll(dict.fromkeys((size.name for size in sizes), None))
        always = {(p.code, p.place) for p in symbolic.problems}
        helped = [p for p in open_ones if (p.code, p.place) not in always]
        larger = any(p.code == "C302" for p in helped)
        help = _that_work(sizes, symbolic, unroll, larger=larger) if helped else None
    except UNDECIDED:  # the structure depends on a size, or it is too hard to tell
        return problems
    return tuple(p._replace(help=_with(p.help, help)) if help and p in helped else p for p in problems)


def _is_general(help: str | None) -> bool:
    """Whether it leaves open which size is meant."""
    return help in (None, ONE_SIZE) or help.endswith(LARGER_INPUT)


def _with(general: str | None, help: str) -> str:
    return help if general in (None, ONE_SIZE) else f"{general}: {help}"


def _that_work(sizes: list[Size], symbolic: Assembly, unroll: Unroll, *, larger: bool) -> str | None:
    """Return the sizes for which all conditions hold, and the nearest to the current ones, or any ``larger`` one."""
    demands = [demand.condition for demand in symbolic.demands.values()]
    if len(demands) > MOST_CONDITIONS:
        return None
    wrong: list[tuple[Size, Values]] = []
    near: dict[int, dict[str, int]] = {-1: {}, 1: {}}
    for size in sizes:
        own = [demand for demand in demands if demand.symbols() == {size.grid.symbol_name(size.name)}]
        valid = Values(size.grid, positions(own, size.grid, size.name))
        if size.now not in valid:
            wrong.append((size, valid))
        for step, at in near.items():
            at[size.name] = (
                size.now if size.now in valid else _beside(valid, size.now, step, far=larger and step > 0)
            )
    good = [at for at in near.values() if all(at.values()) and not unroll(at).problems]
    if not wrong or not good:
        return None
    if symbolic.problems or any(len(demand.symbols()) > 1 for demand in demands):
        return _settings(good, [size.name for size, _ in wrong])
    sets = [(size, valid, " and ".join(str(at[size.name]) for at in good)) for size, valid in wrong]
    texts = (f"{valid.text(s.name)} (nearest to {s.now}: {listed})" for s, valid, listed in sets)
    return f"it fits where {', and '.join(texts)}"


def _settings(good: list[dict[str, int]], names: list[str]) -> str:
    """What was tried, where the conditions that are known may not be all."""
    settings = (" and ".join(f"{name} = {at[name]}" for name in names) for at in good)
    return f"it fits with {', or with '.join(settings)}"


def _beside(valid: Values, now: int, step: int, *, far: bool) -> int:
    """The next valid size, if it is of the same order or may be far: else it is no advice; 0: none."""
    found = valid.nearest(now, step=step)
    return int(found) if found is not None and (far or now <= 2 * found <= 4 * now) else 0


__all__ = ["Size", "advised"]
