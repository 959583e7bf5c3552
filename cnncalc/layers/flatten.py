"""``flatten``: several axes into one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from cnncalc import fields
from cnncalc.dims import product_of
from cnncalc.layer import Array, Arrays, Axes, Line, Rearrangement, Requirement, Requirements, Tensors, term
from cnncalc.shapes import Shape, Shapes, show


class Flatten(Rearrangement):
    """``(C, H, W) -> (C*H*W,)``; ``start_dim`` and ``end_dim`` count axes without the batch.

    Source: ``torch.nn.Flatten``.
    """

    affine_map = True
    view = True
    quiet = True

    type: Literal["flatten"] = "flatten"
    start_dim: Annotated[
        fields.Integer, fields.About("First axis that is flattened, 0 for the channels.")
    ] = 0
    end_dim: Annotated[fields.Integer, fields.About("Last axis that is flattened, -1 for the last.")] = -1

    def _span(self, x: Shape) -> tuple[int, int]:
        start, end = (d + len(x) if d < 0 else d for d in (self.start_dim, self.end_dim))
        return start, end

    def requirements(self, inputs: Shapes) -> Requirements:
        (x,) = inputs
        start, end = self._span(x)
        if not 0 <= start <= end < len(x):
            message = f"axes {self.start_dim} to {self.end_dim} are not a range of axes of {show(x)}"
            yield Requirement(holds=False, code="C308", message=message)

    def output_shape(self, inputs: Shapes) -> Shape:
        (x,) = inputs
        start, end = self._span(x)
        return (*x[:start], product_of(x[start : end + 1]), *x[end + 1 :])

    def ends_features(self, output: Shape) -> bool:
        return True

    def changes_nothing(self, inputs: Shapes) -> str | None:
        """Of a vector it is no mistake: the layer before may pool."""
        return None

    def derivation(self, inputs: Shapes, output: Shape) -> Iterator[Line]:
        numbers = "*".join(map(term, inputs[0]))
        yield Line("output", "all elements in one row", numbers, product_of(output))

    def axes(self, inputs: Shapes) -> Axes:
        every = super().axes(inputs)
        start, end = self._span(inputs[0])
        return (*every[:start], tuple(range(start, end + 1)), *every[end + 1 :])

    def forward(self, inputs: Arrays, params: Tensors, out: Array | None = None) -> Array:
        (x,) = inputs
        start, end = self._span(x.shape[1:])
        return x.reshape(*x.shape[: start + 1], -1, *x.shape[end + 2 :])
