"""Layers that slide a window: convolutions and poolings of every rank share these rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import field_serializer, field_validator

from cnncalc import fields
from cnncalc.conditions import at_least, divisible
from cnncalc.dims import Dim, ceil_div, concrete, product_of
from cnncalc.layer import Array, Axes, Layer, Requirement, Requirements, needs_rank
from cnncalc.shapes import AXES, Shape, Shapes, Sight, Window, same_padding, window_count

if TYPE_CHECKING:
    from cnncalc.kernels.windows import Sliding

PerAxis = tuple[Dim, ...]
Padding = str | tuple[tuple[Dim, Dim], ...]


class WindowLayer(Layer):
    """The fields and the shape rule of a sliding window; ``kernel_size`` and the other fields have one value per axis."""

    words = {"padding": fields.PADDING_WORDS}

    kernel_size: Annotated[PerAxis, fields.About("Size of the window along each axis.", 3, "cells")]
    stride: Annotated[PerAxis, fields.About("Step from one window to the next.", unit="cells")] = 1  # type: ignore[assignment]
    padding: Annotated[
        Padding,
        fields.About(
            "Cells added around the input: a number, one for each axis, pairs [before, after], or a word.",
            unit="cells",
        ),
    ] = 0  # type: ignore[assignment]

    @field_validator("kernel_size", "stride", mode="plain")
    @classmethod
    def _check_per_axis(cls, value: Any) -> Any:
        return fields.per_axis(value, cls.rank, 1)

    @field_validator("padding", mode="plain")
    @classmethod
    def _check_padding(cls, value: Any) -> Any:
        return fields.padding(value, cls.rank)

    @field_serializer("kernel_size", "stride", "padding", "dilation", "output_padding", check_fields=False)
    def _write(self, value: Any) -> Any:
        return fields.shortest(value)

    def axis_fields(self) -> list[tuple[Dim, Dim, Dim]]:
        """Return kernel size, stride and dilation of each axis."""
        dilation = getattr(self, "dilation", (1,) * self.rank)
        return list(zip(self.kernel_size, self.stride, dilation, strict=True))

    def spatial_windows(self, x: Shape) -> tuple[Window, ...]:
        """Return the window along each axis, with padding words resolved for this input."""
        axes = enumerate(self.axis_fields())
        return tuple(self._window(index, *axis, x[index + 1]) for index, axis in axes)

    def _window(self, index: int, kernel: Dim, stride: Dim, dilation: Dim, size: Dim) -> Window:
        if isinstance(self.padding, tuple):
            return Window(kernel, stride, dilation, *self.padding[index])
        bare = Window(kernel, stride, dilation)
        return Window(kernel, stride, dilation, *self.word_padding(bare, size))

    def word_padding(self, window: Window, size: Dim) -> tuple[Dim, Dim]:
        """Return how many cells a padding word adds before and after an axis."""
        if self.padding == "half":
            half = (window.extent - 1) // 2
            return half, half
        if self.padding in ("same", "same_lower"):
            return same_padding(size, window, lower=self.padding == "same_lower")
        return 0, 0

    def window_requirements(self, x: Shape, *, ceil_mode: bool = False) -> Requirements:
        """Yield the requirements that the input has the right rank and that every window fits into its padded axis.

        With ``ceil_mode`` the last window may hang over, by less than a stride.
        """
        yield from needs_rank(self, x, self.rank)
        if self.padding in ("same", "same_lower"):
            return
        for name, size, window in zip(AXES[self.rank], x[1:], self.spatial_windows(x), strict=True):
            spare = window.stride - 1 if ceil_mode else 0
            holds = at_least(size + window.before + window.after + spare, window.extent)
            if holds is not True:
                yield Requirement(holds, "C302", *_too_large(name, size, window))

    def spatial_output(self, x: Shape, *, ceil_mode: bool = False) -> Shape:
        """Return the output size along each axis; with ``same`` padding it is ``ceil(in/stride)``."""
        if self.padding in ("same", "same_lower"):
            return tuple(ceil_div(n, s) for n, (_, s, _) in zip(x[1:], self.axis_fields(), strict=True))
        pairs = zip(x[1:], self.spatial_windows(x), strict=True)
        return tuple(window_count(size, window, ceil_mode=ceil_mode) for size, window in pairs)

    def windows(self, inputs: Shapes) -> Sight:
        return self.spatial_windows(inputs[0])

    def sliding(self, x: Array) -> Sliding:
        """Return the windows in the form that kernels use, for an array ``(N, C, *in)``."""
        from cnncalc.kernels.windows import Sliding

        axes = self.spatial_windows(x.shape[1:])
        return Sliding(
            tuple(concrete(w.kernel) for w in axes),
            tuple(concrete(w.stride) for w in axes),
            tuple(concrete(w.dilation) for w in axes),
            tuple((concrete(w.before), concrete(w.after)) for w in axes),
        )


class DilatedWindowLayer(WindowLayer):
    """A window that may be dilated."""

    dilation: Annotated[
        PerAxis, fields.About("Distance between neighboring cells of the kernel.", unit="cells")
    ] = 1  # type: ignore[assignment]

    @field_validator("dilation", mode="plain")
    @classmethod
    def _check_dilation(cls, value: Any) -> Any:
        return fields.per_axis(value, cls.rank, 1)


class Pooling(DilatedWindowLayer):
    """``(C, *in) -> (C, *out)``: one value for each window. ``stride`` defaults to ``kernel_size``."""

    family = "pool"

    stride: Annotated[
        PerAxis | None,
        fields.About("Step from one window to the next; default: the kernel size.", unit="cells"),
    ] = None  # type: ignore[assignment]
    ceil_mode: Annotated[fields.Flag, fields.About("Whether the output size is rounded up.")] = False

    @field_validator("stride", mode="plain")
    @classmethod
    def _check_stride(cls, value: Any) -> Any:
        return value if value is None else fields.per_axis(value, cls.rank, 1)

    def axis_fields(self) -> list[tuple[Dim, Dim, Dim]]:
        stride = self.kernel_size if self.stride is None else self.stride
        return list(zip(self.kernel_size, stride, self.dilation, strict=True))

    def requirements(self, inputs: Shapes) -> Requirements:
        """Yield the requirements that the window fits and never lies entirely in the padding.

        Source: PyTorch, ``pool2d_shape_check`` in ``aten/src/ATen/native/Pool.h``; half of the
        kernel itself, dilation aside, as its CPU kernels ask.
        """
        (x,) = inputs
        yield from self.window_requirements(x, ceil_mode=self.ceil_mode)
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
        return (x[0], *self.spatial_output(x, ceil_mode=self.ceil_mode))

    def param_shapes(self, inputs: Shapes) -> Mapping[str, Shape]:
        return {}

    def macs(self, inputs: Shapes, output: Shape) -> Dim:
        return 0


class AdaptivePooling(Layer):
    """``(C, *in) -> (C, *output_size)``; an entry of null keeps the size of its axis."""

    family = "pool"

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

    def sizes(self, x: Array) -> tuple[int, ...]:
        """Return the output sizes for an array ``(N, C, *in)``."""
        return tuple(concrete(n) for n in self.output_shape((x.shape[1:],))[1:])

    def param_shapes(self, inputs: Shapes) -> Mapping[str, Shape]:
        return {}

    def macs(self, inputs: Shapes, output: Shape) -> Dim:
        return 0

    def operations(self, inputs: Shapes, output: Shape) -> Dim:
        return product_of(inputs[0])


class GlobalPooling(Layer):
    """``(C, *spatial) -> (C,)``, or ``(C, 1, ...)`` with ``keepdim``."""

    family = "pool"

    keepdim: Annotated[fields.Flag, fields.About("Whether the spatial axes are kept, with size 1.")] = False

    def requirements(self, inputs: Shapes) -> Requirements:
        return needs_rank(self, inputs[0], 1, 2, 3)

    def output_shape(self, inputs: Shapes) -> Shape:
        (x,) = inputs
        return (x[0], *((1,) * (len(x) - 1) if self.keepdim else ()))

    def param_shapes(self, inputs: Shapes) -> Mapping[str, Shape]:
        return {}

    def macs(self, inputs: Shapes, output: Shape) -> Dim:
        return 0

    def operations(self, inputs: Shapes, output: Shape) -> Dim:
        return product_of(inputs[0])

    def axes(self, inputs: Shapes) -> Axes:
        return super().axes(inputs) if self.keepdim else ((0,),)

    def windows(self, inputs: Shapes) -> Sight:
        return "all"


def groups_divide(groups: Dim, **channels: Dim) -> Requirements:
    """Yield the requirements that each of the named numbers of channels is a multiple of ``groups``."""
    for name, count in channels.items():
        if not isinstance(groups, int):
            count // groups  # symbols must divide exactly, else this raises
            continue
        holds = divisible(count, groups)
        if holds is not True:
            message = f"{groups} groups do not divide the {count} {name} channels"
            yield Requirement(holds, "C303", message, "use a common divisor of the channels")


LARGER_INPUT = "a larger input"


def _too_large(axis: str, size: Dim, window: Window) -> tuple[str, str | None]:
    """Return the message and help for a window that does not fit."""
    have = f"{size}"
    if window.before != 0 or window.after != 0:
        have += f" + {window.before} + {window.after} = {size + window.before + window.after}"
    needs = str(window.extent)
    if window.dilation != 1:
        needs = f"{window.dilation}*({window.kernel} - 1) + 1 = {needs}"
    message = f"the kernel does not fit along the {axis}: it needs {needs} cells, but the input has {have}"
    missing = window.extent - size
    if not isinstance(missing, int):
        return message, None
    return (
        message,
        f"use padding of at least {-(-missing // 2)}, a smaller kernel or {LARGER_INPUT}",
    )
