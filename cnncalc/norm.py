"""What normalisation layers share."""

from __future__ import annotations

from collections.abc import Mapping

from cnncalc.layer import Elementwise
from cnncalc.shapes import Shape


class ChannelNorm(Elementwise):
    """Keeps the shape; may learn a factor and a shift. Statistics are constants for windows."""

    family = "norm"


def affine_shapes(shape: Shape, *, weight: bool, bias: bool) -> Mapping[str, Shape]:
    """The learned factor and shift of a normalisation."""
    return {name: shape for name, wanted in (("weight", weight), ("bias", bias)) if wanted}
