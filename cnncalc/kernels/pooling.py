"""Pooling: windows reduced axis by axis, as maxima or sums of shifted views."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from cnncalc.kernels.windows import Slices, Sliding, block, channels_first, channels_last, tiles
from cnncalc.kernels.work import Array, share, threads

TILE = 512 << 10  # bytes of output processed at once
Reduce = Callable[..., Any]


def max_pool(x: Array, sliding: Sliding, *, ceil_mode: bool = False) -> Array:
    """Pool ``(N, C, *in)`` to ``(N, C, *out)``: the maximum of each window. Padding is never the maximum."""
    return _pool(x, sliding, np.maximum, -np.inf, ceil_mode=ceil_mode)


def average_pool(
    x: Array, sliding: Sliding, *, ceil_mode: bool = False, count_include_pad: bool = True
) -> Array:
    """Pool ``(N, C, *in)`` to ``(N, C, *out)``: the mean of each window.

    The divisor is the number of cells of the window inside the padded input, or inside the input itself; what
    hangs over beyond the padding (``ceil_mode``) never counts.
    """
    out = _pool(x, sliding, np.add, 0.0, ceil_mode=ceil_mode)
    rank = len(sliding.kernel)
    for axis in range(rank):
        size, count = x.shape[2 + axis], out.shape[2 + axis]
        before, after = sliding.pads[axis]
        low, high = (-before, size + after) if count_include_pad else (0, size)
        starts = np.arange(count)[:, None] * sliding.stride[axis] - before
        cells = starts + np.arange(sliding.kernel[axis]) * sliding.dilation[axis]
        inside = np.maximum(((cells >= low) & (cells < high)).sum(1), 1).astype(
            x.dtype
        )  # an empty window gives 0
        out /= inside.reshape(-1, *[1] * (rank - axis - 1))
    return out


def _pool(x: Array, sliding: Sliding, reduce: Reduce, fill: float, *, ceil_mode: bool) -> Array:
    images = channels_last(x)
    sizes = _positions(images.shape[1:-1], sliding, ceil_mode=ceil_mode)
    out = np.empty((len(images), *sizes, images.shape[-1]), x.dtype)
    boxes = tiles(sizes, images.shape[-1] * x.itemsize, TILE, threads())
    tasks = [(n, tile) for n in range(len(images)) for tile in boxes]

    def worker(queue: Iterator[tuple[int, Slices]]) -> None:
        for n, tile in queue:
            part = block(images[n], sliding, tile, fill)
            for axis, span in enumerate(tile):
                last = axis == len(tile) - 1
                part = _along(part, axis, span, sliding, reduce, out[n][tile] if last else None)

    share(tasks, worker)
    return channels_first(out)


def _along(part: Array, axis: int, span: slice, sliding: Sliding, reduce: Reduce, out: Array | None) -> Array:
    """Reduce each window along one axis of a block to one cell."""
    kernel, stride, dilation = sliding.kernel[axis], sliding.stride[axis], sliding.dilation[axis]
    reach = (span.stop - span.start - 1) * stride + 1
    seen = [
        part[(slice(None),) * axis + (slice(k * dilation, k * dilation + reach, stride),)]
        for k in range(kernel)
    ]
    if kernel == 1:
        if out is None:
            return seen[0]
        np.copyto(out, seen[0])
        return out
    result: Array = reduce(seen[0], seen[1], out=out)
    for other in seen[2:]:
        reduce(result, other, out=result)
    return result


def _positions(sizes: tuple[int, ...], sliding: Sliding, *, ceil_mode: bool) -> tuple[int, ...]:
    if not ceil_mode:
        return sliding.positions(sizes)
    counts = []
    for size, stride, extent, (before, after) in zip(
        sizes, sliding.stride, sliding.extents, sliding.pads, strict=True
    ):
        count = -((extent - size - before - after) // stride) + 1  # rounded up
        while count > 1 and (count - 1) * stride >= size + before:
            count -= 1  # a window must begin inside the input or the padding before it
        if count < 1:
            raise ValueError(f"a window of {extent} does not fit into {size} + {before} + {after} cells")
        counts.append(count)
    return tuple(counts)


def adaptive_average_pool(x: Array, output_size: tuple[int, ...]) -> Array:
    """Pool ``(N, C, *in)`` to ``(N, C, *output_size)``; window ``i`` runs from ``floor(i*in/out)`` to ``ceil((i+1)*in/out)``."""
    for axis, size in enumerate(output_size, 2):
        x = _adaptive(x, axis, size, mean)
    return x


def adaptive_max_pool(x: Array, output_size: tuple[int, ...]) -> Array:
    """Like ``adaptive_average_pool``, with the maximum of each window."""
    for axis, size in enumerate(output_size, 2):
        x = _adaptive(x, axis, size, lambda part, axis: part.max(axis))
    return x


def _adaptive(x: Array, axis: int, size: int, reduce: Callable[[Array, int], Array]) -> Array:
    have = x.shape[axis]
    if have == size:
        return x
    parts = []
    for i in range(size):
        span = slice(i * have // size, -(-(i + 1) * have // size))
        parts.append(reduce(x[(slice(None),) * axis + (span,)], axis))
    # stacked in the memory order of kernels, channels last
    last = np.stack([np.moveaxis(p, 1, -1) for p in parts], axis - 1)
    return channels_first(last)


def mean(x: Array, axis: int | tuple[int, ...]) -> Array:
    """Return the mean along axes, summed in float64 to keep long sums accurate."""
    result: Array = x.mean(axis, dtype=np.float64).astype(x.dtype)
    return result


def global_average(x: Array, *, keepdim: bool) -> Array:
    """Reduce ``(N, C, *spatial)`` to its means ``(N, C)``, or ``(N, C, 1, ...)``."""
    last = channels_last(x)
    count = last.shape[1:-1]
    rows = last.reshape(len(last), -1, last.shape[-1])
    ones = np.full((1, rows.shape[1]), 1 / rows.shape[1], x.dtype)
    return _kept(np.matmul(ones, rows)[:, 0], len(count) if keepdim else 0)


def global_max(x: Array, *, keepdim: bool) -> Array:
    """Like ``global_average``, with the maximum."""
    axes = tuple(range(2, x.ndim))
    return _kept(x.max(axes), len(axes) if keepdim else 0)


def _kept(x: Array, ones: int) -> Array:
    return x.reshape(*x.shape, *[1] * ones)
