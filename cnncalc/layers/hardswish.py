"""``hardswish``: ``x*hardsigmoid(x)``."""

from __future__ import annotations

from typing import Literal

from cnncalc.layer import Array, Arrays, Elementwise, Tensors


class Hardswish(Elementwise):
    """``x*hardsigmoid(x)`` for each element. Source: Howard et al., "MobileNetV3", 2019; ``torch.nn.Hardswish``.

    flops: one operation per element, by convention, whatever its formula costs.
    """

    type: Literal["hardswish"] = "hardswish"

    def forward(self, inputs: Arrays, params: Tensors, out: Array | None = None) -> Array:
        from cnncalc.kernels import activation

        return activation.hardswish(inputs[0], out)
