"""Pure functions from what was written to what was probably meant."""

from __future__ import annotations

import re

LONGEST = 120  # of a text that is taken for a list
_AMOUNT = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(%|[A-Za-z]+)")
_THOUSANDS = {"k": 10**3, "K": 10**3, "m": 10**6, "M": 10**6}
_SIZE = re.compile(r"[\w.+*/%() -]+")
_PAIR = re.compile(r"([A-Za-z_]\w*)(?:\s*[:=]\s*|\s+)(\S.*)")
_CALL = re.compile(r"((?:\w+\.)*\w+)\((.*)\)")
_TIMES = re.compile(r"(\w+)\s*[xX×*]\s*(\d+)")
_NUMBERS = re.compile(r"-?[0-9]+(?:(?:\s*[xX×*]\s*|[;\s]\s*)-?[0-9]+)+")


def listed(text: str) -> str | None:
    """Convert a list in another form (``(3, 3)``, ``3, 3``, ``3x3``, ``3 3``) to the spec's form; None if it is not one."""
    text = text.strip()
    if len(text) > LONGEST:
        return None
    if _NUMBERS.fullmatch(text):
        return f"[{', '.join(re.findall('-?[0-9]+', text))}]"
    inner = text[1:-1] if text[:1] + text[-1:] in ("()", "[]") else text
    parts = _split(inner)
    if parts is None or len(parts) < 2:
        return None
    if not parts[-1]:  # (3,)
        parts.pop()
    if not all(parts):
        return None
    if grouped(text) is not None and any(len(part) > 1 and part[0] == "0" for part in parts):
        return None  # 30,000 is a number
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


def grouped(text: str) -> str | None:
    """Return a number written in groups of three digits: ``1,234,567``."""
    return text.replace(",", "") if re.fullmatch(r"[1-9][0-9]{0,2}(,[0-9]{3})+", text.strip()) else None


def amount(text: str) -> str | None:
    """The number that a percentage, a multiple or a number with a unit is: ``50%``, ``1k``, ``3px``."""
    if (number := grouped(text)) is not None:
        return number
    found = _AMOUNT.fullmatch(text.strip())
    if found is None or found[2] in ("x", "X"):
        return None
    number, unit = found.groups()
    if unit == "%":
        return f"{float(number) / 100:g}"
    return f"{float(number) * _THOUSANDS[unit]:.0f}" if unit in _THOUSANDS else number


def plain_number(text: str) -> str | None:
    """The decimal number that ``1_000`` or ``0x20`` is to all who take it for a number."""
    digits = text.replace("_", "")
    if re.fullmatch(r"0x[0-9A-Fa-f]{1,16}", digits):
        return str(int(digits, 16))
    return digits if "_" in text and re.fullmatch(r"[1-9][0-9]*", digits) else None


def sizes(text: str) -> tuple[int, ...] | None:
    """The numbers of a list that was written in another form, if all are plain."""
    meant = listed(text)
    parts = meant[1:-1].split(", ") if meant else [""]
    return tuple(map(int, parts)) if all(re.fullmatch(r"[0-9]+", part) for part in parts) else None


def pair(text: str) -> tuple[str, str] | None:
    """Key and value, where no ':' with a space separates them: ``stride:2``, ``stride=2``, ``stride 2``."""
    found = _PAIR.fullmatch(text.strip())
    return (found[1], found[2].strip()) if found else None


def call(text: str) -> tuple[str, str] | None:
    """Return name and arguments of a text that looks like a call: ``nn.Conv2d(3, 32, 3)``."""
    found = _CALL.fullmatch(text.strip())
    return (found[1], found[2].strip()) if found else None


def times(text: str) -> tuple[str, str] | None:
    """Return a name and a number of repetitions: ``relu x 3``."""
    found = _TIMES.fullmatch(text.strip())
    return (found[1], found[2]) if found else None


def bare(text: str) -> str:
    """Return a word without the commas and quotes around it."""
    return text.strip(" \t,;'\"`“”‘’„«»")
