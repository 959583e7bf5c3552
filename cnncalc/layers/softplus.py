"""``softplus``: ``log(1 + exp(beta*x))/beta``."""

from __future__ import annotations

from typing import Annotated, Literal

from cnncalc import fields
from cnncalc.layer import Array, Arrays, Elementwise, Tensors


class Softplus(Elementwise):
    """``log(1 + exp(beta*x))/beta`` for each element. Source: ``torch.nn.Softplus``.

    flops: one operation per element, by convention, whatever its formula costs.
    """

    type: Literal["softplus"] = "softplus"
    beta: Annotated[fields.Positive, fields.About("Factor of the input, by which the result is divided.")] = (
        1.0
    )
    threshold: Annotated[fields.Real, fields.About("If beta*x exceeds it, the result is x.")] = 20.0

    def forward(self, inputs: Arrays, params: Tensors, out: Array | None = None) -> Array:
        from cnncalc.kernels import activation

        return activation.softplus(inputs[0], self.beta, self.threshold, out)
