"""Fully connected layers: a matrix product, block by block of the weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from cnncalc.kernels.work import Array, matmul, share


def linear(
    x: Array, out_features: int, blocks: Sequence[slice], weight: Callable[[slice], Array], bias: Array | None
) -> Array:
    """Map ``(*, in)`` to ``(*, out_features)``; ``weight(rows)`` returns some rows of ``(out_features, in)``.

    Each thread requests the rows that it needs, so that the whole matrix is never in memory.
    """
    rows = np.ascontiguousarray(x).reshape(-1, x.shape[-1])
    out = np.empty((len(rows), out_features), x.dtype)

    def worker(queue: Iterator[slice]) -> None:
        for span in queue:
            out[:, span] = matmul(rows, weight(span).T)

    share(blocks, worker)
    if bias is not None:
        out += bias
    return out.reshape(*x.shape[:-1], out_features)
