"""Fully connected layer: ``linear``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from cnncalc import fields
from cnncalc.dims import Dim, concrete, product_of
from cnncalc.layer import Array, Arrays, Family, Layer, Tensors
from cnncalc.shapes import Shape, Shapes, Sight


class Linear(Layer):
    """``(*, in_features) -> (*, out_features)``: acts on the last axis.

    Source: ``torch.nn.Linear``; ONNX ``Gemm``. flops: ``2*macs`` and an addition per output for the
    bias.
    """

    family = Family.LINEAR

    in_parts = True

    type: Literal["linear"] = "linear"
    out_features: Annotated[fields.Size, fields.About("Length of the output's last axis.", 10, "features")]
    in_features: fields.InputFeatures = None
    bias: fields.Bias = True

    def output_shape(self, inputs: Shapes) -> Shape:
        (x,) = inputs
        return (*x[:-1], self.out_features)

    def param_shapes(self, inputs: Shapes) -> Mapping[str, Shape]:
        (x,) = inputs
        weight = (self.out_features, x[-1])
        return {"weight": weight, "bias": (self.out_features,)} if self.bias else {"weight": weight}

    def macs(self, inputs: Shapes, output: Shape) -> Dim:
        (x,) = inputs
        return product_of(x) * self.out_features

    def operations(self, inputs: Shapes, output: Shape) -> Dim:
        return product_of(output) if self.bias else 0

    def windows(self, inputs: Shapes) -> Sight:
        return "all" if len(inputs[0]) == 1 else "unknown"

    def mixes(self, rank: int) -> tuple[int, ...]:
        return (rank - 1,)

    def forward(self, inputs: Arrays, params: Tensors, out: Array | None = None) -> Array:
        from cnncalc.kernels import product

        (x,) = inputs
        blocks, weight = params.blocks("weight")
        return product.linear(x, concrete(self.out_features), blocks, weight, params.get("bias"))
