"""The JSON Schema: valid, accepts every spec that is good, refuses those that are wrong by their form."""

import json
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import jsonschema
import pytest
import yaml

from cnncalc.__main__ import main
from cnncalc.reading.text.files import read_spec
from cnncalc.registry import all_types
from cnncalc.report.schema import schema
from cnncalc.report.schema_layers import field_schema, required

ROOT = Path(__file__).parent.parent.parent
BAD = ROOT / "tests" / "diagnostics" / "bad"
#: bad in ways that a schema cannot know: what an expression gives, and names
BEYOND = {
    "C101_not_finite",
    "C101_block_values",
    "C101_evaluated",
    "C101_kinds",
    "C103_activations",
    "C104_block_arguments",
    "C107_block_params",
}
BY_FORM = [p for p in sorted(BAD.glob("C10[1-4]*.yaml")) if p.stem not in BEYOND]


@cache
def validator():
    found = schema()
    jsonschema.Draft202012Validator.check_schema(found)
    return jsonschema.Draft202012Validator(found)


def plain(path):
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", sorted((ROOT / "specs").rglob("*.yaml")), ids=lambda p: p.stem)
def test_every_shipped_spec_is_accepted(path):
    assert [error.message for error in validator().iter_errors(plain(path))] == []


@pytest.mark.parametrize(
    "path", sorted((ROOT / "tests" / "diagnostics" / "ok").glob("*.yaml")), ids=lambda p: p.stem
)
def test_every_good_spec_is_accepted(path):
    document, _ = read_spec(str(path))
    assert [error.message for error in validator().iter_errors(document.root)] == []


@pytest.mark.parametrize("path", BY_FORM, ids=lambda p: p.stem)
def test_bad_form_is_refused(path):
    assert not validator().is_valid(plain(path))


def test_messages_name_the_choices_of_this_layer():
    spec = {"input": [3, 8, 8], "layers": [{"type": "conv2", "out_channels": 8, "kernel_size": 3}]}
    (error,) = validator().iter_errors(spec)
    assert error.message.startswith("'conv2' is not one of ['adaptive_avgpool1d', ")
    spec["layers"] = [{"type": "conv2d", "out_channels": 8, "kernal_size": 3}]
    messages = sorted(error.message for error in validator().iter_errors(spec))
    assert messages == [
        "'kernel_size' is a required property",
        "Additional properties are not allowed ('kernal_size' was unexpected)",
    ]
    spec["blocks"] = {"conv2": {"layers": ["relu"]}}
    spec["layers"] = ["conv2", {"type": "conv2", "repeat": 2}]
    assert validator().is_valid(spec)


@pytest.mark.parametrize("name", all_types())
def test_every_type_has_a_description_and_a_valid_example(name):
    definitions = validator().schema["$defs"]
    found = definitions[f"layer.{name}"]
    assert len(found["description"]) > 10
    offered = {each["const"]: each["description"] for each in definitions["type"]["anyOf"] if "const" in each}
    assert offered[name] == found["description"]
    snippets = [each for each in definitions["starts"]["defaultSnippets"] if each["label"].split()[0] == name]
    assert len(snippets) == bool(required(all_types()[name]))  # a word is enough for the others
    body = re.sub(r"\$\{\d+:(.*?)\}", r"\1", snippets[0]["body"]) if snippets else f"{{type: {name}}}"
    example = yaml.safe_load(body)
    item = example | ({"from": ["input", "input"]} if all_types()[name].family == "merge" else {})
    assert [e.message for e in validator().iter_errors({"input": [8, 8, 8], "layers": [item]})] == []
    for key, field in found["properties"].items():
        if isinstance(field, dict) and key in all_types()[name].model_fields and key != "type":
            resolved = definitions[field["$ref"].removeprefix("#/$defs/")] if "$ref" in field else field
            assert resolved["description"]


def test_what_editors_offer_has_a_name():
    """The YAML language server labels examples that are objects ``[object Object]``."""
    text = json.dumps(validator().schema)
    assert not re.search(r'"examples": \[(\{|\[\{)', text)
    assert len(text) < 2_000 * len(all_types())
    for name in ("type", "bare"):  # an editor would show every value of an enum for each
        assert "enum" not in validator().schema["$defs"][name]
    for field in validator().schema["$defs"]["expectation"]["properties"].values():
        assert field["description"]


def test_what_fields_take_is_found_by_trying():
    types = all_types()
    channels = field_schema(types["conv2d"], "out_channels")
    assert (channels["type"], channels["minimum"]) == (["integer", "string"], 1)
    kernel = field_schema(types["conv3d"], "kernel_size")
    assert kernel["type"] == ["integer", "array", "string"]
    assert (kernel["then"]["minItems"], kernel["then"]["maxItems"]) == (3, 3)
    padding = field_schema(types["conv2d"], "padding")
    assert padding["default"] == 0
    assert {"enum": ["valid", "half", "same", "same_lower"]} in padding["anyOf"]
    dropped = field_schema(types["dropout"], "p")
    assert (dropped["type"], dropped["minimum"], dropped["maximum"]) == (["number", "string"], 0, 1)
    assert field_schema(types["pad"], "mode")["enum"] == ["constant", "reflect", "replicate", "circular"]
    sizes = field_schema(types["adaptive_avgpool2d"], "output_size")
    assert {"type": "null"} in sizes["then"]["items"]["anyOf"]


def test_the_command_writes_it(tmp_path, capsys):
    assert main(["schema", "-o", str(tmp_path / "s.json")]) == 0
    assert main(["schema"]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads((tmp_path / "s.json").read_text())


def test_check_jsonschema_agrees(tmp_path):
    pytest.importorskip("check_jsonschema")
    target = tmp_path / "s.json"
    main(["schema", "-o", str(target)])
    command = [sys.executable, "-m", "check_jsonschema", "--schemafile", str(target)]
    good = [str(p) for p in sorted((ROOT / "specs").rglob("*.yaml"))]
    done = subprocess.run([*command, *good], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    done = subprocess.run(
        [*command, str(BAD / "C103_unknown_type.yaml")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "'conv2' is not one of" in done.stdout
