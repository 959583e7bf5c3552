"""``pixel_unshuffle``: ``(C, H, W) -> (C*r*r, H/r, W/r)``."""

from __future__ import annotations

from typing import Annotated, Literal

from cnncalc import fields
from cnncalc.conditions import divisible
from cnncalc.layer import Array, Arrays, Rearrangement, Requirement, Requirements, Tensors, needs_rank
from cnncalc.shapes import Shape, Shapes, Sight, Window


class PixelUnshuffle(Rearrangement):
    """``(C, H, W) -> (C*r*r, H/r, W/r)``, r = ``downscale_factor``.

    Source: ``torch.nn.PixelUnshuffle``; ONNX ``SpaceToDepth``.
    """

    rank = 2

    type: Literal["pixel_unshuffle"] = "pixel_unshuffle"
    downscale_factor: Annotated[fields.Factor, fields.About("Factor by which each side shrinks.", 2)]

    def requirements(self, inputs: Shapes) -> Requirements:
        (x,) = inputs
        yield from needs_rank(self, x, 2)
        r = self.downscale_factor
        for size in x[1:]:
            holds = divisible(size, r)
            if holds is not True:
                yield Requirement(holds, "C308", f"the size {size} is not a multiple of {r}")

    def output_shape(self, inputs: Shapes) -> Shape:
        (x,) = inputs
        r = self.downscale_factor
        return (x[0] * r * r, x[1] // r, x[2] // r)

    def changes_nothing(self, inputs: Shapes) -> str | None:
        return "a shuffle by 1 changes nothing" if self.downscale_factor == 1 else None

    def windows(self, inputs: Shapes) -> Sight:
        return (Window(self.downscale_factor, self.downscale_factor),) * 2

    def forward(self, inputs: Arrays, params: Tensors, out: Array | None = None) -> Array:
        from cnncalc.kernels import arrangement

        return arrangement.pixel_unshuffle(inputs[0], self.downscale_factor)
