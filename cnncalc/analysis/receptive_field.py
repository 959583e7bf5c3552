"""Receptive fields: which stretch of the input an output cell can see.

The recurrences, from the first layer on: ``size += (extent - 1)*stride_so_far``,
``padding += before*stride_so_far``, ``stride *= stride``. Source: Araujo, Norris and Sim,
"Computing Receptive Fields of Convolutional Neural Networks", Distill, 2019.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cnncalc.dims import Dim, maximum

if TYPE_CHECKING:
    from cnncalc.graph import Graph, Node
    from cnncalc.shapes import Shape, Window


class ReceptiveField(NamedTuple):
    """Per spatial axis, in cells of the network's input."""

    size: Shape
    stride: Shape
    padding: Shape


def receptive_fields(graph: Graph) -> list[ReceptiveField | None]:
    """The receptive field of every node; None where it has no fixed size (all of the input)."""
    found: list[ReceptiveField | None] = []
    for node in graph.nodes:
        if node.layer is None:
            rank = len(node.output) - 1
            found.append(ReceptiveField((1,) * rank, (1,) * rank, (0,) * rank) if rank else None)
        else:
            found.append(_through(graph, node, [found[i] for i in node.inputs]))
    return found


def _through(graph: Graph, node: Node, inputs: list[ReceptiveField | None]) -> ReceptiveField | None:
    assert node.layer is not None
    known = [field for field in inputs if field is not None]
    if len(known) < len(inputs) or not known or len({field.stride for field in known}) > 1:
        return None
    windows = node.layer.windows(graph.shapes_into(node))
    union = _union(known)
    if windows is None or len(windows) != len(union.size):
        return None
    return _slide(union, windows)


def _slide(field: ReceptiveField, windows: tuple[Window, ...]) -> ReceptiveField:
    axes = list(zip(*field, windows, strict=True))
    return ReceptiveField(
        tuple(size + (w.extent - 1) * stride for size, stride, _, w in axes),
        tuple(stride * w.stride for _, stride, _, w in axes),
        tuple(padding + w.before * stride for _, stride, padding, w in axes),
    )


def _union(fields: list[ReceptiveField]) -> ReceptiveField:
    """The smallest stretch that holds all branches."""
    if len(fields) == 1:
        return fields[0]
    paddings: list[Dim] = []
    sizes: list[Dim] = []
    for axis in range(len(fields[0].size)):
        before = maximum(*(field.padding[axis] for field in fields))
        after = maximum(*(field.size[axis] - field.padding[axis] for field in fields))
        paddings.append(before)
        sizes.append(before + after)
    return ReceptiveField(tuple(sizes), fields[0].stride, tuple(paddings))
