"""Graph to report: every number that cnncalc prints is made here, once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any, NamedTuple

from cnncalc.conditions import Statement, conjunction
from cnncalc.counting.receptive_field import ReceptiveField, receptive_fields
from cnncalc.dims import Dim, DimError, product_of
from cnncalc.domain import every
from cnncalc.errors import Place, Problem, SpecError, UsageError, nearest_path
from cnncalc.graph import Graph, Node
from cnncalc.layer import Layer
from cnncalc.shapes import Shape
from cnncalc.validity import Within, validity

ITEM_BYTES = {"float64": 8, "float32": 4, "float16": 2, "bfloat16": 2, "int8": 1}
COUNTING_RULE = (
    "MACs are multiply-accumulates of convolutions, transposed convolutions and linear layers "
    "at inference for one sample, without bias"
)


class Row(NamedTuple):
    """One layer, or one group of them, with its numbers. Sizes are for one sample."""

    path: str
    type: str
    inputs: tuple[str, ...]
    output: Shape
    weights: Dim = 0
    biases: Dim = 0
    buffers: Dim = 0
    macs: Dim = 0
    flops: Dim = 0
    activations: Dim = 0
    receptive_field: ReceptiveField | None = None
    shared_with: str | None = None
    train_only: bool = False
    partial: bool = False
    place: Place | None = None

    @property
    def params(self) -> Dim:
        """Weights and biases."""
        return self.weights + self.biases


class Totals(NamedTuple):
    """Sums over rows. MACs and flops leave out layers that are for training only."""

    weights: Dim
    biases: Dim
    buffers: Dim
    macs: Dim
    flops: Dim
    param_bytes: Dim
    activation_bytes: Dim
    peak_activation_bytes: Dim | None
    partial: bool

    @property
    def params(self) -> Dim:
        """Weights and biases."""
        return self.weights + self.biases


class Report:
    """The numbers of a network at one setting: ``rows`` in execution order, and ``totals``."""

    def __init__(
        self, graph: Graph, rows: tuple[Row, ...], totals: Totals, *, batch: int, dtype: str
    ) -> None:
        self.name = graph.name
        self.graph = graph
        self.rows = rows
        self.totals = totals
        self.batch = batch
        self.dtype = dtype
        self.inputs: Mapping[str, Shape] = {node.path: node.output for node in graph.inputs}
        self.outputs: Mapping[str, Shape] = {
            graph.nodes[i].path: graph.nodes[i].output for i in graph.outputs
        }

    @property
    def output(self) -> Shape:
        """The shape of the network's output.

        Raises:
            UsageError: it has several.
        """
        first, *others = self.outputs
        if others:
            several = ", ".join([first, *others])
            raise UsageError(f"the network has several outputs, {several}: name one, as in {first}.output")
        return self.outputs[first]

    @cached_property
    def free(self) -> tuple[str, ...]:
        """Names of the variables that are symbolic; ``graph.free`` has the numbers that each stands for."""
        return tuple(self.graph.free)

    @cached_property
    def conditions(self) -> tuple[Statement | Within, ...]:
        """What free variables must satisfy within their domains: for each its values, then what relates several."""
        demanded, free = [demand.condition for demand in self.graph.demands], self.graph.free
        found = validity(demanded, free)
        return (
            *found.within(free),
            *(demanded[origin] for origin, _ in found.undecided),
            *(claim.statement for claim in found.coupled),
        )

    @property
    def validity(self) -> str:
        """A sentence that states for which values of the free variables the report holds; empty without free variables."""
        if not self.free:
            return ""
        where = every(self.graph.free)
        if not self.conditions:
            return f"Valid for every {where}"
        if any(isinstance(c, Within) and not c.values.pieces for c in self.conditions):
            return f"Valid for no {where}"
        return f"Valid where {conjunction(self.conditions)}, for {where}"

    def __getitem__(self, path: str) -> Row:
        """The row of a layer, or the sum over a group, block or repeated item.

        Raises:
            KeyError: nothing has this path; the message names the nearest one.
        """
        group = self.graph.groups.get(path)
        if group is not None:
            rows = [row for row in self.rows if row.path.startswith(path + ".")]
            output = self.graph.nodes[group.output].output if group.output is not None else ()
            return fold(path, group.type, rows, output)
        if path in self._by_path:
            return self._by_path[path]
        known = [*self._by_path, *self.graph.groups]
        raise KeyError(f"there is no layer '{path}'" + (f"; {h}" if (h := nearest_path(path, known)) else ""))

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def _by_path(self) -> dict[str, Row]:
        return {row.path: row for row in self.rows}


def propagate(graph: Graph, *, batch: int = 1, dtype: str = "float32") -> Report:
    """Count everything.

    Raises:
        UsageError: the dtype or batch is not one that is known.
    """
    if dtype not in ITEM_BYTES:
        raise UsageError(f"unknown dtype '{dtype}'; choose from {', '.join(ITEM_BYTES)}")
    if isinstance(batch, bool) or not hasattr(batch, "__index__") or batch < 1:
        raise UsageError("the batch must be a positive integer")
    batch = int(batch)
    fields = receptive_fields(graph)
    rows = tuple(_row(graph, node, fields[node.number]) for node in graph.nodes if node.layer is not None)
    totals = _totals(graph, rows, ITEM_BYTES[dtype] * batch, ITEM_BYTES[dtype])
    return Report(graph, rows, totals, batch=batch, dtype=dtype)


def _row(graph: Graph, node: Node, receptive_field: ReceptiveField | None) -> Row:
    try:
        return _counted(graph, node, receptive_field)
    except DimError as error:
        help = "give the variable a number: it cannot stay free here"
        raise SpecError([Problem("C306", f"{node.type}: {error}", node.place, help=help)]) from None


def _counted(graph: Graph, node: Node, receptive_field: ReceptiveField | None) -> Row:
    layer = node.layer
    assert layer is not None
    inputs = graph.shapes_into(node)
    weights, biases, buffers = _parameters(layer, inputs) if node.shares is None else (0, 0, 0)
    macs = layer.macs(inputs, node.output)
    return Row(
        path=node.path,
        type=node.type,
        inputs=tuple(graph.nodes[i].path for i in node.inputs),
        output=node.output,
        weights=weights,
        biases=biases,
        buffers=buffers,
        macs=macs,
        flops=2 * macs + layer.operations(inputs, node.output),
        activations=product_of(node.output),
        receptive_field=receptive_field,
        shared_with=None if node.shares is None else graph.nodes[node.shares].path,
        train_only=node.train_only,
        partial=layer.is_partial(),
        place=node.place,
    )


def _parameters(layer: Layer, inputs: tuple[Shape, ...]) -> tuple[Dim, Dim, Dim]:
    """Weights, biases and buffers of a layer, from the shapes of its tensors."""
    weights: Dim = 0
    biases: Dim = 0
    for name, shape in layer.param_shapes(inputs).items():
        if name.endswith("bias"):
            biases += product_of(shape)
        else:
            weights += product_of(shape)
    return weights, biases, _sum(map(product_of, layer.buffer_shapes(inputs).values()))


def _sum(sizes: Any) -> Dim:
    total: Dim = 0
    for size in sizes:
        total += size
    return total


def _over(rows: tuple[Row, ...] | list[Row], number: Callable[[Row], Dim], *, inference: bool) -> Dim:
    return _sum(number(row) for row in rows if not (inference and row.train_only))


def _totals(graph: Graph, rows: tuple[Row, ...], activation: int, item: int) -> Totals:
    weights, biases, buffers = (
        _over(rows, number, inference=False)
        for number in (lambda r: r.weights, lambda r: r.biases, lambda r: r.buffers)
    )
    peak = peak_activations(graph)
    return Totals(
        weights=weights,
        biases=biases,
        buffers=buffers,
        macs=_over(rows, lambda r: r.macs, inference=True),
        flops=_over(rows, lambda r: r.flops, inference=True),
        param_bytes=(weights + biases) * item,
        activation_bytes=_over(rows, lambda r: r.activations, inference=True) * activation,
        peak_activation_bytes=None if peak is None else peak * activation,
        partial=any(row.partial for row in rows),
    )


def fold(path: str, kind: str, rows: list[Row], output: Shape) -> Row:
    """Rows of a stretch of the network as one: nothing is counted twice, and MACs are those at inference.

    A stretch that is for training only as a whole is counted as its layers are.
    """
    inside = {row.path for row in rows}
    run = [row for row in rows if not row.train_only] or rows
    feeding = dict.fromkeys(i for row in rows for i in row.inputs if i not in inside)
    return Row(
        path=path,
        type=kind,
        inputs=tuple(feeding),
        output=output,
        weights=_over(rows, lambda r: r.weights, inference=False),
        biases=_over(rows, lambda r: r.biases, inference=False),
        buffers=_over(rows, lambda r: r.buffers, inference=False),
        macs=_over(run, lambda r: r.macs, inference=False),
        flops=_over(run, lambda r: r.flops, inference=False),
        activations=_over(run, lambda r: r.activations, inference=False),
        receptive_field=run[-1].receptive_field if run else None,
        train_only=bool(rows) and all(row.train_only for row in rows),
        partial=any(row.partial for row in rows),
        shared_with=_twin(path, rows),
    )


def _twin(path: str, rows: list[Row]) -> str | None:
    """The stretch whose parameters a stretch uses again, layer by layer."""
    if not rows or rows[0].shared_with is None:
        return None
    twin = rows[0].shared_with.removesuffix(rows[0].path.removeprefix(path))
    return twin if all(row.shared_with == twin + row.path.removeprefix(path) for row in rows) else None


def peak_activations(graph: Graph) -> int | None:
    """Most elements alive at once, in execution order; None where sizes are symbolic."""
    totals = live_sets(graph)
    return max((t for t in totals if isinstance(t, int)), default=0) if all_integers(totals) else None


def all_integers(sizes: list[Dim]) -> bool:
    """Whether nothing is symbolic."""
    return all(isinstance(size, int) for size in sizes)


def live_sets(graph: Graph) -> list[Dim]:
    """Elements alive while each layer runs, in execution order.

    A tensor lives from the layer that makes it to the last that reads it; while a layer runs, its
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
        alive -= _sum(expiring.pop(node.number, ()))
    return totals
