"""From a graph to a report: the rows of a network and their totals."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from functools import cached_property
from typing import Any, Generic

from cnncalc.conditions import Statement, conjunction
from cnncalc.counting.quantities import ITEM_BYTES, QUANTITIES, Number, Scale
from cnncalc.counting.receptive_field import ReceptiveField, receptive_fields
from cnncalc.counting.rows import STORED, PeakT_co, Row, SizeT_co, Totals, fold, whole
from cnncalc.dims import Dim, DimError, product_of, sum_of
from cnncalc.domain import every
from cnncalc.errors import Problem, SpecError, UsageError, nearest_path
from cnncalc.graph import Graph, Node
from cnncalc.layer import Layer
from cnncalc.reading.unrolling.limits import tell
from cnncalc.shapes import Shape, Shapes, key_of
from cnncalc.validity import Within, validity


class Report(Generic[SizeT_co, PeakT_co]):
    """The numbers of a network at one setting: ``rows`` in execution order, and ``totals``."""

    def __init__(
        self,
        graph: Graph,
        rows: tuple[Row[SizeT_co], ...],
        totals: Totals[SizeT_co, PeakT_co],
        *,
        batch: int,
        dtype: str,
    ) -> None:
        self.name = graph.name
        self.graph = graph
        self.rows = rows
        self.totals = totals
        self.batch = batch
        self.dtype = dtype
        self.scale = Scale(batch, ITEM_BYTES[dtype])
        inputs: Any = graph.inputs  # their sizes are what those of the rows are
        outputs: Any = [graph.nodes[i] for i in graph.outputs]
        self.inputs: Mapping[str, tuple[SizeT_co, ...]] = {node.path: node.output for node in inputs}
        self.outputs: Mapping[str, tuple[SizeT_co, ...]] = {node.path: node.output for node in outputs}

    @property
    def output(self) -> tuple[SizeT_co, ...]:
        """The shape of the network's output.

        Raises:
            UsageError: there are several outputs.
        """
        first, *others = self.outputs
        if others:
            several = ", ".join([first, *others])
            raise UsageError(f"the network has several outputs, {several}: name one, as in {first}.output")
        return self.outputs[first]

    @cached_property
    def free(self) -> tuple[str, ...]:
        """The names of the symbolic variables; ``graph.free`` has the values of each."""
        return tuple(self.graph.free)

    @cached_property
    def conditions(self) -> tuple[Statement | Within, ...]:
        """The conditions on free variables within their domains: first those on one variable, then those on several."""
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
            return f"Valid for no value of {where}"
        return f"Valid where {conjunction(self.conditions)}, for {where}"

    def number(self, name: str, path: str | None = None) -> Number | None:
        """Return a quantity by its name in ``QUANTITIES``, for the network, a layer or a group; None if it is not defined there.

        Raises:
            KeyError: there is no such quantity, or nothing has this path.
        """
        quantity = QUANTITIES[name]
        if path is not None:
            return quantity.value(self[path], self.scale)
        found: Number | None = getattr(self.totals, name)
        return found

    def __getitem__(self, path: str) -> Row[SizeT_co]:
        """Return the row of a layer, or the sum over a group, block or repeated item.

        Raises:
            KeyError: nothing has this path; the message names the nearest one.
        """
        group = self.graph.groups.get(path)
        if group is not None:
            rows = [row for row in self.rows if row.path.startswith(path + ".")]
            output = self.graph.nodes[group.output].output if group.output is not None else ()
            together: Row[Any] = fold(path, group.type, rows, output)
            return together
        if path in self._by_path:
            return self._by_path[path]
        known = [*self._by_path, *self.graph.groups]
        raise KeyError(f"there is no layer '{path}'" + (f"; {h}" if (h := nearest_path(path, known)) else ""))

    def __iter__(self) -> Iterator[Row[SizeT_co]]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def _by_path(self) -> dict[str, Row[SizeT_co]]:
        return {row.path: row for row in self.rows}


def propagate(graph: Graph, *, batch: int = 1, dtype: str = "float32") -> Report:
    """Count every layer of a graph and return the report.

    Raises:
        UsageError: the dtype is unknown, or the batch is not a positive integer.
    """
    if dtype not in ITEM_BYTES:
        raise UsageError(f"unknown dtype '{dtype}'; choose from {', '.join(ITEM_BYTES)}")
    if isinstance(batch, bool) or not hasattr(batch, "__index__") or batch < 1:
        raise UsageError("the batch must be a positive integer")
    batch = int(batch)
    fields = receptive_fields(graph)
    once: dict[Hashable, dict[str, Dim]] = {}  # a layer object gives the same counts for the same inputs
    rows = []
    for node in graph.nodes:
        if node.layer is not None:
            rows.append(_row(graph, node, fields[node.number], once))
            tell("layers counted", len(rows))
    totals = _totals(graph, tuple(rows), Scale(batch, ITEM_BYTES[dtype]))
    return Report(graph, tuple(rows), totals, batch=batch, dtype=dtype)


def _row(
    graph: Graph,
    node: Node,
    receptive_field: ReceptiveField | None,
    once: dict[Hashable, dict[str, Dim]],
) -> Row:
    layer, inputs = node.layer, graph.shapes_into(node)
    assert layer is not None
    key = id(layer), key_of(inputs)
    if key not in once:
        try:
            once[key] = _counts(layer, inputs, node.output)
        except DimError as error:
            help = "give the variable a number: it cannot stay free here"
            raise SpecError([Problem("C306", f"{node.type}: {error}", node.place, help=help)]) from None
    counts = once[key]
    shared = node.shares is not None
    return Row(
        path=node.path,
        type=node.type,
        inputs=tuple(graph.nodes[i].path for i in node.inputs),
        output=node.output,
        **(counts | dict.fromkeys(STORED, 0) if shared else counts),
        receptive_field=receptive_field,
        shared_with=graph.nodes[node.shares].path if node.shares is not None else None,
        train_only=node.train_only,
        partial=layer.is_partial(),
        place=node.place,
    )


def _counts(layer: Layer, inputs: Shapes, output: Shape) -> dict[str, Dim]:
    """Return the counts that add up over rows: the fields ``STORED`` and ``DONE``."""
    weights: Dim = 0
    biases: Dim = 0
    for name, shape in layer.param_shapes(inputs).items():
        if name.endswith("bias"):
            biases += product_of(shape)
        else:
            weights += product_of(shape)
    buffers = sum_of(map(product_of, layer.buffer_shapes(inputs).values()))
    macs = layer.macs(inputs, output)
    return {
        "weights": weights,
        "biases": biases,
        "buffers": buffers,
        "macs": macs,
        "flops": 2 * macs + layer.operations(inputs, output),
        "activations": product_of(output),
        "inputs_read": sum_of(map(product_of, inputs)),
        "params_read": sum_of((weights, biases, buffers)),
    }


def _totals(graph: Graph, rows: tuple[Row, ...], scale: Scale) -> Totals:
    together = whole(rows)
    numbers: dict[str, Any] = {
        name: quantity.total(graph, together, scale)
        for name, quantity in QUANTITIES.items()
        if name in Totals._fields
    }
    return Totals(**numbers, partial=any(row.partial for row in rows))
