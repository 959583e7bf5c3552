"""Group normalization: ``groupnorm``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from cnncalc import fields
from cnncalc.dims import concrete
from cnncalc.layer import Array, Arrays, Requirements, Tensors
from cnncalc.norm import ChannelNorm, affine_shapes
from cnncalc.shapes import Shape, Shapes
from cnncalc.window import groups_divide


class GroupNorm(ChannelNorm):
    """Normalizes over groups of channels and all positions.

    Source: Wu and He, "Group Normalization", 2018; ``torch.nn.GroupNorm``. flops: seven operations
    per element, as for layer normalization.
    """

    cost = 7

    type: Literal["groupnorm"] = "groupnorm"
    num_groups: Annotated[
        fields.Size, fields.About("Number of groups of channels; each group is normalized as one.", 8)
    ]
    num_channels: fields.InputChannels = None
    eps: fields.Epsilon = 1e-5
    affine: fields.Affine = True

    def requirements(self, inputs: Shapes) -> Requirements:
        return groups_divide(self.num_groups, input=inputs[0][0])

    def param_shapes(self, inputs: Shapes) -> Mapping[str, Shape]:
        return affine_shapes(inputs[0][:1], weight=self.affine, bias=self.affine)

    def forward(self, inputs: Arrays, params: Tensors, out: Array | None = None) -> Array:
        from cnncalc.kernels import normalization

        learned = params.get("weight"), params.get("bias")
        return normalization.group_norm(inputs[0], concrete(self.num_groups), *learned, self.eps)
