"""``reshape``: the same elements in another shape."""

from __future__ import annotations

from typing import Annotated, Literal

from cnncalc import fields
from cnncalc.conditions import equal
from cnncalc.dims import Dim, DimError, concrete, product_of
from cnncalc.layer import Array, Arrays, Axes, Rearrangement, Requirement, Requirements, Tensors
from cnncalc.shapes import Shape, Shapes, show


class Reshape(Rearrangement):
    """``(*) -> shape``, which must have the same number of elements; one size may be -1 and is inferred.

    Source: ``torch.reshape``; ONNX ``Reshape``.
    """

    inferring_fields = ("shape",)

    affine_map = True
    view = True
    quiet = True

    type: Literal["reshape"] = "reshape"
    shape: Annotated[
        fields.TargetShape, fields.About("The new shape, without the batch; one size may be -1.", [-1])
    ]

    def requirements(self, inputs: Shapes) -> Requirements:
        (x,) = inputs
        holds = equal(product_of(x), product_of(self.output_shape(inputs)))
        if holds is not True:
            message = f"{show(x)} has {product_of(x)} elements, which do not fit into {show(self.shape)}"
            yield Requirement(holds, "C308", message)

    def output_shape(self, inputs: Shapes) -> Shape:
        (x,) = inputs
        unknown = [isinstance(d, int) and d == -1 for d in self.shape]
        known = product_of(d for d, free in zip(self.shape, unknown, strict=True) if not free)
        if not any(unknown):
            return self.shape
        try:
            rest = product_of(x) // known
        except DimError as error:
            raise DimError(f"the size that -1 stands for: {error}") from None
        return tuple(rest if free else d for d, free in zip(self.shape, unknown, strict=True))

    def axes(self, inputs: Shapes) -> Axes:
        """Stretches of axes that hold as many elements before as after are made of each other."""
        have, want = (_elements(shape) for shape in (inputs[0], self.output_shape(inputs)))
        found: list[tuple[int, ...]] = []
        first = 0
        for made, elements in enumerate(want, 1):
            end = next((n for n in range(first + 1, len(have) + 1) if have[n - 1] == elements), None)
            if made == len(want):
                end = len(have)
            if end is not None:
                found += [tuple(range(first, end))] * (made - len(found))
                first = end
        return tuple(found)

    def forward(self, inputs: Arrays, params: Tensors, out: Array | None = None) -> Array:
        (x,) = inputs
        return x.reshape(len(x), *map(concrete, self.shape))


def _elements(shape: Shape) -> list[Dim]:
    """How many elements the first axis holds, the first two, and so on."""
    return [product_of(shape[:n]) for n in range(1, len(shape) + 1)]
