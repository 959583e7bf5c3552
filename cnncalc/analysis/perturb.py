"""Receptive fields found by perturbing the input, to hold against the derived ones.

A row of the input is made NaN, and what becomes NaN has seen it: through sums, maxima and activations
alike, whatever the weights are.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from cnncalc.analysis.verify import Setup, stand_in, weights_of
from cnncalc.dims import concrete
from cnncalc.errors import UsageError
from cnncalc.execute import execute
from cnncalc.graph import Graph
from cnncalc.kernels.work import Array, working
from cnncalc.propagate import Report
from cnncalc.registry import layer_class

ENOUGH = 4  # cells inside the input: fewer may all lie at a border


class Seen(NamedTuple):
    """Which rows of the input each cell of a layer saw along one axis: booleans ``(input, output)``."""

    path: str
    axis: int
    rows: Array


def perturbed(report: Report, setup: Setup, *, threads: int = 1, at_once: int = 8) -> Iterator[Seen]:
    """For every layer that has a receptive field, axis by axis, what its cells see of the input.

    Normalisations are taken as constants, as receptive fields are defined.

    Raises:
        UsageError: the network has several inputs, or no spatial axes.
    """
    graph = _without_statistics(setup.graph)
    if len(graph.inputs) != 1 or len(graph.inputs[0].output) < 2:
        raise UsageError("receptive fields are perturbed in networks with one input that has spatial axes")
    fields = {row.path: row.receptive_field for row in report if row.receptive_field is not None}
    (node,) = graph.inputs
    base = setup.inputs[node.path][:1]
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
                    at = 1 + (field.order.index(axis + 1) if field.order else axis + 1)
                    others = tuple(a for a in range(1, step.array.ndim) if a != at)
                    cells: Array = np.asarray(np.isnan(step.array).any(others))
                    found.setdefault(step.node.path, []).append(cells)
        for path, parts in found.items():
            yield Seen(path, axis, np.concatenate(parts))


def _without_statistics(graph: Graph) -> Graph:
    kind = layer_class("identity")
    assert kind is not None
    identity = kind.model_validate({})
    nodes = tuple(
        node._replace(layer=identity) if node.layer is not None and node.layer.family == "norm" else node
        for node in graph.nodes
    )
    return graph._replace(nodes=nodes)


def differences(report: Report, seen: Seen) -> str | None:
    """How what was found contradicts the derived receptive field; None if it does not.

    No cell may see more than derived. Cells near the border see less where they read padding; of
    those that lie inside the input, some must see exactly what was derived.
    """
    field = report[seen.path].receptive_field
    if field is None or field.everything:  # but for cells that no window reads, all of it
        return None
    size, inside, short = len(seen.rows), 0, []
    for cell in range(seen.rows.shape[1]):
        first, last = map(concrete, field.axes[seen.axis].span(cell))
        found = np.flatnonzero(seen.rows[:, cell])
        have = f"rows {found[0]} to {found[-1]}" if len(found) else "nothing"
        what = f"cell {cell} sees {have} along axis {seen.axis + 1}, derived {first} to {last}"
        if len(found) and (found[0] < first or found[-1] > last):
            return what
        if first >= 0 and last < size:
            inside += 1
            if not len(found) or (found[0], found[-1]) != (first, last):
                short.append(what)
    return short[0] if inside >= ENOUGH and len(short) == inside else None
