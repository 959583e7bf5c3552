"""``rmsnorm``: normalization by the root mean square."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from cnncalc import fields
from cnncalc.layer import Array, Arrays, Tensors
from cnncalc.norm import ChannelNorm
from cnncalc.shapes import Shape, Shapes


class RmsNorm(ChannelNorm):
    """``x / sqrt(mean(x*x) + eps) * weight`` over the last axis.

    Source: Zhang and Sennrich, "Root Mean Square Layer Normalization", 2019; ``torch.nn.RMSNorm``. flops: four operations
    per element.
    """

    cost = 4

    type: Literal["rmsnorm"] = "rmsnorm"
    eps: fields.Epsilon = 1e-5
    elementwise_affine: Annotated[fields.Flag, fields.About("Whether factors are learned.")] = True

    def param_shapes(self, inputs: Shapes) -> Mapping[str, Shape]:
        return {"weight": inputs[0][-1:]} if self.elementwise_affine else {}

    def mixes(self, rank: int) -> tuple[int, ...]:
        return (rank - 1,)

    def forward(self, inputs: Arrays, params: Tensors, out: Array | None = None) -> Array:
        from cnncalc.kernels import normalization

        return normalization.rms_norm(inputs[0], params.get("weight"), self.eps)
