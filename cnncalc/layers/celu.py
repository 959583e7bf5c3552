"""``celu``: ``max(0, x) + min(0, alpha*(exp(x/alpha) - 1))``."""

from __future__ import annotations

from typing import Annotated, Literal

from cnncalc import fields
from cnncalc.layer import Array, Arrays, Elementwise, Tensors


class Celu(Elementwise):
    """``max(0, x) + min(0, alpha*(exp(x/alpha) - 1))`` for each element. Source: Barron, 2017; ``torch.nn.CELU``.

    flops: one operation per element, by convention, whatever its formula costs.
    """

    type: Literal["celu"] = "celu"
    alpha: Annotated[
        fields.Positive, fields.About("Scale; the result approaches -alpha for large negative inputs.")
    ] = 1.0

    def forward(self, inputs: Arrays, params: Tensors, out: Array | None = None) -> Array:
        from cnncalc.kernels import activation

        return activation.celu(inputs[0], self.alpha, out)
