"""A grid of settings: closed forms where the structure stays, a fresh expansion where it changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any

from cnncalc.analysis.closed_form import compiled
from cnncalc.errors import SpecError, UsageError
from cnncalc.propagate import ITEM_BYTES

if TYPE_CHECKING:
    from cnncalc.network import Network
    from cnncalc.propagate import Report

NUMBERS = ("params", "macs", "peak_activation_bytes")
CHUNK = 10_000
MAX_ROWS = 100_000_000


def columns(over: Mapping[str, Sequence[Any]]) -> list[str]:
    """Names of the columns: the variables, whether the setting is valid, the numbers."""
    return [*over, "valid", *NUMBERS]


def size(over: Mapping[str, Sequence[Any]]) -> int:
    """How many rows the grid has.

    Raises:
        UsageError: there is nothing to do, or far too much.
    """
    rows = prod(map(len, over.values()))
    if not over or not rows:
        raise UsageError("nothing to sweep: --over NAME=16:128:8 or NAME=1,2,4")
    if rows > MAX_ROWS:
        raise UsageError(f"the grid has {rows:,} settings, more than {MAX_ROWS:,}")
    return rows


def sweep(
    network: Network, over: Mapping[str, Sequence[Any]], *, batch: int = 1, dtype: str = "float32"
) -> Iterator[list[tuple[Any, ...]]]:
    """Rows of the grid in chunks. Variables that change the structure vary slowest.

    A setting that is not valid has False in ``valid`` and None for its numbers.

    Raises:
        UsageError: a variable is unknown, or the grid is empty.
    """
    size(over)
    network.refuse_unknown(over)
    yield from _chunks(network, over, list(over), {}, {"batch": batch, "dtype": dtype})


def _chunks(
    network: Network, over: Mapping[str, Sequence[Any]], names: list[str], fixed: dict[str, Any], options: Any
) -> Iterator[list[tuple[Any, ...]]]:
    """Rows for all values of ``names``, with the others fixed."""
    report, whole = None, all(_countable(over[name]) for name in names)
    if whole:
        try:
            report = network.summary(free=names, set=fixed, **options)
        except SpecError as error:  # the structure depends on a variable, or nothing is valid
            whole = not (names and _is_structural(error))
    rough = [] if whole else [n for n in names if not _countable(over[n]) or _shapes(network, n, fixed)]
    if not whole and not rough:  # none alone, but together
        rough = names[:1]
    smooth = [name for name in names if name not in rough]
    if rough:
        for values in product(*(over[name] for name in rough)):
            yield from _chunks(network, over, smooth, fixed | dict(zip(rough, values, strict=True)), options)
        return
    grid = product(*(over[name] for name in smooth))
    while chunk := [values for values, _ in zip(grid, range(CHUNK), strict=False)]:
        if report is None:
            yield [_row(over, fixed, smooth, v, None) for v in chunk]
        else:
            yield _evaluated(report, over, fixed, smooth, chunk)


def _countable(values: Sequence[Any]) -> bool:
    """Whether a free variable, which is a positive integer, can stand for them."""
    return all(isinstance(v, int) and not isinstance(v, bool) and v >= 1 for v in values)


def _is_structural(error: SpecError) -> bool:
    return any(problem.code == "C306" for problem in error.problems)


def _shapes(network: Network, name: str, fixed: dict[str, Any]) -> bool:
    """Whether the structure depends on a variable."""
    try:
        network.graph(free=[name], set=fixed)
    except SpecError as error:
        return _is_structural(error)
    return False


def _evaluated(
    report: Report,
    over: Mapping[str, Sequence[Any]],
    fixed: dict[str, Any],
    smooth: list[str],
    chunk: list[tuple[Any, ...]],
) -> list[tuple[Any, ...]]:
    import numpy as np

    arrays = {
        name: np.array(v, dtype=object) for name, v in zip(smooth, zip(*chunk, strict=True), strict=True)
    }
    narrow = {name: v.astype(np.int64) for name, v in arrays.items()}
    function = compiled(report, ("params", "macs", "peak_activations"), tuple(smooth))
    item = ITEM_BYTES[report.dtype] * report.batch
    params, macs, peaks = (np.broadcast_to(f, len(chunk)) for f in function(**narrow))
    valid = np.ones(len(chunk), dtype=bool)
    for demand in report.graph.demands:
        valid &= np.asarray(demand.condition.holds(arrays), dtype=bool)
    numbers = zip(valid, params, macs, peaks, strict=True)
    return [
        _row(over, fixed, smooth, values, (int(p), int(m), int(k) * item) if ok else None)
        for values, (ok, p, m, k) in zip(chunk, numbers, strict=True)
    ]


def _row(
    over: Mapping[str, Sequence[Any]],
    fixed: dict[str, Any],
    smooth: list[str],
    values: tuple[Any, ...],
    numbers: tuple[int, ...] | None,
) -> tuple[Any, ...]:
    setting = fixed | dict(zip(smooth, values, strict=True))
    return (*(setting[name] for name in over), numbers is not None, *(numbers or (None,) * len(NUMBERS)))
