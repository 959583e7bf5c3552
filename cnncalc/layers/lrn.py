"""Local response normalization: ``lrn``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from cnncalc import fields
from cnncalc.dims import Dim, concrete, product_of
from cnncalc.layer import Array, Arrays, Tensors
from cnncalc.norm import ChannelNorm
from cnncalc.shapes import Shape, Shapes


class Lrn(ChannelNorm):
    """Divides by a power of the energy of ``size`` neighboring channels; it has no parameters.

    Source: Krizhevsky et al., "ImageNet Classification with Deep Convolutional Neural Networks",
    2012, section 3.3; ``torch.nn.LocalResponseNorm``. flops per element: ``size`` squares,
    ``size - 1`` additions, then scale, shift, power and division.
    """

    type: Literal["lrn"] = "lrn"
    size: Annotated[
        fields.Size,
        fields.About(
            "Neighboring channels whose squares are summed, the channel itself included.", 5, "channels"
        ),
    ]
    alpha: Annotated[fields.Real, fields.About("Factor of the mean square.")] = 1e-4
    beta: Annotated[fields.Real, fields.About("Exponent of the denominator.")] = 0.75
    k: Annotated[fields.Real, fields.About("Added to alpha times the mean square.")] = 1.0

    def param_shapes(self, inputs: Shapes) -> Mapping[str, Shape]:
        return {}

    def operations(self, inputs: Shapes, output: Shape) -> Dim:
        return (2 * self.size + 3) * product_of(output)

    def forward(self, inputs: Arrays, params: Tensors, out: Array | None = None) -> Array:
        from cnncalc.kernels import normalization

        size = concrete(self.size)
        return normalization.local_response_norm(inputs[0], size, self.alpha, self.beta, self.k)
