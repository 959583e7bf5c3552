"""``hardsigmoid``: ``min(max(x + 3, 0), 6)/6``."""

from __future__ import annotations

from typing import Literal

from cnncalc.layer import Elementwise


class Hardsigmoid(Elementwise):
    """``min(max(x + 3, 0), 6)/6`` for each element. Source: Howard et al., "MobileNetV3", 2019; ``torch.nn.Hardsigmoid``.

    flops: one operation per element, by convention, whatever its formula costs.
    """

    type: Literal["hardsigmoid"] = "hardsigmoid"
