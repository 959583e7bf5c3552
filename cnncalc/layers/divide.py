"""``divide``: the quotient of two tensors."""

from __future__ import annotations

from typing import Literal

from cnncalc.layer import Array, Arrays, Tensors
from cnncalc.merge import Broadcasting


class Divide(Broadcasting):
    """The first input divided by the second, whose axes are equal or 1, as PyTorch and ONNX broadcast.

    Source: ``torch.div``; ONNX ``Div``. flops: one operation per output.
    """

    arity = (2, 2)

    type: Literal["divide"] = "divide"

    def forward(self, inputs: Arrays, params: Tensors, out: Array | None = None) -> Array:
        from cnncalc.kernels import merging

        return merging.divide(inputs, out)
