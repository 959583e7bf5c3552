"""Text to plain data with positions. YAML is read from parser events, JSON by a reader of its own.

YAML scalars are those of the YAML 1.2 core schema. Duplicate keys, anchors, aliases, tags, merge
keys and further documents are errors. Neither reader recurses, so depth costs no stack.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from cnncalc.errors import Mark, Place, Problem, Source, SpecError

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_DEPTH = 64
MAX_NODES = 200_000
MAX_SCALAR = 4_096
MAX_INTEGER_DIGITS = 19


class Mapping(dict[str, Any]):
    """A mapping with the places of itself, its keys and its values."""

    __slots__ = ("keys_at", "mark", "values_at")

    def __init__(self, mark: Mark) -> None:
        super().__init__()
        self.mark = mark
        self.keys_at: dict[str, Mark] = {}
        self.values_at: dict[str, Mark] = {}


class Sequence(list[Any]):
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


def read(source: Source, *, json: bool) -> Document:
    """Read a document.

    Raises:
        SpecError: the text is not valid, or exceeds a limit.
    """
    builder = _Builder(source)
    _refuse_control_characters(source)
    if json:
        _read_json(source, builder)
    else:
        _read_yaml(source, builder)
    return builder.document()


def looks_like_json(text: str) -> bool:
    """Whether text without a file name is JSON rather than YAML."""
    return re.match(r'\s*\{\s*["}]', text) is not None


def problem(source: Source, code: str, message: str, mark: Mark | None, help: str | None = None) -> SpecError:
    place = Place(source, mark) if mark is not None else None
    return SpecError([Problem(code, message, place, help=help, where=source.name)])


_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")


def _refuse_control_characters(source: Source) -> None:
    found = _CONTROL.search(source.text)
    if found:
        message = f"the character U+{ord(found[0]):04X} is not text"
        raise problem(source, "C006", message, mark_at(source.text, found.start()))


def mark_at(text: str, offset: int, length: int = 1) -> Mark:
    """The mark of ``length`` characters of one line at an offset."""
    line = text.count("\n", 0, offset)
    column = offset - (text.rfind("\n", 0, offset) + 1)
    return Mark(line, column, line, column + length)


# ------------------------------------------------------------------------------------ builder


class _Builder:
    """Puts nodes together; the limits and the rule of unique keys are here, for both readers."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.stack: list[Mapping | Sequence] = []
        self.keys: list[tuple[str, Mark] | None] = []
        self.root: Any = None
        self.root_mark: Mark | None = None
        self.nodes = 0

    def document(self) -> Document:
        if self.root_mark is None:
            raise problem(self.source, "C002", "the spec is empty", None, "it needs 'input' and 'layers'")
        return Document(self.source, self.root, self.root_mark)

    def expects_key(self) -> bool:
        return bool(self.stack) and isinstance(self.stack[-1], Mapping) and self.keys[-1] is None

    def key(self, name: str, mark: Mark) -> None:
        mapping = self.stack[-1]
        assert isinstance(mapping, Mapping)
        self.count(mark)
        if name in mapping:
            first = mapping.keys_at[name].line + 1
            raise problem(
                self.source,
                "C003",
                f"the key '{name}' is here already",
                mark,
                f"the first is in line {first}",
            )
        self.keys[-1] = (name, mark)

    def value(self, value: Any, mark: Mark) -> None:
        self.count(mark)
        if not self.stack:
            self.root, self.root_mark = value, mark
            return
        parent = self.stack[-1]
        if isinstance(parent, Mapping):
            pair = self.keys[-1]
            assert pair is not None
            name, key_mark = pair
            parent[name] = value
            parent.keys_at[name], parent.values_at[name] = key_mark, mark
            self.keys[-1] = None
        else:
            parent.append(value)
            parent.values_at.append(mark)

    def open(self, node: Mapping | Sequence) -> None:
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
        if isinstance(parent, Mapping):
            parent.values_at[next(reversed(parent))] = node.mark
        else:
            parent.values_at[-1] = node.mark

    def count(self, mark: Mark) -> None:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            help = "use 'blocks' and 'repeat' for what recurs"
            raise problem(self.source, "C502", f"more than {MAX_NODES:,} values", mark, help)


# --------------------------------------------------------------------------------------- YAML

_PLAIN = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
    ".nan": float("nan"), ".NaN": float("nan"), ".NAN": float("nan"),
    ".inf": float("inf"), ".Inf": float("inf"), ".INF": float("inf"),
    "+.inf": float("inf"), "-.inf": float("-inf"), "-.Inf": float("-inf"),
}  # fmt: skip
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_AMBIGUOUS = re.compile(r"[-+]?(0[0-9_]+|0[xob][0-9a-fA-F_]+|[0-9]+(_[0-9]+)+|[0-9]+(:[0-5]?[0-9])+)\Z")


def _read_yaml(source: Source, builder: _Builder) -> None:
    import yaml

    loader: Any = getattr(yaml, "CLoader", yaml.Loader)
    try:
        _consume(yaml.parse(source.text, Loader=loader), source, builder)
    except yaml.MarkedYAMLError as error:
        at = error.problem_mark or error.context_mark
        mark = Mark(at.line, at.column, at.line, at.column + 1) if at is not None else None
        text = error.problem or error.context or "the text cannot be read"
        tab = at is not None and source.line(at.line + 1)[at.column : at.column + 1] == "\t"
        help = "indent with spaces, not tabs" if tab else None
        raise problem(source, "C001", f"not valid YAML: {text}", mark, help) from None
    except (yaml.YAMLError, RecursionError) as error:
        raise problem(source, "C001", f"not valid YAML: {error}", None) from None


def _consume(events: Iterator[Any], source: Source, builder: _Builder) -> None:
    import yaml

    flow = 0
    documents = 0
    for event in events:
        kind = type(event)
        if kind in (yaml.StreamStartEvent, yaml.StreamEndEvent, yaml.DocumentEndEvent):
            continue
        mark = _mark(event)
        if kind is yaml.DocumentStartEvent:
            documents += 1
            if documents > 1:
                raise problem(source, "C004", "a second document in one file", mark)
            continue
        if kind is yaml.AliasEvent:
            help = f"quote it if it is an expression; for repetition use 'blocks' (*{event.anchor})"
            raise problem(source, "C004", "aliases are not part of the spec format", mark, help)
        if kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            flow -= flow > 0
            builder.close(mark)
            continue
        if event.anchor is not None:
            raise problem(source, "C004", "anchors are not part of the spec format", mark, "use 'blocks'")
        if event.tag is not None:
            raise problem(source, "C004", f"the tag {event.tag} is not part of the spec format", mark)
        if kind is yaml.ScalarEvent:
            _scalar(event, mark, source, builder, in_flow=flow > 0)
            continue
        if builder.expects_key():
            raise problem(source, "C001", "a key must be a plain name", mark)
        flow += bool(flow or event.flow_style)
        builder.open(Mapping(mark) if kind is yaml.MappingStartEvent else Sequence(mark))


def _mark(event: Any) -> Mark:
    start, end = event.start_mark, event.end_mark
    return Mark(start.line, start.column, end.line, end.column)


def _scalar(event: Any, mark: Mark, source: Source, builder: _Builder, *, in_flow: bool) -> None:
    text: str = event.value
    if len(text) > MAX_SCALAR:
        raise problem(source, "C502", f"a text of more than {MAX_SCALAR:,} characters", mark)
    plain = event.implicit[0]
    if builder.expects_key():
        if text == "<<" and plain:
            raise problem(
                source, "C004", "merge keys are not part of the spec format", mark, "use 'defaults'"
            )
        builder.key(text, mark)
        return
    if not plain:
        builder.value(text, mark)
        return
    if in_flow and text.count("(") > text.count(")"):
        line = source.line(mark.line + 1)[mark.column :]
        whole = line[: line.find(")") + 1] or f"{text}, ...)"
        help = f'in {{...}} and [...] a comma ends the value: write "{whole}"'
        raise problem(source, "C105", "an expression with a comma needs quotes here", mark, help)
    builder.value(_resolve(text, mark, source), mark)


def _resolve(text: str, mark: Mark, source: Source) -> Any:
    """The value of a plain scalar by the YAML 1.2 core schema, less its octal and hex forms."""
    if text in _PLAIN:
        return _PLAIN[text]
    if text[0] not in "+-.0123456789":
        return text
    if _INTEGER.match(text):
        return _integer(text, mark, source)
    if _AMBIGUOUS.match(text):
        raise problem(
            source, "C005", f"'{text}' means different numbers to different readers", mark,
            "write a plain decimal number, or put it in quotes if it is text",
        )  # fmt: skip
    return float(text) if _FLOAT.match(text) else text


def _integer(text: str, mark: Mark, source: Source) -> int:
    if len(text) > MAX_INTEGER_DIGITS + 1:
        raise problem(source, "C101", f"a number of more than {MAX_INTEGER_DIGITS} digits", mark)
    return int(text)


# --------------------------------------------------------------------------------------- JSON

_JSON_TOKEN = re.compile(
    r'[ \t\r\n]*(?:(?P<punct>[{}\[\],:])|(?P<string>"(?:[^"\\\x00-\x1f]|\\.)*")'
    r"|(?P<number>-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?)(?![0-9A-Za-z.+-])"
    r"|(?P<word>true|false|null)\b|(?P<end>\Z))"
)
_JSON_WORDS = {"true": True, "false": False, "null": None}
_ESCAPE = re.compile(r'\\(?:u([0-9a-fA-F]{4})|(["\\/bfnrt])|(.?))', re.DOTALL)
_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


def _read_json(source: Source, builder: _Builder) -> None:
    text = source.text
    offset, line, line_start = 0, 0, 0
    expect = "value"  # value | first (value or ]) | key | firstkey (key or }) | colon | next | end
    while True:
        match = _JSON_TOKEN.match(text, offset)
        kind = match.lastgroup if match else None
        start = match.start(kind) if match and kind else len(text) - len(text[offset:].lstrip())
        newlines = text.count("\n", offset, start)
        if newlines:
            line, line_start = line + newlines, text.rfind("\n", offset, start) + 1
        if match is None or kind is None:
            raise problem(
                source,
                "C001",
                _json_complaint(text, start),
                _json_mark(line, start - line_start, 1),
            )
        token, offset = match[kind], match.end()
        mark = _json_mark(line, start - line_start, max(len(token), 1))
        if kind == "end" and expect == "end":
            return
        if kind == "end" and not builder.nodes:
            return
        expect = _json_step(kind, token, mark, expect, source, builder)


def _json_mark(line: int, column: int, length: int) -> Mark:
    return Mark(line, column, line, column + length)


def _json_step(kind: str, token: str, mark: Mark, expect: str, source: Source, builder: _Builder) -> str:
    """Take one token; say what may come next."""
    if expect in ("firstkey", "key"):
        if kind == "string":
            builder.key(_json_string(token, mark, source), mark)
            return "colon"
        if token == "}" and expect == "firstkey":
            builder.close(mark)
            return _after_value(builder)
    elif expect == "colon" and token == ":":
        return "value"
    elif expect in ("value", "first"):
        if token == "{":
            builder.open(Mapping(mark))
            return "firstkey"
        if token == "[":
            builder.open(Sequence(mark))
            return "first"
        if token == "]" and expect == "first":
            builder.close(mark)
            return _after_value(builder)
        if kind in ("string", "number", "word"):
            builder.value(_json_scalar(kind, token, mark, source), mark)
            return _after_value(builder)
    elif expect == "next":
        inside_mapping = isinstance(builder.stack[-1], Mapping)
        if token == ",":
            return "key" if inside_mapping else "value"
        if token == ("}" if inside_mapping else "]"):
            builder.close(mark)
            return _after_value(builder)
    wanted = {
        "firstkey": "a key in double quotes or '}'", "key": "a key in double quotes", "colon": "':'",
        "value": "a value", "first": "a value or ']'", "next": "',' or a closing bracket",
        "end": "the end of the file",
    }[expect]  # fmt: skip
    found = f"'{token[:40]}'" if token else "the end of the file"
    raise problem(source, "C001", f"not valid JSON: expected {wanted}, found {found}", mark)


def _after_value(builder: _Builder) -> str:
    return "next" if builder.stack else "end"


def _json_scalar(kind: str, token: str, mark: Mark, source: Source) -> Any:
    if kind == "string":
        return _json_string(token, mark, source)
    if kind == "word":
        return _JSON_WORDS[token]
    return _integer(token, mark, source) if token.lstrip("-").isdigit() else float(token)


def _json_string(token: str, mark: Mark, source: Source) -> str:
    if len(token) > MAX_SCALAR:
        raise problem(source, "C502", f"a text of more than {MAX_SCALAR:,} characters", mark)
    body = token[1:-1]
    if "\\" not in body:
        return body
    bad = next((m for m in _ESCAPE.finditer(body) if m[3] is not None), None)
    if bad:
        raise problem(source, "C001", f"not valid JSON: the escape {bad[0]} does not exist", mark)
    units = _ESCAPE.sub(lambda m: chr(int(m[1], 16)) if m[1] else _ESCAPES[m[2]], body)
    try:  # pairs of surrogates become one character, a lone one is an error
        return units.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        raise problem(source, "C006", "half of a surrogate pair is not a character", mark) from None


def _json_complaint(text: str, start: int) -> str:
    rest = text[start : start + 20]
    if rest.startswith('"'):
        return "not valid JSON: the text in quotes does not end in its line"
    if rest[:1] in "'#/":
        hint = {"'": "use double quotes", "#": "JSON has no comments", "/": "JSON has no comments"}
        return f"not valid JSON: {hint[rest[0]]}"
    word = re.match(r"[^\s,\]}:]*", rest)
    return f"not valid JSON: '{word[0] if word and word[0] else rest[:1]}' is not a value"
