"""What a layer type is it says itself: nobody else asks for its name."""

import ast
import re
from pathlib import Path

import pytest

import cnncalc
from cnncalc.registry import all_types

HOUSE = Path(cnncalc.__file__).parent
#: where names stand: the types themselves, arithmetic, and help for and rules of other frameworks
ALLOWED = ("layers/", "kernels/", "reading/foreign.py", "reading/checking/meanings.py", "interchange/onnx/")
FILES = [
    path for path in sorted(HOUSE.rglob("*.py")) if not path.relative_to(HOUSE).as_posix().startswith(ALLOWED)
]


def named(source, names):
    """String literals in Python text that are a name of a layer type, with or without its rank."""
    tree = ast.parse(source)
    texts = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return [text for text in texts if isinstance(text, str) and text in names]


NAMES = {form for name in all_types() for form in (name, re.sub(r"[123]d$", "", name))}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(HOUSE).as_posix())
def test_no_name_of_a_layer_type_stands_outside_of_the_layers(path):
    assert named(path.read_text(encoding="utf-8"), NAMES) == []


def test_names_are_found_however_they_are_asked_for():
    text = (
        'x.type == "relu"; x.type.startswith("conv_transpose"); "conv2d" in seen; {"pad": 1}; "relu is one"'
    )
    assert named(text, NAMES) == ["relu", "conv_transpose", "conv2d", "pad"]
