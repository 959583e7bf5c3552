"""``hardsigmoid``: ``min(max(x + 3, 0), 6)/6``."""

from __future__ import annotations

from typing import Literal

from cnncalc.layer import Array, Arrays, Elementwise, Tensors


class Hardsigmoid(Elementwise):
    """``min(max(x + 3, 0), 6)/6`` for each element. Source: Howard et al., "MobileNetV3", 2019; ``torch.nn.Hardsigmoid``.

    flops: one operation per element, by convention, whatever its formula costs.
    """

    type: Literal["hardsigmoid"] = "hardsigmoid"

    def forward(self, inputs: Arrays, params: Tensors, out: Array | None = None) -> Array:
        from cnncalc.kernels import activation

        return activation.hardsigmoid(inputs[0], out)
