"""YAML and JSON readers: the same data, the right places, and every refusal."""

import json
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from cnncalc.errors import Mark, Source, SpecError
from cnncalc.reading.text import nodes as document
from cnncalc.reading.text.files import JSON, YAML, read
from tests.examples import examples

ROOT = Path(__file__).parents[2]
SPECS = [*ROOT.glob("specs/*.yaml"), *ROOT.glob("tests/diagnostics/bad/C0*.yaml")]
GLUED = "C001_no_space_in_braces"  # PyYAML's own parser takes {a:[1]} for {a: [1]}


def read_yaml(text):
    return read(Source("x.yaml", text), YAML)


def read_json(text):
    return read(Source("x.json", text), JSON)


def test_places_of_keys_and_values():
    root = read_yaml("a: 1\nlayers:\n  - {type: conv2d, pad: [1, 2]}\n").root

    item = root["layers"][0]
    assert root.keys_at["layers"] == Mark(1, 0, 1, 6)
    assert root["layers"].values_at[0] == Mark(2, 4, 2, 31)
    assert item.keys_at["type"] == Mark(2, 5, 2, 9)
    assert item.values_at["type"] == Mark(2, 11, 2, 17)
    assert item["pad"].values_at == [Mark(2, 25, 2, 26), Mark(2, 28, 2, 29)]
    assert item.values_at["pad"] == Mark(2, 24, 2, 30)


def test_json_places_are_those_of_yaml():
    text = '{"a": 1,\n "layers": [{"type": "conv2d", "pad": [1, 2]}]}'
    ours, theirs = read_json(text), read_yaml(text)

    assert ours.root == theirs.root
    assert ours.root["layers"][0].keys_at == theirs.root["layers"][0].keys_at
    assert ours.root["layers"][0].values_at == theirs.root["layers"][0].values_at
    assert ours.root_mark == theirs.root_mark


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12), ("-3", -3), ("+4", 4), ("1.5", 1.5), ("1e3", 1000.0), (".5", 0.5), ("true", True), ("False", False),
        ("null", None), ("~", None), ("yes", "yes"), ("on", "on"), ("no", "no"), ("2024-01-01", "2024-01-01"),
        ("'12'", "12"), ('"true"', "true"), ("4*c", "4*c"), ("1.2.3", "1.2.3"), ("-", None),
    ],
)  # fmt: skip
def test_yaml_scalars_are_those_of_version_1_2(text, value):
    found = read_yaml(f"a: {text}\n" if text != "-" else "a:\n").root["a"]
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("text", "code", "line", "column"),
    [
        ("a: [", "C001", 1, 4),
        ("a:\n\t- 1", "C001", 2, 1),
        ("a: {b: c: d}", "C001", 1, 8),
        ("? [x]\n: 1", "C001", 1, 3),
        ("", "C002", 0, 0),
        ("# nothing", "C002", 0, 0),
        ("a: 1\na: 2", "C003", 2, 1),
        ("a: &x 1", "C004", 1, 4),
        ("a: *x", "C004", 1, 4),
        ("a: !!python/object:os.system 1", "C004", 1, 4),
        ("a: 1\n<<: {b: 1}", "C004", 2, 1),
        ("a: 1\n---\nb: 2", "C004", 2, 1),
        ("a: 010", "C005", 1, 4),
        ("a: 0x20", "C005", 1, 4),
        ("a: 1_000", "C005", 1, 4),
        ("a: 1:30", "C005", 1, 4),
        ("a: b\x07", "C006", 1, 5),
        ("a: \ufeffb", "C006", 1, 4),
        ("a: " + "9" * 30, "C101", 1, 4),
        ("{a: max(8, c)}", "C105", 1, 5),
        ("a: " + "x" * 5000, "C502", 1, 4),
        ("[" * 10_000, "C503", 1, 65),
        ("a: " + "[{a: " * 10_000, "C503", 1, 160),
        ("[" + "{" * 10_000, "C001", 1, 3),
        ("- " * 10_000, "C503", 1, 129),
        ("[? ]", "C001", 1, 2),
        ("a: {? : 1}", "C001", 1, 4),
        ("[" + "1," * 300_000 + "1]", "C502", 1, 400_000),
    ],
    ids=lambda v: repr(v)[:24],
)
def test_yaml_refusals(text, code, line, column):
    with pytest.raises(SpecError) as caught:
        read_yaml(text)

    (problem,) = caught.value.problems
    assert (problem.code, *problem.position[1:]) == (code, line, column)


@pytest.mark.parametrize("path", [p for p in SPECS if p.stem != GLUED], ids=lambda path: path.stem)
def test_without_libyaml_the_answers_are_the_same(path, monkeypatch):
    def answer():
        try:
            return read(Source("x.yaml", path.read_text("utf-8", "replace")), YAML).root
        except SpecError as error:
            return [(p.code, p.position) for p in error.problems]

    found = answer()
    monkeypatch.delattr(yaml, "CLoader", raising=False)
    assert answer() == found


@pytest.mark.parametrize(
    ("text", "code", "line", "column"),
    [
        ('{"a": 1,}', "C001", 1, 8),
        ('{"a" 1}', "C001", 1, 5),
        ("{'a': 1}", "C001", 1, 2),
        ('{"a": NaN}', "C001", 1, 7),
        ('{"a": 01}', "C001", 1, 7),
        ('{"a": "x', "C001", 1, 7),
        ('{"a": "\\q"}', "C001", 1, 7),
        ('{"a": 1} 2', "C001", 1, 10),
        ("{\n\t// no\n}", "C001", 2, 2),
        ("  ", "C002", 0, 0),
        ('{"a": 1, "a": 2}', "C003", 1, 10),
        ('{"a": "\\ud800"}', "C006", 1, 7),
        ('{"a": ' + "9" * 30 + "}", "C101", 1, 7),
        ("[" * 10_000, "C503", 1, 65),
    ],
    ids=lambda v: repr(v)[:24],
)
def test_json_refusals(text, code, line, column):
    with pytest.raises(SpecError) as caught:
        read_json(text)

    (problem,) = caught.value.problems
    assert (problem.code, *problem.position[1:]) == (code, line, column)


def test_json_that_yaml_readers_stumble_over():
    text = '{\n\t"name": "\\ud83d\\ude00 \\u00e9\\n",\n\t"' + "k" * 1500 + '": 1e3\n}'
    assert read_json(text).root == {"name": "😀 é\n", "k" * 1500: 1000.0}


@examples(300)
@given(st.text(max_size=120) | st.text("{}[],:-?&*!|>'\"%@`#\n\t ab1.\\", max_size=120))
def test_any_text_is_data_or_a_spec_error(text):
    for reader in (read_yaml, read_json):
        try:
            reader(text)
        except SpecError as error:
            assert all(p.code in ("C001", "C002", "C003", "C004", "C005", "C006", "C101", "C105", "C503")
                       for p in error.problems)  # fmt: skip


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Zl", "Zp")), max_size=20).filter(
    lambda t: t[:1] not in "+-.0123456789"  # PyYAML writes 0E0 without quotes: in YAML 1.1 it is text
)
DATA = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**15), 10**15)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(TEXT.filter(lambda k: k != "<<"), inner, max_size=4)
    ),
    max_leaves=20,
)


@examples(200)
@given(DATA)
def test_data_written_by_others_reads_back(data):
    root = {"data": data}
    assert read_json(json.dumps(root)).root == root
    assert read_json(json.dumps(root, indent="\t", ensure_ascii=False)).root == root
    try:
        found = read_yaml(yaml.safe_dump(root, allow_unicode=True)).root
    except SpecError as error:  # aliases for repeated lists, and numbers that YAML 1.1 alone understands
        assert error.problems[0].code in ("C004", "C005")
        return
    assert found == root


def test_the_limit_of_values_is_exact():
    fits = "[" + "1," * (document.MAX_NODES - 2) + "1]"
    assert len(read_json(fits).root) == document.MAX_NODES - 1
