"""Batch normalization: ``batchnorm1d``, ``batchnorm2d``, ``batchnorm3d``."""

from __future__ import annotations

from typing import Annotated, Literal

from cnncalc import fields
from cnncalc.layer import Array, Arrays, Requirements, Tensors, needs_rank
from cnncalc.norm import StatisticsNorm
from cnncalc.shapes import Shapes


class BatchNormalization(StatisticsNorm):
    """``(C, *)`` keeps its shape. Gamma is the weight and beta the bias; running mean and variance are buffers.

    Source: Ioffe and Szegedy, "Batch Normalization", 2015; ``torch.nn.BatchNorm2d``. flops: a
    multiplication and an addition per element, all constants folded (inference).
    """

    cost = 2
    affine_map = True
    batch_statistics = True

    momentum: Annotated[
        fields.Probability, fields.About("Weight of a new batch in the running statistics.")
    ] = 0.1

    def requirements(self, inputs: Shapes) -> Requirements:
        return needs_rank(self, inputs[0], *((0, 1) if self.rank == 1 else (self.rank,)))

    def forward(self, inputs: Arrays, params: Tensors, out: Array | None = None) -> Array:
        from cnncalc.kernels import normalization

        return normalization.batch_norm(inputs[0], *self.tensors(params), self.eps, out)


class BatchNorm1d(BatchNormalization):
    rank = 1
    type: Literal["batchnorm1d"] = "batchnorm1d"


class BatchNorm2d(BatchNormalization):
    rank = 2
    type: Literal["batchnorm2d"] = "batchnorm2d"


class BatchNorm3d(BatchNormalization):
    rank = 3
    type: Literal["batchnorm3d"] = "batchnorm3d"
