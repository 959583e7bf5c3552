"""Builds a network from layers, judging each on its inputs, as the reader of specs does."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import ValidationError

from cnncalc.dims import Dim
from cnncalc.domain import POSITIVE
from cnncalc.graph import Demand, Graph, Node, judge
from cnncalc.interchange.refusal import Refused
from cnncalc.layer import Layer
from cnncalc.registry import known_class
from cnncalc.shapes import Shape

LONGEST = 60  # of a part of a path
MOST = 100_000  # layers


class Origin(NamedTuple):
    """Where a layer's tensors come from: the name in the file of each, and how it is turned."""

    names: Mapping[str, str]


class Builder:
    """Collects the nodes of a network in execution order. Layers are those of specs, with their rules."""

    def __init__(self, name: str, defaults: Mapping[str, int]) -> None:
        self.name = name
        self.defaults = dict(defaults)  # of free variables
        self.nodes: list[Node] = []
        self.demands: list[Demand] = []
        self.weights: dict[int, Mapping[str, str]] = {}  # by node: names of tensors in the file
        self._paths: set[str] = set()

    def shape(self, number: int) -> Shape:
        return self.nodes[number].output

    def input(self, name: str, shape: Sequence[Dim]) -> int:
        """Add an input; shapes are without the batch axis."""
        path = self._unused(name)
        self.nodes.append(Node(len(self.nodes), path, None, (), tuple(shape)))
        return len(self.nodes) - 1

    def add(
        self, kind: str, inputs: Sequence[int], path: str, *, shares: int | None = None, **fields: Any
    ) -> int:
        """Add a layer and return its number.

        Args:
            kind: the layer type, as in specs.
            inputs: numbers of the nodes it reads.
            path: its name in the model; made unique.
            shares: the layer whose parameters it uses.
            fields: of the layer type; None leaves a field at its default.

        Raises:
            Refused: there is no such layer type, or it does not fit its inputs.
        """
        if len(self.nodes) >= MOST:
            raise Refused(f"the model has more than {MOST:,} layers")
        layer = self._layer(kind, {key: value for key, value in fields.items() if value is not None})
        output, problems, demands = judge(layer, tuple(self.shape(i) for i in inputs), {})
        if output is None or problems:
            raise Refused(f"{kind}: {problems[0].message}", problems[0].help)
        number = len(self.nodes)
        self.demands += [Demand(condition, number, reason) for condition, reason in demands]
        self.nodes.append(Node(number, self._unused(path), layer, tuple(inputs), output, shares=shares))
        return number

    def name_all(self, paths: Sequence[str]) -> None:
        """Give every node its path, made unique and of identifiers."""
        self._paths.clear()
        self.nodes = [
            node._replace(path=self._unused(path)) for node, path in zip(self.nodes, paths, strict=True)
        ]

    def graph(self, outputs: Sequence[int]) -> Graph:
        """Return the network; what no output needs is left out."""
        kept = self._needed(outputs)
        places = {old: new for new, old in enumerate(kept)}
        nodes = []
        for old in kept:
            node = self.nodes[old]
            shares = places.get(node.shares) if node.shares is not None else None
            inputs = tuple(places[i] for i in node.inputs)
            nodes.append(node._replace(number=places[old], inputs=inputs, shares=shares))
        demands = tuple(d._replace(node=places[d.node]) for d in self.demands if d.node in places)
        self.weights = {places[old]: names for old, names in self.weights.items() if old in places}
        free = dict.fromkeys(self.defaults, POSITIVE)
        return Graph(
            self.name, tuple(nodes), tuple(places[i] for i in outputs), {}, demands,
            variables=dict(self.defaults), free=free,
        )  # fmt: skip

    def _needed(self, outputs: Sequence[int]) -> list[int]:
        needed, todo = set(), [*outputs]
        while todo:
            number = todo.pop()
            if number not in needed:
                needed.add(number)
                node = self.nodes[number]
                todo += [*node.inputs, *([] if node.shares is None else [node.shares])]
        inputs = {node.number for node in self.nodes if node.layer is None}
        return sorted(needed | inputs)

    def _layer(self, kind: str, fields: Mapping[str, Any]) -> Layer:
        cls = known_class(kind)
        if cls is None:
            raise Refused(f"there is no layer type {kind}")
        try:
            return cls.model_validate(fields)
        except ValidationError as error:
            first = error.errors()[0]
            raise Refused(f"{kind}: {'.'.join(map(str, first['loc']))} {first['msg']}") from None

    def _unused(self, path: str) -> str:
        """Return a path of identifiers that no other node has."""
        parts = [_identifier(part) for part in path.split(".") if part] or ["layer"]
        plain, count = ".".join(parts), 1
        found = plain
        while found in self._paths:
            count += 1
            found = f"{plain}_{count}"
        self._paths.add(found)
        return found


def _identifier(part: str) -> str:
    return re.sub(r"[^A-Za-z0-9_]", "_", part)[:LONGEST] or "_"
