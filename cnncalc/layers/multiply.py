"""``multiply``: the elementwise product of tensors."""

from __future__ import annotations

from typing import Literal

from cnncalc.merge import Broadcasting


class Multiply(Broadcasting):
    """The product of inputs whose axes are equal or 1, as PyTorch and ONNX broadcast.

    Source: ``torch.mul``; ONNX ``Mul``. flops: one operation per output and further input.
    """

    type: Literal["multiply"] = "multiply"
