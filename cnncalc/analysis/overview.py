"""A summary of a network: its parts, where its costs are, and its memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from cnncalc.analysis import memory
from cnncalc.counting.propagate import Report
from cnncalc.counting.quantities import QUANTITIES
from cnncalc.counting.rows import Row
from cnncalc.dims import Dim, Expr, sum_of
from cnncalc.shapes import Shape


class Part(NamedTuple):
    """Consecutive layers: their number, the output shape of the last one, and their sums."""

    name: str
    layers: int
    output: Shape
    params: Dim
    macs: Dim


class Memory(NamedTuple):
    """Activation memory in the spec's order and in the best one, and what a training step takes."""

    own: memory.Schedule
    best: memory.Schedule
    in_place: bool
    training: memory.Training
    optimizer: str


class Overview(NamedTuple):
    """The data that ``cnncalc explain`` prints for a whole network; ``memory`` is None if sizes are symbolic."""

    report: Report
    parts: tuple[Part, ...]
    last_map: Row | None  # the last layer whose cells do not see the whole input
    memory: Memory | None

    def most(self, name: str) -> list[tuple[float, Row]]:
        """The layers with the largest shares of a total, and the shares; none where it is symbolic or nothing."""
        total = self.report.number(name)
        if not isinstance(total, int) or not total:
            return []
        return [(n / total, row) for n, row in QUANTITIES[name].most(self.report, self.report.scale)]


def overview(report: Report, *, in_place: bool = False, optimizer: str = "adam") -> Overview:
    """The parts of a network, its receptive field, and its memory with things computed in place or not."""
    seen = [
        row
        for row in report
        if row.receptive_field is not None and not row.receptive_field.everything and not row.train_only
    ]
    symbolic = isinstance(report.totals.activation_bytes, Expr)
    found = None if symbolic else _memory(report, in_place=in_place, optimizer=optimizer)
    return Overview(report, tuple(_parts(report)), seen[-1] if seen else None, found)


def _memory(report: Report, *, in_place: bool, optimizer: str) -> Memory:
    own = memory.schedule(report.graph, in_place=in_place)
    best = memory.best_schedule(report.graph, in_place=in_place)
    return Memory(own, best, in_place, memory.training(report, optimizer=optimizer), optimizer)


def _parts(report: Report) -> Iterator[Part]:
    """Features up to the end of the feature maps, the classifier after it, and heads for training only."""
    rows = [row for row in report if not row.train_only]
    ends = {n.path for n in report.graph.nodes if n.layer is not None and n.layer.ends_features(n.output)}
    cut = next((i for i, row in enumerate(rows) if row.path in ends), len(rows))
    stretches = {
        "features": rows[:cut],
        "classifier": rows[cut:],
        "training only": [row for row in report if row.train_only],
    }
    for name, part in stretches.items():
        if part:
            params, macs = sum_of(row.params for row in part), sum_of(row.macs for row in part)
            yield Part(name, len(part), part[-1].output, params, macs)
