"""Depthwise separable convolution: ``separable_conv2d``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from cnncalc import fields
from cnncalc.dims import Dim, product_of
from cnncalc.layer import Array, Arrays, Family, Requirements, Tensors
from cnncalc.shapes import Shape, Shapes
from cnncalc.window import SlidingLayer


class SeparableConv2d(SlidingLayer):
    """A depthwise convolution and a 1×1 convolution in one: ``(C, H, W) -> (out_channels, *out)``.

    Only the 1×1 convolution has a bias. Source: Keras ``SeparableConv2D``; Chollet, "Xception",
    2017. flops: ``2*macs`` and an addition per output for the bias.
    """

    family = Family.CONV
    rank = 2

    type: Literal["separable_conv2d"] = "separable_conv2d"
    out_channels: fields.OutChannels
    multiplier: fields.Multiplier = 1
    in_channels: fields.InputChannels = None
    bias: fields.Bias = True

    def requirements(self, inputs: Shapes) -> Requirements:
        return self.window_requirements(inputs[0])

    def output_shape(self, inputs: Shapes) -> Shape:
        (x,) = inputs
        return (self.out_channels, *self.spatial_output(x))

    def param_shapes(self, inputs: Shapes) -> Mapping[str, Shape]:
        (x,) = inputs
        middle = x[0] * self.multiplier
        shapes: dict[str, Shape] = {
            "depthwise.weight": (middle, 1, *self.kernel_size),
            "pointwise.weight": (self.out_channels, middle, 1, 1),
        }
        if self.bias:
            shapes["pointwise.bias"] = (self.out_channels,)
        return shapes

    def macs(self, inputs: Shapes, output: Shape) -> Dim:
        (x,) = inputs
        filters = product_of(self.kernel_size) + self.out_channels  # for one cell of the middle
        return product_of(output[1:]) * x[0] * self.multiplier * filters

    def depthwise(self, inputs: Shapes) -> bool:
        return True

    def operations(self, inputs: Shapes, output: Shape) -> Dim:
        return product_of(output) if self.bias else 0

    def forward(self, inputs: Arrays, params: Tensors, out: Array | None = None) -> Array:
        from cnncalc.kernels import convolution

        (x,) = inputs
        middle = convolution.depthwise(x, params["depthwise.weight"], None, self.sliding(x))
        return convolution.convolve(
            middle, params["pointwise.weight"], params.get("pointwise.bias"), convolution.POINT
        )
