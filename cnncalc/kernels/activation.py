"""Elementwise functions. Every function may write into ``out``, which may be the input.

Sources: the formulas of ``torch.nn``, named where each layer type is defined.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import cache

import numpy as np

from cnncalc.kernels.work import Array, share

CHUNK = 64 << 10  # elements processed at once, so that intermediate results stay in the cache


def each(x: Array, function: Callable[[Array, Array], object], out: Array | None) -> Array:
    """Call ``function(part, part of out)`` for all parts of ``x``, shared among threads."""
    result = np.empty_like(x) if out is None else out
    flat = _flat(x)
    if flat is None or x.strides != result.strides:
        function(x, result)
        return result
    target = _flat(result)  # laid out as x is
    assert target is not None

    def worker(queue: Iterator[int]) -> None:
        for start in queue:
            function(flat[start : start + CHUNK], target[start : start + CHUNK])

    share(range(0, x.size, CHUNK), worker)
    return result


def _flat(x: Array) -> Array | None:
    """Return all elements in memory order, if they are contiguous."""
    last = np.moveaxis(x, 1, -1)
    if last.flags.c_contiguous:
        return last.reshape(-1)
    return x.reshape(-1) if x.flags.c_contiguous else None


def relu(x: Array, out: Array | None = None) -> Array:
    return each(x, lambda a, o: np.maximum(a, 0, out=o), out)


def relu6(x: Array, out: Array | None = None) -> Array:
    return each(x, lambda a, o: np.clip(a, 0, 6, out=o), out)


def leaky_relu(x: Array, slope: float, out: Array | None = None) -> Array:
    return each(x, lambda a, o: _negative(a, a * slope, o), out)


def rescale(x: Array, factor: float, offset: float, out: Array | None = None) -> Array:
    """``factor*x + offset``."""
    return each(x, lambda a, o: np.add(np.multiply(a, factor, out=o), offset, out=o), out)


def clamp(x: Array, low: float | None, high: float | None, out: Array | None = None) -> Array:
    """``min(max(x, low), high)``; None does not bound."""
    least, most = (-np.inf if low is None else low), (np.inf if high is None else high)
    return each(x, lambda a, o: np.clip(a, least, most, out=o), out)


def prelu(x: Array, slope: Array, out: Array | None = None) -> Array:
    """Multiply negative elements by ``slope``, which has one element, or one per channel (axis 1)."""
    shaped = slope.reshape(-1, *[1] * (x.ndim - 2))
    return np.where(x < 0, x * shaped, x) if out is None else _negative(x, x * shaped, out)


def _negative(x: Array, below: Array, out: Array) -> Array:
    """Return ``below`` where ``x`` is negative, and ``x`` elsewhere."""
    np.copyto(below, x, where=~(x < 0))
    np.copyto(out, below)
    return out


def elu(x: Array, alpha: float, out: Array | None = None) -> Array:
    return each(x, lambda a, o: _negative(a, alpha * np.expm1(np.minimum(a, 0)), o), out)


def selu(x: Array, out: Array | None = None) -> Array:
    """Klambauer et al., 2017: the fixed point of zero mean and unit variance."""
    alpha, scale = 1.6732632423543772, 1.0507009873554805
    return each(
        x, lambda a, o: np.multiply(_negative(a, alpha * np.expm1(np.minimum(a, 0)), o), scale, out=o), out
    )


def celu(x: Array, alpha: float, out: Array | None = None) -> Array:
    return each(x, lambda a, o: _negative(a, alpha * np.expm1(np.minimum(a, 0) / alpha), o), out)


def sigmoid(x: Array, out: Array | None = None) -> Array:
    return each(x, _sigmoid, out)


def _sigmoid(x: Array, out: Array) -> Array:
    with np.errstate(over="ignore"):
        np.exp(-x, out=out)
    out += 1
    return np.reciprocal(out, out=out)


def silu(x: Array, out: Array | None = None) -> Array:
    return each(x, lambda a, o: np.multiply(a, _sigmoid(a, np.empty_like(a)), out=o), out)


def tanh(x: Array, out: Array | None = None) -> Array:
    return each(x, lambda a, o: np.tanh(a, out=o), out)


def hardsigmoid(x: Array, out: Array | None = None) -> Array:
    return each(x, lambda a, o: np.divide(np.clip(a + 3, 0, 6), 6, out=o), out)


def hardswish(x: Array, out: Array | None = None) -> Array:
    return each(x, lambda a, o: np.multiply(a, np.clip(a + 3, 0, 6) / 6, out=o), out)


def softplus(x: Array, beta: float = 1.0, threshold: float = 20.0, out: Array | None = None) -> Array:
    """``log(1 + exp(beta*x))/beta``, and ``x`` itself where ``beta*x`` is above the threshold."""
    return each(x, lambda a, o: np.copyto(o, _softplus(a, beta, threshold)), out)


def _softplus(x: Array, beta: float, threshold: float) -> Array:
    scaled = x * beta
    smooth = (np.maximum(scaled, 0) + np.log1p(np.exp(-np.abs(scaled)))) / beta
    return np.where(scaled > threshold, x, smooth)


def mish(x: Array, out: Array | None = None) -> Array:
    return each(x, lambda a, o: np.multiply(a, np.tanh(_softplus(a, 1.0, 20.0)), out=o), out)


def gelu(x: Array, out: Array | None = None) -> Array:
    """``x*Phi(x)``, with the error function to the precision of the type."""
    return each(x, _gelu, out)


def _gelu(x: Array, out: Array) -> None:
    phi = erf(x * np.asarray(math.sqrt(0.5), x.dtype))
    phi += 1
    phi *= x
    np.multiply(phi, 0.5, out=out)


def gelu_tanh(x: Array, out: Array | None = None) -> Array:
    """The approximation with tanh of Hendrycks and Gimpel, 2016, section 2."""
    root = math.sqrt(2 / math.pi)
    return each(x, lambda a, o: np.multiply(0.5 * a, 1 + np.tanh(root * (a + 0.044715 * a**3)), out=o), out)


def erf(x: Array) -> Array:
    """The error function: ``1 - exp(-x*x)*t*p(t)`` for ``t = 2/(2 + x)`` and positive ``x``.

    ``p`` interpolates the exact values at Chebyshev nodes, after Press et al., "Numerical Recipes",
    3rd edition, section 6.2.2; it is as long as the precision of the type asks.
    """
    coefficients = _erfc_series(11 if x.dtype == np.float32 else 27)
    size = np.minimum(np.abs(x), 6.0)  # beyond this, erf is 1 to the last bit
    t = 2 / (2 + size)
    y = t * 4 - 2  # twice the argument of the Chebyshev polynomials
    ahead = behind = np.zeros_like(x)
    for c in coefficients[:0:-1]:
        ahead, behind = y * ahead - behind + x.dtype.type(c), ahead
    series = 0.5 * y * ahead - behind + x.dtype.type(coefficients[0])
    result: Array = np.copysign(1 - t * np.exp(-size * size + series), x)
    return result


@cache
def _erfc_series(terms: int) -> tuple[float, ...]:
    """Chebyshev coefficients of ``log(erfc(z)*exp(z*z)/t)`` in ``4*t - 2``, for z from 0 to 6."""

    def value(y: float) -> float:
        t = (y + 2) / 4
        z = 2 / t - 2
        if z > 26:  # erfc underflows: its asymptotic series
            term = total = 1.0
            for k in range(1, 16, 2):
                term *= -k / (2 * z * z)
                total += term
            return math.log(total / (z * math.sqrt(math.pi)) / t)
        return math.log(math.erfc(z)) + z * z - math.log(t)

    count = 64
    angles = [math.pi * (k + 0.5) / count for k in range(count)]
    values = [value(2 * math.cos(a)) for a in angles]
    series = [
        2 / count * sum(v * math.cos(j * a) for v, a in zip(values, angles, strict=True))
        for j in range(terms)
    ]
    return (series[0] / 2, *series[1:])


def softmax(x: Array, axis: int) -> Array:
    shifted: Array = x - x.max(axis, keepdims=True)
    np.exp(shifted, out=shifted)
    shifted /= shifted.sum(axis, keepdims=True)
    return shifted


def log_softmax(x: Array, axis: int) -> Array:
    shifted: Array = x - x.max(axis, keepdims=True)
    shifted -= np.log(np.exp(shifted).sum(axis, keepdims=True))
    return shifted
