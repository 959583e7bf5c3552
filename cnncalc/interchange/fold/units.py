"""Units: layers with what is attached to them, and merges with their branches. A network is a row of units."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cnncalc.dims import Expr
from cnncalc.layer import Family, Layer
from cnncalc.layers import NORMS
from cnncalc.layers.concat import Concat
from cnncalc.reading.checking.fields import ACTIVATED

if TYPE_CHECKING:
    from cnncalc.graph import Graph, Node


@dataclass
class Unit:
    """A layer or a merge of branches: its item without name and sources, where it comes from, and what it reads."""

    item: dict[str, Any]
    path: str
    reads: list[int]  # units, by the number of their last node
    number: int  # of the node whose output this is
    branches: list[list[Unit]] = field(default_factory=list)
    layer: Layer | None = None

    @property
    def nested(self) -> bool:
        return bool(self.branches)


def units_of(graph: Graph) -> list[Unit]:
    """Return the units of a network in execution order: attachments made, concatenations nested, branches found."""
    readers = Counter(i for node in graph.nodes for i in node.inputs) + Counter(graph.outputs)
    readers += Counter(node.shares for node in graph.nodes if node.shares is not None for _ in (0, 1))
    units = _nested_concats(_attached(graph, readers))
    return _branched(units, graph)


def _attached(graph: Graph, readers: Counter[int]) -> list[Unit]:
    """Return a unit for each layer; a norm and an activation that follow one layer only belong to it."""
    found: dict[int, Unit] = {}
    for node in graph.nodes:
        if node.layer is None:
            continue
        before = found.get(node.inputs[0]) if len(node.inputs) == 1 else None
        key = {Family.NORM: "norm", Family.ACTIVATION: "act"}.get(node.layer.family)
        if (
            before is not None
            and key
            and readers[before.number] == 1
            and _takes(before, key)
            and node.shares is None
        ):
            del found[before.number]
            before.item[key] = _attachment(node.layer)
            before.number = node.number
            found[node.number] = before
        else:
            found[node.number] = Unit(
                _item(graph, node), node.path, list(node.inputs), node.number, layer=node.layer
            )
    for unit in found.values():
        _settle_bias(unit)
    return sorted(found.values(), key=lambda unit: unit.number)


def _takes(unit: Unit, key: str) -> bool:
    layer = unit.layer
    if layer is None or layer.family not in ACTIVATED or "share" in unit.item:
        return False
    return key not in unit.item and "act" not in unit.item


def _attachment(layer: Layer) -> Any:
    """Return a norm or activation as an item's value: a word, or a mapping with what is not default."""
    kind = next((word for word, stem in NORMS.items() if stem in (layer.type, layer.type[:-2])), layer.type)
    fields = _plain({key: value for key, value in layer.written().items() if key != "type"})
    return {"type": kind, **fields} if fields else kind


def _settle_bias(unit: Unit) -> None:
    """Write ``bias`` where it is not what it is without being written: false with a norm, and true without."""
    layer = unit.layer
    if (
        layer is None
        or "bias" not in type(layer).model_fields
        or "share" in unit.item
        or layer.family not in ACTIVATED
    ):
        return
    bias = bool(getattr(layer, "bias", True))
    unit.item.pop("bias", None)
    if bias == ("norm" in unit.item):
        unit.item["bias"] = bias


def _item(graph: Graph, node: Node) -> dict[str, Any]:
    layer = node.layer
    assert layer is not None
    if node.shares is not None and layer.param_shapes(graph.shapes_into(node)):
        return {"share": node.shares}
    fields = {key: value for key, value in layer.written().items() if key != "type"}
    return {"type": layer.type, **_plain(fields)}


def _plain(value: Any) -> Any:
    if isinstance(value, Expr):
        return str(value)
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value


def _nested_concats(units: list[Unit]) -> list[Unit]:
    """Let a concatenation begin with an earlier one whose inputs are its first ones."""
    earlier: dict[tuple[Any, ...], int] = {}
    for unit in units:
        if not isinstance(unit.layer, Concat):
            continue
        axis, reads = unit.layer.axis, tuple(unit.reads)
        for count in range(len(reads) - 1, 1, -1):
            known = earlier.get((axis, reads[:count]))
            if known is not None:
                unit.reads = [known, *reads[count:]]
                break
        if set(unit.item) == {"type"} or set(unit.item) == {"type", "axis"}:
            earlier[axis, reads] = unit.number
    return units


def _branched(units: list[Unit], graph: Graph) -> list[Unit]:
    """Give merges their branches: rows of units from one fork on, which nobody else reads."""
    known: dict[int, Unit] = {unit.number: unit for unit in units}
    readers = Counter(i for unit in units for i in unit.reads) + Counter(graph.outputs)
    readers += Counter(unit.item["share"] for unit in units if "share" in unit.item for _ in (0, 1))
    for unit in units:
        if unit.layer is None or unit.layer.family is not Family.MERGE or unit.number not in known:
            continue
        rows = [_row_before(i, known, readers) for i in unit.reads]
        starts = {start for start, _ in rows}
        if len(rows) < 2 or len(starts) != 1:
            continue
        (start,) = starts
        if not any(row for _, row in rows) or any(row and row[0].number == start for _, row in rows):
            continue
        for _, row in rows:
            for each in row:
                del known[each.number]
        readers[start] -= len(rows) - 1
        unit.branches, unit.reads = [row for _, row in rows], [start]
    return sorted(known.values(), key=lambda unit: unit.number)


def _row_before(number: int, known: Mapping[int, Unit], readers: Counter[int]) -> tuple[int, list[Unit]]:
    """Return the row of units that ends at one, back to the first output that several read, and that output."""
    row: list[Unit] = []
    while (
        number in known
        and readers[number] == 1
        and len(set(known[number].reads)) == 1
        and len(known[number].reads) == 1
    ):
        row.insert(0, known[number])
        number = known[number].reads[0]
    return number, row


def all_paths(units: Sequence[Unit]) -> list[str]:
    """Return the paths of units and of all that is in their branches."""
    return [path for unit in units for path in (unit.path, *all_paths([u for b in unit.branches for u in b]))]
