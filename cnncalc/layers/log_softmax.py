"""``log_softmax``: the logarithm of the softmax along ``dim``."""

from __future__ import annotations

from typing import Literal

from cnncalc.layer import Array, Arrays, Tensors
from cnncalc.softmax import AxisSoftmax


class LogSoftmax(AxisSoftmax):
    """The logarithm of the softmax along ``dim``: axis 0 is the channels.

    Source: ``torch.nn.LogSoftmax``. flops: three per element: exponential, sum, subtraction.
    """

    type: Literal["log_softmax"] = "log_softmax"

    def forward(self, inputs: Arrays, params: Tensors, out: Array | None = None) -> Array:
        from cnncalc.kernels import activation

        (x,) = inputs
        return activation.log_softmax(x, self.axis(x))
