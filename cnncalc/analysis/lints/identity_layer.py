"""Layers that change nothing."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from cnncalc.analysis.lint import Finding, Subject, at, layer_of, lint
from cnncalc.errors import Place
from cnncalc.graph import Node
from cnncalc.layers.identity import Identity
from cnncalc.reading.checking.parts import Entry, GroupItem, LayerItem
from cnncalc.reading.text.nodes import ListNode, MapNode

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
    ) in made.values():  # an item is of use if any of its layers is, as the first repetition may not be
        said = [layer_of(node).changes_nothing(subject.graph.shapes_into(node)) for node in nodes]
        for node, what in zip(nodes, said, strict=True):
            refers, selects = _name(node) in used, node.place in selecting
            kept = (refers or selects) and isinstance(node.layer, Identity)
            if what is not None and None not in said and not kept:
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
