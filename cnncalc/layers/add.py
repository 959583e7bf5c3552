"""``add``: the elementwise sum of tensors."""

from __future__ import annotations

from typing import Literal

from cnncalc.layer import Array, Arrays, Tensors
from cnncalc.merge import Broadcasting


class Add(Broadcasting):
    """The sum of inputs whose axes are equal or 1, as PyTorch and ONNX broadcast.

    Source: ``torch.add``; ONNX ``Add``. flops: one operation per output and further input.
    """

    type: Literal["add"] = "add"

    def forward(self, inputs: Arrays, params: Tensors, out: Array | None = None) -> Array:
        from cnncalc.kernels import merging

        return merging.add(inputs, out)
