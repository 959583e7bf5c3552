"""What was probably meant: pure functions of what was written."""

from __future__ import annotations

import re

_SIZE = re.compile(r"[\w.+*/%() -]+")
_NUMBERS = re.compile(r"-?[0-9]+(?:(?:\s*[xX×*]\s*|[;\s]\s*)-?[0-9]+)+")


def listed(text: str) -> str | None:
    """A list in the spec's form for one in another: ``(3, 3)``, ``3, 3``, ``3x3``, ``3 3``; else None."""
    text = text.strip()
    if _NUMBERS.fullmatch(text):
        return f"[{', '.join(re.findall('-?[0-9]+', text))}]"
    inner = text[1:-1] if text.startswith("(") and text.endswith(")") else text
    parts = _split(inner)
    if parts is None or len(parts) < 2:
        return None
    if not parts[-1]:  # (3,)
        parts.pop()
    if not all(parts):
        return None
    elements = [listed(part) or (part if _SIZE.fullmatch(part) else None) for part in parts]
    return f"[{', '.join(map(str, elements))}]" if None not in elements else None


def _split(text: str) -> list[str] | None:
    """What commas outside of round brackets separate; None if the brackets do not match."""
    parts, depth = [""], 0
    for character in text:
        depth += (character == "(") - (character == ")")
        if depth < 0:
            return None
        if character == "," and not depth:
            parts.append("")
        else:
            parts[-1] += character
    return None if depth else [part.strip() for part in parts]


def sizes(text: str) -> tuple[int, ...] | None:
    """The numbers of a list that was written in another form, if all are plain."""
    meant = listed(text)
    parts = meant[1:-1].split(", ") if meant else [""]
    return tuple(map(int, parts)) if all(part.isdigit() for part in parts) else None
