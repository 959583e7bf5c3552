"""The entries of a spec's lists: layers, groups, uses of blocks, or shared layers. Nothing is evaluated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from cnncalc.errors import Mark, Place
from cnncalc.layer import Family
from cnncalc.reading.checking.value import Value
from cnncalc.reading.text.nodes import MapNode

if TYPE_CHECKING:
    from cnncalc.layer import Layer
    from cnncalc.reading.checking.tensors import Numbers


class Entry(NamedTuple):
    """One entry of a list of layers: its item, and the keys that every item may have."""

    item: Item
    key: str  # the item's name, or type_n
    named: bool
    sources: tuple[Value, ...] = ()  # the references in 'from'
    repeat: Value | None = None
    when: Value | None = None
    train_only: bool = False
    first: Item | None = None  # the first repetition, if it differs


class Branch(NamedTuple):
    entries: tuple[Entry, ...]
    when: Value | None = None


class LayerItem(NamedTuple):
    """A layer, with the norm and the activation that follow it: each a layer, or the name of what says which."""

    place: Place
    kind: str
    cls: type[Layer]
    node: MapNode
    fields: Mapping[str, Value]
    values: Mapping[str, Numbers]  # parameters written out
    norm: Attachment = None
    act: Attachment = None
    branches: tuple[Branch, ...] | None = None
    literal: tuple[Layer, Layer] | None = None  # without and with a norm behind it, if all fields are literal

    @property
    def joins_sources(self) -> bool:
        """Whether it joins the tensors that ``from`` names."""
        return self.cls.family is Family.MERGE and self.branches is None


class GroupItem(NamedTuple):
    """A list of layers. Each repetition of a repeated merge is also a group."""

    place: Place
    kind: str
    entries: tuple[Entry, ...]


class BlockItem(NamedTuple):
    """A use of the block named ``kind``."""

    place: Place
    kind: str
    arguments: Mapping[str, Value]


class SharedItem(NamedTuple):
    """A repetition of the layers of an earlier item."""

    place: Place
    kind: str
    share: Value


Item = LayerItem | GroupItem | BlockItem | SharedItem
Attachment = LayerItem | Value | None


class Param(NamedTuple):
    """A block's parameter: its kind, and its default if it has one."""

    kind: str
    default: Value | None = None


class Block(NamedTuple):
    """A reusable stretch of layers; its entries are read after all blocks are known."""

    name: str
    place: Place
    params: Mapping[str, Param]
    entries: tuple[Entry, ...] = ()


def type_mark(node: MapNode, mark: Mark) -> Mark:
    """Return the place of ``type: conv2d`` if it is on one line, and otherwise that of the first key."""
    for key in ("type", "name", "layers", "share"):
        if key in node:
            start, end = node.keys_at[key], node.values_at[key]
            if start.line == end.end_line and key != "layers":
                return Mark(start.line, start.column, end.end_line, end.end_column)
            return start
    return mark
