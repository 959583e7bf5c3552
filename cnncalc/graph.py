"""The network as nodes in execution order: shapes and connections, but no files or counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from cnncalc.conditions import Statement, positive
from cnncalc.dims import MAX_NUMBER, DimError, Expr, largest_number
from cnncalc.errors import Place, Problem
from cnncalc.shapes import Shape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from cnncalc.domain import Grid
    from cnncalc.layer import Layer, Requirements
    from cnncalc.shapes import Shapes


class Node(NamedTuple):
    """A tensor of the network: an input, or the output of a layer."""

    number: int
    path: str
    layer: Layer | None  # None for an input of the network
    inputs: tuple[int, ...]
    output: Shape
    place: Place | None = None
    train_only: bool = False
    shares: int | None = None  # the node whose parameters this one shares
    values: Mapping[str, Any] = {}  # tensors given in the spec, by name; never changed

    @property
    def type(self) -> str:
        return "input" if self.layer is None else self.layer.type


class Group(NamedTuple):
    """A named part of the network: a group, a block, or a repeated item."""

    path: str
    type: str
    output: int | None
    place: Place | None = None
    times: int = 1  # number of repetitions


class Demand(NamedTuple):
    """A condition on free variables, and the node that imposes it."""

    condition: Statement
    node: int
    reason: str


class Graph(NamedTuple):
    """The whole network. ``nodes`` are in execution order; inputs come first."""

    name: str
    nodes: tuple[Node, ...]
    outputs: tuple[int, ...]
    groups: Mapping[str, Group]
    demands: tuple[Demand, ...] = ()
    misfits: tuple[Problem, ...] = ()  # shapes that do not fit in training-only heads
    variables: Mapping[str, Any] = {}  # the spec's vars at this setting; never changed
    layouts: Mapping[str, str] = {}  # by input, if the spec declares one; never changed
    unsilenced: Callable[[list[Problem]], list[Problem]] = list  # lints that the spec does not suppress
    free: Mapping[str, Grid] = {}  # free variables, and the values of each; never changed

    def __repr__(self) -> str:
        return f"<Graph {self.name}: {len(self.nodes)} nodes>"

    @property
    def inputs(self) -> tuple[Node, ...]:
        return tuple(node for node in self.nodes if node.layer is None)

    def shapes_into(self, node: Node) -> Shapes:
        """Return the shapes of a node's inputs."""
        return tuple(self.nodes[i].output for i in node.inputs)


def _failing(
    requirements: Requirements, places: Mapping[str, Place], demands: list[tuple[Statement, str]]
) -> Iterator[Problem]:
    """Return the requirements that fail, and append the undecided ones to ``demands``."""
    for holds, code, message, help, field in requirements:
        if not isinstance(holds, bool):
            demands.append((holds, message))
        elif not holds:
            yield Problem(code, message, places.get(field or ""), help=help)


#: an output shape if there is one, what is wrong, and undecided conditions with their reasons
Judgment = tuple[Shape | None, list[Problem], list[tuple[Statement, str]]]


def judge(layer: Layer, inputs: Shapes, places: Mapping[str, Place]) -> Judgment:
    """Return a layer's output shape, or what is wrong with it, and the undecided conditions.

    ``places`` are the places of its fields, for problems with one of them.
    """
    demands: list[tuple[Statement, str]] = []
    try:
        if (found := next(_failing(layer.requirements(inputs), places, demands), None)) is not None:
            return None, [found], []
        claims = list(_failing(layer.claimed(inputs), places, demands))  # they change nothing
        output = layer.output_shape(inputs)
        for size in output:
            for condition in positive(size) if isinstance(size, Expr) else ():
                if isinstance(condition, bool):
                    never = Problem("C308", f"a size of the output is {size}, which is never at least 1")
                    return None, [never], []
                demands.append((condition, "every size of the output must be at least 1"))
            if largest_number(size) >= MAX_NUMBER:
                return None, [Problem("C308", "a size of the output is 2^63 or more")], []
        return output, claims, demands
    except DimError as error:
        help = "give the variable a number: it cannot stay free here"
        return None, [Problem("C306", str(error), help=help)], []
