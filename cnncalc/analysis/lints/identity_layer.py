"""Layers that change nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any

from cnncalc.analysis.lint import Finding, Subject, at, lint
from cnncalc.errors import Place
from cnncalc.graph import Node
from cnncalc.reading.checking.parts import Entry, GroupItem, LayerItem
from cnncalc.reading.text.nodes import ListNode, MapNode
from cnncalc.window import WindowLayer

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
REFERRING = ("from", "output", "share", "expect")


@lint("W304", "identity-layer", level="warning", unanimous=True)
def identity_layer(subject: Subject) -> Iterator[Finding]:
    """A layer that changes nothing.

    Examples are dropout with `p: 0`, pooling of single cells, a shuffle of one group, and `identity`. An item is not
    reported if it does something in another repetition, in another use of its block or in another variant, or if its
    fields depend on a variable or a parameter of its block. Neither is an `identity` that selects a tensor with `from`,
    or whose name a `from`, `output`, `share` or `expect` uses.

    **Why it is bad.** The layer is most likely a leftover, and readers will look for what it does.

    **Example.**

    ```yml
    input: [3, 32, 32]
    layers:
      - {type: maxpool2d, kernel_size: 1}
      - relu
    ```

    **Instead.**

    ```yml
    input: [3, 32, 32]
    layers:
      - relu
    ```
    """
    spec = subject.network.spec
    used, settings = references(spec.root), _settings(spec.layers, spec.vars)
    selecting = _selecting(spec.layers)
    for block in spec.blocks.values():
        selecting |= _selecting(block.entries)
        settings |= _settings(block.entries, {*spec.vars, *block.params})
    made: dict[Place | None, list[Node]] = {}
    for node in subject.layers:
        if node.place not in settings:
            made.setdefault(node.place, []).append(node)
    for (
        nodes
    ) in made.values():  # of one item: it is of use if any layer is, as the first repetition may not be
        said = [_nothing_done(subject, node) for node in nodes]
        for node, what in zip(nodes, said, strict=True):
            refers, selects = _name(node) in used, node.place in selecting
            if (
                what is not None
                and None not in said
                and not ((refers or selects) and node.type == "identity")
            ):
                yield at(node, what, help=_help(refers=refers, selects=selects))


def _help(*, refers: bool, selects: bool) -> str:
    if refers:
        return "write identity in its place, since its name is used"
    return "write identity in its place, with the same 'from'" if selects else "leave it out"


def _selecting(entries: Iterable[Entry]) -> set[Place | None]:
    """Items that select their input with ``from``."""
    found: set[Place | None] = set()
    for entry in entries:
        found |= {entry.item.place} if entry.sources else set()
        for each in _inner(entry.item):
            found |= _selecting(each)
    return found


def _inner(item: Any) -> list[Iterable[Entry]]:
    """The lists of items within an item: those of a group, or of every branch."""
    if isinstance(item, GroupItem):
        return [item.entries]
    return [branch.entries for branch in item.branches or ()] if isinstance(item, LayerItem) else []


def _settings(entries: Iterable[Entry], names: Collection[str]) -> set[Place | None]:
    """Items that other values of these names would make different."""
    found: set[Place | None] = set()
    for entry in entries:
        for item in (entry.item, entry.first):
            if isinstance(item, GroupItem):
                found |= _settings(item.entries, names)
            elif isinstance(item, LayerItem):
                branches = item.branches or ()
                values = [*item.fields.values(), *(branch.when for branch in branches)]
                if any(not value.names().isdisjoint(names) for value in values if value is not None):
                    found.add(item.place)
                for branch in branches:
                    found |= _settings(branch.entries, names)
    return found


def _pools_single_cells(node: Node) -> bool:
    layer = node.layer
    if not isinstance(layer, WindowLayer) or layer.family != "pool":
        return False
    return (
        all(k == 1 and s == 1 for k, s, _ in layer.axis_fields())
        and layer.padding in ("valid", "half", "same")
    ) or (
        isinstance(layer.padding, tuple)
        and all(k == 1 and s == 1 for k, s, _ in layer.axis_fields())
        and all(a == b == 0 for a, b in layer.padding)
    )


#: by type (without the rank): when the layer changes nothing, and how to say it
IDENTITIES: dict[str, tuple[Callable[[Node], bool], str]] = {
    "dropout": (lambda n: getattr(n.layer, "p", 1) == 0, "dropout with p: 0"),
    "drop_path": (lambda n: getattr(n.layer, "p", 1) == 0, "drop_path with p: 0"),
    "identity": (lambda n: True, "an identity"),
    "maxpool": (_pools_single_cells, "pooling of single cells"),
    "avgpool": (_pools_single_cells, "pooling of single cells"),
    "channel_shuffle": (lambda n: getattr(n.layer, "groups", 0) == 1, "a shuffle of one group"),
    "pixel_shuffle": (lambda n: getattr(n.layer, "upscale_factor", 0) == 1, "a shuffle by 1"),
    "pixel_unshuffle": (lambda n: getattr(n.layer, "downscale_factor", 0) == 1, "a shuffle by 1"),
    "concat": (lambda n: len(n.inputs) == 1, "a concatenation of one tensor"),
}


def _nothing_done(subject: Subject, node: Node) -> str | None:
    """How to say that a layer changes nothing; None if it changes something."""
    kind = node.type.rstrip("d").rstrip("123") if node.type[-2:] in ("1d", "2d", "3d") else node.type
    test, what = IDENTITIES.get(kind, (None, ""))
    if test is not None and test(node):
        return f"{what} changes nothing"
    same = node.output == subject.producer(node).output
    if node.type in ("pad", "crop", "slice", "reshape", "upsample") and same:
        return f"this {node.type} changes nothing here"
    return None


def _name(node: Node) -> str:
    """The name of the item that made a layer, not of its repetition."""
    return next(name for name in reversed(node.path.split(".")) if not name.isdigit())


def references(node: Any, *, within: bool = False) -> set[str]:
    """Names of layers that a ``from``, ``output``, ``share`` or ``expect`` anywhere below a node refers to."""
    found: set[str] = set()
    if isinstance(node, str):
        return set(_NAME.findall(node)) if within else found
    if isinstance(node, MapNode):
        for key, value in node.items():
            found |= references(key, within=within) if isinstance(key, str) else set()
            found |= references(value, within=within or key in REFERRING)
    elif isinstance(node, ListNode | list):
        for value in node:
            found |= references(value, within=within)
    return found
