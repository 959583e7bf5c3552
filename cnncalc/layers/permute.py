"""``permute``: axes in another order."""

from __future__ import annotations

from typing import Annotated, Literal

from cnncalc import fields
from cnncalc.layer import Array, Arrays, Axes, Rearrangement, Requirement, Requirements, Tensors
from cnncalc.shapes import Shape, Shapes, Sight, Window, show


class Permute(Rearrangement):
    """``dims`` lists the input's axes, without the batch, in their new order.

    Source: ``torch.permute``; ONNX ``Transpose``.
    """

    affine_map = True
    quiet = True

    type: Literal["permute"] = "permute"
    dims: Annotated[
        fields.AxesOrder, fields.About("The input's axes in their new order, 0 for the channels.", [1, 2, 0])
    ]

    def requirements(self, inputs: Shapes) -> Requirements:
        (x,) = inputs
        if sorted(self.dims) != list(range(len(x))):
            message = f"dims must name each axis of {show(x)} once: 0 to {len(x) - 1}"
            yield Requirement(holds=False, code="C308", message=message)

    def output_shape(self, inputs: Shapes) -> Shape:
        (x,) = inputs
        return tuple(x[d] for d in self.dims)

    def changes_nothing(self, inputs: Shapes) -> str | None:
        return super().changes_nothing(inputs) if self.dims == tuple(sorted(self.dims)) else None

    def axes(self, inputs: Shapes) -> Axes:
        return tuple((d,) for d in self.dims)

    def windows(self, inputs: Shapes) -> Sight:
        same = self.dims == tuple(range(len(self.dims)))
        return (Window(),) * (len(self.dims) - 1) if same else "unknown"

    def forward(self, inputs: Arrays, params: Tensors, out: Array | None = None) -> Array:
        return inputs[0].transpose(0, *(d + 1 for d in self.dims))
