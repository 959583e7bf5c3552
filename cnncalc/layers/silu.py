"""``silu``: ``x*sigmoid(x)``."""

from __future__ import annotations

from typing import Literal

from cnncalc.layer import Array, Arrays, Elementwise, Tensors


class Silu(Elementwise):
    """``x*sigmoid(x)`` for each element. Source: Elfwing et al., 2017; ``torch.nn.SiLU``.

    flops: one operation per element, by convention, whatever its formula costs.
    """

    type: Literal["silu"] = "silu"

    def forward(self, inputs: Arrays, params: Tensors, out: Array | None = None) -> Array:
        from cnncalc.kernels import activation

        return activation.silu(inputs[0], out)
