"""Instance normalisation: ``instancenorm2d``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from cnncalc import fields
from cnncalc.conditions import at_least
from cnncalc.dims import product_of
from cnncalc.layer import Array, Arrays, Requirement, Requirements, Tensors, needs_rank
from cnncalc.norm import ChannelNorm, affine_shapes
from cnncalc.shapes import Shape, Shapes


class InstanceNorm2d(ChannelNorm):
    """Normalises every channel over its positions; learns nothing unless ``affine``.

    Source: Ulyanov et al., "Instance Normalization", 2016; ``torch.nn.InstanceNorm2d``. flops: seven
    operations per element, as for layer normalisation.
    """

    cost = 7
    rank = 2

    type: Literal["instancenorm2d"] = "instancenorm2d"
    eps: fields.Positive = 1e-5
    affine: fields.Flag = False
    track_running_stats: fields.Flag = False

    def requirements(self, inputs: Shapes) -> Requirements:
        (x,) = inputs
        yield from needs_rank(self, x, 2)
        holds = self.track_running_stats or at_least(product_of(x[1:]), 2)
        if holds is not True:
            message = "a single position has no variance to normalise by"
            yield Requirement(holds, "C308", message, "leave the norm out where the map is 1×1")

    def param_shapes(self, inputs: Shapes) -> Mapping[str, Shape]:
        return affine_shapes(inputs[0][:1], weight=self.affine, bias=self.affine)

    def buffer_shapes(self, inputs: Shapes) -> Mapping[str, Shape]:
        if not self.track_running_stats:
            return {}
        channels = inputs[0][:1]
        return {"running_mean": channels, "running_var": channels}

    def forward(self, inputs: Arrays, params: Tensors, out: Array | None = None) -> Array:
        from cnncalc.kernels import normalization

        statistics = params.get("running_mean"), params.get("running_var")
        learned = params.get("weight"), params.get("bias")
        return normalization.instance_norm(inputs[0], *statistics, *learned, self.eps)
