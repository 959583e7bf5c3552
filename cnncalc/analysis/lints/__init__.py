"""Lints: what is valid and probably not meant. Each is a function from a network to problems, with a code."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING

from cnncalc.analysis.doubts import doubts
from cnncalc.errors import Place, Problem
from cnncalc.graph import Graph, Node

if TYPE_CHECKING:
    from cnncalc.counting.propagate import Report
    from cnncalc.layer import Layer
    from cnncalc.network import Network

MODULES = ("told", "parameters", "geometry", "alignment", "structure", "cost", "names")
#: lints that say an item is of no use: not if it is in another variant
UNANIMOUS = ("W304",)


class Subject:
    """What lints look at: a network at one setting, and who reads what."""

    def __init__(
        self, network: Network, graph: Graph, report: Report | None, wanted: frozenset[int] = frozenset()
    ) -> None:
        self.network = network
        self.graph = graph
        self.wanted = wanted  # tensors that have more readers than the graph shows
        self._report = report

    @property
    def report(self) -> Report:
        """The numbers of a network that is valid."""
        assert self._report is not None
        return self._report

    @cached_property
    def readers(self) -> dict[int, list[Node]]:
        """The nodes that read each tensor, at inference."""
        found: dict[int, list[Node]] = {node.number: [] for node in self.graph.nodes}
        for node in self.layers:
            for i in node.inputs:
                found[i].append(node)
        return found

    @cached_property
    def doubts(self) -> list[Problem]:
        """What every command says of the network, silenced or not."""
        return doubts(self.graph)

    @cached_property
    def layers(self) -> list[Node]:
        """Nodes with a layer that runs at inference, in execution order."""
        return [node for node in self.graph.nodes if node.layer is not None and not node.train_only]

    def is_shared(self, number: int) -> bool:
        """Whether more than one layer reads a tensor."""
        return len(self.readers[number]) > 1 or number in self.wanted

    def only_reader(self, node: Node) -> Node | None:
        """The one layer that reads a tensor; None if there are more, or it is an output."""
        readers = self.readers[node.number]
        if len(readers) != 1 or node.number in self.wanted or node.number in self.graph.outputs:
            return None
        return readers[0]

    def producer(self, node: Node, at: int = 0) -> Node:
        """The node whose tensor is an input of this one."""
        return self.graph.nodes[node.inputs[at]]


Lint = Callable[[Subject], Iterator[Problem]]
LINTS: dict[str, Lint] = {}
#: lints that look at a layer and those beside it, or at the text: errors elsewhere do not make them wrong
LOCAL: set[str] = set()


def lint(code: str, *, local: bool = False) -> Callable[[Lint], Lint]:
    """Enter a function into the table of lints."""

    def enter(function: Lint) -> Lint:
        LINTS[code] = function
        if local:
            LOCAL.add(code)
        return function

    return enter


def all_lints() -> dict[str, Lint]:
    """Every lint by code."""
    for module in MODULES:
        import_module(f"cnncalc.analysis.lints.{module}")
    return dict(sorted(LINTS.items()))


def layer_of(node: Node) -> Layer:
    """The layer of a node that has one."""
    assert node.layer is not None
    return node.layer


def at(node: Node, code: str, message: str, *notes: str, help: str | None = None) -> Problem:
    """A problem at the place of a layer, that names it."""
    place: Place | None = node.place
    return Problem(code, f"{node.path}: {message}", place, notes, help)
