"""What the reader makes of a spec: items of its lists, and blocks. Nothing is evaluated yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cnncalc.errors import Mark, Place, Problem
from cnncalc.reading.checking.value import Value
from cnncalc.reading.text.nodes import MapNode

if TYPE_CHECKING:
    from cnncalc.layer import Layer
    from cnncalc.reading.checking.tensors import Numbers


class Attachment(NamedTuple):
    """A ``norm`` or ``act``: a word, or a type with fields."""

    value: Value
    item: Item | None = None  # for a mapping, or a word that names a type


class Branch(NamedTuple):
    items: list[Item]
    when: Value | None = None


class Item:
    """One entry of a list of layers."""

    __slots__ = (
        "act", "branches", "cls", "fields", "first", "key", "kind", "layers", "named", "node", "norm",
        "place", "prototypes", "repeat", "share", "source_tensor", "train_only", "values", "when",
    )  # fmt: skip

    def __init__(self, place: Place, kind: str, node: MapNode) -> None:
        self.place = place
        self.kind = kind  # a layer type, a block, "group" or "share"
        self.node = node
        self.key = ""  # its name, or type_n
        self.named = False
        self.cls: type[Layer] | None = None
        self.fields: dict[str, Value] = {}
        self.source_tensor: list[Value] | None = None
        self.repeat: Value | None = None
        self.when: Value | None = None
        self.train_only = False
        self.share: Value | None = None
        self.norm: Attachment | None = None
        self.act: Attachment | None = None
        self.first: Item | None = None
        self.layers: list[Item] | None = None
        self.branches: list[Branch] | None = None
        self.values: dict[str, Numbers] = {}  # parameters written out
        self.prototypes: dict[bool, Layer] = {}  # by whether a norm follows, if all fields are literal

    @property
    def joins_sources(self) -> bool:
        """Whether it joins the tensors that ``from`` names."""
        return self.cls is not None and self.cls.family == "merge" and self.branches is None


def type_mark(node: MapNode, mark: Mark) -> Mark:
    """``type: conv2d`` where it stands in one line, else the first key."""
    for key in ("type", "name", "layers", "share"):
        if key in node:
            start, end = node.keys_at[key], node.values_at[key]
            if start.line == end.end_line and key != "layers":
                return Mark(start.line, start.column, end.end_line, end.end_column)
            return start
    return mark


class Param(NamedTuple):
    """A block's parameter: its kind, and its default if it has one."""

    kind: str
    default: Value | None = None


class Block:
    """A reusable stretch of layers; its items are read after all blocks are known."""

    __slots__ = ("items", "name", "params", "place")

    def __init__(self, name: str, place: Place, params: dict[str, Param]) -> None:
        self.name, self.place, self.params = name, place, params
        self.items: list[Item] = []


def recursion(blocks: dict[str, Block]) -> list[Problem]:
    """Blocks that contain themselves, by whatever way."""
    problems = []
    uses = {name: _types_in(block.items) & blocks.keys() for name, block in blocks.items()}
    for name, block in blocks.items():
        chain, seen = [(name, [name])], {name}
        while chain:
            current, path = chain.pop()
            if name in uses[current]:
                loop = " -> ".join([*path, name])
                problems.append(Problem("C203", f"the block contains itself: {loop}", block.place))
                break
            for used in sorted(uses[current] - seen):
                seen.add(used)
                chain.append((used, [*path, used]))
    return problems


def _types_in(items: list[Item]) -> set[str]:
    found: set[str] = set()
    for item in items:
        found.add(item.kind)
        found |= _types_in(item.layers or [])
        for branch in item.branches or []:
            found |= _types_in(branch.items)
    return found
