"""``dropout``: nothing at inference."""

from __future__ import annotations

from typing import Literal

from cnncalc import fields
from cnncalc.layer import Array, Arrays, Elementwise, Family, Tensors
from cnncalc.shapes import Shapes


class Dropout(Elementwise):
    """The identity at inference; ``p`` is the probability of dropping in training.

    Source: Srivastava et al., "Dropout", 2014; ``torch.nn.Dropout``.
    flops: none.
    """

    cost = 0
    family = Family.OTHER

    affine_map = True

    type: Literal["dropout"] = "dropout"
    p: fields.Dropped = 0.5

    def changes_nothing(self, inputs: Shapes) -> str | None:
        return "dropout with p: 0 changes nothing" if self.p == 0 else None

    def forward(self, inputs: Arrays, params: Tensors, out: Array | None = None) -> Array:
        return inputs[0]
