"""``softplus``: ``log(1 + exp(beta*x))/beta``."""

from __future__ import annotations

from typing import Literal

from cnncalc import fields
from cnncalc.layer import Array, Arrays, Elementwise, Tensors


class Softplus(Elementwise):
    """``log(1 + exp(beta*x))/beta`` for each element. Source: ``torch.nn.Softplus``.

    flops: one operation per element, by convention, whatever its formula costs.
    """

    type: Literal["softplus"] = "softplus"
    beta: fields.Positive = 1.0
    threshold: fields.Real = 20.0

    def forward(self, inputs: Arrays, params: Tensors, out: Array | None = None) -> Array:
        from cnncalc.kernels import activation

        return activation.softplus(inputs[0], self.beta, self.threshold, out)
