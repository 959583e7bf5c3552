"""Normalizations. Channels are axis 1; ``weight`` and ``bias`` may be None."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cnncalc.kernels.work import Array, share, spans, threads


def affine(x: Array, weight: Array | None, bias: Array | None, out: Array | None = None) -> Array:
    """Return ``weight*x + bias`` with one factor and one shift per channel."""
    result = np.empty_like(x) if out is None else out
    last, target = (np.moveaxis(a, 1, -1) for a in (x, result))
    if not (last.flags.c_contiguous and target.flags.c_contiguous):
        shape = (-1, *[1] * (x.ndim - 2))
        _scaled(x, result, *(None if p is None else p.reshape(shape) for p in (weight, bias)))
        return result
    channels = x.shape[1]
    rows, into = last.reshape(-1, channels), target.reshape(-1, channels)
    step = max(1, (64 << 10) // channels)  # stays in the cache between factor and shift

    def worker(queue: Iterator[int]) -> None:
        for start in queue:
            _scaled(rows[start : start + step], into[start : start + step], weight, bias)

    share(range(0, len(rows), step), worker)
    return result


def _scaled(x: Array, out: Array, weight: Array | None, bias: Array | None) -> None:
    if weight is not None:
        x = np.multiply(x, weight, out=out)
    if bias is not None:
        x = np.add(x, bias, out=out)
    if x is not out:
        np.copyto(out, x)


def batch_norm(
    x: Array, mean: Array | None, variance: Array | None, weight: Array | None, bias: Array | None, eps: float,
    out: Array | None = None,
) -> Array:  # fmt: skip
    """Normalize each channel by its running statistics, or by those of the batch if there are none."""
    if mean is None or variance is None:
        axes = (0, *range(2, x.ndim))
        mean, variance = x.mean(axes, dtype=np.float64), x.var(axes, dtype=np.float64)
    factor = 1 / np.sqrt(variance.astype(np.float64) + eps)
    if weight is not None:
        factor *= weight
    shift = -mean * factor
    if bias is not None:
        shift += bias
    return affine(x, factor.astype(x.dtype), shift.astype(x.dtype), out)


def normalize(x: Array, axes: tuple[int, ...], eps: float) -> Array:
    """Normalize to zero mean and unit variance over the given axes."""
    mean = x.mean(axes, keepdims=True, dtype=np.float64)
    centered: Array = x - mean.astype(x.dtype)
    variance = np.square(centered).mean(axes, keepdims=True, dtype=np.float64)
    centered *= (1 / np.sqrt(variance + eps)).astype(x.dtype)
    return centered


def layer_norm_channels(x: Array, weight: Array | None, bias: Array | None, eps: float) -> Array:
    """Normalize each position over its channels."""
    last = np.moveaxis(x, 1, -1)
    if not last.flags.c_contiguous:
        last = np.ascontiguousarray(last)
    out = np.empty_like(last)
    channels = x.shape[1]
    rows, into = last.reshape(-1, channels), out.reshape(-1, channels)

    def worker(queue: Iterator[slice]) -> None:
        for span in queue:
            part = normalize(rows[span], (1,), eps)
            _scaled(part, into[span], weight, bias)

    share(spans(len(rows), max(threads(), rows.size >> 16)), worker)
    return np.moveaxis(out, -1, 1)


def layer_norm_last(x: Array, weight: Array | None, bias: Array | None, eps: float, count: int) -> Array:
    """Normalize over the last ``count`` axes."""
    result = normalize(x, tuple(range(x.ndim - count, x.ndim)), eps)
    if weight is not None:
        result *= weight
    if bias is not None:
        result += bias
    return result


def rms_norm(x: Array, weight: Array | None, eps: float) -> Array:
    """Divide by the root mean square of the last axis."""
    squares = np.square(x).mean(-1, keepdims=True, dtype=np.float64)
    result: Array = x * (1 / np.sqrt(squares + eps)).astype(x.dtype)
    return result if weight is None else result * weight


def scaled(x: Array, weight: Array, bias: Array | None, out: Array | None = None) -> Array:
    """Multiply by a tensor that is aligned at the last axis, and add another."""
    result = np.multiply(x, weight, out=out)
    return result if bias is None else np.add(result, bias, out=result)


def shifted(x: Array, bias: Array, out: Array | None = None) -> Array:
    """Add a tensor that is aligned at the last axis."""
    return np.add(x, bias, out=out)


def group_norm(x: Array, groups: int, weight: Array | None, bias: Array | None, eps: float) -> Array:
    """Normalize over groups of channels and all positions."""
    split = x.reshape(len(x), groups, -1, *x.shape[2:])
    result = normalize(split, tuple(range(2, split.ndim)), eps).reshape(x.shape)
    return affine(result, weight, bias)


def instance_norm(
    x: Array, mean: Array | None, variance: Array | None, weight: Array | None, bias: Array | None, eps: float
) -> Array:
    """Normalize each channel over its positions, or by running statistics."""
    if mean is not None and variance is not None:
        return batch_norm(x, mean, variance, weight, bias, eps)
    return affine(normalize(x, tuple(range(2, x.ndim)), eps), weight, bias)


def local_response_norm(x: Array, size: int, alpha: float, beta: float, k: float) -> Array:
    """Return ``x / (k + alpha*mean of squares of size neighboring channels)**beta``, with zeros beyond the ends."""
    channels = x.shape[1]
    squares = np.zeros((len(x), channels + size - 1, *x.shape[2:]), x.dtype)
    before = size // 2
    np.square(x, out=squares[:, before : before + channels])
    total = squares[:, :channels].copy()
    for shift in range(1, size):
        total += squares[:, shift : shift + channels]
    total *= alpha / size
    total += k
    total **= -beta
    total *= x
    return total
