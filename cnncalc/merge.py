"""What merges share: layers that take several tensors."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce

from cnncalc.conditions import Condition, equal
from cnncalc.dims import Dim, product_of
from cnncalc.layer import Layer, Requirement, Requirements
from cnncalc.shapes import Shape, Shapes, Sight, Window, show


class Merge(Layer):
    """Takes one tensor or more; learns nothing and has no MACs."""

    arity = (1, None)
    family = "merge"

    def param_shapes(self, inputs: Shapes) -> Mapping[str, Shape]:
        return {}

    def macs(self, inputs: Shapes, output: Shape) -> Dim:
        return 0

    def windows(self, inputs: Shapes) -> Sight:
        return (Window(),) * (len(inputs[0]) - 1)


class Broadcasting(Merge):
    """Elementwise merges. Axes are aligned at the end and must be equal, or 1 in one of them.

    Source: PyTorch, "Broadcasting semantics"; ONNX, "Multidirectional Broadcasting". A size left
    symbolic is taken to be above 1: one that must equal another becomes a condition.
    """

    def requirements(self, inputs: Shapes) -> Requirements:
        result = inputs[0]
        for other in inputs[1:]:
            if 1 in (len(result), len(other)) and len(result) != len(other):
                message = f"the branches differ: {show(result)} and {show(other)}"
                help = "a gate over channels has the shape C×1×1: use global_avgpool with keepdim"
                yield Requirement(holds=False, code="C301", message=message, help=help)
            for a, b in zip(reversed(result), reversed(other), strict=False):
                holds = _compatible(a, b)
                if holds is not True:
                    message = f"the branches differ: {show(result)} and {show(other)}"
                    yield Requirement(holds, "C301", message, _advice(result, other))
            result = _broadcast(result, other)

    def output_shape(self, inputs: Shapes) -> Shape:
        return reduce(_broadcast, inputs)

    def operations(self, inputs: Shapes, output: Shape) -> Dim:
        return (len(inputs) - 1) * product_of(output)


def _advice(a: Shape, b: Shape) -> str | None:
    if len(a) == len(b) and a[1:] == b[1:] and isinstance(a[0], int) and isinstance(b[0], int):
        return f"project the shortcut with a 1×1 conv2d to {max(a[0], b[0])} channels"
    if len(a) == len(b) and a[0] == b[0]:
        return "bring the branches to one size: the same strides and paddings, or crop or upsample"
    return None


def _is_one(size: Dim) -> bool:
    return isinstance(size, int) and size == 1


def _compatible(a: Dim, b: Dim) -> bool | Condition:
    return True if _is_one(a) or _is_one(b) else equal(a, b)


def _broadcast(a: Shape, b: Shape) -> Shape:
    longer, shorter = (a, b) if len(a) >= len(b) else (b, a)
    padded = (1,) * (len(longer) - len(shorter)) + shorter
    return tuple(q if _is_one(p) else p for p, q in zip(longer, padded, strict=True))
