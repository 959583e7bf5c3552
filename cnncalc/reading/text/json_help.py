"""Explains why a text is not valid JSON, from where the parser stopped and what it expected."""

from __future__ import annotations

import re

from cnncalc.reading.slips import listed
from cnncalc.reading.text.lines import Found, Lines, unclosed_quote

_STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"')
_SINGLE = re.compile(r"'([^'\n]*)'")
_KEY = re.compile(r'"[^"\n]*"\s*:')
_BARE_KEY = re.compile(r"[A-Za-z_]\w*\s*:")
_LAST_NUMBER = re.compile(r"[0-9.]+ *\Z")
_NUMBER = re.compile(r"[-+]?[0-9.][\w.+]*")
_EXPRESSION = re.compile(r"[^\s\[\]{},:\"'][^\[\]{},:\"'\n]*")
_ROUND = re.compile(r"\([^()\n]*\)")
_CLOSING = {"[": "]", "{": "}"}
#: words of other languages, and JSON's
WORDS = {"True": "true", "TRUE": "true", "False": "false", "FALSE": "false", "None": "null", "nil": "null",
         "undefined": "null", "yes": "true", "no": "false"}  # fmt: skip


def explain(text: str, at: int, before: int, expect: str, opening: int | None) -> Found:
    """What is wrong at an offset.

    Args:
        text: the whole text.
        at: where the token begins that does not fit.
        before: where the last one that did ends.
        expect: what may come: ``value``, ``first`` (value or end of a list), ``key``, ``firstkey``,
            ``colon``, ``next`` (a comma or the end of what is open) or ``end`` (of the file).
        opening: where the innermost open bracket stands, if there is one.
    """
    lines, first = Lines(text), text[at : at + 1]
    inside = text[opening] if opening is not None else ""
    if found := _of_the_character(text, at, lines.end_of_line(at)):
        return found
    if first == "" and opening is not None:
        return _unclosed(lines, opening, at)
    if first in "]}" and text[before - 1 : before] == ",":
        return Found(
            f"there is a ',' before the '{first}'", before - 1, before, "remove it: it separates entries"
        )
    if first in "]}" and opening is not None and expect != "colon" and first != _CLOSING[inside]:
        return _unclosed(lines, opening, at)
    if first in "]}" and opening is None:
        return Found(f"this '{first}' closes nothing", at, at + 1, "remove it, or add the opening bracket")
    if expect == "next" and inside == "[" and (first == ":" or _KEY.match(text, at)) and opening is not None:
        return _unclosed(lines, opening, text.rfind('"', 0, before - 1) if first == ":" else before)
    if expect == "next":
        value_begins = first.isdigit() or first in '"{['
        if not value_begins and (number := _LAST_NUMBER.search(text, max(before - 40, 0), at)):
            return _of_the_value(text, number.start(), "a value")
        shown = _shown(text, at)
        return Found(f"a ',' is missing before {shown}", before, before + 1, f"write ',' before {shown}")
    if expect == "colon":
        name = text[text.rfind('"', 0, before - 1) : before]
        place = (at, at + 1) if first == "=" else (before, before + 1)
        return Found(f"a ':' is missing after {name[:40]}", *place, f"write {name[:40]}: ...")
    if expect == "end":
        return Found("text after the end of the spec", at, lines.end_of_line(at), "remove it")
    if opening is None and _BARE_KEY.match(text, at):
        return Found("this is YAML", at, at + 1, "give the file a name that ends in .yaml")
    return _of_the_value(text, at, "a key" if "key" in expect else "a value")


def _of_the_character(text: str, at: int, end: int) -> Found | None:
    """What no JSON has anywhere: comments, single quotes, an open text."""
    first = text[at : at + 1]
    if first == "#" or text.startswith(("//", "/*"), at):
        return Found(
            "JSON has no comments", at, end, "remove it, or name the file .yaml and begin it with '#'"
        )
    if first == '"' and not _STRING.match(text, at):
        return unclosed_quote(at)
    if first == "'":
        single = _SINGLE.match(text, at)
        help = f'write "{single[1]}"' if single else 'write " for each of them'
        return Found("JSON allows only double quotes", at, single.end() if single else at + 1, help)
    return None


def _of_the_value(text: str, at: int, what: str) -> Found:
    """Something stands where a value or key is due, but is none."""
    round_list = _ROUND.match(text, at)
    if round_list and (meant := listed(round_list[0])):
        return Found("a list needs square brackets", at, round_list.end(), f"write {meant}")
    found = _EXPRESSION.match(text, at)
    if found is None:
        return Found(
            f"{what} is missing before '{text[at]}'", at, at + 1, f"write {what}, or remove the '{text[at]}'"
        )
    token = found[0].strip()
    end = at + len(token)
    if token in WORDS and what == "a value":
        return Found(f"JSON has no '{token}'", at, end, f"write {WORDS[token]}")
    number = _NUMBER.fullmatch(token)
    if number and what == "a value":
        return Found(f"'{token[:40]}' is not a number", at, end, _plain_number(token))
    kind = "a key" if what == "a key" else "a string or an expression"
    return Found(f"{kind} needs double quotes", at, end, f'write "{token[:60]}"')


def _plain_number(token: str) -> str:
    digits = token.lstrip("+").replace("_", "").rstrip(".")
    digits = digits.lstrip("0") or "0" if digits.isdigit() else digits
    if meant := listed(token):
        return f"write {meant}"
    if digits.startswith("."):
        return f"write 0{digits}"
    return f"write {digits}" if digits.isdigit() else "write plain decimal numbers: 32, 0.5 or 1e-5"


def _unclosed(lines: Lines, opening: int, end: int) -> Found:
    bracket = lines.text[opening]
    last = lines.number(len(lines.text[:end].rstrip()))
    here = lines.text[end : end + 1]
    where = (
        f"before the '{here}' in line {lines.number(end)}"
        if here in ("]", "}")
        else f"at the end of line {last}"
    )
    help = f"write the missing '{_CLOSING[bracket]}' {where}"
    return Found(f"this '{bracket}' is never closed", opening, opening + 1, help)


def _shown(text: str, at: int) -> str:
    string = _STRING.match(text, at)
    word = string or _EXPRESSION.match(text, at)
    shown = word[0].strip() if word else text[at]
    return shown[:40] if string and len(shown) <= 40 else f"'{shown[:40]}'"
