"""What normalization layers share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from cnncalc import fields
from cnncalc.layer import Array, Elementwise, Family, Tensors
from cnncalc.shapes import Shape, Shapes


class ChannelNorm(Elementwise):
    """A layer that keeps the shape and may learn a factor and a shift. Statistics are treated as constants."""

    family = Family.NORM


class StatisticsNorm(ChannelNorm):
    """Normalizes each channel by a mean and a variance: of what runs through, or kept as buffers."""

    num_features: fields.InputChannels = None
    eps: fields.Epsilon = 1e-5
    affine: fields.Affine = True
    factor: Annotated[fields.Flag, fields.About("Whether affine learns a factor for each channel.")] = True
    shift: Annotated[fields.Flag, fields.About("Whether affine learns a shift for each channel.")] = True
    track_running_stats: fields.RunningStatistics = True

    def param_shapes(self, inputs: Shapes) -> Mapping[str, Shape]:
        return affine_shapes(
            inputs[0][:1], weight=self.affine and self.factor, bias=self.affine and self.shift
        )

    def buffer_shapes(self, inputs: Shapes) -> Mapping[str, Shape]:
        if not self.track_running_stats:
            return {}
        channels = inputs[0][:1]
        return {"running_mean": channels, "running_var": channels}

    def tensors(self, params: Tensors) -> tuple[Array | None, Array | None, Array | None, Array | None]:
        """Return mean, variance, factor and shift; None for those that the layer does not have."""
        mean, variance = params.get("running_mean"), params.get("running_var")
        return mean, variance, params.get("weight"), params.get("bias")


def affine_shapes(shape: Shape, *, weight: bool, bias: bool) -> Mapping[str, Shape]:
    """The learned factor and shift of a normalization."""
    return {name: shape for name, wanted in (("weight", weight), ("bias", bias)) if wanted}
