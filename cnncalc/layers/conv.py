"""Convolution: ``conv1d``, ``conv2d``, ``conv3d``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from cnncalc import fields
from cnncalc.dims import Dim, concrete, product_of
from cnncalc.layer import Array, Arrays, Family, Requirements, Tensors
from cnncalc.shapes import Shape, Shapes
from cnncalc.window import SlidingLayer, groups_divide, one_channel_each


class Convolution(SlidingLayer):
    """``(C, *in) -> (out_channels, *out)``; each filter is ``C/groups`` channels deep.

    Source: ``torch.nn.Conv2d``; ONNX ``Conv``; Dumoulin and Visin, "A guide to convolution
    arithmetic for deep learning", 2016. flops: ``2*macs`` and an addition per output for the bias.
    """

    family = Family.CONV

    out_channels: fields.OutChannels
    in_channels: fields.InputChannels = None
    groups: fields.Groups = 1
    bias: fields.Bias = True

    def requirements(self, inputs: Shapes) -> Requirements:
        (x,) = inputs
        yield from self.window_requirements(x)
        yield from groups_divide(self.groups, input=x[0], output=self.out_channels)

    def output_shape(self, inputs: Shapes) -> Shape:
        (x,) = inputs
        return (self.out_channels, *self.spatial_output(x))

    def param_shapes(self, inputs: Shapes) -> Mapping[str, Shape]:
        (x,) = inputs
        weight = (self.out_channels, x[0] // self.groups, *self.kernel_size)
        return {"weight": weight, "bias": (self.out_channels,)} if self.bias else {"weight": weight}

    def macs(self, inputs: Shapes, output: Shape) -> Dim:
        (x,) = inputs
        return product_of(output) * (x[0] // self.groups) * product_of(self.kernel_size)

    def depthwise(self, inputs: Shapes) -> bool:
        return one_channel_each(self.groups, inputs[0])

    def operations(self, inputs: Shapes, output: Shape) -> Dim:
        return product_of(output) if self.bias else 0

    def forward(self, inputs: Arrays, params: Tensors, out: Array | None = None) -> Array:
        from cnncalc.kernels import convolution

        (x,) = inputs
        return convolution.convolve(
            x, params["weight"], params.get("bias"), self.sliding(x), groups=concrete(self.groups)
        )


class Conv1d(Convolution):
    rank = 1
    type: Literal["conv1d"] = "conv1d"


class Conv2d(Convolution):
    rank = 2
    type: Literal["conv2d"] = "conv2d"


class Conv3d(Convolution):
    rank = 3
    type: Literal["conv3d"] = "conv3d"
