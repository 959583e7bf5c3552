"""``drop_path``: nothing at inference."""

from __future__ import annotations

from typing import Literal

from cnncalc import fields
from cnncalc.layer import Array, Arrays, Elementwise, Tensors


class DropPath(Elementwise):
    """The identity at inference; ``p`` is the probability of dropping in training.

    Source: Huang et al., "Deep Networks with Stochastic Depth", 2016; torchvision's ``StochasticDepth``.
    flops: none.
    """

    cost = 0
    family = "other"

    type: Literal["drop_path"] = "drop_path"
    p: fields.Dropped = 0.5

    def forward(self, inputs: Arrays, params: Tensors, out: Array | None = None) -> Array:
        return inputs[0]
