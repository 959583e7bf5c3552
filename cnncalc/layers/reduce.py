"""``reduce``: one value for all elements along some axes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, PlainValidator

from cnncalc import fields
from cnncalc.dims import Dim, product_of
from cnncalc.layer import Array, Arrays, Axes, Requirement, Requirements, Tensors, Unlearned
from cnncalc.shapes import Shape, Shapes, Sight, Window, show

_OPERATIONS = ("mean", "sum", "max", "min", "l2")


class Reduce(Unlearned):
    """``mean``, ``sum``, ``max``, ``min`` or ``l2`` (the norm) along the named axes, 0 for the channels; they are gone unless ``keepdim``.

    Source: ``torch.mean``, ``sum``, ``amax``, ``amin`` and ``norm``; ONNX ``ReduceMean`` and its like. flops: one operation per
    element of the input.
    """

    words = {"op": _OPERATIONS}

    type: Literal["reduce"] = "reduce"
    along: Annotated[
        fields.AxesOrder, fields.About("Axes along which values are combined, 0 for the channels.", [0])
    ] = Field(alias="axes")
    op: Annotated[
        str, PlainValidator(fields.choice(*_OPERATIONS)), fields.About("How values are combined.")
    ] = "mean"
    keepdim: Annotated[fields.Flag, fields.About("Whether the axes are kept, with size 1.")] = False

    def requirements(self, inputs: Shapes) -> Requirements:
        (x,) = inputs
        if len(set(self.along)) < len(self.along) or max(self.along) >= len(x):
            message = f"{show(x)} does not have the axes {', '.join(map(str, self.along))}, each once"
            yield Requirement(holds=False, code="C308", message=message, field="axes")
        elif len(self.along) == len(x) and not self.keepdim:
            help = "keepdim: true leaves a tensor of one element"
            yield Requirement(holds=False, code="C308", message="no axis is left", help=help, field="axes")

    def output_shape(self, inputs: Shapes) -> Shape:
        (x,) = inputs
        sizes = [1 if axis in self.along else size for axis, size in enumerate(x)]
        return tuple(size for axis, size in enumerate(sizes) if self.keepdim or axis not in self.along)

    def operations(self, inputs: Shapes, output: Shape) -> Dim:
        return product_of(inputs[0])

    def windows(self, inputs: Shapes) -> Sight:
        (x,) = inputs
        spatial = set(range(1, len(x)))
        if spatial and spatial <= set(self.along):
            return "all"
        return (Window(),) * (len(x) - 1) if self.along == (0,) and self.keepdim else "unknown"

    def axes(self, inputs: Shapes) -> Axes:
        return tuple((axis,) for axis in range(len(inputs[0])) if self.keepdim or axis not in self.along)

    def forward(self, inputs: Arrays, params: Tensors, out: Array | None = None) -> Array:
        from cnncalc.kernels import arrangement

        return arrangement.reduced(inputs[0], self.op, tuple(a + 1 for a in self.along), keepdim=self.keepdim)
