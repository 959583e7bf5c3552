"""Poolings: over windows that slide, over windows chosen for an output size, and over the whole map."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import field_serializer, field_validator

from cnncalc import fields
from cnncalc.conditions import at_least
from cnncalc.dims import Dim, concrete, product_of
from cnncalc.layer import Array, Axes, Family, Requirement, Requirements, Unlearned, needs_rank
from cnncalc.shapes import AXES, Shape, Shapes, Sight, Window
from cnncalc.window import PerAxis, SlidingLayer


class Pooling(Unlearned, SlidingLayer):
    """``(C, *in) -> (C, *out)``: one value for each window. ``stride`` defaults to ``kernel_size``."""

    family = Family.POOL

    stride: Annotated[
        PerAxis | None,
        fields.About("Step from one window to the next; default: the kernel size.", unit="cells"),
    ] = None  # type: ignore[assignment]
    ceil_mode: Annotated[fields.Flag, fields.About("Whether the output size is rounded up.")] = False

    @field_validator("stride", mode="plain")
    @classmethod
    def _check_stride(cls, value: Any) -> Any:
        return value if value is None else fields.per_axis(value, cls.rank, 1)

    def rounds_up(self) -> bool:
        return self.ceil_mode

    def axis_fields(self) -> list[tuple[Dim, Dim, Dim]]:
        stride = self.kernel_size if self.stride is None else self.stride
        return list(zip(self.kernel_size, stride, self.dilation, strict=True))

    def requirements(self, inputs: Shapes) -> Requirements:
        """Yield the requirements that the window fits and never lies entirely in the padding.

        Source: PyTorch, ``pool2d_shape_check`` in ``aten/src/ATen/native/Pool.h``; half of the
        kernel itself, dilation aside, as its CPU kernels ask.
        """
        (x,) = inputs
        yield from self.window_requirements(x)
        if self.padding in ("same", "same_lower"):
            return
        for name, window in zip(AXES[self.rank], self.spatial_windows(x), strict=True):
            for amount in {window.before, window.after}:
                holds = at_least(window.kernel // 2, amount)
                if holds is not True:
                    message = f"padding of {amount} along the {name} is more than half the kernel size, {window.kernel}"
                    yield Requirement(holds, "C304", message, f"use at most {window.kernel // 2}")

    def output_shape(self, inputs: Shapes) -> Shape:
        (x,) = inputs
        return (x[0], *self.spatial_output(x))

    def changes_nothing(self, inputs: Shapes) -> str | None:
        (x,) = inputs
        alone = all(w.kernel == w.stride == 1 and w.before == w.after == 0 for w in self.spatial_windows(x))
        return "pooling of single cells changes nothing" if alone else None


class AdaptivePooling(Unlearned):
    """``(C, *in) -> (C, *output_size)``; an entry of null keeps the size of its axis."""

    family = Family.POOL

    output_size: Annotated[
        PerAxis, fields.About("Sizes of the output; null keeps the size of an axis.", 1, "cells")
    ]

    @field_serializer("output_size")
    def _write(self, value: Any) -> Any:
        return fields.shortest(value)

    @field_validator("output_size", mode="plain")
    @classmethod
    def _check_output_size(cls, value: Any) -> Any:
        if isinstance(value, list | tuple) and len(value) == cls.rank:
            return tuple(v if v is None else fields.integer(v, 1) for v in value)
        return fields.per_axis(value, cls.rank, 1)

    def requirements(self, inputs: Shapes) -> Requirements:
        return needs_rank(self, inputs[0], self.rank)

    def output_shape(self, inputs: Shapes) -> Shape:
        (x,) = inputs
        pairs = zip(x[1:], self.output_size, strict=True)
        return (x[0], *(have if want is None else want for have, want in pairs))

    def windows(self, inputs: Shapes) -> Sight:
        (x,) = inputs
        wanted = self.output_shape(inputs)[1:]
        if all(size == 1 for size in self.output_size):  # an axis of size 1 that null keeps is not pooled
            return "all"
        pairs = list(zip(x[1:], wanted, strict=True))
        if any(
            not isinstance(n, int) or not isinstance(m, int) or n % m for n, m in pairs if m not in (1, n)
        ):
            return "unknown"
        return tuple(Window() if n == m else Window(n // m, n // m) for n, m in pairs)

    def ends_features(self, output: Shape) -> bool:
        return set(output[1:]) == {1}

    def sizes(self, x: Array) -> tuple[int, ...]:
        """Return the output sizes for an array ``(N, C, *in)``."""
        return tuple(concrete(n) for n in self.output_shape((x.shape[1:],))[1:])

    def operations(self, inputs: Shapes, output: Shape) -> Dim:
        return product_of(inputs[0])


class GlobalPooling(Unlearned):
    """``(C, *spatial) -> (C,)``, or ``(C, 1, ...)`` with ``keepdim``."""

    family = Family.POOL

    keepdim: Annotated[fields.Flag, fields.About("Whether the spatial axes are kept, with size 1.")] = False

    def requirements(self, inputs: Shapes) -> Requirements:
        return needs_rank(self, inputs[0], 1, 2, 3)

    def output_shape(self, inputs: Shapes) -> Shape:
        (x,) = inputs
        return (x[0], *((1,) * (len(x) - 1) if self.keepdim else ()))

    def operations(self, inputs: Shapes, output: Shape) -> Dim:
        return product_of(inputs[0])

    def ends_features(self, output: Shape) -> bool:
        return True

    def axes(self, inputs: Shapes) -> Axes:
        return super().axes(inputs) if self.keepdim else ((0,),)

    def windows(self, inputs: Shapes) -> Sight:
        return "all"
