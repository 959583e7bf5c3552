"""``crop``: the middle of the map."""

from __future__ import annotations

from typing import Literal

from cnncalc.conditions import at_least
from cnncalc.dims import Dim, concrete
from cnncalc.layer import Array, Arrays, Requirement, Requirements, Tensors
from cnncalc.resize import Resizing
from cnncalc.shapes import Shape, Shapes, Sight, Window


class Crop(Resizing):
    """``(C, *in) -> (C, *size)``, centered; ``size`` is a size or names a tensor that has it.

    Cells that cannot be shared out evenly are taken off the end. Source: torchvision's
    ``center_crop``; Ronneberger et al., "U-Net", 2015, the copy and crop path.
    """

    type: Literal["crop"] = "crop"

    def requirements(self, inputs: Shapes) -> Requirements:
        yield from self.size_requirements(inputs)
        for have, want in zip(inputs[0][1:], self.target(inputs), strict=True):
            holds = at_least(have, want)
            if holds is not True:
                yield Requirement(holds, "C308", f"cannot crop a map of {have} to {want}")

    def operations(self, inputs: Shapes, output: Shape) -> Dim:
        return 0

    def windows(self, inputs: Shapes) -> Sight:
        pairs = zip(inputs[0][1:], self.target(inputs), strict=True)
        offsets = [((have - want) // 2, have - want) for have, want in pairs]
        return tuple(Window(before=-a, after=-(both - a)) for a, both in offsets)

    def forward(self, inputs: Arrays, params: Tensors, out: Array | None = None) -> Array:
        from cnncalc.kernels import arrangement

        sizes = self.target(tuple(a.shape[1:] for a in inputs))
        return arrangement.crop(inputs[0], [concrete(n) for n in sizes])
