"""``softmax``: ``exp(x)/sum(exp(x))`` along ``dim``."""

from __future__ import annotations

from typing import Literal

from cnncalc.layer import Array, Arrays, Tensors
from cnncalc.softmax import AxisSoftmax


class Softmax(AxisSoftmax):
    """``exp(x)/sum(exp(x))`` along ``dim``: axis 0 is the channels.

    Source: ``torch.nn.Softmax``. flops: three per element: exponential, sum, division.
    """

    type: Literal["softmax"] = "softmax"

    def forward(self, inputs: Arrays, params: Tensors, out: Array | None = None) -> Array:
        from cnncalc.kernels import activation

        (x,) = inputs
        return activation.softmax(x, self.axis(x))
