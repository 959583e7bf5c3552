"""Receptive fields found by perturbing the input, for comparison with the computed ones.

A row of the input is set to NaN; every cell that becomes NaN depends on it, through sums, maxima and activations
alike, whatever the weights are. A cell depends on everything that any of its channels depends on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

from cnncalc.analysis.verify import Setup, stand_in, weights_of
from cnncalc.counting.propagate import Report
from cnncalc.counting.receptive_field import Axis, ReceptiveField, moved
from cnncalc.dims import Dim, concrete
from cnncalc.errors import Problem, UsageError
from cnncalc.execute import execute
from cnncalc.graph import Graph
from cnncalc.kernels.work import Array, working
from cnncalc.layer import Family
from cnncalc.layers.identity import Identity
from cnncalc.norm import ChannelNorm

ENOUGH = 4  # required cells without padding; if there are fewer, possibly no kernel reaches any of them


class Seen(NamedTuple):
    """The rows of the input that each cell of a layer saw along one axis, as booleans ``(input, output)``."""

    path: str
    axis: int
    rows: Array
    clean: Array  #: cells that no padding reaches, of the input or of what lies between: booleans


def perturbed(report: Report, setup: Setup, *, threads: int = 1, at_once: int = 8) -> Iterator[Seen]:
    """Yield what the cells of every layer see of the input, axis by axis, for layers that see only a part of it.

    Normalizations are taken as constants, as receptive fields are defined.

    Raises:
        UsageError: the network has several inputs, or no spatial axes.
    """
    graph = _without_statistics(setup.graph)
    if len(graph.inputs) != 1 or len(graph.inputs[0].output) < 2:
        raise UsageError(
            "receptive fields can be checked only in networks with a single input that has spatial axes"
        )
    fields = {
        row.path: row.receptive_field
        for row in report
        if row.receptive_field is not None and not row.receptive_field.everything
    }
    (node,) = graph.inputs
    base = np.zeros_like(setup.inputs[node.path][:1])  # nothing overflows
    clean = [_clean(graph, fields, axis) for axis in range(len(node.output) - 1)]
    for axis, size in enumerate(map(concrete, node.output[1:])):
        found: dict[str, list[Array]] = {}
        for start in range(0, size, at_once):
            count = min(at_once, size - start)
            batch = np.repeat(np.moveaxis(base, 1, -1), count, 0)
            for i in range(count):
                np.moveaxis(batch[i], axis, 0)[start + i] = np.nan
            with working(threads) as work, np.errstate(all="ignore"):
                inputs = {node.path: np.moveaxis(batch, -1, 1)}
                steps = execute(graph, inputs, lambda n: weights_of(setup, n), work, stand_in(setup, count))
                for step in steps:
                    field = fields.get(step.node.path)
                    if field is None or step.array.ndim != base.ndim:
                        continue
                    order = field.order or tuple(range(base.ndim - 1))
                    seen: Array = np.any(np.isnan(step.array), axis=order.index(0) + 1, keepdims=True)
                    if step.array.flags.writeable:  # else it shows the input itself
                        np.copyto(step.array, np.nan, where=seen)
                    others = tuple(a for a in range(1, base.ndim) if a != order.index(axis + 1) + 1)
                    found.setdefault(step.node.path, []).append(np.any(seen, axis=others))
        for path, parts in found.items():
            along = all(cells[path].any() for cells in clean)  # else all of it is padding
            yield Seen(path, axis, np.concatenate(parts), clean[axis][path] & along)


def _clean(graph: Graph, fields: Mapping[str, ReceptiveField], axis: int) -> dict[str, Array]:
    """Return, for every layer, the cells along one axis that depend on no padding."""
    found: dict[str, Array] = {}
    for node in graph.nodes:
        field = fields.get(node.path)
        if node.layer is None:
            found[node.path] = np.ones(concrete(node.output[axis + 1]), bool)
        elif field is not None:
            before = [found[graph.nodes[i].path] for i in node.inputs]
            sight = node.layer.windows(graph.shapes_into(node))
            if isinstance(sight, str) or field.order:
                found[node.path] = before[0]
                continue
            cells = moved(Axis(), sight[axis])
            assert cells is not None
            spans = [cells.span(cell) for cell in range(concrete(node.output[axis + 1]))]
            if node.layer.family is Family.MERGE:  # a side of 1 is there for all cells
                before = [np.broadcast_to(b, len(spans)) for b in before]
            else:  # further inputs give a size
                before = before[:1]
            found[node.path] = np.array([all(_within(b, *span) for b in before) for span in spans])
    return found


def _within(clean: Array, first: Dim, last: Dim) -> bool:
    """Return whether all cells of a range exist and are clean."""
    low, high = concrete(first), concrete(last)
    return low >= 0 and high < len(clean) and bool(clean[low : high + 1].all())


def _without_statistics(graph: Graph) -> Graph:
    identity = Identity()
    nodes = tuple(
        node._replace(layer=identity) if isinstance(node.layer, ChannelNorm) else node for node in graph.nodes
    )
    return graph._replace(nodes=nodes)


def differences(report: Report, seen: Seen) -> str | None:
    """Return how a result contradicts the computed receptive field; None if it does not.

    No cell may see more than computed. Cells see less if they read padding, or cells that no kernel of a
    transposed convolution reaches; of the other cells, some must see exactly the computed range.
    """
    field = report[seen.path].receptive_field
    if field is None or field.everything:  # but for cells that no window reads, all of it
        return None
    short: list[str] = []
    for cell in range(seen.rows.shape[1]):
        first, last = map(concrete, field.axes[seen.axis].span(cell))
        found = np.flatnonzero(seen.rows[:, cell])
        have = f"rows {found[0]} to {found[-1]}" if len(found) else "nothing"
        what = f"cell {cell} sees {have} along axis {seen.axis + 1}, expected {first} to {last}"
        if len(found) and (found[0] < first or found[-1] > last):
            return what
        if seen.clean[cell] and (not len(found) or (found[0], found[-1]) != (first, last)):
            short.append(what)
    clean = np.count_nonzero(seen.clean)
    return short[0] if clean >= ENOUGH and len(short) == clean else None


def judged(report: Report, setup: Setup, *, threads: int = 1) -> tuple[list[Problem], int]:
    """Return a problem for each layer whose receptive field is wrong, and the number of layers that agree."""
    problems, agreed = [], set()
    for seen in perturbed(report, setup, threads=threads):
        wrong = differences(report, seen)
        row = report[seen.path]
        if wrong is not None:
            problems.append(Problem("C403", f"{row.path} ({row.type}): receptive field: {wrong}", row.place))
        elif row.receptive_field is not None:
            agreed.add(seen.path)
    return problems, len(agreed)
