"""``slice``: a part of one axis."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import PlainValidator

from cnncalc import fields
from cnncalc.conditions import at_least
from cnncalc.dims import Dim, concrete, maximum, minimum
from cnncalc.layer import Array, Arrays, Rearrangement, Requirement, Requirements, Tensors
from cnncalc.shapes import Shape, Shapes, Sight, Window, show

Bound = Annotated[Any, PlainValidator(lambda v: v if v is None else fields.integer(v, -fields.MAX_SIZE))]


class Slice(Rearrangement):
    """``x[start:stop:step]`` along ``axis`` (0: channels), as in Python.

    Bounds below 0 count from the end, symbolic ones too. Source: Python slices; ONNX ``Slice``.
    """

    type: Literal["slice"] = "slice"
    axis: Annotated[fields.Index, fields.About("Axis that is cut, 0 for the channels.")] = 0
    start: Annotated[Bound, fields.About("First index; below 0 it counts from the end.")] = None
    stop: Annotated[Bound, fields.About("Index after the last; below 0 it counts from the end.")] = None
    step: Annotated[fields.Factor, fields.About("Distance between indices.")] = 1

    def requirements(self, inputs: Shapes) -> Requirements:
        (x,) = inputs
        if self.axis >= len(x):
            yield Requirement(holds=False, code="C308", message=f"{show(x)} has no axis {self.axis}")
        holds = at_least(self._count(x[self.axis]), 1)
        if holds is not True:
            yield Requirement(holds, "C308", f"the slice of {x[self.axis]} is empty")

    def _count(self, size: Dim) -> Dim:
        length = _place(self.stop, size, size) - _place(self.start, size, 0)
        return (length + self.step - 1) // self.step

    def output_shape(self, inputs: Shapes) -> Shape:
        (x,) = inputs
        return (*x[: self.axis], self._count(x[self.axis]), *x[self.axis + 1 :])

    def windows(self, inputs: Shapes) -> Sight:
        (x,) = inputs
        axes = [Window()] * (len(x) - 1)
        if self.axis:
            axes[self.axis - 1] = Window(stride=self.step, before=-_place(self.start, x[self.axis], 0))
        return tuple(axes)

    def forward(self, inputs: Arrays, params: Tensors, out: Array | None = None) -> Array:
        start, stop = (None if b is None else concrete(b) for b in (self.start, self.stop))
        cut = slice(start, stop, self.step)
        return inputs[0][(slice(None),) * (self.axis + 1) + (cut,)]


def _place(bound: Dim | None, size: Dim, default: Dim) -> Dim:
    """Where a bound lies, from 0 to ``size``. ``min(1, max(0, -bound))`` is 1 where it counts from the end."""
    if bound is None:
        return default
    from_end = minimum(1, maximum(0, -bound))
    return minimum(maximum(bound + from_end * size, 0), size)
