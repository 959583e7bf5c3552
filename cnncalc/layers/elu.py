"""``elu``: ``x`` or ``alpha*(exp(x) - 1)``."""

from __future__ import annotations

from typing import Annotated, Literal

from cnncalc import fields
from cnncalc.layer import Array, Arrays, Elementwise, Tensors


class Elu(Elementwise):
    """``x`` or ``alpha*(exp(x) - 1)`` for each element. Source: Clevert et al., 2015; ``torch.nn.ELU``.

    flops: one operation per element, by convention, whatever its formula costs.
    """

    type: Literal["elu"] = "elu"
    alpha: Annotated[fields.Real, fields.About("Factor of exp(x) - 1, the result for negative inputs.")] = 1.0

    def forward(self, inputs: Arrays, params: Tensors, out: Array | None = None) -> Array:
        from cnncalc.kernels import activation

        return activation.elu(inputs[0], self.alpha, out)
