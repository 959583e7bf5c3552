"""Windows as lints see them: those that slide over each layer's input, in numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from cnncalc.analysis.lint import Subject
from cnncalc.dims import Dim, concrete
from cnncalc.graph import Node
from cnncalc.layer import Elementwise, Rearrangement
from cnncalc.shapes import AXES, Window
from cnncalc.window import SlidingLayer


class Slide(NamedTuple):
    """A window that slides along one axis of a layer's input."""

    name: str  # of the axis
    size: int
    extent: int
    stride: int
    before: int
    after: int
    margin: int  # cells at the end that pad layers before it have put there

    def unread(self, size: Dim) -> Dim:
        """Cells at the end of an axis that no window reads; padding alone may be unread (below 0)."""
        left_over = (size + self.before + self.after - self.extent) % self.stride
        return left_over - self.after - self.margin


def slides(subject: Subject) -> Iterator[tuple[Node, SlidingLayer, list[Slide]]]:
    """Each layer whose window slides over its input, and the window along each axis."""
    for node in subject.layers:
        layer = node.layer
        if isinstance(layer, SlidingLayer):
            (x,) = subject.graph.shapes_into(node)
            along = zip(
                AXES[layer.rank], x[1:], layer.spatial_windows(x), _margins(subject, node), strict=True
            )
            yield node, layer, [_slide(*each) for each in along]


def _slide(name: str, size: Dim, window: Window, margin: int) -> Slide:
    extent, stride = concrete(window.extent), concrete(window.stride)
    return Slide(
        name, concrete(size), extent, stride, concrete(window.before), concrete(window.after), margin
    )


def _margins(subject: Subject, node: Node) -> list[int]:
    """Along each axis the cells that layers right before a layer have put at the end, such as pad."""
    found = [0] * (len(node.output) - 1)
    before = subject.producer(node)
    moved = _moved(subject, before)
    while any(concrete(side) > 0 for window in moved for side in (window.before, window.after)):
        for axis, window in enumerate(moved):
            found[axis] += max(0, concrete(window.after))
        before = subject.producer(before)
        moved = _moved(subject, before)
    return found


def _moved(subject: Subject, node: Node) -> list[Window]:
    """Windows of a layer that moves cells and mixes none; nothing of another."""
    if not isinstance(node.layer, Rearrangement | Elementwise):
        return []
    sight = node.layer.windows(subject.graph.shapes_into(node))
    alone = [step for step in sight if isinstance(step, Window) and step.extent == 1]
    return alone if len(alone) == len(sight) else []


def others_read(subject: Subject, node: Node) -> bool:
    """Whether another layer reads the same cells: a shortcut may skip what the branch beside it reads.

    So may one half of a factorized reduction, which reads them through layers that mix no cells, such as
    a pad and a slice that move them by one (Zoph et al., "Learning Transferable Architectures", 2018).
    """
    before = subject.producer(node)
    while not subject.is_shared(before.number) and (
        isinstance(before.layer, Elementwise) or _moved(subject, before)
    ):
        before = subject.producer(before)
    return subject.is_shared(before.number)
