"""From a graph to the text of a spec, step by step; each step is kept only if it is proven to be the same network."""

from __future__ import annotations

import re
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from cnncalc.errors import CnncalcError
from cnncalc.interchange.flat import unrolled
from cnncalc.interchange.fold.blocks import LEAST, Block, conditional, layers_of, skeleton, unified
from cnncalc.interchange.fold.proof import digest
from cnncalc.interchange.fold.units import Unit, units_of
from cnncalc.interchange.writing import as_house_yaml, as_yaml
from cnncalc.layers.add import Add
from cnncalc.layers.concat import Concat
from cnncalc.layers.multiply import Multiply
from cnncalc.network import build
from cnncalc.reading.text.files import read_text
from cnncalc.registry import all_types, tag_of

if TYPE_CHECKING:
    from cnncalc.graph import Graph

SECONDS = 3.0  # for proofs
LONGEST = 12  # units of a row that may be a block
MOST_PARAMS = 8
CONDITION, FLAG = "condition", "flag"  # how a block says that a layer is missing
RESERVED = {
    "prev",
    "input",
    "layers",
    "group",
    "channels",
    "height",
    "width",
    "depth",
    "length",
    "first",
    "name",
}


def folded(graph: Graph, defaults: Mapping[str, Any], seconds: float = SECONDS) -> str:
    """Return the spec of a graph as text, as folded as could be proven within the time.

    ``defaults`` are those of its free variables.
    """
    graph = graph._replace(variables=defaults)
    names = [*graph.free]
    best = as_yaml(unrolled(graph, {name: graph.variables[name] for name in names})) + "\n"
    proof = _Proof(graph, digest(graph), names, time.monotonic() + seconds)
    try:
        units = units_of(graph)
        best = proof.text(_items(units, graph), {}) or best
        return _most_folded(proof, _rows(units, graph)) or best
    except (KeyError, ValueError, RecursionError):
        return best


class _Proof(NamedTuple):
    """What a text must be to be kept."""

    graph: Graph
    wanted: tuple[str, ...]
    names: list[str]  # of free variables
    ends: float

    def text(self, items: list[Any], blocks: Mapping[str, Any]) -> str | None:
        """Return the text of a spec if it is the same network; None if it is not, or if the time is over."""
        if time.monotonic() > self.ends:
            return None
        text = as_house_yaml(_document(self.graph, items, blocks)) + "\n"
        try:
            found = build(read_text(text)).graph(free=self.names)
        except CnncalcError:
            return None
        return text if digest(found) == self.wanted else None


def _most_folded(proof: _Proof, rows: list[Row]) -> str | None:
    """Return the text with as many blocks as are proven: all, or those that hold one by one."""
    alike = _alike(rows)
    for mode in (CONDITION, FLAG):
        found = proof.text(*_with_blocks(rows, dict.fromkeys(alike, mode), alike))
        if found is not None:
            return found
    kept: dict[str, str] = {}
    best = None
    for key in sorted(alike, key=lambda key: -len(alike[key]) * layers_of(rows[alike[key][0]].items)):
        for mode in (CONDITION, FLAG):
            found = proof.text(*_with_blocks(rows, {**kept, key: mode}, alike))
            if found is not None:
                kept[key], best = mode, found
                break
    return best


def _document(graph: Graph, items: list[Any], blocks: Mapping[str, Any] | None = None) -> dict[str, Any]:
    flat = unrolled(graph, {name: graph.variables[name] for name in graph.free})
    document = {key: value for key, value in flat.items() if key not in ("layers", "output")}
    defaults, items, blocks = _defaults(items, blocks or {})
    if defaults:
        document["defaults"] = defaults
    if blocks:
        document["blocks"] = blocks
    document["layers"] = items
    if "output" in flat:
        document["output"] = flat["output"]
    return document


# --------------------------------------------------------------------------------------- names and items


def _identifier(text: str) -> str:
    plain = re.sub(r"\W", "_", text)[:60] or "layer"
    return f"_{plain}" if plain[0].isdigit() else plain


def _names(units: Sequence[Unit]) -> dict[int, str]:
    """Return a name for the output of each unit, also of those in branches, that nobody else has."""
    found: dict[int, str] = {}
    taken = set(RESERVED) | set(all_types())

    def name(each: Unit) -> None:
        for branch in each.branches:
            for inner in branch:
                name(inner)
        plain = _identifier(each.path.replace(".", "_"))
        unique, count = plain, 1
        while unique in taken:
            count += 1
            unique = f"{plain}_{count}"
        taken.add(unique)
        found[each.number] = unique

    for unit in units:
        name(unit)
    return found


def _items(units: Sequence[Unit], graph: Graph) -> list[Any]:
    """Return the items of units in a row, with the names and sources that they need."""
    names = _names(units)
    inputs = {node.number: node.path for node in graph.inputs}
    return _row(units, names | inputs, 0 if len(inputs) == 1 else None)


def _row(units: Sequence[Unit], names: Mapping[int, str], current: int | None) -> list[Any]:
    items = []
    for unit in units:
        item: dict[str, Any] = {"type": unit.item.get("type")}
        if "share" in unit.item:
            item = {"share": names[unit.item["share"]]}
        item["name"] = names[unit.number]
        item |= {key: value for key, value in unit.item.items() if key not in ("type", "share")}
        if unit.branches:
            item["branches"] = [_row(branch, names, unit.reads[0]) for branch in unit.branches]
            if unit.reads[0] != current:
                item["from"] = names[unit.reads[0]]
        elif len(unit.reads) > 1 or (
            unit.layer is not None and unit.layer.arity[1] != 1 and unit.layer.arity != (1, 2)
        ):
            item["from"] = [names[number] for number in unit.reads]
        elif unit.reads[0] != current:
            item["from"] = names[unit.reads[0]]
        items.append(item)
        current = unit.number
    return items


# --------------------------------------------------------------------------------------- rows of a module


class Row(NamedTuple):
    """Items in a row that are a module: its path, the items, and the name of the last."""

    path: str
    items: list[Any]
    end: str


def _rows(units: Sequence[Unit], graph: Graph) -> list[Row]:
    """Return the items by the modules that they stand in: units in a row that nobody outside reads in the middle."""
    names = _names(units)
    inputs = {node.number: node.path for node in graph.inputs}
    read = defaultdict(set)
    for unit in units:
        for number in unit.reads:
            read[number].add(unit.number)
    rows: list[Row] = []
    position, current = 0, 0 if len(inputs) == 1 else None
    while position < len(units):
        count, path = _stretch(units, position, read, set(graph.outputs))
        part = units[position : position + count]
        rows.append(Row(path, _row(part, names | inputs, current), names[part[-1].number]))
        current = part[-1].number
        position += count
    return rows


def _stretch(
    units: Sequence[Unit], start: int, read: Mapping[int, set[int]], outputs: set[int]
) -> tuple[int, str]:
    """Return how many units from one on are a module of their own, and its path."""
    first = units[start]
    module = _module(first)
    for depth in range(len(module), 0, -1):
        prefix = module[:depth]
        end = start
        while end < len(units) and _module(units[end])[:depth] == prefix:
            end += 1
        inside = {unit.number for unit in units[start:end]}
        closed = all(read[n] <= inside and n not in outputs for n in inside - {units[end - 1].number})
        if (
            closed
            and (end - start > 1 or first.branches)
            and end - start <= LONGEST
            and not _has_modules(units[start:end], depth)
        ):
            return end - start, ".".join(prefix)
    return 1, first.path


def _has_modules(units: Sequence[Unit], depth: int) -> bool:
    """Return whether units of a module have modules of several units in it: those are rows of their own."""
    inner = Counter(tuple(module[: depth + 1]) for unit in units if len(module := _module(unit)) > depth)
    return any(count > 1 for count in inner.values()) and len(inner) > 1


def _module(unit: Unit) -> list[str]:
    """Return the parts of the path that all layers of a unit share."""
    parts = unit.path.split(".")[:-1]
    for branch in unit.branches:
        for inner in branch:
            theirs = inner.path.split(".")
            while parts and theirs[: len(parts)] != parts:
                parts = parts[:-1]
    return parts


# --------------------------------------------------------------------------------------- blocks and repetitions


def _alike(rows: list[Row]) -> dict[str, list[int]]:
    """Return the numbers of rows that can be one block, by what they share."""
    found: dict[str, list[int]] = defaultdict(list)
    for number, row in enumerate(rows):
        if layers_of(row.items) >= LEAST and not _refers(row.items):
            found[skeleton(row.items)].append(number)
    return {key: numbers for key, numbers in found.items() if len(numbers) > 1}


def _with_blocks(
    rows: list[Row], modes: Mapping[str, str], alike: Mapping[str, list[int]]
) -> tuple[list[Any], dict[str, Any]]:
    """Return items in which rows that are alike are uses of blocks, and the blocks."""
    uses: dict[int, tuple[str, dict[str, Any]]] = {}
    blocks: dict[str, Any] = {}
    for key, mode in modes.items():
        numbers = alike[key]
        block = unified([_local(rows[n]) for n in numbers])
        if block is None or len(block.params) > MOST_PARAMS:
            continue
        block = (conditional(block) if mode == CONDITION else None) or block
        name = _block_name(rows[numbers[0]].items, blocks)
        blocks[name] = _block(block)
        uses |= {n: (name, arguments) for n, arguments in zip(numbers, block.arguments, strict=True)}
    kept = [row.items for number, row in enumerate(rows) if number not in uses]
    referred = _sources([row.items for row in rows])
    items: list[Any] = []
    ends: dict[str, str] = {}  # names of the last layers of rows, and of the uses that are these rows now
    taken = {item["name"] for part in kept for item in part if "name" in item}
    runs: list[Use] = []
    for number, row in enumerate(rows):
        if number in uses:
            runs.append(Use(row, *uses[number]))
            continue
        items += _repeated(runs, taken, referred, ends)
        runs = []
        items += row.items
    items += _repeated(runs, taken, referred, ends)
    return _renamed(items, ends), blocks


class Use(NamedTuple):
    """A row that is the use of a block, with these arguments."""

    row: Row
    block: str
    arguments: dict[str, Any]


def _sources(value: Any) -> set[str]:
    """Return the names that items refer to."""
    if isinstance(value, Mapping):
        given = value.get("from", [])
        own = {given} if isinstance(given, str) else set(given)
        return own | ({value["share"]} if "share" in value else set()) | _sources(value.get("branches", []))
    return set().union(*map(_sources, value)) if isinstance(value, list) else set()


def _renamed(value: Any, ends: Mapping[str, str]) -> Any:
    """Return items whose sources are the uses of blocks, where the layers that they named are now inside."""
    if isinstance(value, Mapping):
        found = {key: _renamed(each, ends) if key == "branches" else each for key, each in value.items()}
        if "from" in found:
            given = found["from"]
            found["from"] = (
                ends.get(given, given) if isinstance(given, str) else [ends.get(n, n) for n in given]
            )
        return found
    return [_renamed(each, ends) for each in value] if isinstance(value, list) else value


def _refers(items: Any) -> bool:
    """Return whether items name tensors: those cannot move into a block."""
    if isinstance(items, Mapping):
        return "from" in items or "share" in items or any(map(_refers, items.get("branches", [])))
    return any(map(_refers, items)) if isinstance(items, list) else False


def _local(row: Row) -> list[Any]:
    """Return the items of a row with names without the module's."""
    path, items, _ = row
    prefix = _identifier(path.replace(".", "_")) + "_"

    def local(value: Any) -> Any:
        if isinstance(value, Mapping):
            found = {key: local(each) for key, each in value.items()}
            if "name" in found:
                name = re.sub(r"_(\d+)\Z", r"_\1", found["name"].removeprefix(prefix))
                found["name"] = _identifier(name)
                if found["name"] in RESERVED or found["name"] in all_types():
                    del found["name"]
            return found
        return [local(each) for each in value] if isinstance(value, list) else value

    return [local(item) for item in items]


def _block(block: Block) -> dict[str, Any]:
    return ({"params": block.params} if block.params else {}) | {"layers": block.body}


#: names of blocks, by the merge that they end in
MERGES = {tag_of(Add): "residual", tag_of(Concat): "dense", tag_of(Multiply): "gated"}


def _block_name(items: list[Any], taken: Mapping[str, Any]) -> str:
    kinds = {item.get("type") for item in items}
    plain = next((name for tag, name in MERGES.items() if tag in kinds), "unit")
    name, count = plain, 1
    while name in taken:
        count += 1
        name = f"{plain}{count}"
    return name


def _repeated(runs: list[Use], taken: set[str], referred: set[str], ends: dict[str, str]) -> list[Any]:
    """Return uses of blocks, those in a row that are equal but for the first as one that repeats."""
    items: list[Any] = []
    position = 0
    while position < len(runs):
        first = runs[position]
        end = position + 1
        while end < len(runs) and _continues(runs[position : end + 1], referred):
            end += 1
        parent = first.row.path.rpartition(".")[0]
        whole = parent if end - position > 1 and parent else first.row.path
        name = _unused(_identifier(whole.replace(".", "_")), taken)
        rest = runs[end - 1].arguments
        item = {"type": first.block, "name": name, **rest}
        if end - position > 1:
            item["repeat"] = end - position
            changed = {key: value for key, value in first.arguments.items() if rest.get(key) != value}
            item |= {"first": changed} if changed else {}
        items.append(item)
        ends[runs[end - 1].row.end] = name
        position = end
    return items


def _continues(runs: list[Use], referred: set[str]) -> bool:
    """Return whether the last of these uses repeats those before it."""
    first, *rest = runs
    last, before = runs[-1], runs[-2]
    parent = first.row.path.rpartition(".")[0]
    same = last.block == first.block and last.row.path.rpartition(".")[0] == parent
    if not same or before.row.end in referred or last.arguments.keys() - first.arguments.keys():
        return False
    return all(each.arguments == last.arguments for each in rest)


def _unused(name: str, taken: set[str]) -> str:
    plain, count = name, 1
    while name in taken:
        count += 1
        name = f"{plain}_{count}"
    taken.add(name)
    return name


# --------------------------------------------------------------------------------------- defaults


def _defaults(
    items: list[Any], blocks: Mapping[str, Any]
) -> tuple[dict[str, Any], list[Any], dict[str, Any]]:
    """Return the fields that nearly all layers of a type share, and the items without them."""
    by_type: dict[str, list[dict[str, Any]]] = defaultdict(list)

    def collect(value: Any) -> None:
        if isinstance(value, Mapping):
            if value.get("type") in all_types():
                by_type[value["type"]].append(dict(value))
            for each in value.values():
                collect(each)
        elif isinstance(value, list):
            for each in value:
                collect(each)

    collect([items, blocks])
    found: dict[str, Any] = {}
    for kind, uses in by_type.items():
        shared = {key: uses[0][key] for key in uses[0] if key in ("norm", "bias", "act", "eps")}
        always = {key: value for key, value in shared.items() if all(use.get(key) == value for use in uses)}
        if always and len(uses) > 2:
            found[kind] = always

    def without(value: Any) -> Any:
        if isinstance(value, Mapping):
            drop = found.get(str(value.get("type")), {})
            return {key: without(each) for key, each in value.items() if key not in drop}
        return [without(each) for each in value] if isinstance(value, list) else value

    return found, without(items), without(dict(blocks))
