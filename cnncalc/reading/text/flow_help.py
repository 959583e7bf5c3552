"""What is wrong between brackets in YAML: a comma, a colon or the closing bracket is missing."""

from __future__ import annotations

import re

from cnncalc.reading.text.lines import Found, Lines, unclosed_quote

_FLOW = re.compile(
    r"(?P<blank>[ \t\n]+(?:#[^\n]*)?)|(?P<open>[\[{])|(?P<close>[\]}])|(?P<comma>,)"
    r"|(?P<colon>:(?=[\s,\[\]{}]|\Z)|(?<=[\"']):)"
    r"|(?P<quoted>\"(?:[^\"\\]|\\.)*\"|'(?:[^']|'')*')|(?P<bad>[\"'])"
    r"|(?P<word>(?:[^\s,\[\]{}:]|:(?![\s,\[\]{}]|\Z))+|.)",
    re.DOTALL,
)
_NEW_LINE_OF_LIST = re.compile(r"-[ \n]")
_NEW_KEY = re.compile(r"[A-Za-z_]\w*:(?=[ \t\n]|\Z)")
_INDEXED = re.compile(r"[^,\[\]{}\n]*\w(?:\[[^,\[\]{}\n]+\][^,\[\]{}\n]*)+")  # an expression such as c[0]
_CLOSING = {"[": "]", "{": "}"}


class _Bracket:
    """A bracket that is open: the parts of the entry under way, and whether it has its colon."""

    __slots__ = ("abandoned", "colon", "offset", "parts")

    def __init__(self, offset: int) -> None:
        self.offset = offset
        self.parts: list[tuple[str, int, int]] = []  # of this entry: kind, start, end
        self.colon = False
        self.abandoned = 0  # where a new item or key begins, as if this were closed


def flow_end(lines: Lines, start: int) -> int:
    """From an opening bracket to behind the one that closes it."""
    text, open_brackets, at = lines.text, [_Bracket(start)], start + 1
    while open_brackets:
        bracket, token = open_brackets[-1], _FLOW.match(text, at)
        if token is None:
            raise _unclosed(lines, bracket, len(text))
        kind, at = token.lastgroup or "", token.end()
        if kind == "blank":
            _notice_new_line(lines, bracket, token[0], at)
        elif kind == "bad":
            raise unclosed_quote(token.start())
        elif kind == "comma":
            if not bracket.parts and not bracket.colon:
                raise Found("there is no entry before this ','", token.start(), at, "remove it")
            bracket.parts, bracket.colon = [], False
        elif kind == "close":
            if token[0] != _CLOSING[text[bracket.offset]]:
                raise _unclosed(lines, bracket, token.start())
            open_brackets.pop()
            if open_brackets:
                open_brackets[-1].parts.append(("close", bracket.offset, at))
        elif kind == "colon":
            _end_key(lines, bracket, token.start())
        else:
            _begin_part(lines, bracket, (kind, token.start(), at))
            if kind == "open":
                open_brackets.append(_Bracket(token.start()))
    return at


def _end_key(lines: Lines, bracket: _Bracket, colon: int) -> None:
    """A colon: what stands before it, in one line and with no other colon, is a key."""
    parts = bracket.parts
    if bracket.colon:
        raise _missing_comma(lines, bracket, parts.pop() if parts else ("colon", colon, colon + 1))
    if not parts:
        raise Found("there is no key before this ':'", colon, colon + 1, "write the key, or remove the ':'")
    text = lines.text
    if text[colon - 1] not in "\"'" and text[colon + 1 : colon + 2].strip():
        name = text[parts[-1][1] : parts[-1][2]][:40]
        help = f"write '{name}: {text[colon + 1]}'"
        raise Found(f"a space is missing after '{name}:'", colon, colon + 1, help)
    if lines.number(parts[0][1]) != lines.number(colon):
        if bracket.abandoned:
            raise _unclosed(lines, bracket, colon)
        help = "write the key and its ':' on one line"
        raise Found("a key continues on the next line", parts[0][1], parts[0][2], help)
    bracket.parts, bracket.colon = [], True


def _begin_part(lines: Lines, bracket: _Bracket, part: tuple[str, int, int]) -> None:
    """One part of an entry: words may follow each other, nothing else."""
    if bracket.parts and (part[0] != "word" or bracket.parts[-1][0] != "word"):
        raise _missing_comma(lines, bracket, part)
    word = lines.text[part[1] : part[2]]
    if word == "-":
        help = "remove it: between brackets commas separate entries"
        raise Found("an entry between brackets does not begin with '-'", part[1], part[2], help)
    if word[0] == ":":
        raise Found(
            "an entry cannot begin with a ':'", part[1], part[2], "remove it, or put the text in quotes"
        )
    if word[0] == "#":
        raise Found("a space is missing before this '#'", part[1], part[2], "write ' #' to begin a comment")
    if part[0] != "open":
        bracket.parts.append(part)


def _missing_comma(lines: Lines, bracket: _Bracket, part: tuple[str, int, int]) -> Found:
    """Between the last part of an entry and the part that begins another."""
    text, (_, start, end) = lines.text, part
    if bracket.abandoned:
        return _unclosed(lines, bracket, start)
    shown = text[start : min(end, start + 40)]
    if not bracket.parts:
        return Found("a second ':' in one entry", start, end, "separate entries by commas, or quote the text")
    last = bracket.parts[-1]
    if text[last[2] - 1] == "$":
        help = "names are written as they are, such as H, without brackets or signs"
        return Found("a '$' before a bracket", last[2] - 1, last[2], help)
    if text[last[2] - 1] == ";":
        return Found("';' does not separate entries", last[2] - 1, last[2], "write ',' instead of ';'")
    if not bracket.colon and text[bracket.offset] == "{":
        name = text[last[1] : min(last[2], last[1] + 40)]
        help = f"write '{name}: {shown}'"
        return Found(f"a ':' is missing after '{name}'", last[2], last[2] + 1, help)
    start_of_value = bracket.parts[0][1]
    if (bracket.colon or text[bracket.offset] == "[") and (quoted := _INDEXED.match(text, start_of_value)):
        help = f'write it in double quotes: "{quoted[0].strip()[:60]}"'
        return Found("an expression with '[' needs quotes between brackets", start, end, help)
    help = f"write '{text[max(last[1], last[2] - 20) : last[2]]}, {shown}'"
    return Found(f"a ',' is missing before '{shown}'", last[2], last[2] + 1, help)


def _notice_new_line(lines: Lines, bracket: _Bracket, blank: str, at: int) -> None:
    """A line that begins as an item or an outer key does: an opening bracket was likely forgotten."""
    if "\n" not in blank or bracket.abandoned:
        return
    outer = lines.starts[lines.number(bracket.offset) - 1]
    key = _NEW_KEY.match(lines.text, at) and lines.position(at)[1] <= lines.indentation(outer)
    if key or _NEW_LINE_OF_LIST.match(lines.text, at):
        bracket.abandoned = at
        if not key:  # no list with dashes stands in brackets
            raise _unclosed(lines, bracket, at)


def _unclosed(lines: Lines, bracket: _Bracket, end: int) -> Found:
    """A bracket that nothing closes: not before the offset ``end``, where something else shows it."""
    opening = lines.text[bracket.offset]
    line = lines.number(bracket.abandoned or end)
    if lines.text[end : end + 1] in ("]", "}") and not bracket.abandoned:
        where = f"before the '{lines.text[end]}' in line {line}"
    else:
        where = f"at the end of line {lines.number(len(lines.text[: bracket.abandoned or end].rstrip()))}"
    help = f"write the missing '{_CLOSING[opening]}' {where}"
    return Found(f"this '{opening}' is never closed", bracket.offset, bracket.offset + 1, help)
