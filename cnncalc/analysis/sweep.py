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
    smooth = [name for name in over if _is_smooth(network, name, over[name])]
    rough = [name for name in over if name not in smooth]
    for values in product(*(over[name] for name in rough)):
        fixed = dict(zip(rough, values, strict=True))
        yield from _closed(network, over, smooth, fixed, batch, dtype)


def _is_smooth(network: Network, name: str, values: Sequence[Any]) -> bool:
    """Whether sizes are closed forms in the variable."""
    if any(isinstance(v, bool) or not isinstance(v, int) or v < 1 for v in values):
        network.refuse_unknown([name])
        return False
    try:
        network.summary(free=[name])
    except SpecError:
        return False
    return True


def _closed(
    network: Network,
    over: Mapping[str, Sequence[Any]],
    smooth: list[str],
    fixed: dict[str, Any],
    batch: int,
    dtype: str,
) -> Iterator[list[tuple[Any, ...]]]:
    try:
        report = network.summary(free=smooth, set=fixed, batch=batch, dtype=dtype)
    except SpecError:
        report = None
    grid = product(*(over[name] for name in smooth))
    while chunk := [values for values, _ in zip(grid, range(CHUNK), strict=False)]:
        if report is None:
            yield [_row(over, fixed, smooth, v, None) for v in chunk]
        else:
            yield _evaluated(report, over, fixed, smooth, chunk)


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
