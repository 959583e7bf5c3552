"""Runs a graph on arrays, layer by layer, and frees arrays that are no longer needed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from cnncalc.graph import Graph, Node
from cnncalc.kernels.work import Array, Work
from cnncalc.layer import Elementwise, Layer
from cnncalc.merge import Broadcasting
from cnncalc.weights import Weights

StandIn = Callable[[Node], Array]


class Step(NamedTuple):
    """What one layer did."""

    node: Node
    array: Array  # later layers may overwrite it: look at it before the next step
    weights: Weights | None  # None: it cannot be computed, the array is a stand-in
    macs: int
    seconds: float
    bytes: int  # of activations alive while it ran, and of its weights


def execute(
    graph: Graph,
    inputs: Mapping[str, Array],
    weights_of: Callable[[Node], Weights],
    work: Work,
    stand_in: StandIn,
) -> Iterator[Step]:
    """Each layer of the network in order, at inference. ``inputs`` are ``(N, C, *spatial)`` by name.

    An activation is freed after its last reader; a layer that keeps the shape of a tensor which dies
    there writes into it. Layers for training only do not run; ``stand_in`` makes the output of those
    that cannot be computed.
    """
    nodes = [node for node in graph.nodes if not node.train_only]
    readers = _readers(graph, nodes)
    alive: dict[int, Array] = {}
    for node in nodes:
        if node.layer is None:
            given_array = inputs[node.path].view()
            given_array.flags.writeable = False  # it is the caller's
            alive[node.number] = given_array
            continue
        given = [alive[i] for i in node.inputs]
        out = _spare(node.layer, node, given, alive, readers)
        weights = weights_of(node) if node.layer.runs else None
        before, start = work.macs, time.perf_counter()
        array = node.layer.forward(given, weights, out) if weights is not None else stand_in(node)
        seconds = time.perf_counter() - start
        del given, out
        alive[node.number] = array
        held = _bytes(alive.values()) + (weights.bytes if weights is not None else 0)
        yield Step(node, array, weights, work.macs - before, seconds, held)
        del array, weights
        for i in {*node.inputs, node.number}:
            readers[i] -= node.inputs.count(i)
            if readers[i] <= 0:
                del alive[i]


def _readers(graph: Graph, nodes: list[Node]) -> dict[int, int]:
    """How often each tensor is still read; the network's outputs are read by the caller."""
    readers = dict.fromkeys((node.number for node in nodes), 0)
    for node in nodes:
        for i in node.inputs:
            readers[i] += 1
    for i in graph.outputs:
        readers[i] = readers.get(i, 0) + 1
    return readers


def _spare(
    layer: Layer, node: Node, given: list[Array], alive: Mapping[int, Array], readers: Mapping[int, int]
) -> Array | None:
    """An input that dies in this layer and can hold its result, if the layer works in place."""
    if not isinstance(layer, Elementwise | Broadcasting):
        return None
    first, array = node.inputs[0], given[0]
    if readers[first] != 1 or not array.flags.writeable or array.shape[1:] != node.output:
        return None
    owner = _owner(array)
    shared = any(i != first and _owner(other) is owner for i, other in alive.items())
    return None if shared else array


def _owner(array: Array) -> Array:
    """The array whose memory this one shows."""
    while isinstance(array.base, type(array)):
        array = array.base
    return array


def _bytes(arrays: object) -> int:
    owners = {id(owner): owner.nbytes for owner in map(_owner, arrays)}  # type: ignore[call-overload]
    return sum(owners.values())
