"""Shapes, and the window formula: the number of positions of a sliding window.

A shape is a tuple of sizes without the batch axis, channels first: ``(C, H, W)``.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Literal, NamedTuple

from cnncalc.dims import Dim, Expr, ceil_div, maximum, minimum

Shape = tuple[Dim, ...]
Shapes = tuple[Shape, ...]


def key_of(shapes: Shapes) -> Hashable:
    """A key that shapes share whose sizes are written alike: whether symbols are equal may be too hard to decide."""
    return tuple(
        [
            tuple([n if type(n) is int else n.key if isinstance(n, Expr) else int(n) for n in shape])
            for shape in shapes
        ]
    )


AXES: dict[int, tuple[str, ...]] = {
    1: ("length",),
    2: ("height", "width"),
    3: ("depth", "height", "width"),
}


def axis_names(rank: int) -> tuple[str, ...]:
    """Return the names of the spatial axes, or their numbers if there are more than layers support."""
    return AXES.get(rank) or tuple(f"axis {axis}" for axis in range(1, rank + 1))


class Window(NamedTuple):
    """A window along one axis; ``before`` and ``after`` are its padding."""

    kernel: Dim = 1
    stride: Dim = 1
    dilation: Dim = 1
    before: Dim = 0
    after: Dim = 0

    @property
    def extent(self) -> Dim:
        """The number of cells that the kernel spans: ``dilation*(kernel-1) + 1``."""
        return self.dilation * (self.kernel - 1) + 1


class Spread(NamedTuple):
    """A transposed window along one axis: input cell ``i`` reaches ``kernel`` cells from ``i*stride - before`` on."""

    kernel: Dim
    stride: int
    dilation: Dim
    before: Dim


class Zoom(NamedTuple):
    """Resampling along one axis: cell ``j`` lies at ``(j + 1/2)*down/up - 1/2`` and mixes ``taps`` cells around it.

    One tap is the nearest cell, ``floor(j*down/up)``.
    """

    up: int = 1
    down: int = 1
    taps: int = 1


#: how an output cell depends on its input: along each spatial axis, on all of it, or in no fixed way
Sight = tuple[Window | Spread | Zoom, ...] | Literal["all", "unknown"]


def window_count(size: Dim, window: Window, *, ceil_mode: bool = False) -> Dim:
    """Return the output size along one axis: ``floor((size + padding - extent) / stride) + 1``.

    With ``ceil_mode`` the quotient rounds up, but a window must begin inside the input or its
    leading padding. Source: PyTorch, ``torch.nn.Conv2d`` and ``pooling_output_shape`` in
    ``aten/src/ATen/native/Pool.h`` (the documented formula omits the second clause).
    """
    slack = size + window.before + window.after - window.extent
    if not ceil_mode:
        return slack // window.stride + 1
    rounded_up = ceil_div(slack, window.stride)
    return minimum(rounded_up, (size + window.before - 1) // window.stride) + 1


def transposed_count(size: Dim, window: Window, output_padding: Dim) -> Dim:
    """Return the output size of a transposed convolution along one axis.

    ``(size - 1)*stride - padding + extent + output_padding``. Source: ``torch.nn.ConvTranspose2d``.
    """
    return (size - 1) * window.stride - window.before - window.after + window.extent + output_padding


def same_padding(size: Dim, window: Window, *, lower: bool = False) -> tuple[Dim, Dim]:
    """Return the padding for an output of ``ceil(size / stride)``. An odd cell goes after the input, or before it if ``lower``.

    Source: ONNX ``auto_pad`` SAME_UPPER and SAME_LOWER; TensorFlow ``SAME``.
    """
    steps = (size - 1) // window.stride
    total = maximum(0, steps * window.stride + window.extent - size)
    small = total // 2
    return (total - small, small) if lower else (small, total - small)


def channels_first(shape: Shape) -> Shape | None:
    """Return ``(C, H, W)`` if an input was most likely written as ``[H, W, C]``, as in Keras; otherwise None.

    Its last size must be a number of color channels, and the others those of a picture, signal or volume.
    """
    (*sides, channels), rank = shape, len(shape) - 1
    if not 1 <= rank <= 3 or not isinstance(channels, int) or channels not in (1, *_COLORS[rank]):
        return None
    if any(isinstance(side, int) and side < _LEAST[rank] for side in sides):
        return None
    if channels != 3 and rank > 1 and isinstance(sides[-1], int) and sides[-1] != sides[-2]:
        return None  # with one or four channels it must be square to count as a picture
    return (channels, *sides)


_COLORS: dict[int, tuple[int, ...]] = {1: (), 2: (3, 4), 3: (3,)}
_LEAST = {1: 64, 2: 16, 3: 8}


def show(shape: Shape) -> str:
    """Return a shape as text for messages: ``64×112×112``, ``[4096]``, ``64×(H//2)×(W//2)``."""
    if len(shape) < 2:
        return f"[{', '.join(map(str, shape))}]"
    return "×".join(text if (text := str(d)).isalnum() else f"({text})" for d in shape)
