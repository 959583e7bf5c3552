"""Layers and inputs that do not contribute to any output."""

from __future__ import annotations

from cnncalc.errors import Problem
from cnncalc.graph import Graph


def unused(graph: Graph) -> list[Problem]:
    """A warning for every dead end; what feeds only dead ends is counted, not listed."""
    alive = set(graph.outputs)
    read: set[int] = set()
    for node in reversed(graph.nodes):
        read.update(node.inputs)
        if node.number in alive or node.train_only:
            alive.update(node.inputs)
    dead = [n for n in graph.nodes if n.number not in alive and not n.train_only]
    found = []
    for node in dead:
        if node.number in read:
            continue  # what reads it is what is dead
        if node.layer is None:
            found.append(Problem("W302", f"nothing reads the input {node.path}", node.place))
        else:
            count = len(_only_into(graph, node.number, {n.number for n in dead}))
            notes = (
                (
                    f"{count} layer{'' if count == 1 else 's'} before it feed{'s' if count == 1 else ''} nothing else",
                )
                if count
                else ()
            )
            help = "remove it, read it with 'from', or name it under 'output'"
            found.append(Problem("W301", f"nothing reads {node.path}", node.place, notes, help))
    return found


def _only_into(graph: Graph, end: int, dead: set[int]) -> set[int]:
    found: set[int] = set()
    open_nodes = [end]
    while open_nodes:
        for i in graph.nodes[open_nodes.pop()].inputs:
            if i in dead and i not in found and graph.nodes[i].layer is not None:
                found.add(i)
                open_nodes.append(i)
    return found
