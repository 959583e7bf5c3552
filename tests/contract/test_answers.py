"""What commands print as JSON is as its schema says: ``cnncalc schema --of COMMAND``."""

import json
import re

import jsonschema
import pytest

from cnncalc.__main__ import main
from cnncalc.cli import schema as face
from cnncalc.counting.quantities import QUANTITIES
from cnncalc.report.answers import ANSWERS, schema_of

NET = """
name: net
vars: {H: {default: 32, multiple_of: 4}, W: 32, w: {default: 1.0, from: 0.5, to: 2.0, step: 0.25}}
input: [3, H, W]
layers:
  - {type: conv2d, name: c, out_channels: 8*w, kernel_size: 3, stride: 2, padding: half, norm: batch, act: relu}
  - {type: add, branches: [[{type: conv2d, out_channels: 8*w, kernel_size: 3, padding: 1}], []]}
  - {type: upsample, scale_factor: 2}
  - {type: conv2d, out_channels: 4, kernel_size: 3, train_only: true}
  - {type: opaque, output: [7], params: 3}
expect: {params: {max: 1M}, macs: 1}
variants: {wide: {vars: {w: 2.0}}}
"""
RUNS = {
    "table": [["vgg16"], ["net.yaml"], ["net.yaml", "--free", "H,W,w"], ["unet", "--free", "H,W", "--depth", "1"], ["net.yaml", "--layout", "nhwc"]],
    "explain": [["lenet5"], ["net.yaml", "c"], ["resnet18", "conv1", "--free", "H"], ["unet", "--free", "H,W"], ["net.yaml"]],
    "solve": [["unet_padded", "H", "W"], ["net.yaml", "w", "--near", "1"], ["mobilenet_v1", "w", "--where", "params <= 3M"]],
    "sweep": [["net.yaml", "--over", "w=0.5,1", "--over", "H,W=16,32"], ["alexnet", "--over", "H,W=32:224:64"]],
    "check": [["net.yaml"], ["bad.yaml"], ["gone.yaml"], ["vgg16", "--max-params", "1M"]],
    "rule": [["W201"], ["C302"], ["--all"]],
    "diff": [["vgg11", "vgg13"], ["net.yaml", "net.yaml@wide"], ["lenet5", "lenet5", "--free", "H"], [".", "."]],
    "verify": [["lenet5"], ["lessons/sobel"], ["net.yaml"]],
    "zoo": [[], ["lessons"]],
}  # fmt: skip


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.yaml").write_text(NET, encoding="utf-8")
    (tmp_path / "bad.yaml").write_text(
        "input: [3, 8]\nlayers: [{type: conv2d, kernel: 3}, reluu]\n", encoding="utf-8"
    )


def printed(capsys, *arguments):
    main(list(arguments))
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(
    ("command", "arguments"), [(command, each) for command, runs in RUNS.items() for each in runs], ids=str
)
def test_answers_are_as_their_schema_says(command, arguments, capsys):
    schema = schema_of(command)
    jsonschema.Draft202012Validator.check_schema(schema)
    answer = printed(capsys, command, *arguments, "--format", "json")
    jsonschema.validate(answer, schema, jsonschema.Draft202012Validator)
    assert answer


def test_schemas_are_printed_for_every_command_that_prints_json(capsys):
    assert tuple(ANSWERS) == face.ANSWERS == tuple(RUNS)
    for command in ANSWERS:
        assert printed(capsys, "schema", "--of", command) == schema_of(command)
        assert re.search(r"version \d+$", schema_of(command)["title"])


def test_a_schema_refuses_what_is_not_an_answer(capsys):
    answer = printed(capsys, "table", "lenet5", "--format", "json")
    for wrong in ({**answer, "schema_version": 2}, {**answer, "new": 1}, {**answer, "batch": "1"}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, schema_of("table"), jsonschema.Draft202012Validator)


def test_every_quantity_is_in_the_schemas():
    assert QUANTITIES.keys() < schema_of("table")["properties"]["totals"]["properties"].keys()
