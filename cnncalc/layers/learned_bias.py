"""``learned_bias``: a learned tensor that is added."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import PlainValidator

from cnncalc import fields
from cnncalc.conditions import equal
from cnncalc.layer import Array, Arrays, Elementwise, Family, Requirement, Requirements, Tensors
from cnncalc.shapes import Shape, Shapes, show

Shaped = Annotated[Any, PlainValidator(lambda v: v if v is None else fields.shape(v))]


class LearnedBias(Elementwise):
    """``x + bias``: a learned number for each channel, or a learned tensor of ``shape``, aligned at the last axis.

    Source: position embeddings, Dosovitskiy et al., "An Image is Worth 16x16 Words", 2021, equation 1; ONNX ``Add`` with an
    initializer. flops: one operation per element.
    """

    family = Family.OTHER
    affine_map = True

    type: Literal["learned_bias"] = "learned_bias"
    shape: Annotated[
        Shaped, fields.About("Shape of the learned tensor; default: the channels. A size of 1 is repeated.")
    ] = None

    def requirements(self, inputs: Shapes) -> Requirements:
        (x,) = inputs
        if self.shape is None:
            return
        if len(self.shape) > len(x):
            message = f"the tensor of shape {show(self.shape)} has more axes than the input, {show(x)}"
            yield Requirement(holds=False, code="C308", message=message, field="shape")
            return
        for have, want in zip(x[len(x) - len(self.shape) :], self.shape, strict=True):
            holds = (isinstance(want, int) and want == 1) or equal(have, want)
            if holds is not True:
                message = f"the tensor of shape {show(self.shape)} does not fit the input, {show(x)}"
                yield Requirement(holds, "C308", message, None, "shape")

    def param_shapes(self, inputs: Shapes) -> Mapping[str, Shape]:
        return {"bias": inputs[0][:1] if self.shape is None else self.shape}

    def forward(self, inputs: Arrays, params: Tensors, out: Array | None = None) -> Array:
        from cnncalc.kernels import normalization

        if self.shape is None:
            return normalization.affine(inputs[0], None, params["bias"], out)
        return normalization.shifted(inputs[0], params["bias"], out)
