"""Fields of layer types describe themselves; the tables in docs/spec.md are made of that.

``UPDATE_DOCS=1 pytest tests/contract/test_fields.py`` writes the tables anew.
"""

import os
from pathlib import Path
from typing import Annotated, Literal

import pytest

from cnncalc import fields
from cnncalc.fields import About
from cnncalc.layer import Elementwise, Layer
from cnncalc.registry import all_types
from tests.tables import tables

PAGE = Path(__file__).parent.parent.parent / "docs" / "spec.md"
START, END = "<!-- written by tests/contract/test_fields.py -->\n\n", "\n<!-- end -->\n"


def test_the_tables_of_the_docs_are_what_fields_say_of_themselves():
    text = PAGE.read_text(encoding="utf-8")
    assert (text.count(START), text.count(END)) == (1, 1)
    before, _, rest = text.partition(START)
    written, _, after = rest.partition(END)
    made = tables(all_types())
    if os.environ.get("UPDATE_DOCS"):
        PAGE.write_text(f"{before}{START}{made}{END}{after}", encoding="utf-8")
    else:
        assert written == made


@pytest.fixture
def types():
    """The table of types, as it was before."""
    known = dict(Layer.types)
    yield
    Layer.types.clear()
    Layer.types.update(known)


@pytest.mark.usefixtures("types")
def test_a_field_without_a_description_is_an_error_that_names_it():
    with pytest.raises(TypeError, match=r"the field slope of Bare needs a description: Annotated"):

        class Bare(Elementwise):
            type: Literal["bare"] = "bare"
            slope: fields.Real = 1.0

    assert "bare" not in Layer.types


@pytest.mark.usefixtures("types")
def test_a_required_field_without_an_example_is_an_error_that_names_it():
    with pytest.raises(TypeError, match=r"the field slope of Bare needs an example, because it is required"):

        class Bare(Elementwise):
            type: Literal["bare"] = "bare"
            slope: Annotated[fields.Real, About("Factor below zero.")]


@pytest.mark.parametrize(("name", "field", "word", "other"), [
    ("lrn", "size", "channels", "axis"),
    ("pad", "padding", "pairs", "word"),
    ("conv_transpose2d", "padding", "removed from the edges of the output", "around the input"),
    ("scale", "bias", "each channel", "norm"),
    ("layernorm", "bias", "elementwise_affine", "filter"),
])  # fmt: skip
def test_a_field_is_described_as_what_it_is_in_its_type(name, field, word, other):
    """Descriptions by the name of the field alone told editors what is not so."""
    text = all_types()[name].about[field].text
    assert word in text
    assert other not in text


@pytest.mark.parametrize("name", all_types())
def test_descriptions_are_sentences(name):
    for about in all_types()[name].about.values():
        assert about.text.endswith(".")
        assert about.text[0].isupper() or about.text.startswith("none ")
