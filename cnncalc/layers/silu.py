"""``silu``: ``x*sigmoid(x)``."""

from __future__ import annotations

from typing import Literal

from cnncalc.layer import Elementwise


class Silu(Elementwise):
    """``x*sigmoid(x)`` for each element. Source: Elfwing et al., 2017; ``torch.nn.SiLU``.

    flops: one operation per element, by convention, whatever its formula costs.
    """

    type: Literal["silu"] = "silu"
