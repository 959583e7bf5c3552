"""``tanh``: the hyperbolic tangent."""

from __future__ import annotations

from typing import Literal

from cnncalc.layer import Array, Arrays, Elementwise, Tensors


class Tanh(Elementwise):
    """The hyperbolic tangent for each element. Source: ``torch.nn.Tanh``.

    flops: one operation per element, by convention, whatever its formula costs.
    """

    type: Literal["tanh"] = "tanh"

    def forward(self, inputs: Arrays, params: Tensors, out: Array | None = None) -> Array:
        from cnncalc.kernels import activation

        return activation.tanh(inputs[0], out)
