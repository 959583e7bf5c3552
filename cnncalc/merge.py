"""What merges share: layers that take several tensors."""

from __future__ import annotations

from functools import reduce
from typing import ClassVar

from cnncalc.conditions import Statement, any_of, at_least, equal
from cnncalc.dims import Dim, DimError, concrete, maximum, product_of
from cnncalc.integers import meet
from cnncalc.layer import Axes, Family, Requirement, Requirements, Unlearned
from cnncalc.shapes import Shape, Shapes, Sight, Window, show


class Merge(Unlearned):
    """A layer that takes one or more tensors and has no parameters and no MACs."""

    arity: ClassVar[tuple[int, int | None]] = (1, None)
    family = Family.MERGE

    def windows(self, inputs: Shapes) -> Sight:
        return (Window(),) * (len(inputs[0]) - 1)


class Broadcasting(Merge):
    """Elementwise merges. Axes are aligned at the end and must be equal, or 1 in one of them.

    Source: PyTorch, "Broadcasting semantics"; ONNX, "Multidirectional Broadcasting". Sizes left symbolic
    must be equal, or 1 where they can be.
    """

    def requirements(self, inputs: Shapes) -> Requirements:
        result = inputs[0]
        for other in inputs[1:]:
            if 1 in (len(result), len(other)) and len(result) != len(other):
                message = f"the branches have different shapes: {show(result)} and {show(other)}"
                help = "a gate over channels has the shape C×1×1: use global_avgpool with keepdim"
                yield Requirement(holds=False, code="C301", message=message, help=help)
            for a, b in zip(reversed(result), reversed(other), strict=False):
                holds = _joined(a, b)[1]
                if holds is not True:
                    message = f"the branches have different shapes: {show(result)} and {show(other)}"
                    yield Requirement(holds, "C301", message, _advice(result, other))
            result = _broadcast(result, other)

    def output_shape(self, inputs: Shapes) -> Shape:
        return reduce(_broadcast, inputs)

    def operations(self, inputs: Shapes, output: Shape) -> Dim:
        return (len(inputs) - 1) * product_of(output)

    def axes(self, inputs: Shapes) -> Axes:
        return ((),) * (max(map(len, inputs)) - len(inputs[0])) + super().axes(inputs)


ONE_SIZE = (
    "bring the branches to the same size with equal strides and paddings, or crop or upsample one of them"
)


def _advice(a: Shape, b: Shape) -> str | None:
    if len(a) != len(b):
        return None
    numbers = all(isinstance(size, int) for size in (*a, *b))
    if a[1:] == b[1:] and numbers:
        return f"project the shortcut with a {_point(a)} to {max(a[0], b[0])} channels"  # type: ignore[type-var]
    for gate, scaled in ((a, b), (b, a)):
        if len(a) > 1 and all(map(_is_one, gate[1:])):
            return f"a gate needs as many channels as the tensor it scales: {scaled[0]} instead of {gate[0]}"
    for small, large in ((a, b), (b, a)):
        if numbers and (strides := _strides(large, small)) is not None:
            return f"project the shortcut, {show(large)}, with a {_point(a)} to {small[0]} channels with stride {strides}"
    return ONE_SIZE if a[0] == b[0] else None


def _point(shape: Shape) -> str:
    """Return the name of a convolution with a kernel of one cell."""
    rank = len(shape) - 1
    return f"{'×'.join('1' * rank)} conv{rank}d" if rank else "linear layer"


def _strides(large: Shape, small: Shape) -> int | list[int] | None:
    """Return the strides with which a 1-cell kernel resizes a map to another size; None if there are none."""
    pairs = [(concrete(have), concrete(want)) for have, want in zip(large[1:], small[1:], strict=True)]
    found = [-(-have // want) for have, want in pairs]
    if not found or any(
        -(-have // stride) != want for (have, want), stride in zip(pairs, found, strict=True)
    ):
        return None
    return found[0] if len(set(found)) == 1 else found


def _is_one(size: Dim) -> bool:
    return isinstance(size, int) and size == 1


def _joined(a: Dim, b: Dim) -> tuple[Dim, bool | Statement]:
    """Return the broadcast of two sizes, and the condition for it: they are equal, or one is 1."""
    if _is_one(a) or _is_one(b):
        return (b if _is_one(a) else a), True
    same, a_is_one, b_is_one = equal(a, b), equal(a, 1), equal(b, 1)
    if same is True:
        return a, True
    a_grows = a_is_one is not False and _possible(a_is_one, at_least(b, 2))
    b_grows = b_is_one is not False and _possible(b_is_one, at_least(a, 2))
    holds = any_of(same, a_grows and a_is_one, b_grows and b_is_one)
    return (maximum(a, b) if a_grows and b_grows else b if a_grows else a), holds


def _possible(*verdicts: bool | Statement) -> bool:
    """Return whether statements can hold together; True if that is too hard to decide."""
    names = {name for v in verdicts if not isinstance(v, bool) for name in v.symbols()}
    try:
        return len(names) > 1 or bool(meet(*verdicts).pieces)
    except DimError:
        return True


def _broadcast(a: Shape, b: Shape) -> Shape:
    longer, shorter = (a, b) if len(a) >= len(b) else (b, a)
    padded = (1,) * (len(longer) - len(shorter)) + shorter
    return tuple(_joined(p, q)[0] for p, q in zip(longer, padded, strict=True))
