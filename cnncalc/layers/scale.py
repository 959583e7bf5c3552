"""``scale``: learned factors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from cnncalc import fields
from cnncalc.layer import Array, Arrays, Family, Tensors
from cnncalc.learned import Learned
from cnncalc.norm import affine_shapes
from cnncalc.shapes import Shape, Shapes


class Scale(Learned):
    """``weight*x``, plus ``bias`` if that is true: a factor for each channel, or factors of ``shape``.

    Source: layer scale, Touvron et al., "Going Deeper with Image Transformers", 2021, section 2;
    Caffe ``Scale``. flops: one operation per element (the multiplication).
    """

    family = Family.NORM

    affine_map = True

    type: Literal["scale"] = "scale"
    bias: Annotated[
        fields.Flag, fields.About("Whether a shift is learned for each channel, or for each factor.")
    ] = False

    def param_shapes(self, inputs: Shapes) -> Mapping[str, Shape]:
        return affine_shapes(self.learned(inputs[0]), weight=True, bias=self.bias)

    def forward(self, inputs: Arrays, params: Tensors, out: Array | None = None) -> Array:
        from cnncalc.kernels import normalization

        if self.shape is None:
            return normalization.affine(inputs[0], params["weight"], params.get("bias"), out)
        return normalization.scaled(inputs[0], params["weight"], params.get("bias"), out)
