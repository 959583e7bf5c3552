"""A network as the flattest spec that says the same: no blocks, groups, branches or expressions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cnncalc.dims import Expr
from cnncalc.layer import Family

if TYPE_CHECKING:
    from cnncalc.graph import Graph, Node

NAME_LENGTH = 64


def unrolled(graph: Graph, free: Mapping[str, Any]) -> dict[str, Any]:
    """The spec as plain data, layers in execution order, each with a name of its own.

    A layer's name is its path with ``_`` for ``.``; ``from`` is left out where it is the layer before.

    Args:
        graph: the network at one setting.
        free: the variables that are free in it, with their defaults.
    """
    names = _names(graph)
    inputs = {names[n.number]: _input(graph, n) for n in graph.inputs}
    values = {names[n.number]: n.values["input"].values for n in graph.inputs if n.values}
    document: dict[str, Any] = {"name": graph.name}
    if free:
        document["vars"] = {name: graph.free[name].declaration(default) for name, default in free.items()}
    single = list(inputs) == ["input"]
    document["input"] = inputs["input"] if single else inputs
    if values:
        document["input_values"] = values["input"] if single else values
    document["layers"], current = [], 0 if len(inputs) == 1 else None
    for node in graph.nodes:
        if node.layer is not None:
            document["layers"].append(_item(graph, node, names, current))
            current = current if node.train_only else node.number
    if graph.outputs != (current,):
        ends = [names[i] for i in graph.outputs]
        document["output"] = ends[0] if len(ends) == 1 else ends
    return document


def _names(graph: Graph) -> list[str]:
    """A name for every node: no two alike, none too long."""
    found: dict[str, int] = {}
    for node in graph.nodes:
        plain = node.path.replace(".", "_")
        name, count = plain[:NAME_LENGTH], 1
        while name in found:
            count += 1
            name = f"{plain[: NAME_LENGTH - 6]}_{count}"
        found[name] = node.number
    return list(found)


def _input(graph: Graph, node: Node) -> Any:
    """Shapes are channels first, and say so where the spec says its order: else it might be doubted."""
    shape = [_plain(size) for size in node.output]
    return {"shape": shape, "layout": "nchw"} if node.path in graph.layouts else shape


def _item(graph: Graph, node: Node, names: list[str], current: int | None) -> dict[str, Any]:
    layer = node.layer
    assert layer is not None
    sources = [names[i] for i in node.inputs]
    item: dict[str, Any] = {"name": names[node.number]}
    if node.shares is not None and layer.param_shapes(graph.shapes_into(node)):
        item["share"] = names[node.shares]
    else:
        item["type"] = layer.type
        item |= {key: _plain(value) for key, value in layer.written().items()}
        item |= dict(zip(layer.tensor_fields, sources[1:], strict=False))
        item |= {name: tensor.values for name, tensor in node.values.items()}
    sources = sources[:1] if layer.tensor_fields else sources
    if layer.family is Family.MERGE or len(sources) > 1:
        item["from"] = sources
    elif node.inputs[0] != current:
        item["from"] = sources[0]
    if node.train_only:
        item["train_only"] = True
    return item


def _plain(value: Any) -> Any:
    """A field's value as plain data; a size in symbols is its text."""
    if isinstance(value, Expr):
        return str(value)
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return value
