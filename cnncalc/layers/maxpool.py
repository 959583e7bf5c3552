"""Max pooling: ``maxpool1d``, ``maxpool2d``, ``maxpool3d``."""

from __future__ import annotations

from typing import Literal

from cnncalc.dims import Dim, product_of
from cnncalc.layer import Array, Arrays, Tensors
from cnncalc.pooling import Pooling
from cnncalc.shapes import Shape, Shapes


class MaxPooling(Pooling):
    """``(C, *in) -> (C, *out)``: the maximum of each window. No parameters.

    Source: ``torch.nn.MaxPool2d``; ONNX ``MaxPool``.
    flops: a comparison for every cell of every window but the first.
    """

    def operations(self, inputs: Shapes, output: Shape) -> Dim:
        return product_of(output) * (product_of(self.kernel_size) - 1)

    def forward(self, inputs: Arrays, params: Tensors, out: Array | None = None) -> Array:
        from cnncalc.kernels import pooling

        (x,) = inputs
        return pooling.max_pool(x, self.sliding(x), ceil_mode=self.ceil_mode)


class MaxPool1d(MaxPooling):
    rank = 1
    type: Literal["maxpool1d"] = "maxpool1d"


class MaxPool2d(MaxPooling):
    rank = 2
    type: Literal["maxpool2d"] = "maxpool2d"


class MaxPool3d(MaxPooling):
    rank = 3
    type: Literal["maxpool3d"] = "maxpool3d"
