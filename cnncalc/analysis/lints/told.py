"""What every command says, as lints; and how ``check --fix`` puts a missing flatten in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from cnncalc.analysis import doubts
from cnncalc.analysis.lints import Lint, Subject, lint
from cnncalc.counting.axes import Role, roles
from cnncalc.errors import Fix, Mark, Problem, Source
from cnncalc.reading.checking.parts import type_mark
from cnncalc.reading.text.nodes import ListNode, MapNode

_BLOCK = re.compile(r"[ \t]*(?:- +)+\Z")


def _told(code: str) -> Lint:
    def told(subject: Subject) -> Iterator[Problem]:
        for found in subject.doubts:
            if found.code == code:
                yield found._replace(fix=_flatten(subject, found)) if code == "W307" else found

    return told


OF_THE_WHOLE = ("W301", "W302")  # what nothing reads: what does not fit its input might
for _code in doubts.CODES:
    lint(_code, local=_code not in OF_THE_WHOLE)(_told(_code))


def _flatten(subject: Subject, problem: Problem) -> Fix | None:
    """A flatten before the item, if that is what the layer then reads, wherever the item is used."""
    source, place = subject.network.source, problem.place
    if place is None or "flatten_" in source.text or subject.network.spec.expect is not None:
        return None  # unnamed ones would be counted anew, or numbers that the author expects would change
    known, here = roles(subject.graph), [n for n in subject.layers if n.place == place and n.type == "linear"]
    found = _item(subject.network.spec.root, place.mark)
    if found is None or {known[n.inputs[0]][-1] for n in here} - {Role.SPACE, Role.FEATURES}:
        return None
    item, mark = found
    return None if isinstance(item, MapNode) and "from" in item else inserted(source, mark, "flatten")


def _item(node: Any, mark: Mark) -> tuple[Any, Mark] | None:
    """The entry of a list whose type stands at a mark, and where it begins."""
    if isinstance(node, ListNode):
        for entry, at in zip(node, node.values_at, strict=True):
            if (type_mark(entry, at) if isinstance(entry, MapNode) else at) == mark:
                return entry, at
    for inner in node.values() if isinstance(node, MapNode) else node if isinstance(node, ListNode) else ():
        if (found := _item(inner, mark)) is not None:
            return found
    return None


def inserted(source: Source, mark: Mark, word: str) -> Fix | None:
    """A bare item before the one at a mark, in the style of the file."""
    line = source.line(mark.line + 1)
    before = line[: mark.column]
    if line[mark.column :].startswith(('"', '{"')):
        word = f'"{word}"'
    here = Mark(mark.line, mark.column, mark.line, mark.column)
    if _BLOCK.match(before):  # a list with dashes: its last dash is this item's
        last = before.rindex("-")
        return Fix(here, f"{word}\n{before[:last].replace('-', ' ')}{before[last:]}")
    if not before.strip():  # within brackets, on a line of its own
        return Fix(here, f"{word},\n{before}")
    return Fix(here, f"{word}, ") if before.rstrip().endswith(("[", ",")) else None
