"""``tanh``: the hyperbolic tangent."""

from __future__ import annotations

from typing import Literal

from cnncalc.layer import Elementwise


class Tanh(Elementwise):
    """The hyperbolic tangent for each element. Source: ``torch.nn.Tanh``.

    flops: one operation per element, by convention, whatever its formula costs.
    """

    type: Literal["tanh"] = "tanh"
