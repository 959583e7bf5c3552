"""Combining several arrays into one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from cnncalc.kernels.windows import channels_first
from cnncalc.kernels.work import Array, tally


def add(arrays: Sequence[Array], out: Array | None = None) -> Array:
    """Return the elementwise sum. Except for the batch axis, axes are aligned at the end."""
    return _reduce(arrays, np.add, out)


def multiply(arrays: Sequence[Array], out: Array | None = None) -> Array:
    """Return the elementwise product."""
    return _reduce(arrays, np.multiply, out)


def subtract(arrays: Sequence[Array], out: Array | None = None) -> Array:
    """Return the elementwise difference."""
    return _reduce(arrays, np.subtract, out)


def divide(arrays: Sequence[Array], out: Array | None = None) -> Array:
    """Return the elementwise quotient."""
    return _reduce(arrays, np.divide, out)


def product(a: Array, b: Array) -> Array:
    """Return the matrix product of the last two axes, for all that are before them."""
    tally(a.size * b.shape[-1])
    return np.asarray(a @ b)


def prepended(x: Array, cells: Array) -> Array:
    """Return ``(N, L, *)`` with the same cells put before each sample's."""
    return np.concatenate([np.broadcast_to(cells, (len(x), *cells.shape)), x], 1)


def _reduce(arrays: Sequence[Array], function: Callable[..., Any], out: Array | None) -> Array:
    rank = max(a.ndim for a in arrays)
    same = [a.reshape(len(a), *[1] * (rank - a.ndim), *a.shape[1:]) if a.ndim < rank else a for a in arrays]
    result = same[0]
    for i, other in enumerate(same[1:]):
        result = function(result, other, out=out if i == 0 or out is not None else result)
    return result if len(same) > 1 else result.copy()


def concat(arrays: Sequence[Array], axis: int) -> Array:
    """Concatenate along an axis (0: the batch), with channels last in memory."""
    if arrays[0].ndim < 3:
        return np.concatenate(arrays, axis)
    last = arrays[0].ndim - 1
    at = {0: 0, 1: last}.get(axis, axis - 1)
    return channels_first(np.concatenate([np.moveaxis(a, 1, -1) for a in arrays], at))
