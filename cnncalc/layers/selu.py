"""``selu``: scaled ELU with fixed constants."""

from __future__ import annotations

from typing import Literal

from cnncalc.layer import Array, Arrays, Elementwise, Tensors


class Selu(Elementwise):
    """Scaled ELU with fixed constants for each element. Source: Klambauer et al., 2017; ``torch.nn.SELU``.

    flops: one operation per element, by convention, whatever its formula costs.
    """

    type: Literal["selu"] = "selu"

    def forward(self, inputs: Arrays, params: Tensors, out: Array | None = None) -> Array:
        from cnncalc.kernels import activation

        return activation.selu(inputs[0], out)
