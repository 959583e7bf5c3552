"""The page of each rule: its example shows the code, and what it says to write instead does not."""

import re

import pytest

from cnncalc.analysis.check import Options, check_text
from cnncalc.analysis.lints import all_lints
from cnncalc.errors import CODES
from cnncalc.report.rules import page, pages, rules_file

ALL = Options(select=("W",))
BLOCK = re.compile(r"```yml\n(.*?)```", re.DOTALL)
NO_EXAMPLE = {"C006", "C007", "C306", "C402", "C403", "C502", "C503"}  # what no small text can show


def codes(text):
    return {problem.code for problem in check_text(text, "example.yaml", ALL).problems}


def test_every_code_has_a_page_and_every_lint_a_code():
    assert list(pages()) == list(CODES)
    assert {p.name for p in pages().values()} == {rule.name for rule in CODES.values()}
    assert set(all_lints()) | {"W901"} == {code for code in CODES if code.startswith("W")}


@pytest.mark.parametrize("code", CODES)
def test_page(code):
    text = page(code).text
    assert "**Why it is bad.**" in text
    assert "**Instead.**" in text
    assert page(CODES[code].name) == page(code.lower()) == page(code)
    examples = BLOCK.findall(text)
    assert len(examples) == (0 if code in NO_EXAMPLE else 2)
    if examples:
        bad, good = examples
        assert code in codes(bad)
        assert code not in codes(good)
        assert not {c for c in codes(good) if c.startswith("C")}


def test_pages_are_in_the_order_of_codes():
    headings = re.findall(r"^## (\w+)", rules_file().read_text(encoding="utf-8"), re.MULTILINE)
    assert headings == list(CODES)
