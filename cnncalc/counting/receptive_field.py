"""Exact receptive fields: the range of input cells on which each output cell depends.

Along one axis a tensor is described by the first and last input cell that each of its cells sees.
Cell ``q*period + r`` begins at ``q*advance + first[r]`` and ends at ``q*advance + last[r]``: one
period for chains of windows, more after transposed convolutions and upsampling, whose cells do not
all see alike. A window, a spread or a zoom maps one description to the next; branches are united.

Source: Araujo, Norris and Sim, "Computing Receptive Fields of Convolutional Neural Networks",
Distill, 2019: their recurrences are the case of period 1. Statistics of normalizations are taken as
constants.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import gcd, lcm
from typing import TYPE_CHECKING, Any, NamedTuple

from cnncalc.counting.axes import reorders
from cnncalc.dims import Dim, DimError, Expr, maximum, minimum
from cnncalc.layer import Family
from cnncalc.shapes import Shape, Shapes, Sight, Spread, Window, Zoom

if TYPE_CHECKING:
    from cnncalc.graph import Graph, Node
    from cnncalc.layer import Layer

MAX_PERIOD = 1024
STILL = Window()


class Axis(NamedTuple):
    """What cells see along one axis of the input; see the module's docstring."""

    advance: Dim = 1
    first: tuple[Dim, ...] = (0,)
    last: tuple[Dim, ...] = (0,)

    @property
    def period(self) -> int:
        return len(self.first)

    def span(self, cell: Dim) -> tuple[Dim, Dim]:
        """Return the first and the last input cell that a cell sees, padding included.

        Raises:
            TypeError: the cell is symbolic, and cells differ in what they see.
        """
        if self.period == 1:
            return cell * self.advance + self.first[0], cell * self.advance + self.last[0]
        if isinstance(cell, Expr):
            raise TypeError("cells differ, and which one is meant is symbolic")
        turn, phase = divmod(cell, self.period)
        return turn * self.advance + self.first[phase], turn * self.advance + self.last[phase]


class ReceptiveField(NamedTuple):
    """A receptive field: one entry per spatial axis, in cells of the network's input.

    Attributes:
        size: the largest receptive field of any cell.
        stride: the distance between the fields of neighbors; a fraction as text after upsampling: ``1/2``.
        padding: how many cells before the input the field of cell 0 begins.
        axes: what each cell sees along each axis; empty if every cell sees the whole input.
        aligned: whether all merged branches have the same stride and center.
        order: the original axis of each of the tensor's axes (0: channels); empty if they are in their usual order.
    """

    size: Shape
    stride: tuple[Any, ...]
    padding: Shape
    axes: tuple[Axis, ...] = ()
    aligned: bool = True
    order: tuple[int, ...] = ()

    @property
    def everything(self) -> bool:
        """Whether every cell sees the whole input."""
        return not self.axes


def receptive_fields(graph: Graph) -> list[ReceptiveField | None]:
    """Return the receptive field of every node; None if it has no fixed form."""
    found: list[ReceptiveField | None] = []
    whole, first = _everything(graph), Axis()
    for node in graph.nodes:
        if node.layer is None:
            rank = len(node.output) - 1
            found.append(_field((first,) * rank) if rank else None)
        else:
            try:
                found.append(_through(graph, node, [found[i] for i in node.inputs], whole))
            except DimError:  # too expensive to decide
                found.append(None)
    return found


def _same(a: tuple[Any, ...], b: tuple[Any, ...]) -> bool:
    """Return whether two windows or axes are known to be equal. Functions of two sizes may be too expensive to compare."""
    try:
        return a == b
    except DimError:
        return False


def _everything(graph: Graph) -> ReceptiveField | None:
    sizes = {node.output[1:] for node in graph.inputs}
    if len(sizes) != 1 or not (size := sizes.pop()):
        return None
    return ReceptiveField(size, (0,) * len(size), (0,) * len(size))


def _through(
    graph: Graph, node: Node, inputs: list[ReceptiveField | None], whole: ReceptiveField | None
) -> ReceptiveField | None:
    assert node.layer is not None
    known = [field for field in inputs if field is not None]
    if any(field.everything for field in known):
        return whole
    if len(known) < len(inputs):
        return whole if node.layer.windows(graph.shapes_into(node)) == "all" else None
    sight = node.layer.windows(graph.shapes_into(node))
    if known[0].order or (sight == "unknown" and reorders(node.layer.axes(graph.shapes_into(node)))):
        return _reordered(node.layer, graph.shapes_into(node), known, sight, whole)
    if sight == "all":
        return whole
    reading = (
        known if node.layer.family is Family.MERGE else known[:1]
    )  # the others provide a size, not values
    if sight == "unknown" or any(len(sight) != len(field.axes) for field in reading):
        return None
    if len(reading) == 1 and all(_same(step, STILL) for step in sight):
        return reading[0]  # most layers: activations, normalizations
    axes: list[Axis] = []
    aligned = True
    for index, step in enumerate(sight):
        seen = [field.axes[index] for field in reading]
        if (
            index
            and _same(step, sight[index - 1])
            and all(f.axes[index] is f.axes[index - 1] for f in reading)
        ):
            axes.append(axes[-1])  # a square window on a square field
            continue
        united, same = _union(seen)
        found = united and moved(united, step)
        if found is None:
            return None
        axes.append(found)
        aligned &= same
    return _field(tuple(axes), aligned=aligned)


def _reordered(
    layer: Layer, shapes: Shapes, fields: list[ReceptiveField], sight: Sight, whole: ReceptiveField | None
) -> ReceptiveField | None:
    """Return the order of axes after a layer. Elementwise layers keep it, and so do layers that mix only channels."""
    (field, *others) = fields
    order = field.order or tuple(range(len(field.axes) + 1))
    if reorders(axes := layer.axes(shapes)):
        order = tuple(order[axis] for (axis,) in axes)
        return field._replace(order=() if order == tuple(range(len(order))) else order)
    mixed = layer.mixes(len(order))
    if others or mixed is None:
        return whole if sight == "all" else None
    along = {order[axis] for axis in mixed} - {0}
    if not along:
        return field
    return (
        whole if len(along) == len(order) - 1 else None
    )  # of one of several axes it sees all, of the others not


def _field(axes: tuple[Axis, ...], *, aligned: bool = True) -> ReceptiveField:
    sizes, strides, paddings = zip(*map(_shown, axes), strict=True)
    return ReceptiveField(sizes, strides, paddings, axes, aligned)


def _shown(axis: Axis) -> tuple[Dim, Any, Dim]:
    """Return size, stride and padding of one axis."""
    if axis.period == 1:
        return axis.last[0] - axis.first[0] + 1, axis.advance, 0 - axis.first[0]
    spans = [last - first + 1 for first, last in zip(axis.first, axis.last, strict=True)]
    return maximum(*spans), _stride(axis), 0 - axis.first[0]


def _stride(axis: Axis) -> Any:
    if isinstance(axis.advance, Expr):
        return f"({axis.advance})/{axis.period}"
    common = gcd(axis.advance, axis.period)
    over, under = axis.advance // common, axis.period // common
    return over if under == 1 else f"{over}/{under}"


def moved(axis: Axis, step: Window | Spread | Zoom) -> Axis | None:
    """Return what cells see after one more layer; None if that is not periodic."""
    if isinstance(step, Window):
        return axis if _same(step, STILL) else _slid(axis, step)
    if isinstance(step, Spread):
        return _spread(axis, step)
    return _zoomed(axis, step)


def _slid(axis: Axis, window: Window) -> Axis | None:
    """Apply a window: cell j sees the cells ``j*stride - before + tap*dilation`` of the preceding layer."""
    if axis.period == 1:
        first, _ = axis.span(0 - window.before)
        _, last = axis.span(window.extent - 1 - window.before)
        return Axis(axis.advance * window.stride, (first,), (last,))
    if isinstance(window.stride, Expr) or isinstance(window.before, Expr) or isinstance(window.extent, Expr):
        return None
    period = axis.period // gcd(axis.period, window.stride)
    step = window.dilation if window.extent > 1 else 1
    starts = [j * window.stride - window.before for j in range(period)]
    seen = [range(start, start + window.extent, step) for start in starts]  # type: ignore[arg-type]
    return _axis(axis.advance * (period * window.stride // axis.period), *_hulls(axis, seen))


def _spread(axis: Axis, spread: Spread) -> Axis | None:
    """Apply a transposed window: cell j sees every input cell i for which ``j + before - i*stride`` is a tap of the kernel."""
    kernel, stride, dilation, before = spread
    if isinstance(kernel, Expr) or isinstance(dilation, Expr) or isinstance(before, Expr):
        return None
    period = stride * axis.period
    if period > MAX_PERIOD:
        return None
    common = gcd(stride, dilation)
    turn = stride // common  # distance of the taps that meet input cells, and distance of these cells
    step = dilation // common
    seen = []
    for j in range(period):
        low = high = (j + before) // stride  # the value for a cell that no kernel reaches
        place, rest = divmod(j + before, common)
        tap = place * pow(step, -1, turn) % turn  # the first tap that meets an input cell
        if not rest and tap < kernel:
            high = (j + before - tap * dilation) // stride
            low = high - (kernel - 1 - tap) // turn * step
        seen.append(range(low, high + 1, step))
    return _axis(axis.advance, *_hulls(axis, seen))


def _zoomed(axis: Axis, zoom: Zoom) -> Axis | None:
    """Apply a resampling: cell j mixes the cells around ``(j + 1/2)*down/up - 1/2``; the nearest is ``floor(j*down/up)``."""
    common = gcd(zoom.up, zoom.down)
    up, down = zoom.up // common, zoom.down // common
    turns = axis.period // gcd(axis.period, down)
    period = up * turns
    if period > MAX_PERIOD:
        return None
    seen, reach = [], zoom.taps // 2
    for j in range(period):
        below, beyond = (j * down // up, 0) if zoom.taps == 1 else divmod((2 * j + 1) * down - up, 2 * up)
        # at the center of a cell, its neighbors have weight 0
        seen.append(range(below - reach + 1, below + reach + 1) if beyond else range(below, below + 1))
    return _axis(axis.advance * (turns * down // axis.period), *_hulls(axis, seen))


def _hulls(axis: Axis, seen: list[range]) -> tuple[list[Dim], list[Dim]]:
    """Return the first and the last input cell of each range of cells. The ranges after one period lie further on."""
    firsts = [minimum(*(axis.span(cell)[0] for cell in cells[: axis.period])) for cells in seen]
    lasts = [maximum(*(axis.span(cell)[1] for cell in cells[-axis.period :])) for cells in seen]
    return firsts, lasts


def _axis(advance: Dim, firsts: Sequence[Dim], lasts: Sequence[Dim]) -> Axis:
    """Return an axis with the shortest period that describes the same cells."""
    count = len(firsts)
    for period in range(1, count):
        if count % period or isinstance(advance, Expr) or advance * period % count:
            continue
        step = advance * period // count
        if all(b == a + step for s in (firsts, lasts) for a, b in zip(s, s[period:], strict=False)):
            return Axis(step, tuple(firsts[:period]), tuple(lasts[:period]))
    return Axis(advance, tuple(firsts), tuple(lasts))


def _union(axes: list[Axis]) -> tuple[Axis | None, bool]:
    """Return the smallest range that contains what all branches see, and whether their centers agree."""
    one = axes[0]
    if all(_same(axis, one) for axis in axes):
        return one, True
    period = lcm(*(axis.period for axis in axes))
    advances = {axis.advance * (period // axis.period) for axis in axes}
    if len(advances) > 1 or period > MAX_PERIOD:
        return None, False
    spans = [[axis.span(j) for j in range(period)] for axis in axes]
    firsts = [minimum(*(s[j][0] for s in spans)) for j in range(period)]
    lasts = [maximum(*(s[j][1] for s in spans)) for j in range(period)]
    centers = [{s[j][0] + s[j][1] for s in spans} for j in range(period)]
    return _axis(advances.pop(), firsts, lasts), all(len(c) == 1 for c in centers)
