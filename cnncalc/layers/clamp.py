"""``clamp``: every element kept between two numbers."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import PlainValidator

from cnncalc import fields
from cnncalc.layer import Array, Arrays, Elementwise, Requirement, Requirements, Tensors
from cnncalc.shapes import Shapes

Bound = Annotated[Any, PlainValidator(lambda v: v if v is None else fields.number(v, -1e30, 1e30))]


class Clamp(Elementwise):
    """``min(max(x, min), max)`` for each element; a bound that is left out does not bound.

    Source: ``torch.clamp``, ``torch.nn.Hardtanh``; ONNX ``Clip``. flops: one operation per element.
    """

    type: Literal["clamp"] = "clamp"
    min: Annotated[Bound, fields.About("The smallest value; default: none.")] = None
    max: Annotated[Bound, fields.About("The largest value; default: none.")] = None

    def requirements(self, inputs: Shapes) -> Requirements:
        if self.min is not None and self.max is not None and self.min > self.max:
            message = f"min is {self.min:g}, which is larger than max, {self.max:g}"
            yield Requirement(holds=False, code="C308", message=message, field="min")

    def changes_nothing(self, inputs: Shapes) -> str | None:
        return "without min and max this changes nothing" if self.min is None and self.max is None else None

    def forward(self, inputs: Arrays, params: Tensors, out: Array | None = None) -> Array:
        from cnncalc.kernels import activation

        return activation.clamp(inputs[0], self.min, self.max, out)
