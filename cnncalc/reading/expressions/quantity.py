"""Quantities with units in expectations: ``4.2G``, ``320KiB``, ``25.6M``."""

from __future__ import annotations

import re
from typing import Any

from cnncalc.reading.expressions import rational

_QUANTITY = re.compile(r"\s*(\d+(?:\.\d+)?|\.\d+)\s*([kKMGT]i?)?B?\s*\Z")
_FACTORS = {"": 1, "k": 10**3, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_BINARY = {"k": 1, "K": 1, "M": 2, "G": 3, "T": 4}


def parse(text: str) -> Any | None:
    """Return the exact number that a text with a unit means; None if it is not a quantity.

    ``k M G T`` are powers of 1000, ``Ki Mi Gi Ti`` of 1024; a trailing ``B`` is allowed.
    """
    match = _QUANTITY.match(text)
    if match is None:
        return None
    unit = match[2] or ""
    factor = 1024 ** _BINARY[unit[0]] if unit.endswith("i") else _FACTORS[unit]
    return rational.multiply(rational.parse(match[1]), factor)


def wrong_unit(text: str, name: str) -> tuple[str, str] | None:
    """Return message and help if a number of bytes is given for a quantity that is not measured in bytes."""
    if "bytes" in name or parse(text) is None or not text.rstrip().endswith("B"):
        return None
    message = f"'{text.strip()}' is a size in bytes, but {name} is not measured in bytes"
    return message, f"write {text.strip()[:-1].rstrip()}"
