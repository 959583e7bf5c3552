"""``relu``: ``max(0, x)``."""

from __future__ import annotations

from typing import Literal

from cnncalc.layer import Array, Arrays, Elementwise, Tensors


class Relu(Elementwise):
    """``max(0, x)`` for each element. Source: Nair and Hinton, 2010; ``torch.nn.ReLU``.

    flops: one operation per element, by convention, whatever its formula costs.
    """

    type: Literal["relu"] = "relu"

    def forward(self, inputs: Arrays, params: Tensors, out: Array | None = None) -> Array:
        from cnncalc.kernels import activation

        return activation.relu(inputs[0], out)
