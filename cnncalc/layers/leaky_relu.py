"""``leaky_relu``: ``x`` or ``negative_slope*x``."""

from __future__ import annotations

from typing import Annotated, Literal

from cnncalc import fields
from cnncalc.layer import Array, Arrays, Elementwise, Tensors


class LeakyRelu(Elementwise):
    """``x`` or ``negative_slope*x`` for each element. Source: Maas et al., 2013; ``torch.nn.LeakyReLU``.

    flops: one operation per element, by convention, whatever its formula costs.
    """

    type: Literal["leaky_relu"] = "leaky_relu"
    negative_slope: Annotated[fields.Real, fields.About("Factor below zero.")] = 0.01

    def forward(self, inputs: Arrays, params: Tensors, out: Array | None = None) -> Array:
        from cnncalc.kernels import activation

        return activation.leaky_relu(inputs[0], self.negative_slope, out)
