"""Batch normalisation: ``batchnorm1d``, ``batchnorm2d``, ``batchnorm3d``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from cnncalc import fields
from cnncalc.layer import Array, Arrays, Requirements, Tensors, needs_rank
from cnncalc.norm import ChannelNorm, affine_shapes
from cnncalc.shapes import Shape, Shapes


class BatchNormalization(ChannelNorm):
    """``(C, *)`` stays; gamma is the weight, beta the bias, running mean and variance are buffers.

    Source: Ioffe and Szegedy, "Batch Normalization", 2015; ``torch.nn.BatchNorm2d``. flops: a
    multiplication and an addition per element, all constants folded (inference).
    """

    cost = 2

    eps: fields.Positive = 1e-5
    momentum: fields.Probability = 0.1
    affine: fields.Flag = True
    track_running_stats: fields.Flag = True

    def requirements(self, inputs: Shapes) -> Requirements:
        return needs_rank(self, inputs[0], *((0, 1) if self.rank == 1 else (self.rank,)))

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
        return normalization.batch_norm(inputs[0], *statistics, *learned, self.eps, out)


class BatchNorm1d(BatchNormalization):
    rank = 1
    type: Literal["batchnorm1d"] = "batchnorm1d"


class BatchNorm2d(BatchNormalization):
    rank = 2
    type: Literal["batchnorm2d"] = "batchnorm2d"


class BatchNorm3d(BatchNormalization):
    rank = 3
    type: Literal["batchnorm3d"] = "batchnorm3d"
