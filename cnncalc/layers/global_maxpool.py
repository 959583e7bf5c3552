"""Global max pooling: ``global_maxpool``."""

from __future__ import annotations

from typing import Literal

from cnncalc.layer import Array, Arrays, Tensors
from cnncalc.pooling import GlobalPooling


class GlobalMaxPool(GlobalPooling):
    """``(C, *spatial) -> (C,)``: the maximum of each channel. ``keepdim`` keeps axes of size 1.

    Source: ONNX ``GlobalMaxPool``; Lin et al., "Network in Network", 2013, section 3.2.
    flops: an operation for every input element.
    """

    type: Literal["global_maxpool"] = "global_maxpool"

    def forward(self, inputs: Arrays, params: Tensors, out: Array | None = None) -> Array:
        from cnncalc.kernels import pooling

        return pooling.global_max(inputs[0], keepdim=self.keepdim)
