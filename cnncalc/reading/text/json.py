"""JSON with positions: tabs, escapes, surrogate pairs and numbers as RFC 8259 has them."""

from __future__ import annotations

import re
from typing import Any

from cnncalc.errors import Mark, Source, SpecError
from cnncalc.reading.text.nodes import MAX_SCALAR, Builder, ListNode, MapNode, integer, problem

_TOKEN = re.compile(
    r'[ \t\r\n]*(?:(?P<punct>[{}\[\],:])|(?P<string>"(?:[^"\\\x00-\x1f]|\\.)*")'
    r"|(?P<number>-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?)(?![0-9A-Za-z.+-])"
    r"|(?P<word>true|false|null)\b|(?P<end>\Z))"
)
_WORDS = {"true": True, "false": False, "null": None}
_ESCAPE = re.compile(r'\\(?:u([0-9a-fA-F]{4})|(["\\/bfnrt])|(.?))', re.DOTALL)
_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


def read_into(source: Source, builder: Builder) -> None:
    """Feed a JSON text to the builder."""
    text = source.text
    offset, line, line_start = 0, 0, 0
    expect = "value"  # value | first (value or ]) | key | firstkey (key or }) | colon | next | end
    while True:
        match = _TOKEN.match(text, offset)
        kind = match.lastgroup if match else None
        start = match.start(kind) if match and kind else len(text) - len(text[offset:].lstrip(" \t\r\n"))
        newlines = text.count("\n", offset, start)
        if newlines:
            line, line_start = line + newlines, text.rfind("\n", offset, start) + 1
        token, before, offset = (
            match[kind] if match and kind else "",
            offset,
            match.end() if match else offset,
        )
        mark = _mark(line, start - line_start, max(len(token), 1))
        if kind == "end" and (expect == "end" or not builder.nodes):
            return
        after = _step(kind, token, mark, expect, source, builder) if kind else None
        if after is None:
            raise _refused(source, builder, start, before, expect)
        expect = after


def _refused(source: Source, builder: Builder, at: int, before: int, expect: str) -> SpecError:
    from cnncalc.reading.text.json_help import explain
    from cnncalc.reading.text.lines import Lines

    lines = Lines(source.text)
    innermost = builder.stack[-1].mark if builder.stack else None
    opening = lines.starts[innermost.line] + innermost.column if innermost else None
    found = explain(source.text, at, before, expect, opening)
    mark = lines.mark(found.start, found.end)
    return problem(source, "C001", f"not valid JSON: {found.message}", mark, found.help)


def _mark(line: int, column: int, length: int) -> Mark:
    return Mark(line, column, line, column + length)


def _step(kind: str, token: str, mark: Mark, expect: str, source: Source, builder: Builder) -> str | None:
    """Take one token; say what may come next, or None where it does not fit."""
    if expect in ("firstkey", "key"):
        if kind == "string":
            builder.key(_string(token, mark, source), mark)
            return "colon"
        if token == "}" and expect == "firstkey":
            builder.close(mark)
            return _after_value(builder)
    elif expect == "colon" and token == ":":
        return "value"
    elif expect in ("value", "first"):
        if token == "{":
            builder.open(MapNode(mark))
            return "firstkey"
        if token == "[":
            builder.open(ListNode(mark))
            return "first"
        if token == "]" and expect == "first":
            builder.close(mark)
            return _after_value(builder)
        if kind in ("string", "number", "word"):
            builder.value(_scalar(kind, token, mark, source), mark)
            return _after_value(builder)
    elif expect == "next":
        inside_mapping = isinstance(builder.stack[-1], MapNode)
        if token == ",":
            return "key" if inside_mapping else "value"
        if token == ("}" if inside_mapping else "]"):
            builder.close(mark)
            return _after_value(builder)
    return None


def _after_value(builder: Builder) -> str:
    return "next" if builder.stack else "end"


def _scalar(kind: str, token: str, mark: Mark, source: Source) -> Any:
    if kind == "string":
        return _string(token, mark, source)
    if kind == "word":
        return _WORDS[token]
    return integer(token, mark, source) if token.lstrip("-").isdigit() else float(token)


def _string(token: str, mark: Mark, source: Source) -> str:
    if len(token) > MAX_SCALAR:
        raise problem(source, "C502", f"a text of more than {MAX_SCALAR:,} characters", mark)
    body = token[1:-1]
    if "\\" not in body:
        return body
    bad = next((m for m in _ESCAPE.finditer(body) if m[3] is not None), None)
    if bad:
        help = "write a backslash itself as \\\\"
        raise problem(source, "C001", f"not valid JSON: the escape {bad[0]} does not exist", mark, help)
    units = _ESCAPE.sub(lambda m: chr(int(m[1], 16)) if m[1] else _ESCAPES[m[2]], body)
    try:  # pairs of surrogates become one character, a lone one is an error
        return units.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        raise problem(source, "C006", "half of a surrogate pair is not a character", mark) from None
