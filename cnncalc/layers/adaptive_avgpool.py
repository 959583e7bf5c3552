"""Adaptive average pooling: ``adaptive_avgpool1d``, ``adaptive_avgpool2d``, ``adaptive_avgpool3d``."""

from __future__ import annotations

from typing import Literal

from cnncalc.layer import Array, Arrays, Tensors
from cnncalc.pooling import AdaptivePooling


class AdaptiveAveragePooling(AdaptivePooling):
    """``(C, *in) -> (C, *output_size)``: windows chosen to give the requested size. No parameters.

    Source: ``torch.nn.AdaptiveAvgPool2d``. flops: an operation for every input element (windows that
    overlap are not counted twice).
    """

    def forward(self, inputs: Arrays, params: Tensors, out: Array | None = None) -> Array:
        from cnncalc.kernels import pooling

        (x,) = inputs
        return pooling.adaptive_average_pool(x, self.sizes(x))


class AdaptiveAvgPool1d(AdaptiveAveragePooling):
    rank = 1
    type: Literal["adaptive_avgpool1d"] = "adaptive_avgpool1d"


class AdaptiveAvgPool2d(AdaptiveAveragePooling):
    rank = 2
    type: Literal["adaptive_avgpool2d"] = "adaptive_avgpool2d"


class AdaptiveAvgPool3d(AdaptiveAveragePooling):
    rank = 3
    type: Literal["adaptive_avgpool3d"] = "adaptive_avgpool3d"
