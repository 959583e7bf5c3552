"""``identity``: passes its input on."""

from __future__ import annotations

from typing import Literal

from cnncalc.layer import Array, Arrays, Elementwise, Tensors
from cnncalc.shapes import Shapes


class Identity(Elementwise):
    """``x``. Source: ``torch.nn.Identity``. flops: none."""

    cost = 0

    affine_map = True

    type: Literal["identity"] = "identity"

    def changes_nothing(self, inputs: Shapes) -> str | None:
        return "an identity changes nothing"

    def forward(self, inputs: Arrays, params: Tensors, out: Array | None = None) -> Array:
        return inputs[0]
