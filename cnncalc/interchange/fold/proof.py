"""Whether two graphs are one network: the same layers with the same fields on the same inputs, whatever their names."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from cnncalc.layers.concat import Concat

if TYPE_CHECKING:
    from cnncalc.graph import Graph, Node


def digest(graph: Graph) -> tuple[str, ...]:
    """Return a hash of each output: of its layer's type, fields, inputs and shared parameters, all the way to the inputs.

    Concatenations within concatenations are flat: their order is all that counts.
    """
    found: list[str] = []
    parts: list[tuple[str, ...]] = []  # of a concatenation, those that it joins
    for node in graph.nodes:
        pieces = _pieces(node, found, parts)
        found.append(_hash(graph, node, pieces, found))
        parts.append(pieces if isinstance(node.layer, Concat) else ())
    return tuple(found[number] for number in graph.outputs)


def same(one: Graph, two: Graph) -> bool:
    """Return whether two graphs are one network, for every value of variables that are free in both."""
    return digest(one) == digest(two)


def _pieces(node: Node, found: list[str], parts: list[tuple[str, ...]]) -> tuple[str, ...]:
    if not isinstance(node.layer, Concat):
        return tuple(found[i] for i in node.inputs)
    axis = f"{node.layer.axis}:"
    flat: list[str] = []
    for i in node.inputs:
        inner = parts[i]
        flat += inner if inner and inner[0] == axis else [found[i]]
        flat = [piece for piece in flat if piece != axis]
    return (axis, *flat)


def _hash(graph: Graph, node: Node, pieces: tuple[str, ...], found: list[str]) -> str:
    content: list[object]
    if node.layer is None:
        content = ["input", node.path if len(graph.inputs) > 1 else "", [str(size) for size in node.output]]
    else:
        shared = found[node.shares] if node.shares is not None else ""
        alone = (
            node.number if node.shares is None and node.layer.param_shapes(graph.shapes_into(node)) else ""
        )
        del alone
        content = [node.type, node.layer.written(), list(pieces), shared, node.train_only]
    text = json.dumps(content, default=str, sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
