"""The hash of a line by which GitHub code scanning knows a finding again when lines move.

Each line is known by a rolling hash of the 100 characters from its beginning, blanks and tabs left
out, and by how many lines before it have the same hash. Whoever uploads SARIF by GitHub's action gets
the same values from there, and a warning for each that differs.

Source: github/codeql-action, src/fingerprints.ts, which computes ``primaryLocationLineHash``.
"""

from __future__ import annotations

from collections import Counter

BLOCK = 100
FACTOR = 37
BITS = (1 << 64) - 1
LEAVING = pow(FACTOR, BLOCK, 1 << 64)  # the factor of the character that leaves the block
END = 0xFFFF


def line_hashes(text: str) -> list[str]:
    """For each line of a text ``hash:count``; the line after a last line break counts too."""
    units = text.encode("utf-16-le", "surrogatepass")
    stream = [int.from_bytes(units[i : i + 2], "little") for i in range(0, len(units), 2)]
    kept = [unit for unit in stream if unit not in (0x20, 0x09)]
    kept = [*kept, END, *[0] * BLOCK]
    found: list[str] = []
    counts: Counter[str] = Counter()
    value = 0
    for at, unit in enumerate(kept):
        begins = at - BLOCK
        if begins >= 0 and (begins == 0 or kept[begins - 1] == 0x0A):
            digits = f"{value:x}"
            counts[digits] += 1
            found.append(f"{digits}:{counts[digits]}")
        value = (value * FACTOR + unit - LEAVING * (kept[begins] if begins >= 0 else 0)) & BITS
    return found
