"""The numbers that are counted, each once: what it is called, how a row gives it, and how it is summed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from cnncalc.counting.liveness import peak_activations
from cnncalc.counting.rows import Row
from cnncalc.dims import Dim, sum_of
from cnncalc.graph import Graph

ITEM_BYTES = {"float64": 8, "float32": 4, "float16": 2, "bfloat16": 2, "int8": 1}
COUNTING_RULE = (
    "MACs are multiply-accumulates of convolutions, transposed convolutions and linear layers "
    "at inference for one sample, without bias"
)


class Scale(NamedTuple):
    """What turns elements of one sample into bytes: samples in a batch, and bytes of an element."""

    batch: int = 1
    item: int = 4


class Quantity(NamedTuple):
    """A number that is counted for each row and summed, or for the graph as a whole."""

    name: str
    heading: str
    of: Callable[[Row, Scale], Dim] | None = None
    heads: bool = False  # whether the sum has the layers that are for training only
    whole: Callable[[Graph, Scale], Dim | None] = lambda graph, scale: None

    def total(self, graph: Graph, rows: Iterable[Row], scale: Scale) -> Dim | None:
        """The number for a whole network; None if it has none, as a peak of symbolic sizes."""
        of = self.of
        if of is None:
            return self.whole(graph, scale)
        return sum_of(of(row, scale) for row in rows if self.heads or not row.train_only)


def _peak(graph: Graph, scale: Scale) -> Dim | None:
    peak = peak_activations(graph)
    return None if peak is None else peak * scale.item * scale.batch


QUANTITIES: Final[Mapping[str, Quantity]] = MappingProxyType(
    {
        quantity.name: quantity
        for quantity in (
            Quantity("weights", "weights", lambda row, _: row.weights, heads=True),
            Quantity("biases", "biases", lambda row, _: row.biases, heads=True),
            Quantity("params", "params", lambda row, _: row.params, heads=True),
            Quantity("buffers", "buffers", lambda row, _: row.buffers, heads=True),
            Quantity("macs", "MACs", lambda row, _: row.macs),
            Quantity("flops", "flops", lambda row, _: row.flops),
            Quantity(
                "param_bytes", "parameter bytes", lambda row, scale: row.params * scale.item, heads=True
            ),
            Quantity(
                "activation_bytes",
                "activation bytes",
                lambda row, scale: row.activations * scale.item * scale.batch,
            ),
            Quantity("peak_activation_bytes", "peak activation bytes", whole=_peak),
        )
    }
)
