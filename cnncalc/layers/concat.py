"""``concat``: tensors joined along an axis."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from cnncalc import fields
from cnncalc.conditions import equal
from cnncalc.dims import Dim
from cnncalc.layer import Array, Arrays, Line, Requirement, Requirements, Tensors, term
from cnncalc.merge import ONE_SIZE, Merge
from cnncalc.shapes import Shape, Shapes, Sight, axis_names, show


class Concat(Merge):
    """Sizes along ``axis`` (0: channels) add up; all other sizes must be equal.

    Source: ``torch.cat``; ONNX ``Concat``. flops: none.
    """

    type: Literal["concat"] = "concat"
    axis: Annotated[
        fields.Index, fields.About("Axis along which the tensors are joined, 0 for the channels.")
    ] = 0

    def requirements(self, inputs: Shapes) -> Requirements:
        first = inputs[0]
        if any(len(x) != len(first) for x in inputs) or self.axis >= len(first):
            message = (
                f"the branches cannot be joined along axis {self.axis}: {' and '.join(map(show, inputs))}"
            )
            yield Requirement(holds=False, code="C301", message=message)
        for other in inputs[1:]:
            for axis, (a, b) in enumerate(zip(first, other, strict=True)):
                holds = axis == self.axis or equal(a, b)
                if holds is not True:
                    message = f"the branches differ on an axis other than {self.axis}: {show(first)} and {show(other)}"
                    yield Requirement(holds, "C301", message, ONE_SIZE if self.axis == 0 else None)

    def output_shape(self, inputs: Shapes) -> Shape:
        first = inputs[0]
        total = first[self.axis]
        for other in inputs[1:]:
            total += other[self.axis]
        return (*first[: self.axis], total, *first[self.axis + 1 :])

    def operations(self, inputs: Shapes, output: Shape) -> Dim:
        return 0

    def changes_nothing(self, inputs: Shapes) -> str | None:
        return "a concatenation of one tensor changes nothing" if len(inputs) == 1 else None

    def derivation(self, inputs: Shapes, output: Shape) -> Iterator[Line]:
        axis = self.axis
        name = axis_names(len(output) - 1)[axis - 1] if axis else "channels"
        numbers = " + ".join(term(x[axis]) for x in inputs)
        yield Line(f"output {name}", "the sum over the branches", numbers, output[axis])

    def windows(self, inputs: Shapes) -> Sight:
        return super().windows(inputs) if self.axis == 0 else "unknown"

    def forward(self, inputs: Arrays, params: Tensors, out: Array | None = None) -> Array:
        from cnncalc.kernels import merging

        return merging.concat(inputs, self.axis + 1)
