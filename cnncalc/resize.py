"""Shared by layers that resize a map to a given size, or to the size of another tensor."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import PlainValidator

from cnncalc import fields
from cnncalc.conditions import at_least
from cnncalc.layer import Rearrangement, Requirement, Requirements, needs_rank
from cnncalc.shapes import Shape, Shapes, show


def _size(value: Any) -> Any:
    if value is None or isinstance(value, list | tuple):
        return value if value is None else fields.shape(value)
    return fields.integer(value, 1)


class Resizing(Rearrangement):
    """``size`` is one size for all axes, a list, or names a tensor, which is then a second input."""

    arity = (1, 2)
    tensor_fields = ("size",)

    size: Annotated[
        Any,
        PlainValidator(_size),
        fields.About(
            "Size of the result: a number, one for each axis, or the name of a tensor that has it.",
            unit="cells",
        ),
    ] = None

    def size_requirements(self, inputs: Shapes) -> Requirements:
        """Yield the requirements that there is a size, and that it has an entry for each axis."""
        (x, *others) = inputs
        yield from needs_rank(self, x, 1, 2, 3)
        if self.size is None and not others:
            message = f"{self.type} needs a size, or a tensor to take it from"
            yield Requirement(holds=False, code="C104", message=message)
        elif len(self.target(inputs)) != len(x) - 1:
            message = f"the size {show(self.target(inputs))} does not fit the axes of {show(x)}"
            yield Requirement(holds=False, code="C308", message=message)

    def positive(self, sizes: Shape) -> Requirements:
        """Yield the requirements that every size of the result is at least 1."""
        for size in sizes:
            holds = at_least(size, 1)
            if holds is not True:
                yield Requirement(holds, "C308", f"a size of {size} leaves nothing")

    def target(self, inputs: Shapes) -> Shape:
        """Return the spatial sizes of the result."""
        (x, *others) = inputs
        if others:
            return others[0][1:]
        return self.size if isinstance(self.size, tuple) else (self.size,) * (len(x) - 1)

    def output_shape(self, inputs: Shapes) -> Shape:
        return (inputs[0][0], *self.target(inputs))
