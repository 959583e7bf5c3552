"""Text to plain data with positions: what the readers of YAML and JSON share.

Duplicate keys are errors. Neither reader recurses, so depth costs no stack.
"""

from __future__ import annotations

from collections.abc import Container
from typing import Any

from cnncalc.errors import Fix, Mark, Place, Problem, Source, SpecError

MAX_DEPTH = 64
MAX_NODES = 200_000
MAX_SCALAR = 4_096
MAX_INTEGER_DIGITS = 19


class MapNode(dict[str, Any]):
    """A mapping with the places of itself, its keys and its values."""

    __slots__ = ("keys_at", "mark", "values_at")

    def __init__(self, mark: Mark) -> None:
        super().__init__()
        self.mark = mark
        self.keys_at: dict[str, Mark] = {}
        self.values_at: dict[str, Mark] = {}

    @classmethod
    def of(cls, key: str, value: Any, mark: Mark) -> MapNode:
        """A mapping of one key, for a value that is written without it."""
        node = cls(mark)
        node.put(key, value, mark, mark)
        return node

    def put(self, key: str, value: Any, key_at: Mark, value_at: Mark) -> None:
        self[key], self.keys_at[key], self.values_at[key] = value, key_at, value_at

    def over(self, under: MapNode) -> MapNode:
        """The keys of both; where both have one, this mapping's."""
        merged = MapNode(self.mark)
        for node in (under, self):
            merged.update(node)
            merged.keys_at.update(node.keys_at)
            merged.values_at.update(node.values_at)
        return merged

    def without(self, keys: Container[str]) -> MapNode:
        """The other keys."""
        kept = MapNode(self.mark)
        for key, value in self.items():
            if key not in keys:
                kept.put(key, value, self.keys_at[key], self.values_at[key])
        return kept


class ListNode(list[Any]):
    """A list with the places of itself and its elements."""

    __slots__ = ("mark", "values_at")

    def __init__(self, mark: Mark) -> None:
        super().__init__()
        self.mark = mark
        self.values_at: list[Mark] = []


class Document:
    """Data read from a source: the root node and where it stands."""

    __slots__ = ("root", "root_mark", "source")

    def __init__(self, source: Source, root: Any, root_mark: Mark) -> None:
        self.source, self.root, self.root_mark = source, root, root_mark


def problem(
    source: Source,
    code: str,
    message: str,
    mark: Mark | None,
    help: str | None = None,
    fix: Fix | None = None,
) -> SpecError:
    place = Place(source, mark) if mark is not None else None
    return SpecError([Problem(code, message, place, help=help, where=source.name, fix=fix)])


def mark_at(text: str, offset: int, length: int = 1) -> Mark:
    """The mark of ``length`` characters of one line at an offset."""
    line = text.count("\n", 0, offset)
    column = offset - (text.rfind("\n", 0, offset) + 1)
    return Mark(line, column, line, column + length)


# ------------------------------------------------------------------------------------ builder


class Builder:
    """Puts nodes together; the limits and the rule of unique keys are here, for both readers."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.stack: list[MapNode | ListNode] = []
        self.keys: list[tuple[str, Mark] | None] = []
        self.root: Any = None
        self.root_mark: Mark | None = None
        self.nodes = 0

    def document(self) -> Document:
        if self.root_mark is None:
            raise problem(self.source, "C002", "the spec is empty", None, "it needs 'input' and 'layers'")
        return Document(self.source, self.root, self.root_mark)

    def expects_key(self) -> bool:
        return bool(self.stack) and isinstance(self.stack[-1], MapNode) and self.keys[-1] is None

    def key(self, name: str, mark: Mark) -> None:
        mapping = self.stack[-1]
        assert isinstance(mapping, MapNode)
        self.count(mark)
        if name in mapping:
            first = mapping.keys_at[name].line + 1
            raise problem(
                self.source,
                "C003",
                f"the key '{name}' is here already",
                mark,
                f"the first is on line {first}",
            )
        self.keys[-1] = (name, mark)

    def value(self, value: Any, mark: Mark) -> None:
        self.count(mark)
        if not self.stack:
            self.root, self.root_mark = value, mark
            return
        parent = self.stack[-1]
        if isinstance(parent, MapNode):
            pair = self.keys[-1]
            assert pair is not None
            name, key_mark = pair
            parent[name] = value
            parent.keys_at[name], parent.values_at[name] = key_mark, mark
            self.keys[-1] = None
        else:
            parent.append(value)
            parent.values_at.append(mark)

    def open(self, node: MapNode | ListNode) -> None:
        self.value(node, node.mark)
        self.stack.append(node)
        self.keys.append(None)
        if len(self.stack) > MAX_DEPTH:
            raise problem(self.source, "C503", f"nested deeper than {MAX_DEPTH} levels", node.mark)

    def close(self, end: Mark) -> None:
        """The end of a list or mapping: its mark now spans it."""
        node = self.stack.pop()
        self.keys.pop()
        node.mark = Mark(node.mark.line, node.mark.column, end.end_line, end.end_column)
        if not self.stack:
            self.root_mark = node.mark
            return
        parent = self.stack[-1]
        if isinstance(parent, MapNode):
            parent.values_at[next(reversed(parent))] = node.mark
        else:
            parent.values_at[-1] = node.mark

    def count(self, mark: Mark) -> None:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            help = "use 'blocks' and 'repeat' for what recurs"
            raise problem(self.source, "C502", f"more than {MAX_NODES:,} values", mark, help)


def integer(text: str, mark: Mark, source: Source) -> int:
    """A whole number of a length that prints."""
    if len(text) > MAX_INTEGER_DIGITS + 1:
        raise problem(source, "C101", f"a number of more than {MAX_INTEGER_DIGITS} digits", mark)
    return int(text)
