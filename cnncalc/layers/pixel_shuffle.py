"""``pixel_shuffle``: ``(C*r*r, H, W) -> (C, r*H, r*W)``."""

from __future__ import annotations

from typing import Annotated, Literal

from cnncalc import fields
from cnncalc.conditions import divisible
from cnncalc.layer import Array, Arrays, Rearrangement, Requirement, Requirements, Tensors, needs_rank
from cnncalc.shapes import Shape, Shapes, Sight, Zoom


class PixelShuffle(Rearrangement):
    """``(C*r*r, H, W) -> (C, r*H, r*W)``, r = ``upscale_factor``.

    Source: Shi et al., "Real-Time Single Image and Video Super-Resolution", 2016; ``torch.nn.PixelShuffle``.
    """

    rank = 2

    type: Literal["pixel_shuffle"] = "pixel_shuffle"
    upscale_factor: Annotated[fields.Factor, fields.About("Factor by which each side grows.", 2)]

    def requirements(self, inputs: Shapes) -> Requirements:
        (x,) = inputs
        yield from needs_rank(self, x, 2)
        r = self.upscale_factor
        holds = divisible(x[0], r * r)
        if holds is not True:
            message = f"the number of channels, {x[0]}, is not a multiple of {r}*{r}"
            yield Requirement(holds, "C308", message)

    def output_shape(self, inputs: Shapes) -> Shape:
        (x,) = inputs
        r = self.upscale_factor
        return (x[0] // (r * r), x[1] * r, x[2] * r)

    def changes_nothing(self, inputs: Shapes) -> str | None:
        return "a shuffle by 1 changes nothing" if self.upscale_factor == 1 else None

    def windows(self, inputs: Shapes) -> Sight:
        return (Zoom(self.upscale_factor),) * 2

    def forward(self, inputs: Arrays, params: Tensors, out: Array | None = None) -> Array:
        from cnncalc.kernels import arrangement

        return arrangement.pixel_shuffle(inputs[0], self.upscale_factor)
