"""A grid of settings: closed forms where the structure stays, a fresh expansion where it changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

from cnncalc.analysis.closed_form import Compiled
from cnncalc.counting.quantities import QUANTITIES
from cnncalc.domain import grid_of
from cnncalc.errors import SpecError, UsageError, did_you_mean
from cnncalc.reading.checking import settings

if TYPE_CHECKING:
    from cnncalc.counting.propagate import Report
    from cnncalc.network import Network

NUMBERS = ("params", "macs", "peak_activation_bytes")  # unless others are asked for
CHUNK = 10_000
MAX_ROWS = 100_000_000


class Axis(NamedTuple):
    """Variables that move together, and their values: one for all of them, or a tuple with one for each."""

    names: tuple[str, ...]
    values: Sequence[Any]

    def settings(self) -> Iterator[dict[str, Any]]:
        """The variables at each step."""
        for value in self.values:
            each = value if isinstance(value, tuple) else (value,) * len(self.names)
            yield dict(zip(self.names, each, strict=True))

    def column(self, name: str) -> list[Any]:
        """The values of one variable."""
        return [setting[name] for setting in self.settings()]


def axes_of(over: Mapping[str | tuple[str, ...], Sequence[Any]]) -> list[Axis]:
    """The axes of a grid: ``{"w": [0.5, 1.0], ("H", "W"): [160, 224]}``.

    Raises:
        UsageError: a variable stands on two axes, or values are not one for each variable.
    """
    axes = [
        Axis((names,) if isinstance(names, str) else tuple(names), values) for names, values in over.items()
    ]
    listed = [name for axis in axes for name in axis.names]
    if twice := next((name for name in listed if listed.count(name) > 1), None):
        raise UsageError(f"'{twice}' is swept twice")
    for axis in axes:
        if any(isinstance(v, tuple) and len(v) != len(axis.names) for v in axis.values):
            raise UsageError(f"{','.join(axis.names)}: needs one value, or {len(axis.names)}, at each step")
    return axes


def choose_numbers(names: str | None) -> tuple[str, ...]:
    """Names of numbers from a comma-separated text.

    Raises:
        UsageError: there is no such number.
    """
    if names is None:
        return NUMBERS
    chosen = tuple(dict.fromkeys(name.strip().lower() for name in names.split(",") if name.strip()))
    for name in chosen:
        if name not in QUANTITIES:
            help = did_you_mean(name, QUANTITIES) or f"choose from {', '.join(QUANTITIES)}"
            raise UsageError(f"unknown number '{name}'; {help}")
    if not chosen:
        raise UsageError(f"no number is named; choose from {', '.join(QUANTITIES)}")
    return chosen


def columns(
    over: Mapping[str | tuple[str, ...], Sequence[Any]], numbers: Sequence[str] = NUMBERS
) -> list[str]:
    """Names of the columns: the variables, whether the setting is valid, the numbers."""
    return [*(name for axis in axes_of(over) for name in axis.names), "valid", *numbers]


def size(over: Mapping[str | tuple[str, ...], Sequence[Any]]) -> int:
    """How many rows the grid has.

    Raises:
        UsageError: there is nothing to do, or far too much.
    """
    rows = prod(map(len, over.values()))
    if not over or not rows:
        raise UsageError("nothing to sweep: give --over NAME=16:128:8 or NAME=1,2,4")
    if rows > MAX_ROWS:
        raise UsageError(f"the grid has {rows:,} settings, more than {MAX_ROWS:,}")
    return rows


def sweep(
    network: Network,
    over: Mapping[str | tuple[str, ...], Sequence[Any]],
    *,
    numbers: Sequence[str] = NUMBERS,
    batch: int = 1,
    dtype: str = "float32",
) -> Iterator[list[tuple[Any, ...]]]:
    """Rows of the grid in chunks. Variables that change the structure vary slowest.

    ``over`` has the values of each variable; of several that move together under a tuple of their names:
    ``{("H", "W"): [160, 224]}``. A setting that is not valid has False in ``valid`` and None for its numbers.

    Raises:
        UsageError: a variable is unknown, a value is not one that it may have, or the grid is empty.
    """
    size(over)
    axes = axes_of(over)
    for axis in axes:
        for name in axis.names:
            settings.refuse_values(network.spec, name, axis.column(name))
    sweep = _Sweep(network, axes, tuple(numbers), {"batch": batch, "dtype": dtype})
    yield from _chunks(sweep, axes, {})


class _Sweep(NamedTuple):
    """What is swept: all axes, and the numbers that are wanted."""

    network: Network
    over: list[Axis]
    numbers: tuple[str, ...]
    options: dict[str, Any]

    def row(self, setting: dict[str, Any], numbers: tuple[Any, ...] | None) -> tuple[Any, ...]:
        """The row of a setting; None: it is not valid."""
        values = (setting[name] for axis in self.over for name in axis.names)
        return (*values, numbers is not None, *(numbers or (None,) * len(self.numbers)))


def _chunks(sweep: _Sweep, axes: list[Axis], fixed: dict[str, Any]) -> Iterator[list[tuple[Any, ...]]]:
    """Rows for all values of ``axes``, with the others fixed."""
    network = sweep.network
    report, whole = None, all(_numeric(axis) for axis in axes)
    if whole:
        try:
            report = network.summary(over=_grids(axes), set=fixed, **sweep.options)
        except SpecError as error:  # the structure depends on a variable, or nothing is valid
            whole = not (axes and _is_structural(error))
    rough = [] if whole else [a for a in axes if not _numeric(a) or _shapes(network, a, fixed)]
    if not whole and not rough:  # none alone, but together
        rough = axes[:1]
    smooth = [axis for axis in axes if axis not in rough]
    if rough:
        for steps in product(*(axis.settings() for axis in rough)):
            yield from _chunks(sweep, smooth, _joined(fixed, *steps))
        return
    grid = product(*(axis.settings() for axis in smooth))
    while chunk := [_joined(fixed, *steps) for steps, _ in zip(grid, range(CHUNK), strict=False)]:
        if report is None:
            yield [sweep.row(setting, None) for setting in chunk]
        else:
            yield _evaluated(sweep, report, chunk)


def _joined(*settings: dict[str, Any]) -> dict[str, Any]:
    return {name: value for setting in settings for name, value in setting.items()}


def _grids(axes: list[Axis]) -> dict[str, list[Any]]:
    return {name: axis.column(name) for axis in axes for name in axis.names}


def _numeric(axis: Axis) -> bool:
    """Whether free variables can stand for its values."""
    return all(grid_of(axis.column(name)) is not None for name in axis.names)


def _is_structural(error: SpecError) -> bool:
    return any(problem.code == "C306" for problem in error.problems)


def _shapes(network: Network, axis: Axis, fixed: dict[str, Any]) -> bool:
    """Whether the structure depends on its variables."""
    try:
        network.graph(over=_grids([axis]), set=fixed)
    except SpecError as error:
        return _is_structural(error)
    return False


def _evaluated(sweep: _Sweep, report: Report, chunk: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    import numpy as np

    free = report.graph.free
    arrays = {name: np.array([setting[name] for setting in chunk]) for name in free}
    exact = {grid.symbol_name(n): grid.positions(arrays[n]).astype(object) for n, grid in free.items()}
    function: Compiled[Any] = Compiled(report, sweep.numbers, tuple(free), checked=False)
    found = function(**arrays) if len(sweep.numbers) > 1 else [function(**arrays)]
    columns = [np.broadcast_to(numbers, len(chunk)).tolist() for numbers in found]
    valid = np.ones(len(chunk), dtype=bool)
    for demand in report.graph.demands:
        valid &= np.asarray(demand.condition.holds(exact), dtype=bool)
    rows = zip(chunk, valid, zip(*columns, strict=True), strict=True)
    return [sweep.row(setting, numbers if ok else None) for setting, ok, numbers in rows]


def stays_behind(network: Network, over: Mapping[str | tuple[str, ...], Sequence[Any]]) -> str | None:
    """Says that one side of an input is swept while another stays, which is seldom meant; None where it is not so."""
    axes = axes_of(over)
    swept = {name for axis in axes for name in axis.names}
    for shape in network.spec.inputs.values():
        sides = shape.parsed[1:] if isinstance(shape.parsed, tuple) else ()
        moving = [str(side.raw) for side in sides if swept & side.names()]
        staying = [side for side in sides if not swept & side.names()]
        if not moving or not staying:
            continue
        variables = [n for side in staying for n in sorted(side.names()) if n in network.spec.vars]
        kept = " and ".join(
            f"{side.raw} = {network.spec.vars[side.raw].raw}"
            if side.raw in network.spec.vars
            else str(side.raw)
            for side in staying
        )
        together = ",".join([*moving, *variables])
        message = f"{' and '.join(moving)} is swept while the other side of the input stays at {kept}"
        return f"{message}: for square images, move both: --over {together}=..." if variables else message
    return None
