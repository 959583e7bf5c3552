"""What layers share that learn a tensor of a shape of its own, which is repeated over the input."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import PlainValidator

from cnncalc import fields
from cnncalc.conditions import equal
from cnncalc.layer import Elementwise, Requirement, Requirements
from cnncalc.shapes import Shape, Shapes, show

Shaped = Annotated[Any, PlainValidator(lambda v: v if v is None else fields.shape(v))]


class Learned(Elementwise):
    """A learned number for each channel, or a learned tensor of ``shape``, aligned at the last axis."""

    shape: Annotated[
        Shaped,
        fields.About("Shape of the learned tensor; default: the channels. A size of 1 is repeated."),
    ] = None

    def learned(self, x: Shape) -> Shape:
        """Return the shape of the learned tensor."""
        return x[:1] if self.shape is None else self.shape

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
