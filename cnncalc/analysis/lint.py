"""What a lint is: one decorated function in a file of its own, from a network to findings.

Code, name, level and rule stand together, and the docstring of the function is its page: ``cnncalc rule``
prints it, and docs/rules.md is made of all of them. The files are in ``doubts/`` if every command that prints
numbers runs the lint, and otherwise in ``lints/``, for ``cnncalc check``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from importlib import import_module
from inspect import cleandoc
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from cnncalc.errors import Fix, Place, Problem, Rule

if TYPE_CHECKING:
    from types import ModuleType

    from cnncalc.counting.propagate import Report
    from cnncalc.graph import Graph, Node
    from cnncalc.layer import Layer
    from cnncalc.network import Network


class Finding(NamedTuple):
    """What is probably not meant, where, why, and what to do."""

    message: str
    place: Place | None
    notes: tuple[str, ...] = ()
    help: str | None = None
    fix: Fix | None = None


class Subject:
    """What lints look at: a network at one setting, and who reads what.

    Args:
        graph: its layers.
        network: the spec it was made of; None where no text is at hand, as in ``cnncalc table``.
        report: its numbers; None where it is not valid.
        wanted: tensors that have more readers than the graph shows.
    """

    def __init__(
        self,
        graph: Graph,
        network: Network | None = None,
        report: Report | None = None,
        wanted: frozenset[int] = frozenset(),
    ) -> None:
        self.graph = graph
        self.wanted = wanted
        self.has_text = network is not None
        self._network = network
        self._report = report

    @property
    def network(self) -> Network:
        """The spec, where its text is at hand."""
        assert self._network is not None
        return self._network

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
    def layers(self) -> list[Node]:
        """Nodes with a layer that runs at inference, in execution order."""
        return [node for node in self.graph.nodes if node.layer is not None and not node.train_only]

    @cached_property
    def dead(self) -> dict[int, Node]:
        """Layers and inputs, by number, that contribute to no output and to no head for training."""
        alive = set(self.graph.outputs)
        for node in reversed(self.graph.nodes):
            if node.number in alive or node.train_only:
                alive.update(node.inputs)
        return {n.number: n for n in self.graph.nodes if n.number not in alive and not n.train_only}

    @cached_property
    def unread(self) -> list[Node]:
        """Where what is dead ends: layers and inputs that nothing reads at all."""
        read = {i for node in self.graph.nodes for i in node.inputs}
        return [node for node in self.dead.values() if node.number not in read]

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


Of = TypeVar("Of")


class Lint(Generic[Of]):
    """A rule, the function that finds what breaks it, and what is known of the two.

    Args:
        rule: its code, name and level.
        find: from what it looks at, most often a ``Subject``, to what it finds there.
        local: it looks at a layer and those beside it, or at the text, so that errors elsewhere in the network
            do not make it wrong.
        unanimous: it says that an item is of no use, which must hold in every variant.
    """

    def __init__(
        self, rule: Rule, find: Callable[[Of], Iterator[Finding]], *, local: bool, unanimous: bool
    ) -> None:
        self.rule = rule
        self.find = find
        self.local = local
        self.unanimous = unanimous

    @property
    def page(self) -> str:
        """What it finds, why that is bad, an example, and what to write instead; empty under ``python -OO``."""
        return cleandoc(self.find.__doc__ or "")

    def __call__(self, subject: Of) -> Iterator[Problem]:
        """What it finds, as problems."""
        for message, place, notes, help, fix in self.find(subject):
            yield Problem(self.rule.code, message, place, notes, help, fix=fix, lint=self.rule)


def lint(
    code: str, name: str, *, level: str, local: bool = False, unanimous: bool = False
) -> Callable[[Callable[[Of], Iterator[Finding]]], Lint[Of]]:
    """Make a lint of a function; see ``Lint``."""
    return lambda find: Lint(Rule(code, name, level), find, local=local, unanimous=unanimous)


def lints_in(folder: ModuleType) -> tuple[Lint[Subject], ...]:
    """The lints of a package, by code: one in each of its modules."""
    from pkgutil import iter_modules

    modules = [import_module(found.name) for found in iter_modules(folder.__path__, f"{folder.__name__}.")]
    lints = [value for module in modules for value in vars(module).values() if isinstance(value, Lint)]
    return tuple(sorted(lints, key=lambda lint: lint.rule.code))


def layer_of(node: Node) -> Layer:
    """The layer of a node that has one."""
    assert node.layer is not None
    return node.layer


def at(node: Node, message: str, *notes: str, help: str | None = None, fix: Fix | None = None) -> Finding:
    """A finding at the place of a layer, that names it."""
    return Finding(f"{node.path}: {message}", node.place, notes, help, fix)
