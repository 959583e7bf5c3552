"""Every rule by code: errors, whose pages are in ``error_codes/``, and lints, whose pages are their docstrings."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from cnncalc.analysis import lints
from cnncalc.analysis.doubts import doubts
from cnncalc.analysis.lint import Lint, Subject, lints_in
from cnncalc.analysis.silence import unused_suppression
from cnncalc.errors import ERRORS, Rule, UsageError, did_you_mean
from cnncalc.reading.checking.suppression import covers

ERROR_PAGES = Path(__file__).parents[1] / "error_codes"


@cache
def all_lints() -> tuple[Lint[Subject], ...]:
    """Every lint that looks at a network, by code."""
    return tuple(sorted((*lints_in(lints), *doubts()), key=lambda lint: lint.rule.code))


@cache
def rules() -> tuple[Rule, ...]:
    """Every rule, by code."""
    errors = [Rule(code, name) for code, name in ERRORS.items()]
    return (*errors, *(lint.rule for lint in all_lints()), unused_suppression.rule)


def known(pattern: str) -> bool:
    """Whether a code, a name or a prefix of a code means any rule."""
    return any(covers(pattern, rule) for rule in rules())


def words() -> list[str]:
    """The codes and names of all rules."""
    return [*(rule.code for rule in rules()), *(rule.name for rule in rules())]


def refuse_unknown(patterns: Iterable[str]) -> None:
    """Raise ``UsageError`` for the first that means no rule; the message names the nearest."""
    for pattern in patterns:
        if not known(pattern):
            help = did_you_mean(pattern, words()) or "see cnncalc rule --all"
            raise UsageError(f"there is no rule '{pattern}'; {help}")


TYPES = "The layer types are {types}."  # in a page


def _types() -> str:
    import textwrap

    from cnncalc.registry import all_types

    names = ", ".join(f"`{name}`" for name in all_types())
    return textwrap.fill(f"The layer types are {names}.", 120, break_on_hyphens=False)


def page_of(code: str) -> str:
    """What a rule finds, why that is bad, an example, and what to write instead: Markdown."""
    if code in ERRORS:
        text = (ERROR_PAGES / f"{code}.md").read_text(encoding="utf-8").strip()
        return text.replace(TYPES, _types()) if TYPES in text else text
    pages = {lint.rule.code: lint.page for lint in all_lints()}
    return pages.get(code, unused_suppression.page)
