"""``channel_shuffle``: channels of all groups interleaved."""

from __future__ import annotations

from typing import Annotated, Literal

from cnncalc import fields
from cnncalc.dims import concrete
from cnncalc.layer import Array, Arrays, Rearrangement, Requirements, Tensors
from cnncalc.shapes import Shape, Shapes, Sight, Window
from cnncalc.window import groups_divide


class ChannelShuffle(Rearrangement):
    """Keeps the shape; channel ``g*n + i`` moves to ``i*groups + g``.

    Source: Zhang et al., "ShuffleNet", 2018, section 3.1; ``torch.nn.ChannelShuffle``.
    """

    type: Literal["channel_shuffle"] = "channel_shuffle"
    groups: Annotated[fields.Size, fields.About("Number of groups of channels that are interleaved.", 2)]

    def requirements(self, inputs: Shapes) -> Requirements:
        return groups_divide(self.groups, input=inputs[0][0])

    def output_shape(self, inputs: Shapes) -> Shape:
        return inputs[0]

    def changes_nothing(self, inputs: Shapes) -> str | None:
        return "a shuffle of one group changes nothing" if self.groups == 1 else None

    def windows(self, inputs: Shapes) -> Sight:
        return (Window(),) * (len(inputs[0]) - 1)

    def forward(self, inputs: Arrays, params: Tensors, out: Array | None = None) -> Array:
        from cnncalc.kernels import arrangement

        return arrangement.channel_shuffle(inputs[0], concrete(self.groups))
