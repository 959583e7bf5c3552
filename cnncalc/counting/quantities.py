"""The table of quantities: the name of each, how it is computed from a row, and how it is summed.

Columns, JSON, pages, expectations, conditions, comparisons, closed forms and sweeps all read this table. A new
number is an entry here, a field of ``Totals``, and, if no field of a row gives it yet, one of ``Row``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

from cnncalc.counting.liveness import live_sets
from cnncalc.counting.rows import Row
from cnncalc.dims import Dim, DimError, Expr
from cnncalc.graph import Graph
from cnncalc.reading.expressions.rational import Rational, quotient

ITEM_BYTES = {"float64": 8, "float32": 4, "float16": 2, "bfloat16": 2, "int8": 1}
COUNTING_RULE = (
    "MACs are multiply-accumulates of convolutions, linear layers and matrix products at inference "
    "for one sample, without bias"
)
MOVED_RULE = (
    "Bytes moved are the inputs, parameters and buffers that each layer reads and the output that it writes, "
    "each once, for a whole batch, with nothing kept between layers"
)

Number = Dim | Rational


class Scale(NamedTuple):
    """What converts elements of one sample into bytes: the batch size, and the bytes per element."""

    batch: int = 1
    item: int = 4

    def tensors(self, elements: Dim) -> Dim:
        """Return the bytes of activations, which every sample has for itself."""
        return elements * (self.batch * self.item)


class Quantity(NamedTuple):
    """A quantity that adds up over rows, a ratio of two such quantities, or the maximum of several sizes of the graph.

    ``of`` and ``per`` are linear in the fields of rows that add up, so that a stretch of layers, or the whole
    network, has the sum of what its layers have.
    """

    name: str
    heading: str
    of: Callable[[Row, Scale], Dim] | None = None
    per: Callable[[Row, Scale], Dim] | None = None  # the denominator of a ratio
    largest: Callable[[Graph], list[Dim]] | None = None  # elements of one sample
    heads: bool = False  # whether training-only layers are included in totals
    scaled: bool = False  # whether the data type matters
    closed: bool = True  # whether it has a closed form for every network
    rule: str = ""  # a sentence that explains it to readers

    @property
    def adds_up(self) -> bool:
        """Whether layers have shares of the network's number."""
        return self.of is not None and self.per is None

    def value(self, row: Row, scale: Scale) -> Number | None:
        """Return the value for a layer, a group or all rows together; None if it is not defined."""
        if self.of is None:
            return None
        if self.per is None:
            return self.of(row, scale)
        bottom = self.per(row, scale)
        found: Number | None = None
        if isinstance(bottom, Expr) or bottom:
            found = quotient(self.of(row, scale), bottom)
        return found

    def total(self, graph: Graph, whole: Row, scale: Scale) -> Number | None:
        """Return the value for a network whose combined row is ``whole``; None if it is not defined, like a maximum of symbols."""
        if self.largest is not None:
            sizes = self.largest(graph)
            numbers = [size for size in sizes if isinstance(size, int)]
            return scale.tensors(max(numbers, default=0)) if len(numbers) == len(sizes) else None
        try:
            return self.value(whole, scale)
        except DimError:
            if self.closed:
                raise
            return None

    def counted(self, rows: Iterable[Row]) -> Iterator[Row]:
        """Return the rows that contribute to the total."""
        return (row for row in rows if self.heads or not row.train_only)

    def most(self, rows: Iterable[Row], scale: Scale, count: int = 3) -> list[tuple[int, Row]]:
        """Return the largest contributions and their rows; symbolic ones are left out."""
        shares = [
            (n, row) for row in self.counted(rows) if isinstance(n := self.value(row, scale), int) and n
        ]
        return sorted(shares, key=lambda pair: -pair[0])[:count] if self.adds_up else []


def _moved(row: Row, scale: Scale) -> Dim:
    return scale.tensors(row.inputs_read + row.activations) + row.params_read * scale.item


QUANTITIES: Final[Mapping[str, Quantity]] = MappingProxyType({
    quantity.name: quantity
    for quantity in (
        Quantity("params", "params", lambda row, _: row.params, heads=True),
        Quantity("weights", "weights", lambda row, _: row.weights, heads=True),
        Quantity("biases", "biases", lambda row, _: row.biases, heads=True),
        Quantity("buffers", "buffers", lambda row, _: row.buffers, heads=True),
        Quantity("macs", "MACs", lambda row, _: row.macs),
        Quantity("flops", "flops", lambda row, _: row.flops),
        Quantity("param_bytes", "parameter bytes", lambda row, scale: row.params * scale.item, heads=True, scaled=True),
        Quantity("activation_bytes", "activation bytes", lambda row, scale: scale.tensors(row.activations), scaled=True),
        Quantity("peak_activation_bytes", "peak activation bytes", largest=live_sets, scaled=True, closed=False),
        Quantity("bytes_moved", "bytes moved", _moved, scaled=True, closed=False, rule=MOVED_RULE),
        Quantity("arithmetic_intensity", "flops per byte", lambda row, scale: row.flops * scale.batch, _moved, scaled=True,
                 closed=False, rule="Flops per byte are the flops of a whole batch divided by the bytes moved"),
    )
})  # fmt: skip

#: the numbers that are integers wherever nothing is free, for type checkers
Count = Literal[
    "params", "weights", "biases", "buffers", "macs", "flops", "param_bytes", "activation_bytes", "peak_activation_bytes",
    "bytes_moved", "peak_activations",
]  # fmt: skip

__all__ = ["COUNTING_RULE", "ITEM_BYTES", "QUANTITIES", "Count", "Number", "Quantity", "Scale"]
