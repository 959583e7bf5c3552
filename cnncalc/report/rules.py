"""The page of each rule, and docs/rules.md, which is made of all of them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from cnncalc.analysis.doubts import doubts
from cnncalc.analysis.rules import page_of, rules
from cnncalc.errors import UsageError, did_you_mean
from cnncalc.layer import Layer

HEAD = """\
# Rules

<!-- Written by `UPDATE_DOCS=1 pytest tests/contract/test_rules.py` from cnncalc/error_codes/ and the docstrings of the lints. -->

Every code that cnncalc prints has a page: what the rule finds, why that is bad, an example, and what to write instead.
`cnncalc rule ID` prints one page, and `cnncalc rule --all` lists all codes. Codes that begin with C are errors. Codes that begin
with W are lints: probable mistakes in valid specs. A lint is a warning or an info; infos never fail a check.

{count} lints warn that the numbers are probably not the ones you want ({codes}). Every command that prints numbers prints them on standard
error unless they are silenced, and in Python they are in `report.warnings`.

To silence a lint for one layer, put the comment `# cnncalc: ignore[W203] reason` on its line. To silence it for a file, write
`lint: {{ignore: [W203]}}`. To silence it for a project, set `ignore` under `[tool.cnncalc]` in `pyproject.toml`.

| code | name | level | what it finds |
| --- | --- | --- | --- |
"""
NUMBERS = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten")


class Page(NamedTuple):
    """One rule, and its text in Markdown."""

    code: str
    name: str
    level: str
    text: str

    @property
    def summary(self) -> str:
        """The first line: what it finds."""
        return self.text.partition("\n")[0].rstrip(".")

    @property
    def what(self) -> str:
        """What it finds, in full: all that stands before the reasons."""
        return " ".join(self.text.partition("\n**Why")[0].split())

    @property
    def anchor(self) -> str:
        """The heading of the page, as GitHub links to it."""
        return f"{self.code.lower()}-{self.name}"


def page(code: str) -> Page:
    """The page of a code or name.

    Raises:
        UsageError: there is no such rule.
    """
    names = {rule.name: rule.code for rule in rules()}
    key = names.get(code.lower(), code.upper())
    if key not in names.values():
        help = did_you_mean(code, [*names.values(), *names]) or "'cnncalc rule --all' lists them"
        raise UsageError(f"there is no rule '{code[:64]}'; {help}")
    return pages()[key]


def pages() -> dict[str, Page]:
    """Every page by code; one lists the layer types, and more may be registered."""
    return _pages(tuple(Layer.types))


@cache
def _pages(_: tuple[str, ...]) -> dict[str, Page]:
    return {rule.code: Page(*rule, page_of(rule.code)) for rule in rules()}


def document() -> str:
    """docs/rules.md."""
    codes = [lint.rule.code for lint in doubts()]
    head = HEAD.format(count=NUMBERS[len(codes)], codes=", ".join(codes))
    rows = [f"| [{p.code}](#{p.anchor}) | {p.name} | {p.level} | {p.summary} |\n" for p in pages().values()]
    sections = [f"\n## {p.code} {p.name}\n\n{p.text}\n" for p in pages().values()]
    return "".join([head, *rows, *sections])


def as_text(chosen: Page | Sequence[Page]) -> str:
    """A page to read, or a line for each of several."""
    if isinstance(chosen, Page):
        return f"{chosen.code} {chosen.name} ({chosen.level})\n\n{chosen.text}"
    width = max(len(p.name) for p in chosen)
    return "\n".join(f"{p.code}  {p.name:{width}}  {p.level:7}  {p.summary}" for p in chosen)


def as_json(chosen: Page | Sequence[Page]) -> str:
    """A page, or a list of them."""
    import json

    def data(page: Page) -> dict[str, str]:
        return page._asdict() | {"summary": page.summary}

    return json.dumps(data(chosen) if isinstance(chosen, Page) else [*map(data, chosen)], indent=2)
