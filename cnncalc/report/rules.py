"""The page of each code: what it finds, why that is bad, an example, and what to write instead."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

from cnncalc.errors import CODES, UsageError, did_you_mean

HEADING = re.compile(r"^## ([CW]\d{3}) ([a-z0-9-]+)\n", re.MULTILINE)


class Page(NamedTuple):
    """One rule: Markdown, and its first paragraph."""

    code: str
    name: str
    level: str
    text: str

    @property
    def what(self) -> str:
        """The first paragraph."""
        return " ".join(self.text.split("\n\n", 1)[0].split())


def page(code: str) -> Page:
    """The page of a code or name.

    Raises:
        UsageError: there is no such rule.
    """
    names = {rule.name: key for key, rule in CODES.items()}
    key = names.get(code.lower(), code.upper())
    if key not in CODES:
        help = did_you_mean(code, [*CODES, *names]) or "'cnncalc rule --all' lists them"
        raise UsageError(f"there is no rule '{code[:64]}'; {help}")
    return pages()[key]


@cache
def pages() -> dict[str, Page]:
    """Every page by code."""
    parts = HEADING.split(rules_file().read_text(encoding="utf-8"))[1:]
    triples = zip(parts[::3], parts[1::3], parts[2::3], strict=True)
    return {code: Page(code, name, CODES[code].level, text.strip()) for code, name, text in triples}


def rules_file() -> Path:
    """``rules.md``: inside the package, or in ``docs`` of a checkout."""
    inside = Path(__file__).parent.parent / "rules.md"
    return inside if inside.is_file() else Path(__file__).parent.parent.parent / "docs" / "rules.md"
