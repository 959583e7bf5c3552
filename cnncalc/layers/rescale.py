"""``rescale``: every element times a number, plus a number."""

from __future__ import annotations

from typing import Annotated, Literal

from cnncalc import fields
from cnncalc.layer import Array, Arrays, Elementwise, Family, Tensors
from cnncalc.shapes import Shapes


class Rescale(Elementwise):
    """``factor*x + offset`` for each element, with fixed numbers. No parameters.

    Source: ``keras.layers.Rescaling``; ONNX ``Mul`` and ``Add`` with a constant. flops: two operations per element.
    """

    family = Family.OTHER
    cost = 2
    affine_map = True

    type: Literal["rescale"] = "rescale"
    factor: Annotated[fields.Real, fields.About("What each element is multiplied by.")] = 1.0
    offset: Annotated[fields.Real, fields.About("What is added to each product.")] = 0.0

    def changes_nothing(self, inputs: Shapes) -> str | None:
        return (
            "a factor of 1 and an offset of 0 change nothing"
            if (self.factor, self.offset) == (1, 0)
            else None
        )

    def forward(self, inputs: Arrays, params: Tensors, out: Array | None = None) -> Array:
        from cnncalc.kernels import activation

        return activation.rescale(inputs[0], self.factor, self.offset, out)
