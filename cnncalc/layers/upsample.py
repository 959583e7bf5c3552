"""``upsample``: a larger map by repeating or interpolating cells."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import PlainSerializer, PlainValidator

from cnncalc import fields
from cnncalc.dims import Dim, Expr, concrete, product_of
from cnncalc.layer import Array, Arrays, Requirement, Requirements, Tensors, needs_rank
from cnncalc.resize import Resizing
from cnncalc.shapes import Shape, Shapes, Sight, Window, Zoom

_CORNERS = {"nearest": 0, "linear": 2, "bilinear": 4, "trilinear": 8, "bicubic": 16}
_TAPS = {"nearest": 1, "linear": 2, "bilinear": 2, "trilinear": 2, "bicubic": 4}
_RANKS = {"linear": (1,), "bilinear": (2,), "trilinear": (3,), "bicubic": (2,)}


def _factors(value: Any) -> Any:
    """One factor or one for each axis, each a whole number or a fraction (numerator, denominator)."""
    if value is None or value is fields.DEFERRED:
        return value
    if isinstance(value, list | tuple):
        if not 1 <= len(value) <= 3:
            raise fields.invalid("needs a factor, or a list with one for each axis")
        return tuple(_factor(v) for v in value)
    return _factor(value)


def _factor(value: Any) -> Any:
    if value is fields.DEFERRED:
        return value
    if isinstance(value, Expr) or (isinstance(value, int) and not isinstance(value, bool)):
        return (fields.integer(value, 1), 1)
    fields.number(value, 1e-6, 1e6)
    if isinstance(value, float):  # 0.7 means 7/10: 10 cells become 7, not 6
        from decimal import Decimal

        return Decimal(repr(value)).as_integer_ratio()
    return value.numerator, value.denominator


def _written(value: Any) -> Any:
    """The factors as a spec has them: 2, or 7/10."""
    if not isinstance(value, tuple):
        return value
    if isinstance(value[0], tuple):
        return tuple(map(_written, value))
    return value[0] if value[1] == 1 else f"{value[0]}/{value[1]}"


class Upsample(Resizing):
    """``(C, *in) -> (C, *floor(in*scale_factor))`` or to ``size``, which may name a tensor.

    A decimal factor is exact: 0.29 of 100 cells are 29, where torch rounds to 28. Source:
    ``torch.nn.Upsample``; ONNX ``Resize``. flops: none for ``nearest``; else a multiplication for
    each neighbor and the additions between them, for every output.
    """

    words = {"mode": tuple(_CORNERS)}

    type: Literal["upsample"] = "upsample"
    scale_factor: Annotated[
        Any,
        PlainValidator(_factors),
        PlainSerializer(_written),
        fields.About("Factor by which each side grows: a number, or one for each axis."),
    ] = None
    mode: Annotated[str, PlainValidator(fields.choice(*_CORNERS)), fields.About("Interpolation mode.")] = (
        "nearest"
    )
    align_corners: Annotated[
        fields.Flag, fields.About("Whether the corner cells of input and output are aligned.")
    ] = False

    def requirements(self, inputs: Shapes) -> Requirements:
        (x, *_) = inputs
        yield from needs_rank(self, x, *_RANKS.get(self.mode, (1, 2, 3)))
        if self.scale_factor is None:
            yield from self.size_requirements(inputs)
        elif self.size is not None or len(inputs) > 1:
            yield Requirement(holds=False, code="C308", message="give scale_factor or size, not both")
        elif isinstance(self.scale_factor[0], tuple) and len(self.scale_factor) != len(x) - 1:
            yield Requirement(holds=False, code="C308", message="give one scale_factor for each axis")
        yield from self.positive(self.target(inputs))

    def target(self, inputs: Shapes) -> Shape:
        if self.scale_factor is None:
            return super().target(inputs)
        x = inputs[0]
        pairs = zip(x[1:], self.factors(len(x) - 1), strict=True)
        return tuple(size * n // d for size, (n, d) in pairs)

    def factors(self, rank: int) -> tuple[tuple[Dim, int], ...]:
        """A fraction for each axis."""
        factors = self.scale_factor
        return factors if isinstance(factors[0], tuple) else (factors,) * rank

    def operations(self, inputs: Shapes, output: Shape) -> Dim:
        return max(2 * _CORNERS[self.mode] - 1, 0) * product_of(output)

    def windows(self, inputs: Shapes) -> Sight:
        x, taps = inputs[0], _TAPS[self.mode]
        sizes = list(zip(x[1:], self.target(inputs), strict=True))
        if all(have == want for have, want in sizes):
            return (Window(),) * (len(x) - 1)
        if self.align_corners:
            return "unknown"
        if self.scale_factor is not None:
            factors = self.factors(len(x) - 1)
            fixed = [(n, d) for n, d in factors if isinstance(n, int)]
            return tuple(Zoom(n, d, taps) for n, d in fixed) if len(fixed) == len(factors) else "unknown"
        if not all(isinstance(n, int) and isinstance(m, int) for n, m in sizes):
            return "unknown"
        return tuple(Zoom(concrete(want), concrete(have), taps) for have, want in sizes)

    def forward(self, inputs: Arrays, params: Tensors, out: Array | None = None) -> Array:
        from cnncalc.kernels import arrangement

        sizes = self.target(tuple(a.shape[1:] for a in inputs))
        factors = None
        if self.scale_factor is not None:
            factors = [concrete(n) / d for n, d in self.factors(inputs[0].ndim - 2)]
        return arrangement.resize(
            inputs[0], [concrete(n) for n in sizes], self.mode, factors, align_corners=self.align_corners
        )
