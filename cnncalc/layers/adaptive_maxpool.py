"""Adaptive max pooling: ``adaptive_maxpool1d``, ``adaptive_maxpool2d``, ``adaptive_maxpool3d``."""

from __future__ import annotations

from typing import Literal

from cnncalc.layer import Array, Arrays, Tensors
from cnncalc.pooling import AdaptivePooling


class AdaptiveMaxPooling(AdaptivePooling):
    """``(C, *in) -> (C, *output_size)``: windows chosen to give the requested size. No parameters.

    Source: ``torch.nn.AdaptiveMaxPool2d``. flops: an operation for every input element (windows that
    overlap are not counted twice).
    """

    def forward(self, inputs: Arrays, params: Tensors, out: Array | None = None) -> Array:
        from cnncalc.kernels import pooling

        (x,) = inputs
        return pooling.adaptive_max_pool(x, self.sizes(x))


class AdaptiveMaxPool1d(AdaptiveMaxPooling):
    rank = 1
    type: Literal["adaptive_maxpool1d"] = "adaptive_maxpool1d"


class AdaptiveMaxPool2d(AdaptiveMaxPooling):
    rank = 2
    type: Literal["adaptive_maxpool2d"] = "adaptive_maxpool2d"


class AdaptiveMaxPool3d(AdaptiveMaxPooling):
    rank = 3
    type: Literal["adaptive_maxpool3d"] = "adaptive_maxpool3d"
