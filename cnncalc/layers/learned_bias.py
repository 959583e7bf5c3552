"""``learned_bias``: a learned tensor that is added."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from cnncalc.layer import Array, Arrays, Family, Tensors
from cnncalc.learned import Learned
from cnncalc.shapes import Shape, Shapes


class LearnedBias(Learned):
    """``x + bias``: a learned number for each channel, or a learned tensor of ``shape``, aligned at the last axis.

    Source: position embeddings, Dosovitskiy et al., "An Image is Worth 16x16 Words", 2021, equation 1; ONNX ``Add`` with an
    initializer. flops: one operation per element.
    """

    family = Family.OTHER
    affine_map = True

    type: Literal["learned_bias"] = "learned_bias"

    def param_shapes(self, inputs: Shapes) -> Mapping[str, Shape]:
        return {"bias": self.learned(inputs[0])}

    def forward(self, inputs: Arrays, params: Tensors, out: Array | None = None) -> Array:
        from cnncalc.kernels import normalization

        if self.shape is None:
            return normalization.affine(inputs[0], None, params["bias"], out)
        return normalization.shifted(inputs[0], params["bias"], out)
