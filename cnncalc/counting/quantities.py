"""The numbers that are counted, each once: what it is called, how a row gives it, and how it is summed.

Columns, JSON, pages, expectations, conditions, comparisons, closed forms and sweeps all read this table. A new
number is an entry here, a field of ``Totals``, and, if no field of a row gives it yet, one of ``Row``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from cnncalc.counting.liveness import all_integers, live_sets
from cnncalc.counting.rows import Row
from cnncalc.dims import Dim, DimError, sum_of
from cnncalc.graph import Graph
from cnncalc.reading.expressions.rational import Rational, quotient

ITEM_BYTES = {"float64": 8, "float32": 4, "float16": 2, "bfloat16": 2, "int8": 1}
COUNTING_RULE = (
    "MACs are multiply-accumulates of convolutions, transposed convolutions and linear layers "
    "at inference for one sample, without bias"
)
MOVED_RULE = (
    "Bytes moved are the inputs, parameters and buffers that each layer reads and the output that it writes, "
    "each once, for a whole batch, with nothing kept between layers"
)

Number = Dim | Rational


class Scale(NamedTuple):
    """What turns elements of one sample into bytes: samples in a batch, and bytes of an element."""

    batch: int = 1
    item: int = 4

    def tensors(self, elements: Dim) -> Dim:
        """Bytes of activations: every sample has its own."""
        return elements * (self.batch * self.item)


class Quantity(NamedTuple):
    """A number that is summed over rows, a ratio of two sums, or the largest of several sizes of the graph."""

    name: str
    heading: str
    of: Callable[[Row, Scale], Dim] | None = None
    per: Callable[[Row, Scale], Dim] | None = None  # what a ratio is divided by
    largest: Callable[[Graph], list[Dim]] | None = None  # elements of one sample
    heads: bool = False  # whether layers that are for training only count
    scaled: bool = False  # whether the data type matters
    closed: bool = True  # whether it has a form in free variables whatever the network
    rule: str = ""  # a sentence for those who read it

    @property
    def adds_up(self) -> bool:
        """Whether it is a sum over rows, so that a row has a share of it."""
        return self.of is not None and self.per is None

    def value(self, row: Row, scale: Scale) -> Number | None:
        """The number of a layer or group; None if it has none."""
        if self.of is None:
            return None
        return self._number([row], scale)

    def counted(self, rows: Iterable[Row]) -> Iterator[Row]:
        """The rows that the sum is over."""
        return (row for row in rows if self.heads or not row.train_only)

    def total(self, graph: Graph, rows: Iterable[Row], scale: Scale) -> Number | None:
        """The number of a whole network; None if it has none, as a largest of symbolic sizes."""
        if self.largest is not None:
            sizes = self.largest(graph)
            numbers = [size for size in sizes if isinstance(size, int)]
            return scale.tensors(max(numbers, default=0)) if all_integers(sizes) else None
        try:
            return self._number(list(self.counted(rows)), scale)
        except DimError:
            if self.closed:
                raise
            return None

    def _number(self, rows: list[Row], scale: Scale) -> Number | None:
        of, per = self.of, self.per
        assert of is not None
        top = sum_of(of(row, scale) for row in rows)
        if per is None:
            return top
        bottom = sum_of(per(row, scale) for row in rows)
        found: Number | None = None if isinstance(bottom, int) and bottom == 0 else quotient(top, bottom)
        return found

    def most(self, rows: Iterable[Row], scale: Scale, count: int = 3) -> list[tuple[int, Row]]:
        """The rows with the largest shares of a sum, and their numbers; symbolic ones are left out."""
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


__all__ = ["COUNTING_RULE", "ITEM_BYTES", "QUANTITIES", "Number", "Quantity", "Scale"]
