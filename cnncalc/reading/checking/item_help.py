"""What to write for an item that cannot be read: what was probably meant, in our form."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cnncalc.errors import Fix, Mark, Place, Problem, Source, did_you_mean
from cnncalc.layer import Family
from cnncalc.layers import NORMS
from cnncalc.reading import foreign, slips
from cnncalc.reading.checking import meanings
from cnncalc.reading.checking.model import COMMON
from cnncalc.reading.checking.problems import ours
from cnncalc.reading.text.nodes import ListNode, MapNode
from cnncalc.registry import all_types, layer_class

if TYPE_CHECKING:
    from collections.abc import Collection
    from typing import Any

DEFAULT = "write a type such as relu, or {type: conv2d, ...}; a group is {name: ..., layers: [...]}"
LONGEST = 100  # of a form that is written out whole


# ------------------------------------------------------------------------------------ types


def unknown_type(name: str, place: Place, blocks: Collection[str], node: MapNode | None = None) -> Problem:
    """No layer type or block is called so; ``node`` is the item, whose fields may mean something else with it."""
    types = all_types()
    known = [*types, *blocks]
    word = slips.bare(name)
    meant = word if word in known else foreign.our_type(word, types)
    message = f"unknown layer type or block '{name[:64]}'"
    help = f"here it is called '{meant}'" if meant and meant != word else f"write {meant}" if meant else None
    if meant is None:
        help, meant = _of_form(name, known)
    help = help or foreign.HINTS.get(foreign.without_rank(name))
    if help is None and foreign.without_rank(name) not in foreign.WITHOUT_RULE:
        help = did_you_mean(name, known, likeness=0.7)
    fix = Fix(place.mark, meant, keeps_quotes=True) if meant else None
    if fix is not None and word not in known:
        help, fix = _faithful(name, help or "", fix, place.source, {} if node is None else node)
    return Problem("C103", message, place, help=help or foreign.OPAQUE, fix=fix)


def _faithful(
    name: str, help: str, fix: Fix, source: Source, node: MapNode | dict[str, Any]
) -> tuple[str, Fix | None]:
    """The renaming of a type together with the fields that it changes; none where that is not certain."""
    others = meanings.meanings(name, node)
    reasons = dict.fromkeys(other.advice for other in others.values())
    if (different := meanings.difference(name)) is not None:
        return f"{help}; {different}", None
    if not isinstance(node, MapNode) or not others:
        return help, fix
    fixes: list[Fix] | None = [fix]
    for field, other in others.items():
        changes = meanings.converted(node, field, other)
        fixes = None if fixes is None or changes is None else [*fixes, *changes]
    return "; ".join([help, *reasons]), meanings.joined(fixes, source) if fixes else None


def attachable(word: str, known: Collection[str], family: Family) -> str | None:
    """What another framework's name of an activation or norm is here."""
    if word.lower() in foreign.NOTHING:
        return "none"
    ours = foreign.our_type(word, known)
    if ours is None or family is not Family.NORM or word[-2:-1].isdigit():
        return ours
    kind = foreign.without_rank(ours)  # where it leaves the rank open, that follows from the tensor
    return next((norm for norm, stem in NORMS.items() if stem == kind != ours), ours)


def _of_form(name: str, known: Collection[str]) -> tuple[str | None, str | None]:
    """Help for what is more than a name, and the text that is surely meant."""
    if " - " in name:
        return "these are two items: give their '-' the same indentation", None
    if (pair := slips.pair(name)) and pair[0] in ("type", "name"):
        return f"write '{pair[0]}: {pair[1][:40]}', with a ':' and a space between them", None
    if (times := slips.times(name)) and _known_type(times[0], known):
        return f"write {{type: {_known_type(times[0], known)}, repeat: {times[1]}}}", None
    if (call := slips.call(name)) and (meant := _known_type(call[0], known)):
        required = _required(meant)
        fields = "".join(f", {field}: ..." for field in required)
        help = f"fields are given by name: {{type: {meant}{fields}}}" if required else f"write {meant}"
        return help, None if required or call[1] else meant
    return None, None


def _known_type(name: str, known: Collection[str]) -> str | None:
    return name if name in known else foreign.our_type(name, known)


def _required(name: str) -> list[str]:
    cls = layer_class(name)
    fields = cls.model_fields.items() if cls is not None else ()
    required = [field.alias or key for key, field in fields if key != "type" and field.is_required()]
    return sorted(required, key=lambda name: not name.startswith("out_"))


# ------------------------------------------------------------------------------------ items


def untyped(node: MapNode, place: Place, blocks: Collection[str]) -> Problem:
    """An item that has neither a type nor layers."""
    help, fix = _Item(node, place.source).meant([*all_types(), *blocks]) if node else (None, None)
    return Problem("C103", "the item has no 'type'", place, help=help or DEFAULT, fix=fix)


class _Item:
    """An item as it was written, in YAML or in JSON."""

    def __init__(self, node: MapNode, source: Source) -> None:
        self.node, self.source = node, source
        self.quoted = self.starts(next(iter(node.keys_at.values())), '"')

    def starts(self, mark: Mark, text: str) -> bool:
        return self.source.line(mark.line + 1).startswith(text, mark.column)

    def text(self, mark: Mark) -> str:
        """What stands at a mark, if in one line."""
        one_line = mark.line == mark.end_line
        return self.source.line(mark.line + 1)[mark.column : mark.end_column] if one_line else "..."

    def form(self, *pairs: tuple[str, str], word: str = "") -> str:
        """``{type: conv2d, stride: 2}``, with quotes in JSON; the value of the first pair is ``word``."""
        quote = '"' if self.quoted else ""
        first = f"{quote}{pairs[0][0]}{quote}: {quote}{word}{quote}"
        whole = ", ".join([first, *(f"{quote}{key}{quote}: {value}" for key, value in pairs[1:])])
        return f"{{{whole}}}" if len(whole) <= LONGEST else f"{{{first}, ...}}"

    def meant(self, known: Collection[str]) -> tuple[str | None, Fix | None]:
        """What to write for it, and the change of the text where that is safe."""
        for key in self.node:
            if (pair := slips.pair(key)) and pair[0] in ("type", "name"):
                text = f"{pair[0]}: {pair[1]}"
                help = f"write '{text[:60]}', with a ':' and a space between them"
                return help, Fix(self.node.keys_at[key], text)
            if meant := _known_type(key, known):
                return self.typed(key, meant)
        if len(self.node) == 1:
            ((key, value),) = self.node.items()
            if isinstance(value, ListNode):
                return (
                    f"a group of layers is written {self.form(('name', ''), ('layers', '[...]'), word=key[:40])}",
                    None,
                )
            if isinstance(value, MapNode) and "type" in value:
                return self.opened(key, "name", key)
        fields = {*COMMON, *foreign.FIELDS, *(f for cls in all_types().values() for f in cls.model_fields)}
        if self.node.keys() <= fields:
            return "if these are fields of the item above, write them there, beside its 'type'", None
        return None, None

    def typed(self, key: str, meant: str) -> tuple[str, Fix | None]:
        """The key is a type: what it stands for is what it holds, or what stands beside it."""
        value, required = self.node[key], _required(meant)
        if isinstance(value, MapNode) and value:
            return self.opened(key, "type", meant)
        if len(self.node) > 1 and value is None:
            kept = meant if meanings.faithful(key, self.node) else key
            return f"write 'type: {meant}' in its place", self.key_fix(key, f"type: {kept}")
        if not required and (value is None or value == {}):
            quote = '"' if self.quoted else ""
            return f"write {quote}{meant}{quote}", self.key_fix(
                key, meant if meanings.faithful(key, value) else key
            )
        cls = layer_class(meant)
        names = required or [name for name in (cls.model_fields if cls else ()) if name != "type"][:1]
        given = value is not None and not isinstance(value, MapNode | ListNode)
        pairs = [(name, str(value) if given and not number else "...") for number, name in enumerate(names)]
        return f"write {self.form(('type', ''), *pairs, word=meant)}", None

    def opened(self, key: str, first: str, word: str) -> tuple[str, Fix | None]:
        """``Conv2D: {filters: 6}`` as ``{type: conv2d, filters: 6}``; below each other with less indentation."""
        value = self.node[key]
        cls = layer_class(word if first == "type" else str(value["type"]))
        fields = {*cls.model_fields, *COMMON, "act", "norm"} if cls else set()
        written = [(ours(k, fields) or k, self.text(value.values_at[k])) for k in value]
        others = {} if first == "name" or layer_class(key) else meanings.meanings(key, value)
        for number, field in enumerate(value):
            if (other := others.get(field)) is not None:
                shown = "..." if other.value is None else other.value or written[number][1]
                written[number] = (other.field, shown)
        reasons = dict.fromkeys(other.why for other in others.values())
        help = "; ".join([f"write {self.form((first, ''), *written, word=word)}", *reasons])
        word = word if first == "name" or meanings.faithful(key, value) else key  # the type is mended as such
        at = self.node.keys_at[key]
        if len(self.node) > 1 or value.mark.line != value.mark.end_line or not self.starts(value.mark, "{"):
            alone = len(self.node) == 1 and value.mark.line > at.line
            return help, self.dedented(at, f"{first}: {word}", value.mark) if alone else None
        start, end = (
            (self.node.mark, self.node.mark) if self.starts(self.node.mark, "{") else (at, value.mark)
        )
        opening = self.form((first, ""), word=word)[:-1]
        mark = Mark(start.line, start.column, start.line, end.end_column)
        return help, Fix(
            mark, f"{opening}, {self.text(value.mark)[1:]}"
        ) if start.line == end.end_line else None

    def key_fix(self, key: str, text: str) -> Fix | None:
        """A key, and the ':' and '{}' behind it, replaced; in JSON nothing is."""
        at = self.node.keys_at[key]
        empty = re.match(r"\s*:(\s*\{\s*\})?", self.source.line(at.line + 1)[at.end_column :])
        end = at.end_column + (empty.end() if empty else 0)
        return None if self.quoted else Fix(Mark(at.line, at.column, at.line, end), text)

    def dedented(self, key: Mark, first: str, value: Mark) -> Fix | None:
        """The lines of a mapping below its key, begun where the key stands."""
        column = value.column
        lines = [self.source.line(number + 1) for number in range(value.line, value.end_line + 1)]
        while lines and (not lines[-1].strip() or lines[-1][:column].strip()):  # the next item's, or nobody's
            lines.pop()
        if not lines or any(line[:column].strip() for line in lines):
            return None
        kept = "\n".join([first, *(f"{' ' * key.column}{line[column:]}".rstrip() for line in lines)])
        return Fix(Mark(key.line, key.column, value.line + len(lines) - 1, len(lines[-1])), kept)
