"""What the softmax and its logarithm share: both look along one axis."""

from __future__ import annotations

from typing import Annotated

from cnncalc import fields
from cnncalc.layer import Array, Elementwise, Requirement, Requirements
from cnncalc.shapes import Shapes, Sight, show


class AxisSoftmax(Elementwise):
    """Every element depends on all of its axis ``dim``, counted from the channels. Three operations each."""

    cost = 3
    probabilities = True
    quiet = False

    dim: Annotated[
        fields.Integer, fields.About("Axis that is normalized: 0 for the channels, -1 for the last.")
    ] = 0

    def requirements(self, inputs: Shapes) -> Requirements:
        (x,) = inputs
        if not -len(x) <= self.dim < len(x):
            message = f"{show(x)} has no axis {self.dim}"
            yield Requirement(holds=False, code="C308", message=message)

    def windows(self, inputs: Shapes) -> Sight:
        (x,) = inputs
        if self.dim % len(x) == 0:
            return super().windows(inputs)
        return "all" if len(x) == 2 else "unknown"  # all of one axis, and one cell of the others

    def mixes(self, rank: int) -> tuple[int, ...]:
        return (self.dim % rank,)

    def axis(self, x: Array) -> int:
        """The axis of an array, which has its samples first."""
        return self.dim % (x.ndim - 1) + 1
