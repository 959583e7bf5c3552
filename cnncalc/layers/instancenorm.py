"""Instance normalization: ``instancenorm2d``."""

from __future__ import annotations

from typing import Literal

from cnncalc import fields
from cnncalc.conditions import at_least
from cnncalc.dims import product_of
from cnncalc.layer import Array, Arrays, Requirement, Requirements, Tensors, needs_rank
from cnncalc.norm import StatisticsNorm
from cnncalc.shapes import Shapes


class InstanceNorm2d(StatisticsNorm):
    """Normalizes every channel over its positions; it has no parameters unless ``affine``.

    Source: Ulyanov et al., "Instance Normalization", 2016; ``torch.nn.InstanceNorm2d``. flops: seven
    operations per element, as for layer normalization.
    """

    cost = 7
    rank = 2

    type: Literal["instancenorm2d"] = "instancenorm2d"
    affine: fields.Affine = False
    track_running_stats: fields.RunningStatistics = False

    def requirements(self, inputs: Shapes) -> Requirements:
        (x,) = inputs
        yield from needs_rank(self, x, 2)
        holds = self.track_running_stats or at_least(product_of(x[1:]), 2)
        if holds is not True:
            message = "a single position has no variance to normalize by"
            yield Requirement(holds, "C308", message, "leave the norm out where the map is 1×1")

    def forward(self, inputs: Arrays, params: Tensors, out: Array | None = None) -> Array:
        from cnncalc.kernels import normalization

        return normalization.instance_norm(inputs[0], *self.tensors(params), self.eps)
