"""Shared by kernels that slide a window: layout, padding, tiles, and the view of all windows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import NamedTuple

import numpy as np

from cnncalc.kernels.work import Array

Pads = Sequence[tuple[int, int]]
Slices = tuple[slice, ...]


class Sliding(NamedTuple):
    """A window over all spatial axes: kernel, stride, dilation and padding of each."""

    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    dilation: tuple[int, ...]
    pads: tuple[tuple[int, int], ...]

    @property
    def extents(self) -> tuple[int, ...]:
        """The number of cells that the window spans along each axis."""
        return tuple(d * (k - 1) + 1 for k, d in zip(self.kernel, self.dilation, strict=True))

    def positions(self, sizes: Sequence[int]) -> tuple[int, ...]:
        """Return the number of windows along each axis of an array.

        Raises:
            ValueError: a window does not fit.
        """
        counts = []
        for size, stride, extent, (before, after) in zip(
            sizes, self.stride, self.extents, self.pads, strict=True
        ):
            room = size + before + after - extent
            if room < 0:
                raise ValueError(f"a window of {extent} does not fit into {size} + {before} + {after} cells")
            counts.append(room // stride + 1)
        return tuple(counts)


def channels_last(x: Array) -> Array:
    """Return ``(N, C, *spatial)`` as a contiguous ``(N, *spatial, C)``, without a copy if memory has this layout already."""
    return np.ascontiguousarray(np.moveaxis(x, 1, -1))


def channels_first(x: Array) -> Array:
    """Return a view of ``(N, *spatial, C)`` as ``(N, C, *spatial)``."""
    return np.moveaxis(x, -1, 1)


def tiles(sizes: Sequence[int], cell_bytes: int, limit: int, least: int) -> list[Slices]:
    """Split output positions, each of which needs ``cell_bytes``, into boxes of at most ``limit`` bytes.

    The last axes stay whole if possible. There are at least ``least`` boxes if there are enough positions.
    """
    steps: list[int] = []
    need = cell_bytes
    for size in reversed(sizes):
        step = max(1, min(size, limit // need))
        need *= step
        steps.insert(0, step)
    axis = 0
    while axis < len(sizes) and _boxes(sizes, steps) < least:
        others = _boxes(sizes, [*steps[:axis], sizes[axis], *steps[axis + 1 :]])
        steps[axis] = max(1, sizes[axis] // -(-least // others))
        axis += 1
    ranges = [
        [slice(a, min(a + step, n)) for a in range(0, n, step)] for n, step in zip(sizes, steps, strict=True)
    ]
    return list(product(*ranges))


def _boxes(sizes: Sequence[int], steps: Sequence[int]) -> int:
    count = 1
    for size, step in zip(sizes, steps, strict=True):
        count *= -(-size // step)
    return count


def block(x: Array, sliding: Sliding, tile: Slices, fill: float = 0.0) -> Array:
    """Return the cells of one image ``(*spatial, C)`` that the windows of a tile read, with padding outside the image.

    A window may extend beyond the padding (``ceil_mode``); ``fill`` is used there too.
    """
    inside, around, padded = [], [], False
    for span, size, stride, extent, (before, _) in zip(
        tile, x.shape, sliding.stride, sliding.extents, sliding.pads, strict=False
    ):
        start = span.start * stride - before
        stop = (span.stop - 1) * stride + extent - before
        low, high = min(max(start, 0), size), max(min(stop, size), 0)
        high = max(low, high)
        inside.append(slice(low, high))
        around.append((low - start, stop - start))
        padded |= high - low < stop - start
    part = x[tuple(inside)]
    if not padded:
        return part
    whole = np.full((*(total for _, total in around), x.shape[-1]), fill, x.dtype)
    at = tuple(slice(lead, lead + n) for (lead, _), n in zip(around, part.shape, strict=False))
    whole[at] = part
    return whole


def windows(part: Array, sliding: Sliding, tile: Slices) -> Array:
    """Return a view ``(*positions, *kernel, C)`` of all windows of a block."""
    rank = len(sliding.kernel)
    counts = tuple(span.stop - span.start for span in tile)
    steps = part.strides[:rank]
    return np.lib.stride_tricks.as_strided(
        part,
        (*counts, *sliding.kernel, part.shape[-1]),
        (
            *(s * n for s, n in zip(steps, sliding.stride, strict=True)),
            *(s * n for s, n in zip(steps, sliding.dilation, strict=True)),
            part.strides[-1],
        ),
        writeable=False,
    )


def taps(part: Array, sliding: Sliding, tile: Slices) -> Iterator[tuple[tuple[int, ...], Array]]:
    """Yield each position in the kernel with the cells that it sees: a view ``(*positions, C)`` of a block."""
    counts = tuple(span.stop - span.start for span in tile)
    for at in product(*map(range, sliding.kernel)):
        cut = tuple(
            slice(k * d, k * d + (n - 1) * s + 1, s)
            for k, d, s, n in zip(at, sliding.dilation, sliding.stride, counts, strict=True)
        )
        yield at, part[cut]
