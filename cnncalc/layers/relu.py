"""``relu``: ``max(0, x)``."""

from __future__ import annotations

from typing import Literal

from cnncalc.layer import Elementwise


class Relu(Elementwise):
    """``max(0, x)`` for each element. Source: Nair and Hinton, 2010; ``torch.nn.ReLU``.

    flops: one operation per element, by convention, whatever its formula costs.
    """

    type: Literal["relu"] = "relu"
