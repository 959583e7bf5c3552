"""``mish``: ``x*tanh(softplus(x))``."""

from __future__ import annotations

from typing import Literal

from cnncalc.layer import Elementwise


class Mish(Elementwise):
    """``x*tanh(softplus(x))`` for each element. Source: Misra, 2019; ``torch.nn.Mish``.

    flops: one operation per element, by convention, whatever its formula costs.
    """

    type: Literal["mish"] = "mish"
