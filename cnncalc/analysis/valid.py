"""The values of one variable for which conditions on it hold."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from cnncalc.dims import DimError
from cnncalc.integers import IntegerSet, listed, solutions_among

if TYPE_CHECKING:
    from cnncalc.conditions import Statement
    from cnncalc.domain import Grid


def positions(conditions: Iterable[Statement], grid: Grid, name: str) -> IntegerSet:
    """Where all of them hold, in units of the variable's grid.

    Raises:
        DimError: it cannot be decided, and the grid has no end or too many points to try.
    """
    conditions = list(conditions)
    if grid.points and (grid.scale > 1 or grid.listed):
        return _tried(conditions, grid, name)
    try:
        everything = joined = grid.positions_set()
        for condition in conditions:
            joined = joined & solutions_among(condition, grid.symbol_name(name), everything)
    except DimError:
        if not grid.points:
            raise
        return _tried(conditions, grid, name)
    return joined


def _tried(conditions: Sequence[Statement], grid: Grid, name: str) -> IntegerSet:
    """The same, by putting in every value."""
    import numpy as np

    at = {grid.symbol_name(name): np.array(grid.points, dtype=object)}
    valid = np.ones(len(grid.points), dtype=bool)
    for condition in conditions:
        valid &= np.asarray(condition.holds(at), dtype=bool)
    return listed(point for point, good in zip(grid.points, valid, strict=True) if good)
