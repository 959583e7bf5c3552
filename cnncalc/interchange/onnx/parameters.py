"""Operators on parameters only: their numbers are never read, but shapes follow, and so do the names of what they are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cnncalc.interchange.refusal import Refused
from cnncalc.interchange.values import Constant, Value, Weight

if TYPE_CHECKING:
    from cnncalc.interchange.onnx.importer import Importer
    from cnncalc.interchange.onnx.model import Operation

ELEMENTWISE = {"Add", "Sub", "Mul", "Div", "Pow", "Sqrt", "Neg", "Exp", "Abs", "Reciprocal", "Sigmoid", "Tanh", "Relu",
               "Softplus", "Erf", "Clip", "Max", "Min", "Cast", "Identity", "Where", "Softmax", "CastLike", "Log"}  # fmt: skip
NORMALIZATIONS = {"BatchNormalization", "InstanceNormalization", "LayerNormalization"}
REDUCTIONS = {
    "ReduceMean",
    "ReduceSum",
    "ReduceMax",
    "ReduceMin",
    "ReduceL2",
    "ReduceProd",
    "ReduceSumSquare",
}


def derived(g: Importer, node: Operation) -> list[Value]:
    """Return the outputs of a node whose inputs are parameters and constants.

    Raises:
        Refused: how their shape follows is not known.
    """
    values = [g.values[name] for name in node.inputs if name]
    parts: dict[str, int] = {}
    for value in values:
        parts |= value.parts if isinstance(value, Weight) else {}
    first = values[0]
    if node.op == "Identity":
        return [first._replace(alias=node.outputs[0]) if isinstance(first, Weight) else first]
    if node.op == "Cast":
        return [first]
    if node.op == "Transpose" and isinstance(first, Weight) and first.stored:
        turn = tuple(node.get("perm") or reversed(range(len(first.shape))))
        before = first.turned or tuple(range(len(first.shape)))
        return [
            Weight(tuple(first.shape[i] for i in turn), parts, first.stored, tuple(before[i] for i in turn))
        ]
    stated = [g.model.stated.get(name) for name in node.outputs]
    if all(shape is not None and all(isinstance(size, int) for size in shape) for shape in stated):
        return [
            Weight(tuple(size for size in shape or () if isinstance(size, int)), parts) for shape in stated
        ]
    stand_ins = [_stand_in(value) for value in values]
    try:
        shapes = _shapes(g, node, stand_ins)
    except (ValueError, IndexError, TypeError) as error:
        raise Refused(f"{node.op} of parameters: {error}") from None
    return [Weight(shape, parts) for shape in shapes]


def _stand_in(value: Value) -> np.ndarray:
    """Return an array of the shape, without memory of its own."""
    shape = (
        value.numbers.shape
        if isinstance(value, Constant)
        else value.shape
        if isinstance(value, Weight)
        else ()
    )
    return np.broadcast_to(np.zeros((), np.int8), shape)


def _shapes(g: Importer, node: Operation, arrays: list[np.ndarray]) -> list[tuple[int, ...]]:
    x = arrays[0]
    if node.op in ELEMENTWISE:
        return [np.broadcast_shapes(*(a.shape for a in arrays))]
    if node.op in NORMALIZATIONS:
        return [x.shape]
    if node.op in REDUCTIONS:
        given = g.listed(node, 1)
        axes = [int(a) % x.ndim for a in (node.get("axes") if given is None else given) or range(x.ndim)]
        keep = node.get("keepdims", 1)
        return [tuple(1 if i in axes else n for i, n in enumerate(x.shape) if keep or i not in axes)]
    if node.op == "Transpose":
        return [np.transpose(x, node.get("perm")).shape]
    if node.op == "Reshape":
        wanted = [int(n) for n in g.listed(node, 1) or []]
        return [x.reshape([x.shape[i] if n == 0 else n for i, n in enumerate(wanted)]).shape]
    if node.op == "Flatten":
        axis = node.get("axis", 1)
        return [(int(np.prod(x.shape[:axis])), int(np.prod(x.shape[axis:])))]
    if node.op in ("Unsqueeze", "Squeeze"):
        given = g.listed(node, 1)
        places = tuple(int(a) for a in (node.get("axes") if given is None else given) or ())
        return [
            np.expand_dims(x, places).shape if node.op == "Unsqueeze" else np.squeeze(x, places or None).shape
        ]
    if node.op == "Concat":
        return [np.concatenate(arrays, node.get("axis", 0)).shape]
    if node.op == "Expand":
        return [np.broadcast_shapes(x.shape, tuple(int(n) for n in g.listed(node, 1) or []))]
    if node.op == "Gather":
        axis = node.get("axis", 0) % x.ndim
        return [(*x.shape[:axis], *arrays[1].shape, *x.shape[axis + 1 :])]
    if node.op == "MatMul":
        return [(*np.broadcast_shapes(x.shape[:-2], arrays[1].shape[:-2]), x.shape[-2], arrays[1].shape[-1])]
    if node.op == "Slice":
        from cnncalc.interchange.onnx.constants import slices

        index = [slice(None)] * x.ndim
        for axis, (start, stop, step) in slices(
            node, [g.numbers(node, i) for i in range(1, len(node.inputs))], x.ndim
        ).items():
            index[axis] = slice(int(start), int(stop), step)
        return [x[tuple(index)].shape]
    raise Refused(f"{node.op} of parameters has no rule")
