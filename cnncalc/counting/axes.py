"""The role of each tensor's axes: channels, positions, or features of a flattened map.

A layer says which axes its output's are made of (``Layer.axes``); here that is followed through the
network. Layers with a spatial rank (convolutions, poolings) take axis 0 for the channels and the
others for space, whatever was there before.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from cnncalc.layer import Family

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cnncalc.graph import Graph, Node
    from cnncalc.layer import Axes
    from cnncalc.shapes import Shape


class Role(Enum):
    """What an axis counts."""

    CHANNELS = "channels"
    SPACE = "space"
    #: positions whose place among the axes the author has chosen, by a permute
    PLACED = "positions"
    #: elements of several axes in one, or what a linear layer made of positions
    FEATURES = "features"
    UNKNOWN = "unknown"


Roles = tuple[Role, ...]


def reorders(axes: Axes) -> bool:
    """Whether the axes are those of the input in a different order."""
    return axes != (every := tuple(sorted(axes))) and every == tuple((axis,) for axis in range(len(axes)))


def roles(graph: Graph) -> list[Roles]:
    """Return the roles of the axes of every node's tensor."""
    found: list[Roles] = []
    for node in graph.nodes:
        found.append(_of_input(node.output) if node.layer is None else _through(graph, node, found))
    return found


def _of_input(shape: Shape) -> Roles:
    """Return the roles of an input's axes. Two axes are certainly spatial only if they form a square; others may be tokens and features."""
    if len(shape) == 1:
        return (Role.FEATURES,)
    if len(shape) == 2:
        square = shape[0] == shape[1]
        return (Role.UNKNOWN, Role.SPACE if square else Role.UNKNOWN)
    return (Role.CHANNELS, *(Role.SPACE,) * (len(shape) - 1))


def _through(graph: Graph, node: Node, found: list[Roles]) -> Roles:
    layer, rank = node.layer, len(node.output)
    assert layer is not None
    if layer.family in (Family.CONV, Family.POOL) and layer.rank:
        return (Role.CHANNELS, *(Role.SPACE,) * (rank - 1))
    if layer.family is Family.MERGE:
        return tuple(
            _agreed(found[i][axis - rank] for i in node.inputs if rank - axis <= len(found[i]))
            for axis in range(rank)
        )
    axes, before = layer.axes(graph.shapes_into(node)), found[node.inputs[0]]
    after = tuple(_joined(before[axis] for axis in group) for group in axes)
    if reorders(axes):
        return tuple(Role.PLACED if role is Role.SPACE else role for role in after)
    if layer.family is Family.LINEAR and after[-1] is Role.SPACE:
        return (*after[:-1], Role.FEATURES)
    return after


def _joined(parts: Iterable[Role]) -> Role:
    """Return the role of an axis that combines several."""
    several = set(parts)
    if not several or Role.UNKNOWN in several:
        return Role.UNKNOWN
    return several.pop() if len(several) == 1 else Role.FEATURES


def _agreed(parts: Iterable[Role]) -> Role:
    """Return the role of an axis of a merge. If branches differ, an axis that was never moved takes precedence."""
    several = set(parts)
    if several == {Role.SPACE, Role.PLACED}:
        return Role.SPACE
    return several.pop() if len(several) == 1 else Role.UNKNOWN
