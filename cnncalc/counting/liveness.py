"""Which tensors are alive while each layer runs."""

from __future__ import annotations

from cnncalc.dims import Dim, product_of, sum_of
from cnncalc.graph import Graph


def live_sets(graph: Graph) -> list[Dim]:
    """Return the number of elements alive while each layer runs, in execution order.

    A tensor is alive from the layer that creates it to the last one that reads it; while a layer runs, its
    inputs and its output are alive. Nothing is done in place.
    """
    nodes = [node for node in graph.nodes if not node.train_only]
    last_use = {node.number: node.number for node in nodes}
    for node in nodes:
        for i in node.inputs:
            last_use[i] = node.number
    for i in graph.outputs:
        last_use[i] = len(graph.nodes)
    totals: list[Dim] = []
    alive: Dim = 0
    expiring: dict[int, list[Dim]] = {}
    for node in nodes:
        size = product_of(node.output)
        alive += size
        totals.append(alive)
        expiring.setdefault(last_use[node.number], []).append(size)
        alive -= sum_of(expiring.pop(node.number, ()))
    return totals
