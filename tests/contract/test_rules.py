"""The page of each rule: its example shows the code, and what it says to write instead does not.

``UPDATE_DOCS=1 pytest tests/contract/test_rules.py`` writes docs/rules.md from the pages.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from cnncalc.analysis.check import Options, check_text
from cnncalc.analysis.doubts import doubts
from cnncalc.analysis.rules import ERROR_PAGES, all_lints, rules
from cnncalc.errors import ERRORS
from cnncalc.report.rules import document, page, pages

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "rules.md"
ALL = Options(select=("W",))
BLOCK = re.compile(r"```yml\n(.*?)```", re.DOTALL)
NO_EXAMPLE = {"C006", "C007", "C306", "C402", "C403", "C502", "C503"}  # what no small text can show
CODES = [rule.code for rule in rules()]


def codes(text):
    return {problem.code for problem in check_text(text, "example.yaml", ALL).problems}


def test_rules_are_in_order_and_have_names_of_their_own():
    assert sorted(set(CODES)) == CODES == list(pages())
    assert len({rule.name for rule in rules()}) == len(CODES)
    assert {rule.level for rule in rules()} == {"error", "warning", "info", "off"}
    assert {rule.level for rule in rules() if rule.code.startswith("C")} == {"error"}


def test_every_error_has_a_page_and_every_page_an_error():
    assert sorted(path.stem for path in ERROR_PAGES.iterdir()) == sorted(ERRORS)


@pytest.mark.parametrize("lint", all_lints(), ids=lambda lint: lint.rule.code)
def test_a_lint_is_in_the_file_that_has_its_name(lint):
    name = lint.rule.name.replace("-", "_")
    folder = "doubts" if lint in doubts() else "lints"
    assert lint.find.__name__ == name
    assert lint.find.__module__ == f"cnncalc.analysis.{folder}.{name}"


@pytest.mark.parametrize("code", CODES)
def test_page(code):
    found = page(code)
    assert found == page(found.name) == page(code.lower())
    what, _, rest = found.text.partition("**Why it is bad.**")
    assert what.startswith(found.summary)
    assert what.partition("\n")[0].endswith(".")
    assert " ".join(what.split()) == found.what
    assert "**Instead.**" in rest
    examples = BLOCK.findall(rest)
    assert len(examples) == (0 if code in NO_EXAMPLE else 2)
    if examples:
        bad, good = examples
        assert code in codes(bad)
        assert code not in codes(good)
        assert not {c for c in codes(good) if c.startswith("C")}


def test_the_document_is_made_of_the_pages():
    if os.environ.get("UPDATE_DOCS"):
        DOCUMENT.write_text(document(), encoding="utf-8")
    assert DOCUMENT.read_text(encoding="utf-8") == document()


def test_without_docstrings_lints_work_and_have_no_pages():
    """Python's -OO takes docstrings away."""
    run = [sys.executable, "-OO", "-m", "cnncalc"]
    spec = "input: [3, 33, 33]\nlayers: [{type: maxpool2d, kernel_size: 2}]\n"
    found = subprocess.run(
        [*run, "check", "-"], input=spec, capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert "warning[W201]" in found.stdout
    found = subprocess.run([*run, "rule", "W201"], capture_output=True, text=True, cwd=ROOT, check=True)
    assert found.stdout.startswith("W201 dropped-pixels (warning)\n")
