"""Text made safe for where it goes, and numbers for the eye."""

from __future__ import annotations

import re
from collections.abc import Callable

from cnncalc.counting.quantities import Number
from cnncalc.dims import Dim
from cnncalc.reading.expressions.rational import Rational
from cnncalc.shapes import Shape

# control characters, and characters that reorder or hide text on a terminal
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"
)
_SURROGATE = re.compile("[\ud800-\udfff]")


def safe(text: str) -> str:
    """Text that cannot steer a terminal: control and invisible characters as escapes."""
    return _UNSAFE.sub(_escape, text)


def unicode(text: str) -> str:
    """Text that every encoding of Unicode takes: bytes of file names that are not UTF-8 as escapes."""
    return _SURROGATE.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    if 0xDC80 <= code <= 0xDCFF:  # a byte of a file name
        code -= 0xDC00
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


_NOT_XML = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]"
)  # its complement takes 4 ms to compile


def xml(text: str) -> str:
    """Text without what XML cannot hold, however it is escaped."""
    return _NOT_XML.sub("?", text)


def markup(text: str) -> str:
    """Text for HTML, SVG and other XML, in elements and in attributes in double quotes."""
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        text = text.replace(character, entity)
    return text


_LATEX = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
_LATEX |= {c: f"\\{c}" for c in "&%$#_{}"}


def _latex(text: str) -> str:
    return "".join(_LATEX.get(character, character) for character in text)


def _markdown(text: str) -> str:
    return re.sub(r"([\\`*\[\]<>|])", r"\\\1", text)


def _wiki(text: str) -> str:
    return text.replace("|", "&#124;").replace("{", "&#123;").replace("[", "&#91;").replace("<", "&lt;")


#: by tabulate format; tabulate itself escapes html, latex, latex_booktabs and latex_longtable
ESCAPES: dict[str, Callable[[str], str]] = {
    "unsafehtml": markup, "latex_raw": _latex, "github": _markdown, "pipe": _markdown,
    "mediawiki": _wiki, "moinmoin": _wiki, "jira": _wiki, "youtrack": _wiki, "textile": _wiki,
}  # fmt: skip


def escape(text: str, fmt: str) -> str:
    """User text for a table format."""
    return ESCAPES.get(fmt, str)(safe(text))


def count(number: Number | float | None) -> str:
    """An exact number with thousands separators, a fraction with two decimals; an expression as it is."""
    if number is None:
        return ""
    if isinstance(number, int):
        return f"{number:,}"
    return f"{number:,.2f}" if isinstance(number, float | Rational) else str(number)


def dims(shape: Shape) -> str:
    """A shape for a table cell: ``64×112×112``."""
    return "×".join(t if (t := str(d)).isalnum() else f"({t})" for d in shape)


def size(number: Dim | None) -> str:
    """Bytes in MB (10^6), or kB for small ones; exact below."""
    if not isinstance(number, int):
        return f"{number} bytes" if number is not None else "depends on free variables"
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if number >= factor:
            return f"{number / factor:,.2f} {unit}"
    return f"{number} bytes"
