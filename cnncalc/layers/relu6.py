"""``relu6``: ``min(max(0, x), 6)``."""

from __future__ import annotations

from typing import Literal

from cnncalc.layer import Elementwise


class Relu6(Elementwise):
    """``min(max(0, x), 6)`` for each element. Source: ``torch.nn.ReLU6``.

    flops: one operation per element, by convention, whatever its formula costs.
    """

    type: Literal["relu6"] = "relu6"
