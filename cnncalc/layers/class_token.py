"""``class_token``: learned cells before the others of an axis."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from cnncalc import fields
from cnncalc.dims import Dim
from cnncalc.layer import Array, Arrays, Layer, Tensors
from cnncalc.shapes import Shape, Shapes, Sight


class ClassToken(Layer):
    """``(N, *) -> (size + N, *)``: learned cells are put before the first axis; the same for every sample.

    Source: Dosovitskiy et al., "An Image is Worth 16x16 Words", 2021, equation 1. flops: none.
    """

    type: Literal["class_token"] = "class_token"
    size: Annotated[fields.Size, fields.About("Number of learned cells.", unit="cells")] = 1

    def output_shape(self, inputs: Shapes) -> Shape:
        (x,) = inputs
        return (self.size + x[0], *x[1:])

    def param_shapes(self, inputs: Shapes) -> Mapping[str, Shape]:
        return {"weight": (self.size, *inputs[0][1:])}

    def macs(self, inputs: Shapes, output: Shape) -> Dim:
        return 0

    def operations(self, inputs: Shapes, output: Shape) -> Dim:
        return 0

    def windows(self, inputs: Shapes) -> Sight:
        return "unknown"

    def forward(self, inputs: Arrays, params: Tensors, out: Array | None = None) -> Array:
        from cnncalc.kernels import merging

        return merging.prepended(inputs[0], params["weight"])
