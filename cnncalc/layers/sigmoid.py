"""``sigmoid``: ``1/(1 + exp(-x))``."""

from __future__ import annotations

from typing import Literal

from cnncalc.layer import Array, Arrays, Elementwise, Tensors


class Sigmoid(Elementwise):
    """``1/(1 + exp(-x))`` for each element. Source: ``torch.nn.Sigmoid``.

    flops: one operation per element, by convention, whatever its formula costs.
    """

    type: Literal["sigmoid"] = "sigmoid"

    def forward(self, inputs: Arrays, params: Tensors, out: Array | None = None) -> Array:
        from cnncalc.kernels import activation

        return activation.sigmoid(inputs[0], out)
