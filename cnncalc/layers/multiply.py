"""``multiply``: the elementwise product of tensors."""

from __future__ import annotations

from typing import Literal

from cnncalc.layer import Array, Arrays, Tensors
from cnncalc.merge import Broadcasting


class Multiply(Broadcasting):
    """The product of inputs whose axes are equal or 1, as PyTorch and ONNX broadcast.

    Source: ``torch.mul``; ONNX ``Mul``. flops: one operation per output and further input.
    """

    type: Literal["multiply"] = "multiply"

    def forward(self, inputs: Arrays, params: Tensors, out: Array | None = None) -> Array:
        from cnncalc.kernels import merging

        return merging.multiply(inputs, out)
