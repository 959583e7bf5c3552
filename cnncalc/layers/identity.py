"""``identity``: passes its input on."""

from __future__ import annotations

from typing import Literal

from cnncalc.layer import Array, Arrays, Elementwise, Tensors


class Identity(Elementwise):
    """``x``. Source: ``torch.nn.Identity``. flops: none."""

    cost = 0

    type: Literal["identity"] = "identity"

    def forward(self, inputs: Arrays, params: Tensors, out: Array | None = None) -> Array:
        return inputs[0]
