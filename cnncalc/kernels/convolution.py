"""Convolutions as matrix products over tiles of windows; depthwise convolutions as shifted multiplications.

im2col after Chellapilla, Puri and Simard, "High Performance Convolutional Neural Networks for
Document Processing", 2006, in tiles that stay in the cache.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cnncalc.kernels.windows import (
    Slices,
    Sliding,
    block,
    channels_first,
    channels_last,
    taps,
    tiles,
    windows,
)
from cnncalc.kernels.work import Array, matmul, multiply, share, spans, threads

COLUMNS = 2 << 20  # bytes of windows laid out at once by each thread, or
POSITIONS = 384  # as many windows: a matrix product of fewer rows reads the filters too often,
MOST = 48 << 20  # within this many bytes for all threads together
ROWS = 256 << 10  # bytes of output that a depthwise convolution works on at once

POINT = Sliding((1, 1), (1, 1), (1, 1), ((0, 0), (0, 0)))


def convolve(x: Array, weight: Array, bias: Array | None, sliding: Sliding, groups: int = 1) -> Array:
    """Convolve ``(N, C, *in)`` with ``(O, C/groups, *kernel)`` to ``(N, O, *out)``."""
    images = channels_last(x)
    filters, depth = weight.shape[:2]
    if depth * groups != images.shape[-1] or filters % groups:
        raise ValueError(f"filters {weight.shape} in {groups} groups do not fit {images.shape[-1]} channels")
    if depth == 1 and groups == images.shape[-1] and groups > 1:
        return depthwise(x, weight, bias, sliding)
    out_sizes = sliding.positions(images.shape[1:-1])
    out = np.empty((len(images), *out_sizes, filters), x.dtype)
    # rows: place in the kernel, then channel; no copy where filters come last in memory
    matrix = np.moveaxis(weight, (0, 1), (-1, -2)).reshape(-1, groups, filters // groups).transpose(1, 0, 2)
    if groups == 1 and _is_pointwise(sliding):
        cut = tuple(slice(None, None, s) for s in sliding.stride)
        rows = images[(slice(None), *cut)].reshape(-1, depth)
        product(rows, matrix[0], bias, out.reshape(-1, filters))
        return channels_first(out)
    cell = depth * groups * int(np.prod(sliding.kernel)) * x.itemsize
    limit = min(max(COLUMNS, POSITIONS * cell), MOST // threads())
    boxes = tiles(out_sizes, cell, limit, threads() if len(images) == 1 else 1)
    tasks = [(n, tile) for n in range(len(images)) for tile in boxes]

    def worker(queue: Iterator[tuple[int, Slices]]) -> None:
        scratch = np.empty(0, x.dtype)
        for n, tile in queue:
            view = windows(block(images[n], sliding, tile), sliding, tile)
            if scratch.size < view.size:
                scratch = np.empty(view.size, x.dtype)
            _tile(view, matrix, bias, scratch[: view.size], out[n][tile])

    if len(tasks) < threads():
        worker(iter(tasks))
    else:
        share(tasks, worker)
    return channels_first(out)


def _is_pointwise(sliding: Sliding) -> bool:
    return all(k == 1 for k in sliding.kernel) and not any(map(any, sliding.pads))


def _tile(view: Array, matrix: Array, bias: Array | None, scratch: Array, out: Array) -> None:
    """Multiply windows ``(*positions, *kernel, C)`` by the filters, into ``(*positions, O)``."""
    groups, length, filters = matrix.shape
    positions = int(np.prod(out.shape[:-1]))
    if groups == 1:
        np.copyto(scratch.reshape(view.shape), view)
        whole = out.flags.c_contiguous
        result = matmul(
            scratch.reshape(positions, length), matrix[0], out.reshape(positions, -1) if whole else None
        )
    else:
        split = view.reshape(*view.shape[:-1], groups, -1) if view.shape[-1] else view
        grouped = np.moveaxis(split, -2, 0)
        np.copyto(scratch.reshape(grouped.shape), grouped)
        parts = matmul(scratch.reshape(groups, positions, length), matrix)
        result = parts.transpose(1, 0, 2).reshape(positions, groups * filters)
    if bias is not None:
        result += bias
    if result.base is not out.base:
        out[...] = result.reshape(out.shape)


def product(rows: Array, matrix: Array, bias: Array | None, out: Array) -> None:
    """Write ``rows @ matrix + bias`` to ``out``, split along the longer side."""
    by_rows = len(rows) >= matrix.shape[1]
    pieces = spans(len(rows) if by_rows else matrix.shape[1], threads())

    def worker(queue: Iterator[slice]) -> None:
        for piece in queue:
            target = out[piece] if by_rows else out[:, piece]
            if by_rows:
                matmul(rows[piece], matrix, target)
            else:
                matmul(rows, matrix[:, piece], target)
            if bias is not None:
                target += bias if by_rows else bias[piece]

    share(pieces, worker)


def depthwise(x: Array, weight: Array, bias: Array | None, sliding: Sliding) -> Array:
    """Convolve ``(N, C, *in)`` with ``(C*m, 1, *kernel)`` to ``(N, C*m, *out)``: the filters from ``c*m`` on see channel ``c``."""
    images = channels_last(x)
    channels = images.shape[-1]
    per = len(weight) // channels
    out_sizes = sliding.positions(images.shape[1:-1])
    out = np.empty((len(images), *out_sizes, channels, per), x.dtype)
    factors = np.moveaxis(weight[:, 0].reshape(channels, per, *sliding.kernel), (0, 1), (-2, -1))
    row = np.ascontiguousarray(
        np.broadcast_to(factors[..., None, :, :], (*sliding.kernel, out_sizes[-1], channels, per))
    )
    boxes = tiles(out_sizes, channels * per * x.itemsize, ROWS, threads())
    tasks = [(n, tile) for n in range(len(images)) for tile in boxes]

    def worker(queue: Iterator[tuple[int, Slices]]) -> None:
        for n, tile in queue:
            part = block(images[n], sliding, tile)
            target = out[n][tile]
            term = np.empty_like(target)
            width = tile[-1].stop - tile[-1].start
            for at, seen in taps(part[..., None], sliding, tile):
                first = not any(at)
                multiply(seen, row[at][:width], target if first else term)
                if not first:
                    target += term
            if bias is not None:
                target += bias.reshape(channels, per)

    share(tasks, worker)
    return channels_first(out.reshape(len(images), *out_sizes, channels * per))


def transposed(
    x: Array,
    weight: Array,
    bias: Array | None,
    sliding: Sliding,
    output_padding: tuple[int, ...],
    groups: int = 1,
) -> Array:
    """Transposed convolution of ``(N, C, *in)`` with ``(C, O/groups, *kernel)`` to ``(N, O, *out)``: every cell adds a kernel to the output.

    Padding removes cells from the ends of the output; negative padding adds empty cells.
    """
    images = channels_last(x)
    count, *in_sizes, channels = images.shape
    filters = weight.shape[1]
    if len(weight) != channels or channels % groups:
        raise ValueError(f"filters {weight.shape} in {groups} groups do not fit {channels} channels")
    leads = [max(0, -before) for before, _ in sliding.pads]
    axes = list(zip(in_sizes, sliding.stride, sliding.extents, sliding.pads, output_padding, strict=True))
    out_sizes = [(n - 1) * s + extent - a - b + extra for n, s, extent, (a, b), extra in axes]
    if min(out_sizes) < 1:
        raise ValueError(f"padding leaves nothing of the output: {out_sizes}")
    starts = [max(0, before) for before, _ in sliding.pads]
    full = [
        max(lead + (n - 1) * s + extent, start + size)
        for lead, (n, s, extent, _, _), start, size in zip(leads, axes, starts, out_sizes, strict=True)
    ]
    whole = np.zeros((count, *full, groups * filters), x.dtype)
    rows = images.reshape(-1, groups, channels // groups).transpose(1, 0, 2)
    by_place = np.moveaxis(weight.reshape(groups, channels // groups, *weight.shape[1:]), (1, 2), (-2, -1))
    places = list(np.ndindex(*sliding.kernel))
    for at in places:
        cut = tuple(
            slice(lead + k * d, lead + k * d + (n - 1) * s + 1, s)
            for lead, k, d, s, n in zip(leads, at, sliding.dilation, sliding.stride, in_sizes, strict=True)
        )
        terms = matmul(rows, by_place[(slice(None), *at)])
        whole[(slice(None), *cut)] += terms.transpose(1, 0, 2).reshape(count, *in_sizes, -1)
    cut = tuple(slice(start, start + size) for start, size in zip(starts, out_sizes, strict=True))
    out = whole[(slice(None), *cut)]
    if bias is not None:
        out += bias
    return channels_first(out)
