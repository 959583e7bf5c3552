"""Rearranging elements: padding, resizing, shuffling."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from cnncalc.kernels.windows import channels_first
from cnncalc.kernels.work import Array

MODES = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def pad(x: Array, pads: Sequence[tuple[int, int]], mode: str = "constant", value: float = 0.0) -> Array:
    """Add cells around the spatial axes."""
    width = ((0, 0), (0, 0), *pads)
    for size, pair in zip(x.shape[2:], pads, strict=True):
        if mode in ("reflect", "circular") and max(pair) > size - (mode == "reflect"):
            raise ValueError(f"{mode} padding of {max(pair)} does not fit a map of {size}")
    extra: dict[str, Any] = {"constant_values": value} if mode == "constant" else {}
    result: Array = np.pad(x, width, mode=MODES[mode], **extra)  # type: ignore[call-overload]
    return result


def crop(x: Array, sizes: Sequence[int]) -> Array:
    """Return the center of the map; an odd cell is removed from the end."""
    cut = []
    for have, want in zip(x.shape[2:], sizes, strict=True):
        if want > have:
            raise ValueError(f"cannot crop {have} cells to {want}")
        cut.append(slice((have - want) // 2, (have - want) // 2 + want))
    return x[(slice(None), slice(None), *cut)]


def resize(
    x: Array,
    sizes: Sequence[int],
    mode: str,
    factors: Sequence[float] | None = None,
    *,
    align_corners: bool = False,
) -> Array:
    """Resize to other spatial sizes, axis by axis; ``factors`` are the scales if they are not ``out/in``.

    Source: ``torch.nn.functional.interpolate``; cubic weights with a = -0.75 (Keys, 1981).
    """
    for axis, size in enumerate(sizes, 2):
        have = x.shape[axis]
        scale = have / size if factors is None else 1 / factors[axis - 2]
        if scale == 1 and have == size:
            continue
        shape = (-1, *[1] * (x.ndim - axis - 1))
        total: Array | None = None
        for index, weight in _neighbors(have, size, mode, scale, align_corners=align_corners):
            term = channels_first(np.take(np.moveaxis(x, 1, -1), index, axis - 1))
            if weight is not None:
                term *= weight.astype(x.dtype).reshape(shape)
            total = term if total is None else np.add(total, term, out=total)
        assert total is not None
        x = total
    return x


def _neighbors(
    have: int, size: int, mode: str, scale: float, *, align_corners: bool
) -> list[tuple[Array, Array | None]]:
    """Return, for each output cell, the input cells that it mixes and their weights."""
    cells = np.arange(size)
    if mode == "nearest":
        return [(np.minimum((cells * scale).astype(np.int64), have - 1), None)]
    if align_corners:
        place = cells * ((have - 1) / (size - 1) if size > 1 else 0.0)
    else:
        place = (cells + 0.5) * scale - 0.5
    if mode == "bicubic":
        below = np.floor(place).astype(np.int64)
        t = place - below
        a = -0.75
        near = [((a + 2) * u - (a + 3)) * u * u + 1 for u in (t, 1 - t)]
        far = [((a * u - 5 * a) * u + 8 * a) * u - 4 * a for u in (1 + t, 2 - t)]
        weights = [far[0], near[0], near[1], far[1]]
        return [(np.clip(below + k, 0, have - 1), w) for k, w in zip((-1, 0, 1, 2), weights, strict=True)]
    place = np.maximum(place, 0)
    below = np.minimum(np.floor(place).astype(np.int64), have - 1)
    t = place - below
    above = np.where(t > 0, np.minimum(below + 1, have - 1), below)  # a weight of 0 reads nothing
    return [(below, 1 - t), (above, t)]


def pixel_shuffle(x: Array, r: int) -> Array:
    """Rearrange ``(N, C*r*r, H, W)`` into ``(N, C, H*r, W*r)``."""
    n, channels, h, w = x.shape
    parts = x.reshape(n, channels // (r * r), r, r, h, w)
    return parts.transpose(0, 1, 4, 2, 5, 3).reshape(n, channels // (r * r), h * r, w * r)


def pixel_unshuffle(x: Array, r: int) -> Array:
    """Rearrange ``(N, C, H*r, W*r)`` into ``(N, C*r*r, H, W)``."""
    n, channels, h, w = x.shape
    parts = x.reshape(n, channels, h // r, r, w // r, r)
    return parts.transpose(0, 1, 3, 5, 2, 4).reshape(n, channels * r * r, h // r, w // r)


def channel_shuffle(x: Array, groups: int) -> Array:
    """Interleave the channels of all groups."""
    channels = x.shape[1]
    order = np.arange(channels).reshape(groups, channels // groups).T.reshape(-1)
    return channels_first(np.take(np.moveaxis(x, 1, -1), order, -1))


def _norm(x: Array, axis: tuple[int, ...], *, keepdims: bool) -> Array:
    return np.asarray(np.sqrt(np.square(x).sum(axis=axis, keepdims=keepdims)))


_REDUCTIONS: dict[str, Callable[..., Any]] = {
    "mean": np.mean,
    "sum": np.sum,
    "max": np.max,
    "min": np.min,
    "l2": _norm,
}


def reduced(x: Array, op: str, axes: tuple[int, ...], *, keepdim: bool) -> Array:
    """Combine the values along axes of an array, 1 for the channels."""
    return np.asarray(_REDUCTIONS[op](x, axis=axes, keepdims=keepdim), x.dtype)
