"""Lists of layers, and their entries, checked as far as they can be before anything is expanded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnncalc.errors import Fix
from cnncalc.fields import describe
from cnncalc.layer import Family
from cnncalc.reading.checking import blocks, instead, item_help
from cnncalc.reading.checking.attached import read_attachment
from cnncalc.reading.checking.fields import ACTIVATED, read_layer, with_defaults
from cnncalc.reading.checking.model import COMMON
from cnncalc.reading.checking.parts import (
    Branch,
    Entry,
    GroupItem,
    Item,
    LayerItem,
    SharedItem,
    type_mark,
)
from cnncalc.reading.checking.problems import intended, unknown_field
from cnncalc.reading.text.nodes import ListNode, MapNode
from cnncalc.registry import known_class

if TYPE_CHECKING:
    from cnncalc.errors import Mark, Place
    from cnncalc.reading.checking.context import Context
    from cnncalc.reading.checking.value import Value

MAX_PROBLEMS = 500


def read_blocks(context: Context, nodes: MapNode) -> Context:
    """The same context, with blocks."""
    context, bodies = blocks.read_headers(context, nodes)
    found = {
        name: block._replace(entries=read_list(context.within(block), bodies[name]))
        for name, block in context.blocks.items()
    }
    context.problems.extend(blocks.recursion(found))
    return context._replace(blocks=found)


def read_list(context: Context, nodes: ListNode, counts: dict[str, int] | None = None) -> tuple[Entry, ...]:
    """Entries of one list; unnamed ones are counted per type, with those in branches beside them."""
    counts = {} if counts is None else counts
    entries = []
    for node, mark in zip(nodes, nodes.values_at, strict=True):
        if len(context.problems) > MAX_PROBLEMS:
            break
        entry = _read_entry(context, node, mark, counts)
        if entry is not None:
            entries.append(entry)
    return tuple(entries)


def _read_entry(context: Context, node: Any, mark: Mark, counts: dict[str, int]) -> Entry | None:
    if isinstance(node, str):
        node = MapNode.of("type", node, mark)
    if not isinstance(node, MapNode):
        message = f"a layer is a name or a mapping, got {describe(node)}"
        context.problem("C101", message, mark, instead.of_item(node))
        return None
    kind = _kind(context, node, mark)
    if kind is None:
        return None
    counts[kind] = counts.get(kind, 0) + 1
    key, named = f"{kind}_{counts[kind]}", "name" in node and node["name"] is not None
    if named:
        context.check_name(node["name"], node.values_at["name"])
        key = str(node["name"])
    if "share" in node and kind != "share":
        help = "an item with 'share' has the layers of the item it names: leave its own type, fields and layers out"
        message = f"'share' cannot be combined with '{'type' if 'type' in node else 'layers'}'"
        context.problem("C102", message, node.keys_at["share"], help)
    item = _read_item(context, kind, node, mark, counts)
    repeat, when = (
        context.value(node[word], node.values_at[word]) if word in node else None
        for word in ("repeat", "when")
    )
    sources, head = _sources(context, kind, item, node), _train_only(context, node)
    first = _first(context, node, counts)
    return Entry(item, key, named, sources, repeat, when, head, first) if item is not None else None


def _kind(context: Context, node: MapNode, mark: Mark) -> str | None:
    """A layer type, a block, ``group`` or ``share``."""
    kind = node.get("type", "group" if "layers" in node else "share" if "share" in node else None)
    if not isinstance(kind, str):
        if "type" in node:
            message = f"'type' needs the name of a layer type or block, got {describe(kind)}"
            context.problem("C103", message, node.values_at["type"], "for example type: relu")
        else:
            context.problems.append(item_help.untyped(node, context.place(mark), context.blocks))
        return None
    if "type" in node and kind in ("group", "share"):
        help = f"leave 'type' out: the key '{'layers' if kind == 'group' else 'share'}' says it"
        message = f"unknown layer type or block '{kind}'"
        context.problem("C103", message, node.values_at["type"], help)
        return None
    return kind


def _read_item(context: Context, kind: str, node: MapNode, mark: Mark, counts: dict[str, int]) -> Item | None:
    place = context.place(type_mark(node, mark))
    if kind == "group":
        return _group(context, node, place)
    if kind == "share":
        _refuse_others(context, node, [*COMMON], "an item with 'share'")
        share = context.reference(node["share"], node.values_at["share"])
        return SharedItem(place, kind, share) if share is not None else None
    if kind in context.blocks:
        return blocks.read_use(context, context.blocks[kind], node, place)
    if "branches" in node and "repeat" in node:  # each repetition is a group: its branches' names are its own
        only = ListNode(node.mark)
        only.append(node.without({*COMMON} - {"type"}))
        only.values_at.append(node.mark)
        return GroupItem(place, kind, read_list(context, only))
    return _layer(context, kind, node, place, counts)


def _layer(
    context: Context, kind: str, node: MapNode, place: Place, counts: dict[str, int]
) -> LayerItem | None:
    cls = known_class(kind)
    if cls is None:
        if kind not in context.broken:
            where = context.place(node.values_at["type"])
            context.problems.append(item_help.unknown_type(kind, where, context.blocks, node))
        return None
    node = with_defaults(context, kind, node)
    branches, at = None, node.values_at
    if cls.family is Family.MERGE:
        if "branches" in node:
            branches = _branches(context, node["branches"], at["branches"], counts)
        elif not any(key == "from" or intended(key, ["from", "branches"]) for key in node if key != "type"):
            help = "'from: [a, b]' names tensors; 'branches' holds lists of layers"
            context.problem("C204", f"{kind} needs either 'from' or 'branches'", place.mark, help)
    norm, act = (
        read_attachment(context, node[key], at[key], family)
        if key in node and cls.family in ACTIVATED
        else None
        for key, family in (("norm", Family.NORM), ("act", Family.ACTIVATION))
    )
    return read_layer(context, kind, cls, node, place, norm, act, branches)


def _branches(context: Context, raw: Any, mark: Mark, counts: dict[str, int]) -> tuple[Branch, ...]:
    if not isinstance(raw, ListNode) or not raw:
        message = f"'branches' needs a list of lists of layers, got {describe(raw)}"
        context.problem("C101", message, mark)
        return ()
    found = []
    for node, at in zip(raw, raw.values_at, strict=True):
        when, layers = None, node
        if isinstance(node, MapNode) and node.keys() <= {"when", "layers"}:
            when = context.value(node["when"], node.values_at["when"]) if "when" in node else None
            layers = node.get("layers", ListNode(at))
        if isinstance(layers, ListNode):
            found.append(Branch(read_list(context, layers, counts), when))
            continue
        help, meant = instead.of_branch(node)
        message = f"a branch needs a list, got {describe(node)}"
        context.problem("C101", message, at, help, Fix(at, meant) if meant else None)
    return tuple(found)


def _group(context: Context, node: MapNode, place: Place) -> GroupItem:
    _refuse_others(context, node, [*COMMON, "layers"], "a group")
    layers = node["layers"]
    if isinstance(layers, ListNode):
        return GroupItem(place, "group", read_list(context, layers))
    message = f"'layers' needs a list, got {describe(layers)}"
    context.problem("C101", message, node.values_at["layers"], instead.of_list(layers))
    return GroupItem(place, "group", ())


def _refuse_others(context: Context, node: MapNode, allowed: list[str], what: str) -> None:
    for key in node:
        if key not in allowed:
            place = context.place(node.keys_at[key])
            context.problems.append(unknown_field(key, allowed, what, place))


# ------------------------------------------------------------------------------------ keys of every item


def _train_only(context: Context, node: MapNode) -> bool:
    raw = node.get("train_only", False)
    if not isinstance(raw, bool):
        context.problem("C101", "'train_only' needs true or false", node.values_at["train_only"])
    return raw is True


def _first(context: Context, node: MapNode, counts: dict[str, int]) -> Item | None:
    """The first repetition, where it differs."""
    if "first" not in node:
        return None
    first, mark = node["first"], node.values_at["first"]
    if not isinstance(first, MapNode):
        context.problem("C101", f"'first' needs a mapping of fields, got {describe(first)}", mark)
        return None
    if "repeat" not in node:
        context.problem("C102", "'first' is for items with 'repeat'", node.keys_at["first"])
        return None
    fixed = next((key for key in (*COMMON, "layers", "branches") if key in first), None)
    if fixed is not None:
        context.problem("C102", f"'{fixed}' cannot change in 'first'", first.keys_at[fixed])
        return None
    merged = first.over(node.without(("first", "when", "from", "name")))
    entry = _read_entry(context, merged, node.mark, dict(counts))
    return entry.item if entry is not None else None


def _sources(context: Context, kind: str, item: Item | None, node: MapNode) -> tuple[Value, ...]:
    """What ``from`` names: one tensor, or several that are joined."""
    if "from" not in node:
        return ()
    raw, mark = node["from"], node.values_at["from"]
    if not isinstance(raw, ListNode):
        found = [context.reference(raw, mark)]
        return tuple(one for one in found if one is not None)
    cls = item.cls if isinstance(item, LayerItem) else None
    if "branches" in node:
        message = "branches start from one tensor, but 'from' names several"
        help = "with 'branches' write 'from: NAME'; or join tensors with 'from: [a, b]' alone"
        context.problem("C204", message, mark, help)
        return ()
    if item is None:  # of an unknown type
        return ()
    if not raw:
        context.problem("C204", "'from' needs at least one name", mark)
    elif len(raw) == 1 and not (cls and cls.family is Family.MERGE):
        message = f"{kind} takes one tensor, so 'from' must be one name here, not a list"
        context.problem("C204", message, mark, f"write 'from: {raw[0]}'", Fix(mark, str(raw[0])))
    elif cls is None or cls.arity[1] == 1:
        help = "join tensors with concat, add or multiply"
        context.problem("C204", f"{kind} takes one tensor, but 'from' names {len(raw)}", mark, help)
    found = [context.reference(one, at) for one, at in zip(raw, raw.values_at, strict=True)]
    return tuple(one for one in found if one is not None)
