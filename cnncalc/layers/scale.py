"""``scale``: a learned factor for every channel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from cnncalc import fields
from cnncalc.layer import Array, Arrays, Elementwise, Family, Tensors
from cnncalc.norm import affine_shapes
from cnncalc.shapes import Shape, Shapes


class Scale(Elementwise):
    """``weight[c]*x``, plus ``bias[c]`` if ``bias`` is true.

    Source: layer scale, Touvron et al., "Going Deeper with Image Transformers", 2021, section 2;
    Caffe ``Scale``. flops: one operation per element (the multiplication).
    """

    family = Family.NORM

    affine_map = True

    type: Literal["scale"] = "scale"
    bias: Annotated[fields.Flag, fields.About("Whether a shift is learned for each channel.")] = False

    def param_shapes(self, inputs: Shapes) -> Mapping[str, Shape]:
        return affine_shapes(inputs[0][:1], weight=True, bias=self.bias)

    def forward(self, inputs: Arrays, params: Tensors, out: Array | None = None) -> Array:
        from cnncalc.kernels import normalization

        return normalization.affine(inputs[0], params["weight"], params.get("bias"), out)
