"""Layers that have a window: convolutions and poolings of every rank share its fields, and rules if it slides."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import field_serializer, field_validator

from cnncalc import fields
from cnncalc.conditions import at_least, divisible
from cnncalc.dims import Dim, ceil_div, concrete
from cnncalc.layer import Array, Layer, Line, Requirement, Requirements, needs_rank, term
from cnncalc.shapes import AXES, Shape, Shapes, Sight, Window, same_padding, window_count

if TYPE_CHECKING:
    from cnncalc.kernels.windows import Sliding

PerAxis = tuple[Dim, ...]
Padding = str | tuple[tuple[Dim, Dim], ...]


class WindowFields(Layer):
    """The fields of a window, one value per axis, whatever a layer does with the window."""

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

    dilation: Annotated[
        PerAxis, fields.About("Distance between neighboring cells of the kernel.", unit="cells")
    ] = 1  # type: ignore[assignment]

    @field_validator("kernel_size", "stride", "dilation", mode="plain")
    @classmethod
    def _check_per_axis(cls, value: Any) -> Any:
        return fields.per_axis(value, cls.rank, 1)

    @field_validator("padding", mode="plain")
    @classmethod
    def _check_padding(cls, value: Any) -> Any:
        return fields.padding(value, cls.rank)

    @field_serializer("kernel_size", "stride", "padding", "dilation")
    def _write(self, value: Any) -> Any:
        return fields.shortest(value)

    def axis_fields(self) -> list[tuple[Dim, Dim, Dim]]:
        """Return kernel size, stride and dilation of each axis."""
        return list(zip(self.kernel_size, self.stride, self.dilation, strict=True))

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


class SlidingLayer(WindowFields):
    """A layer whose window slides along each axis of the input; each place where it fits gives a cell of the output."""

    def rounds_up(self) -> bool:
        """Return whether the last window may extend past the end of the padded input, by less than a stride."""
        return False

    def counts_padding(self) -> bool:
        """Return whether a mean counts the zeros of the padding as cells."""
        return False

    def window_requirements(self, x: Shape) -> Requirements:
        """Yield the requirements that the input has the right rank and that every window fits into its padded axis."""
        yield from needs_rank(self, x, self.rank)
        if self.padding in ("same", "same_lower"):
            return
        for name, size, window in zip(AXES[self.rank], x[1:], self.spatial_windows(x), strict=True):
            spare = window.stride - 1 if self.rounds_up() else 0
            holds = at_least(size + window.before + window.after + spare, window.extent)
            if holds is not True:
                yield Requirement(holds, "C302", *_too_large(name, size, window))

    def spatial_output(self, x: Shape) -> Shape:
        """Return the output size along each axis; with ``same`` padding it is ``ceil(in/stride)``."""
        if self.padding in ("same", "same_lower"):
            return tuple(ceil_div(n, s) for n, (_, s, _) in zip(x[1:], self.axis_fields(), strict=True))
        pairs = zip(x[1:], self.spatial_windows(x), strict=True)
        return tuple(window_count(size, window, ceil_mode=self.rounds_up()) for size, window in pairs)

    def windows(self, inputs: Shapes) -> Sight:
        return self.spatial_windows(inputs[0])

    def derivation(self, inputs: Shapes, output: Shape) -> Iterator[Line]:
        (x,) = inputs
        for name, size, w, count in zip(
            AXES[self.rank], x[1:], self.spatial_windows(x), output[1:], strict=True
        ):
            stride, what = term(w.stride), f"output {name}"
            if self.padding in ("same", "same_lower"):
                numbers = f"({term(size)} + {stride} - 1)//{stride}"
                yield Line(what, "input/stride, rounded up ('same')", numbers, count)
                continue
            extent, kernel, note = "kernel", term(w.kernel), ""
            if w.dilation != 1:
                extent, kernel = "extent", f"({term(w.dilation)}*({kernel} - 1) + 1)"
                note = f"the extent of {w.kernel} cells with dilation {w.dilation} is {w.extent}"
            top = f"{term(size)} + {term(w.before)} + {term(w.after)} - {kernel}"
            rule, numbers = f"(input + padding - {extent})//stride + 1", f"({top})//{stride} + 1"
            if self.rounds_up():
                rule = (
                    rule.replace("//", "/") + ", rounded up, but no window begins in the padding at the end"
                )
                numbers = f"min(({top} + {stride} - 1)//{stride}, ({term(size)} + {term(w.before)} - 1)//{stride}) + 1"
            yield Line(what, rule, numbers, count, note)


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


def one_channel_each(groups: Dim, x: Shape) -> bool:
    """Return whether the input has several channels and each has a group of its own."""
    return groups == x[0] and groups != 1


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
