"""Depthwise convolution: ``depthwise_conv2d``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from cnncalc import fields
from cnncalc.dims import Dim, product_of
from cnncalc.layer import Array, Arrays, Family, Requirements, Tensors
from cnncalc.shapes import Shape, Shapes
from cnncalc.window import SlidingLayer


class DepthwiseConv2d(SlidingLayer):
    """``(C, H, W) -> (C*multiplier, *out)``: ``multiplier`` filters for every channel.

    A convolution with as many groups as channels. Source: Keras ``DepthwiseConv2D``; Howard et al.,
    "MobileNets", 2017, section 3.1. flops: ``2*macs`` and an addition per output for the bias.
    """

    family = Family.CONV
    rank = 2

    type: Literal["depthwise_conv2d"] = "depthwise_conv2d"
    multiplier: fields.Multiplier = 1
    in_channels: fields.InputChannels = None
    bias: fields.Bias = True

    def requirements(self, inputs: Shapes) -> Requirements:
        return self.window_requirements(inputs[0])

    def output_shape(self, inputs: Shapes) -> Shape:
        (x,) = inputs
        return (x[0] * self.multiplier, *self.spatial_output(x))

    def param_shapes(self, inputs: Shapes) -> Mapping[str, Shape]:
        (x,) = inputs
        filters = x[0] * self.multiplier
        weight = (filters, 1, *self.kernel_size)
        return {"weight": weight, "bias": (filters,)} if self.bias else {"weight": weight}

    def macs(self, inputs: Shapes, output: Shape) -> Dim:
        return product_of(output) * product_of(self.kernel_size)

    def depthwise(self, inputs: Shapes) -> bool:
        return True

    def operations(self, inputs: Shapes, output: Shape) -> Dim:
        return product_of(output) if self.bias else 0

    def forward(self, inputs: Arrays, params: Tensors, out: Array | None = None) -> Array:
        from cnncalc.kernels import convolution

        (x,) = inputs
        return convolution.depthwise(x, params["weight"], params.get("bias"), self.sliding(x))
