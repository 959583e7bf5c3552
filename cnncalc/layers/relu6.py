"""``relu6``: ``min(max(0, x), 6)``."""

from __future__ import annotations

from typing import Literal

from cnncalc.layer import Array, Arrays, Elementwise, Tensors


class Relu6(Elementwise):
    """``min(max(0, x), 6)`` for each element. Source: ``torch.nn.ReLU6``.

    flops: one operation per element, by convention, whatever its formula costs.
    """

    type: Literal["relu6"] = "relu6"

    def forward(self, inputs: Arrays, params: Tensors, out: Array | None = None) -> Array:
        from cnncalc.kernels import activation

        return activation.relu6(inputs[0], out)
