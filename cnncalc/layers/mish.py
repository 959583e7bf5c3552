"""``mish``: ``x*tanh(softplus(x))``."""

from __future__ import annotations

from typing import Literal

from cnncalc.layer import Array, Arrays, Elementwise, Tensors


class Mish(Elementwise):
    """``x*tanh(softplus(x))`` for each element. Source: Misra, 2019; ``torch.nn.Mish``.

    flops: one operation per element, by convention, whatever its formula costs.
    """

    type: Literal["mish"] = "mish"

    def forward(self, inputs: Arrays, params: Tensors, out: Array | None = None) -> Array:
        from cnncalc.kernels import activation

        return activation.mish(inputs[0], out)
