"""Operators on known numbers, above all on sizes: shape arithmetic is folded away, in symbols where sizes are free.

Each function gets the arrays of the inputs (objects: integers, fractions of floats, sizes in symbols) and the node.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from cnncalc import dims
from cnncalc.dims import Expr, ceil_div
from cnncalc.interchange.onnx.model import Operation
from cnncalc.interchange.refusal import Refused
from cnncalc.interchange.values import Numbers

MOST = 1 << 16  # elements of a result


class Quotient:
    """A size divided by a number, not rounded yet: graphs write a floor as a division and a ``Floor``."""

    def __init__(self, top: Any, bottom: Any) -> None:
        self.top, self.bottom = top, bottom


def evaluate(node: Operation, arrays: list[Numbers | None]) -> list[Numbers]:
    """Return the outputs of a node whose inputs are known.

    Raises:
        Refused: the operator has no rule for numbers, or its inputs do not fit.
    """
    rule = RULES.get(node.op)
    if rule is None:
        raise Refused(f"{node.op} of constants has no rule")
    try:
        found = rule(node, *arrays)
    except (TypeError, ValueError, IndexError, ZeroDivisionError, OverflowError, AttributeError) as error:
        raise Refused(f"{node.op} of constants: {error}") from None
    results = found if isinstance(found, list) else [found]
    if any(np.size(each) > MOST for each in results):
        raise Refused(f"{node.op} of constants has more than {MOST:,} elements")
    return [np.asarray(each, dtype=object) for each in results]


def _each(function: Callable[..., Any], count: int = 2) -> Callable[..., Numbers]:
    vector = np.frompyfunc(function, count, 1)
    return lambda node, *arrays: np.asarray(vector(*arrays), dtype=object)


def maximum(a: Any, b: Any) -> Any:
    """Return the larger of two numbers or sizes."""
    return dims.maximum(a, b) if isinstance(a, Expr) or isinstance(b, Expr) else max(a, b)


def minimum(a: Any, b: Any) -> Any:
    """Return the smaller of two numbers or sizes."""
    return dims.minimum(a, b) if isinstance(a, Expr) or isinstance(b, Expr) else min(a, b)


def _divide(a: Any, b: Any) -> Any:
    if isinstance(a, Expr) or isinstance(b, Expr):
        quotient = a // b if isinstance(b, int) else None
        return quotient if quotient is not None and quotient * b == a else Quotient(a, b)
    if isinstance(a, int) and isinstance(b, int):
        return int(a / b) if abs(a) < 1 << 52 else a // b  # integers truncate
    return a / b


def _floor(a: Any) -> Any:
    if isinstance(a, Quotient):
        return a.top // a.bottom
    return a if isinstance(a, Expr | int) else math.floor(a)


def _ceil(a: Any) -> Any:
    if isinstance(a, Quotient):
        return ceil_div(a.top, a.bottom)
    return a if isinstance(a, Expr | int) else math.ceil(a)


def _cast(node: Operation, x: Numbers) -> Numbers:
    whole = node.get("to") in (2, 3, 4, 5, 6, 7, 12, 13)

    def one(v: Any) -> Any:
        if isinstance(v, Quotient):
            return v.top // v.bottom if whole else v
        if node.get("to") == 9:
            return bool(v)
        return v if isinstance(v, Expr | int) and not isinstance(v, bool) else int(v) if whole else float(v)

    return np.asarray(np.frompyfunc(one, 1, 1)(x), dtype=object)


def _axes(node: Operation, given: Numbers | None) -> list[int]:
    axes = given if given is not None else node.get("axes", [])
    return [int(a) for a in np.ravel(axes)]


def _unsqueeze(node: Operation, x: Numbers, axes: Numbers | None = None) -> Numbers:
    return np.expand_dims(x, tuple(_axes(node, axes)))


def _squeeze(node: Operation, x: Numbers, axes: Numbers | None = None) -> Numbers:
    found = _axes(node, axes)
    return np.squeeze(x, tuple(found)) if found else np.squeeze(x)


def _slice(node: Operation, x: Numbers, *given: Numbers | None) -> Numbers:
    parts = slices(node, list(given), x.ndim)
    index = [slice(None)] * x.ndim
    for axis, (start, stop, step) in parts.items():
        index[axis] = slice(int(start), int(stop), int(step))
    return x[tuple(index)]


def slices(node: Operation, given: list[Numbers | None], rank: int) -> dict[int, tuple[Any, Any, int]]:
    """Return start, stop and step by axis: inputs of new operator sets, attributes of old ones."""
    old = [node.get("starts"), node.get("ends"), node.get("axes"), None]
    found = old if node.get("starts") is not None else [*given, None, None, None, None][:4]
    if found[0] is None or found[1] is None:
        raise Refused("the ends of the slice are computed")
    starts, stops, axes, steps = (None if each is None else list(np.ravel(each)) for each in found)
    starts, stops = starts or [], stops or []
    axes, steps = axes or list(range(len(starts))), steps or [1] * len(starts)
    return {int(a) % rank: (b, e, int(s)) for a, b, e, s in zip(axes, starts, stops, steps, strict=True)}


def _gather(node: Operation, x: Numbers, indices: Numbers) -> Numbers:
    return np.take(x, indices.astype(int), axis=node.get("axis", 0))


def _concat(node: Operation, *arrays: Numbers) -> Numbers:
    return np.concatenate(arrays, axis=node.get("axis", 0))


def _reshape(node: Operation, x: Numbers, shape: Numbers) -> Numbers:
    return x.reshape([int(n) if n != 0 else x.shape[i] for i, n in enumerate(np.ravel(shape))])


def _range(node: Operation, start: Numbers, stop: Numbers, step: Numbers) -> Numbers:
    numbers = range(int(start), int(stop), int(step))
    if len(numbers) > MOST:
        raise ValueError("it is too long")
    return np.array(numbers, dtype=object)


def _filled(node: Operation, shape: Numbers) -> Numbers:
    value = node.get("value")
    sizes = [int(n) for n in np.ravel(shape)]
    if math.prod(sizes) > MOST:
        raise ValueError("it is too large")
    return np.full(sizes, np.ravel(value)[0].item() if value is not None else 0.0, dtype=object)


def _expand(node: Operation, x: Numbers, shape: Numbers) -> Numbers:
    sizes = [int(n) for n in np.ravel(shape)]
    if math.prod(sizes) > MOST:
        raise ValueError("it is too large")
    return np.broadcast_to(x, np.broadcast_shapes(x.shape, tuple(sizes)))


def _split(node: Operation, x: Numbers, sizes: Numbers | None = None) -> list[Numbers]:
    axis = node.get("axis", 0)
    parts = node.get("split") if sizes is None else list(np.ravel(sizes))
    if not parts:
        return list(np.array_split(x, len(node.outputs), axis))
    return list(np.split(x, np.cumsum([int(n) for n in parts])[:-1], axis))


def _reduce(function: Callable[[Any, Any], Any]) -> Callable[..., Numbers]:
    def rule(node: Operation, x: Numbers, axes: Numbers | None = None) -> Numbers:
        found = _axes(node, axes)
        axis = tuple(found) if found else tuple(range(x.ndim))
        vector = np.frompyfunc(function, 2, 1)
        for each in sorted((a % x.ndim for a in axis), reverse=True):
            x = np.asarray(vector.reduce(x, axis=each, keepdims=bool(node.get("keepdims", 1))), dtype=object)
        return x

    return rule


def _where(node: Operation, condition: Numbers, a: Numbers, b: Numbers) -> Numbers:
    return np.where(condition.astype(bool), a, b)


def _bound(node: Operation, name: str, given: Numbers | None) -> Any:
    found = node.get(name) if given is None else np.ravel(given)[0]
    return int(found) if isinstance(found, float) and found.is_integer() else found


def _clip(x: Numbers, low: Any, high: Any) -> Numbers:
    if low is not None:
        x = np.asarray(np.frompyfunc(lambda v: maximum(v, low), 1, 1)(x), dtype=object)
    return x if high is None else np.asarray(np.frompyfunc(lambda v: minimum(v, high), 1, 1)(x), dtype=object)


def _constant(node: Operation) -> Numbers:
    for name in ("value", "value_float", "value_int", "value_floats", "value_ints"):
        if (value := node.get(name)) is not None:
            return np.array(np.asarray(value).tolist(), dtype=object)
    raise ValueError("its value is not stored")


RULES: dict[str, Callable[..., Any]] = {
    "Constant": _constant,
    "Identity": lambda node, x: x,
    "Cast": _cast,
    "Add": _each(lambda a, b: a + b),
    "Sub": _each(lambda a, b: a - b),
    "Mul": _each(lambda a, b: Quotient(a.top * b, a.bottom) if isinstance(a, Quotient) else a * b),
    "Div": _each(_divide),
    "Mod": _each(lambda a, b: a % b),
    "Neg": _each(lambda a: -a, 1),
    "Abs": _each(abs, 1),
    "Floor": _each(_floor, 1),
    "Ceil": _each(_ceil, 1),
    "Round": _each(lambda a: a if isinstance(a, Expr | int) else float(round(a)), 1),
    "Sqrt": _each(math.sqrt, 1),
    "Pow": _each(lambda a, b: a**b),
    "Exp": _each(math.exp, 1),
    "Reciprocal": _each(lambda a: 1 / a, 1),
    "Min": lambda node, *arrays: np.frompyfunc(minimum, 2, 1).reduce(np.broadcast_arrays(*arrays)),
    "Max": lambda node, *arrays: np.frompyfunc(maximum, 2, 1).reduce(np.broadcast_arrays(*arrays)),
    "Clip": lambda node, x, low=None, high=None: _clip(
        x, _bound(node, "min", low), _bound(node, "max", high)
    ),
    "Equal": _each(lambda a, b: a == b),
    "Less": _each(lambda a, b: bool(a < b)),
    "Greater": _each(lambda a, b: bool(a > b)),
    "Not": _each(lambda a: not a, 1),
    "And": _each(lambda a, b: bool(a and b)),
    "Or": _each(lambda a, b: bool(a or b)),
    "Where": _where,
    "Unsqueeze": _unsqueeze,
    "Squeeze": _squeeze,
    "Slice": _slice,
    "Gather": _gather,
    "Concat": _concat,
    "Reshape": _reshape,
    "Range": _range,
    "ConstantOfShape": _filled,
    "Expand": _expand,
    "Split": _split,
    "Transpose": lambda node, x: np.transpose(x, node.get("perm")),
    "ReduceProd": _reduce(lambda a, b: a * b),
    "ReduceSum": _reduce(lambda a, b: a + b),
    "ReduceMax": _reduce(maximum),
    "ReduceMin": _reduce(minimum),
    "Shape": lambda node, x: np.array(x.shape, dtype=object),
    "Size": lambda node, x: np.array(x.size, dtype=object),
}
