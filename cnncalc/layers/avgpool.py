"""Average pooling: ``avgpool1d``, ``avgpool2d``, ``avgpool3d``."""

from __future__ import annotations

from typing import Annotated, Literal

from cnncalc import fields
from cnncalc.conditions import at_least
from cnncalc.dims import Dim, product_of
from cnncalc.layer import Array, Arrays, Requirement, Requirements, Tensors
from cnncalc.pooling import Pooling
from cnncalc.shapes import Shape, Shapes


class AveragePooling(Pooling):
    """``(C, *in) -> (C, *out)``: the mean of each window. No parameters.

    Source: ``torch.nn.AvgPool2d``; ONNX ``AveragePool``.
    flops: an addition for every cell of every window but the first, and a division.
    """

    affine_map = True

    count_include_pad: Annotated[
        fields.Flag, fields.About("Whether the zeros of the padding are included in the mean.")
    ] = True

    def counts_padding(self) -> bool:
        return self.count_include_pad

    def operations(self, inputs: Shapes, output: Shape) -> Dim:
        return product_of(output) * product_of(self.kernel_size)

    def forward(self, inputs: Arrays, params: Tensors, out: Array | None = None) -> Array:
        from cnncalc.kernels import pooling

        (x,) = inputs
        return pooling.average_pool(
            x, self.sliding(x), ceil_mode=self.ceil_mode, count_include_pad=self.count_include_pad
        )


class AvgPool1d(AveragePooling):
    rank = 1
    type: Literal["avgpool1d"] = "avgpool1d"


class AvgPool2d(AveragePooling):
    rank = 2
    type: Literal["avgpool2d"] = "avgpool2d"


class AvgPool3d(AveragePooling):
    rank = 3
    type: Literal["avgpool3d"] = "avgpool3d"

    def requirements(self, inputs: Shapes) -> Requirements:
        """Also, as PyTorch's ``avg_pool3d`` asks, the kernel fits without the padding."""
        yield from super().requirements(inputs)
        for size, window in zip(inputs[0][1:], self.spatial_windows(inputs[0]), strict=True):
            holds = at_least(size, window.kernel)
            if holds is not True:
                message = f"a kernel of {window.kernel} does not fit into {size} cells without padding"
                yield Requirement(holds, "C302", message)
