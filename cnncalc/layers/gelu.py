"""``gelu``: ``x*Phi(x)``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import PlainValidator

from cnncalc import fields
from cnncalc.layer import Array, Arrays, Elementwise, Tensors


class Gelu(Elementwise):
    """``x*Phi(x)`` for each element. Source: Hendrycks and Gimpel, 2016; ``torch.nn.GELU``.

    flops: one operation per element, by convention, whatever its formula costs.
    """

    words = {"approximate": ("none", "tanh")}

    type: Literal["gelu"] = "gelu"
    approximate: Annotated[
        str,
        PlainValidator(fields.choice(*("none", "tanh"))),
        fields.About("none for the exact formula, tanh for an approximation."),
    ] = "none"

    def forward(self, inputs: Arrays, params: Tensors, out: Array | None = None) -> Array:
        from cnncalc.kernels import activation

        run = activation.gelu if self.approximate == "none" else activation.gelu_tanh
        return run(inputs[0], out)
