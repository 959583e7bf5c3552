"""``dropout``: nothing at inference."""

from __future__ import annotations

from typing import Literal

from cnncalc import fields
from cnncalc.layer import Array, Arrays, Elementwise, Tensors


class Dropout(Elementwise):
    """The identity at inference; ``p`` is the probability of dropping in training.

    Source: Srivastava et al., "Dropout", 2014; ``torch.nn.Dropout``.
    flops: none.
    """

    cost = 0
    family = "other"

    type: Literal["dropout"] = "dropout"
    p: fields.Dropped = 0.5

    def forward(self, inputs: Arrays, params: Tensors, out: Array | None = None) -> Array:
        return inputs[0]
