"""Syntax errors are explained from the text: whatever the parser, the answer is the same."""

import json
from pathlib import Path

import pytest
import yaml

from cnncalc.__main__ import main
from cnncalc.errors import SpecError
from cnncalc.reading.text.files import read_text
from cnncalc.reading.text.yaml_help import explain
from cnncalc.registry import all_types

BAD = Path(__file__).parent.parent / "diagnostics" / "bad"
SYNTAX = sorted(BAD.glob("C001*.yaml"))
#: what PyYAML's own parser takes, libyaml does not
LENIENT = {"C001_no_space_in_braces"}


def answer(text):
    with pytest.raises(SpecError) as caught:
        read_text(text, "spec.yaml")
    return caught.value.problems


@pytest.mark.parametrize("path", [p for p in SYNTAX if p.stem not in LENIENT], ids=lambda p: p.stem)
def test_the_answer_does_not_depend_on_the_parser(path, monkeypatch):
    text = path.read_text(encoding="utf-8")
    with_libyaml = answer(text)

    monkeypatch.setattr(yaml, "CLoader", yaml.Loader)

    assert answer(text) == with_libyaml


@pytest.mark.parametrize("path", SYNTAX, ids=lambda p: p.stem)
def test_every_answer_says_what_to_do_and_none_is_the_last_resort(path):
    for problem in answer(path.read_text(encoding="utf-8")):
        assert problem.help
        assert "does not fit those above" not in problem.message


def test_a_slip_that_no_rule_knows_is_placed_where_the_parser_stopped():
    text = "input: [3]\nlayers:\n  - ? {type: relu}\n    - flatten: x\n"
    (problem,) = answer(text)

    assert problem.code == "C001"
    assert problem.place.mark.line in (2, 3)


@pytest.mark.parametrize(
    "unit", ["[", "{a: ", "- ", "'", "a ", "a: b\n", "a:\n", "\t", "::", "x,", '"', "a: [1, 2]\n", " "]
)
def test_long_texts_of_one_kind_are_explained_in_time(unit):
    from time import process_time

    from cnncalc.errors import Mark

    start = process_time()
    explain("k: " + unit * 50_000, Mark(10**6, 0, 10**6, 1))

    assert process_time() - start < 3


@pytest.mark.parametrize("as_json", [False, True])
def test_a_character_too_few_is_explained_wherever_it_is(as_json):
    text = (BAD.parent.parent.parent / "specs" / "lenet5.yaml").read_text(encoding="utf-8")
    if as_json:
        text = json.dumps(yaml.safe_load(text), indent=1)
    for offset in range(len(text)):
        try:
            read_text(text[:offset] + text[offset + 1 :])
        except SpecError as error:
            assert error.problems[0].help
            assert "does not fit those above" not in error.problems[0].message


def test_the_page_of_unknown_types_lists_every_type(capsys):
    assert main(["rule", "C103"]) == 0
    page = capsys.readouterr().out

    assert [name for name in all_types() if name not in page] == []
