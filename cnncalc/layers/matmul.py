"""``matmul``: the matrix product of two tensors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from cnncalc.conditions import equal
from cnncalc.dims import Dim, product_of
from cnncalc.layer import Array, Arrays, Axes, Line, Requirement, Requirements, Tensors, term
from cnncalc.merge import Merge
from cnncalc.shapes import Shape, Shapes, Sight, show


class MatMul(Merge):
    """``(*, m, k)`` times ``(*, k, n)`` is ``(*, m, n)``, for each sample; the axes before are equal.

    Source: ``torch.matmul``, ``torch.bmm``; ONNX ``MatMul``. Its products count as MACs. flops: ``2*macs``.
    """

    arity = (2, 2)

    type: Literal["matmul"] = "matmul"

    def requirements(self, inputs: Shapes) -> Requirements:
        a, b = inputs
        both = f"{show(a)} and {show(b)}"
        if len(a) != len(b) or len(a) < 2:
            message = f"matmul takes two tensors of as many axes, at least two, and its inputs are {both}"
            yield Requirement(holds=False, code="C301", message=message)
            return
        for have, want in zip((*a[:-2], a[-1]), (*b[:-2], b[-2]), strict=True):
            holds = equal(have, want)
            if holds is not True:
                message = f"the shapes do not fit a product: {both}"
                help = "the last axis of the first is as long as the one before the last of the second"
                yield Requirement(holds, "C301", message, help)

    def output_shape(self, inputs: Shapes) -> Shape:
        a, b = inputs
        return (*a[:-1], b[-1])

    def macs(self, inputs: Shapes, output: Shape) -> Dim:
        return product_of(output) * inputs[0][-1]

    def operations(self, inputs: Shapes, output: Shape) -> Dim:
        return 0

    def axes(self, inputs: Shapes) -> Axes:
        rank = len(inputs[0])
        return (*((axis,) for axis in range(rank - 1)), ())

    def windows(self, inputs: Shapes) -> Sight:
        return "unknown"

    def derivation(self, inputs: Shapes, output: Shape) -> Iterator[Line]:
        a, b = inputs
        yield Line("output rows", "the rows of the first", term(a[-2]), output[-2])
        yield Line("output columns", "the columns of the second", term(b[-1]), output[-1])

    def forward(self, inputs: Arrays, params: Tensors, out: Array | None = None) -> Array:
        from cnncalc.kernels import merging

        return merging.product(*inputs)
