"""Layer normalization: ``layernorm``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import PlainValidator

from cnncalc import fields
from cnncalc.conditions import equal
from cnncalc.layer import Array, Arrays, Requirement, Requirements, Tensors
from cnncalc.norm import ChannelNorm, affine_shapes
from cnncalc.shapes import Shape, Shapes, show


def _trailing(value: Any) -> Any:
    return value if value is None else fields.shape(value if isinstance(value, list | tuple) else [value])


class LayerNorm(ChannelNorm):
    """Normalizes over the channels at each position, or over the last axes: ``normalized_shape``.

    Source: Ba, Kiros and Hinton, "Layer Normalization", 2016; ``torch.nn.LayerNorm`` (with
    ``normalized_shape``) and torchvision's ``LayerNorm2d`` (without). flops: seven operations per
    element: mean, squared distance, its mean, subtract, divide, multiply, add.
    """

    cost = 7

    type: Literal["layernorm"] = "layernorm"
    normalized_shape: Annotated[
        Shape | None,
        PlainValidator(_trailing),
        fields.About("Last axes to normalize over; default: the channels."),
    ] = None
    eps: fields.Epsilon = 1e-5
    elementwise_affine: Annotated[
        fields.Flag, fields.About("Whether factors are learned, and shifts unless bias is false.")
    ] = True
    bias: Annotated[
        fields.Flag,
        fields.About("Whether shifts are learned in addition to the factors of elementwise_affine."),
    ] = True

    def _normalized(self, x: Shape) -> Shape:
        return x[:1] if self.normalized_shape is None else self.normalized_shape

    def requirements(self, inputs: Shapes) -> Requirements:
        (x,) = inputs
        last = self._normalized(x)
        if self.normalized_shape is None:
            return
        tail = x[-len(last) :]
        for have, want in zip(tail, last, strict=False):
            holds = len(tail) == len(last) and equal(have, want)
            if holds is not True:
                message = f"the last axes of {show(x)} are not {show(last)}"
                yield Requirement(holds, "C308", message)

    def param_shapes(self, inputs: Shapes) -> Mapping[str, Shape]:
        affine = self.elementwise_affine
        return affine_shapes(self._normalized(inputs[0]), weight=affine, bias=affine and self.bias)

    def forward(self, inputs: Arrays, params: Tensors, out: Array | None = None) -> Array:
        from cnncalc.kernels import normalization

        learned = params.get("weight"), params.get("bias")
        if self.normalized_shape is None:
            return normalization.layer_norm_channels(inputs[0], *learned, self.eps)
        return normalization.layer_norm_last(inputs[0], *learned, self.eps, len(self.normalized_shape))
