"""``subtract``: the difference of two tensors."""

from __future__ import annotations

from typing import Literal

from cnncalc.layer import Array, Arrays, Tensors
from cnncalc.merge import Broadcasting


class Subtract(Broadcasting):
    """The first input minus the second, whose axes are equal or 1, as PyTorch and ONNX broadcast.

    Source: ``torch.sub``; ONNX ``Sub``. flops: one operation per output.
    """

    arity = (2, 2)

    type: Literal["subtract"] = "subtract"

    def forward(self, inputs: Arrays, params: Tensors, out: Array | None = None) -> Array:
        from cnncalc.kernels import merging

        return merging.subtract(inputs, out)
