"""Signs that the numbers of a network are right for what is written, and not for what is meant.

Every command that prints numbers says these; the other lints are for ``cnncalc check``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from cnncalc.analysis.unused import unused
from cnncalc.counting.axes import Role, roles
from cnncalc.dims import DimError, product_of
from cnncalc.errors import Problem, merged
from cnncalc.shapes import axis_names, channels_first, show

if TYPE_CHECKING:
    from cnncalc.graph import Graph, Node
    from cnncalc.shapes import Shape

CODES = ("W210", "W211", "W301", "W302", "W303", "W307")


def doubts(graph: Graph) -> list[Problem]:
    """All of them, whether the spec's author has silenced them or not."""
    found = [*graph.warnings, *unused(graph), *_channels_last(graph)]
    try:
        return [*found, *_along_space(graph)]
    except DimError:  # an axis of a reshape is made of what symbols leave open
        return found


def told(graph: Graph) -> tuple[Problem, ...]:
    """Those that nothing silences, each place once."""
    found = doubts(graph)
    return tuple(merged(graph.unsilenced(found))) if found else ()


def _channels_last(graph: Graph) -> Iterator[Problem]:
    readers = [(graph.nodes[i], node) for node in graph.nodes for i in node.inputs]
    of_rank = {source.number for source, reader in readers if reader.layer and reader.layer.rank}
    for node in graph.inputs:
        meant, rank = channels_first(node.output), len(node.output) - 1
        if (
            meant is not None and node.path not in graph.layouts and (rank > 1 or node.number in of_rank)
        ):  # two sizes may be tokens and features
            what = ", ".join((*axis_names(rank), "channels"))
            message = f"{node.path}: {show(node.output)} looks like {what}"
            help = f"channels come first: [{_listed(meant)}]; or write {{shape: [{_listed(node.output)}], layout: nhwc}}"
            yield Problem("W210", message, node.place, help=help)
    for source, reader in readers:
        yield from _reshaped(graph, source, reader)


def _listed(shape: Shape) -> str:
    return ", ".join(map(str, shape))


def _reshaped(graph: Graph, node: Node, reader: Node) -> Iterator[Problem]:
    """A vector made a map in the order of Keras, and read as a map."""
    if node.type != "reshape" or reader.layer is None or reader.layer.rank != 2 or len(node.output) != 3:
        return
    height, width, channels = node.output
    if len(graph.nodes[node.inputs[0]].output) == 1 and height == width != channels and height != 1:
        message = f"{node.path}: {show(node.output)} looks like height, width, channels; {reader.path} reads it as a map"
        yield Problem(
            "W211", message, node.place, help=f"channels come first: [{channels}, {height}, {width}]"
        )


def _along_space(graph: Graph) -> Iterator[Problem]:
    """Linear layers that run along the last axis of a map: most often a flatten is missing."""
    linear = [n for n in graph.nodes if n.layer and n.layer.family == "linear" and len(n.output) > 1]
    known = roles(graph) if linear else []
    for node in linear:
        before = graph.nodes[node.inputs[0]]
        said = node.layer and any(getattr(node.layer, name) is not None for name in node.layer.claims)
        if said or known[before.number][-1] is not Role.SPACE:
            continue
        x = before.output
        axis = axis_names(len(x) - 1)[-1]
        have, want = (f"{n:,}" if isinstance(n, int) else str(n) for n in (x[-1], product_of(x)))
        message = f"{node.path} runs along the {axis} of {show(x)}, so it has {have} input{'' if have == '1' else 's'}, not {want}"
        help = "put a flatten layer before it; for a linear layer at each position, permute the channels to the end"
        if before.type == "flatten":
            help = "write flatten without start_dim: axes are counted without the batch, 0 is the channels"
        yield Problem("W307", message, node.place, help=help)
