"""The tests are a house of their own."""

import re
from pathlib import Path

TESTS = Path(__file__).parents[1]


def test_tests_import_helpers_and_not_each_other():
    importing = re.compile(r"^(from|import) tests\.\S*test_", re.MULTILINE)
    assert [path for path in TESTS.rglob("*.py") if importing.search(path.read_text(encoding="utf-8"))] == []


def test_oracles_have_an_oracle():
    oracles = list((TESTS / "oracle").glob("test_*.py"))
    assert oracles
    assert [path for path in oracles if "importorskip" not in path.read_text(encoding="utf-8")] == []
