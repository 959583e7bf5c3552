"""Warnings that the numbers are probably not those that are meant: every command that prints numbers says them."""

import json

import pytest

import cnncalc
from cnncalc.__main__ import main
from cnncalc.analysis.check import Options, check_text, fixed
from cnncalc.analysis.doubts import doubts
from cnncalc.registry import layer_class
from cnncalc.report.rules import document

LAST = "vars: {H: 32, W: 32}\ninput: [H, W, 3]\nlayers:\n  - {type: conv2d, out_channels: 2, kernel_size: 3, padding: 1}\n"
FLAT = "input: [3, 8, 8]\nlayers:\n  - {type: linear, out_features: 10}\n"
COMMANDS = {
    "table": ["table", "SPEC"], "table json": ["table", "SPEC", "--format", "json"], "table free": ["table", "SPEC", "--free", "H,W"],
    "explain": ["explain", "SPEC"], "explain layer": ["explain", "SPEC", "conv2d_1"], "solve": ["solve", "SPEC"],
    "sweep": ["sweep", "SPEC", "--over", "H=32,64"], "verify": ["verify", "SPEC"], "diff": ["diff", "SPEC", "lenet5"],
    "diff itself": ["diff", "SPEC", "SPEC"], "plot": ["plot", "SPEC"], "draw": ["draw", "SPEC", "-o", "out.svg"],
    "mermaid": ["draw", "SPEC", "-o", "out.mmd"], "report": ["report", "SPEC", "-o", "out.html"],
}  # fmt: skip


@pytest.mark.parametrize("arguments", COMMANDS.values(), ids=COMMANDS)
def test_every_command_with_numbers_says_it_once_on_standard_error(arguments, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "n.yaml").write_text(LAST)
    arguments = [word.replace("SPEC", "n.yaml") for word in arguments]

    assert main(arguments) == 0
    out, err = capsys.readouterr()
    assert "W210" not in out
    assert err.count("warning[W210]: input: ") == 1
    assert "--> n.yaml:2:8" in err
    if "json" in arguments:
        json.loads(out)

    (tmp_path / "n.yaml").write_text(LAST.replace("3]", "3] # cnncalc: ignore[W210] three columns are meant"))
    assert main(arguments) == 0
    assert "W210" not in capsys.readouterr().err

    (tmp_path / "n.yaml").write_text(LAST + "lint: {ignore: [channels-last-input]}\n")
    assert main(arguments) == 0
    assert "W210" not in capsys.readouterr().err


def test_a_project_may_ignore_them(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "n.yaml").write_text(LAST)
    settings = tmp_path / "pyproject.toml"
    for text, said in (
        ('ignore = ["W210"]', 0),
        ('ignore = ["channels-last-input"]', 0),
        ('ignore = ["W3"]', 1),
        ("nonsense = 1", 1),
    ):
        settings.write_text(f"[tool.cnncalc]\n{text}\n")
        assert main(["table", "n.yaml"]) == 0
        assert capsys.readouterr().err.count("W210") == said


def test_commands_that_print_no_numbers_are_silent(tmp_path, capsys):
    (tmp_path / "n.yaml").write_text(LAST)
    assert main(["show", str(tmp_path / "n.yaml"), "--expanded"]) == 0
    assert capsys.readouterr().err == ""


def test_in_python_they_are_data():
    (found,) = cnncalc.load(FLAT).summary().warnings
    assert (found.code, found.severity, found.position) == ("W307", "warning", ("<text>", 3, 6))
    assert cnncalc.load("resnet18").summary().warnings == ()
    repeated = "input: [3, 8, 8]\nlayers:\n  - {repeat: 3, name: r, layers: [{type: relu, name: a}, {type: tanh, from: prev, name: b}, {type: relu, from: a}]}\n"
    (dead,) = cnncalc.load(repeated).summary().warnings
    assert dead.notes[-1] == "and 2 more like it, in repetitions or variants"


def warned(shape, *layers):
    report = cnncalc.load({"input": shape, "layers": list(layers)}).summary()
    return [found.code for found in report.warnings]


CONV = {"type": "conv2d", "out_channels": 8, "kernel_size": 3, "padding": 1}
LINEAR = {"type": "linear", "out_features": 5}
LAST_AXIS = {"type": "permute", "dims": [1, 2, 0]}
FIRST_AXIS = {"type": "permute", "dims": [2, 0, 1]}
TOKENS = [{"type": "reshape", "shape": [8, -1]}, {"type": "permute", "dims": [1, 0]}]


@pytest.mark.parametrize(
    ("shape", "layers"),
    [
        ([3, 8, 8], [LINEAR]),
        ([3, 8, 8], [CONV, {"type": "maxpool2d", "kernel_size": 2}, "relu", "dropout", LINEAR]),
        ([1, 100], [{"type": "conv1d", "out_channels": 8, "kernel_size": 3}, "relu", LINEAR]),
        ([1, 6, 6, 6], [LINEAR]),
        ([28, 28], [LINEAR]),
        ([3, 8, 8], [CONV, {"type": "adaptive_avgpool2d", "output_size": 1}, LINEAR]),
        ([3, 8, 8], [CONV, {"type": "global_avgpool", "keepdim": True}, LINEAR]),
        ([3, 8, 8], [CONV, {"type": "flatten", "start_dim": 1}, LINEAR]),
        ([3, 8, 8], [CONV, {"type": "reshape", "shape": [8, 64]}, LINEAR]),
        ([3, 8, 8], [CONV, {"type": "batchnorm2d"}, {"type": "upsample", "scale_factor": 2}, {"type": "pad", "padding": 1}, LINEAR]),
        ([3, 8, 8], [CONV, {"type": "add", "branches": [[], [LAST_AXIS, FIRST_AXIS]]}, LINEAR]),
        ([3, 8, 8], [LAST_AXIS, FIRST_AXIS, CONV, LINEAR]),
    ],
)  # fmt: skip
def test_a_forgotten_flatten(shape, layers):
    assert warned(shape, *layers) == ["W307"]
    assert warned(shape, *layers, LINEAR, LINEAR) == ["W307"]  # one flatten is missing, not three
    assert warned(shape, *layers[:-1], "flatten", LINEAR) == []


@pytest.mark.parametrize(
    ("shape", "layers"),
    [
        ([100], [LINEAR, LINEAR]),
        ([3, 8, 8], [CONV, "global_avgpool", LINEAR]),
        ([3, 8, 8], [CONV, LAST_AXIS, LINEAR, LINEAR, FIRST_AXIS, "global_avgpool", LINEAR]),
        ([197, 768], [LINEAR, "gelu", LINEAR]),
        ([8, 9, 9], [*TOKENS, LINEAR, LINEAR]),
        ([8, 9, 9], [*TOKENS, {"type": "permute", "dims": [1, 0]}, LINEAR, {"type": "permute", "dims": [1, 0]}, LINEAR]),
        ([8, 9, 9], [LAST_AXIS, {"type": "reshape", "shape": [81, 8]}, LINEAR]),
        ([3, 8, 8], [{"type": "reshape", "shape": [3, 2, 4, 2, 4]}, {"type": "permute", "dims": [1, 3, 0, 2, 4]},
                     {"type": "reshape", "shape": [4, 48]}, LINEAR]),
        ([3, 8, 8], [{"type": "opaque", "output": [64, 16], "params": 0, "macs": 0, "flops": 0}, LINEAR]),
    ],
)  # fmt: skip
def test_linear_layers_that_are_meant(shape, layers):
    assert warned(shape, *layers) == []


@pytest.mark.parametrize(
    ("shape", "reshape", "reader", "codes"),
    [
        ([784], [4, 4, 49], CONV, ["W211"]), ([784], [49, 4, 4], CONV, []), ([4, 14, 14], [4, 4, 49], CONV, []),
        ([784], [4, 4, 49], "relu", []), ([64], [4, 4, 4], CONV, []), ([100], [1, 1, 100], CONV, []),
        ([784], [4, 4, 49], {"type": "conv_transpose2d", "out_channels": 2, "kernel_size": 2}, ["W211"]),
    ],
)  # fmt: skip
def test_a_reshape_in_the_order_of_keras(shape, reshape, reader, codes):
    assert warned(shape, {"type": "reshape", "shape": reshape}, reader) == codes


@pytest.mark.parametrize(
    ("shape", "codes"),
    [
        ([32, 32, 3], ["W210"]), ([480, 640, 3], ["W210"]), ([64, 64, 4], ["W210"]), ([64, 32, 4], []), ([28, 28, 1], ["W210"]), ([3, 32, 32], []), ([64, 20, 1], []),
        ([16, 112, 112, 3], ["W210"]), ([3, 16, 112, 112], []), ([16000, 1], ["W210"]), ([1, 16000], []), ([20, 1], []),
    ],
)  # fmt: skip
def test_inputs_in_the_order_of_keras(shape, codes):
    conv = {"type": f"conv{len(shape) - 1}d", "out_channels": 2, "kernel_size": 1}
    assert warned(shape, conv) == codes


STYLES = {
    "dashes": ("  - {type: relu}\n  - {type: linear, out_features: 3}\n", "  - {type: relu}\n  - flatten\n  - {type: linear, out_features: 3}\n"),
    "lines": ("- relu\n- type: linear # the head\n  out_features: 3\n", "- relu\n- flatten\n- type: linear # the head\n  out_features: 3\n"),
    "named first": ("  - name: fc\n    type: linear\n    out_features: 3\n", "  - flatten\n  - name: fc\n    type: linear\n    out_features: 3\n"),
    "brackets": ("  [relu, {type: linear, out_features: 3}]\n", "  [relu, flatten, {type: linear, out_features: 3}]\n"),
    "first in brackets": ("  [{type: linear, out_features: 3}]\n", "  [flatten, {type: linear, out_features: 3}]\n"),
    "brackets over lines": ("  [\n    relu,\n    {type: linear, out_features: 3},\n  ]\n",
                            "  [\n    relu,\n    flatten,\n    {type: linear, out_features: 3},\n  ]\n"),
    "two in a line": ("  [{type: concat, axis: 0, branches: [[{type: linear, out_features: 3}], [{type: linear, out_features: 3}]]}]\n",
                      "  [{type: concat, axis: 0, branches: [[flatten, {type: linear, out_features: 3}], [flatten, {type: linear, out_features: 3}]]}]\n"),
    "a branch": ("  - type: concat\n    branches:\n      - - {type: linear, out_features: 3}\n",
                 "  - type: concat\n    branches:\n      - - flatten\n        - {type: linear, out_features: 3}\n"),
    "a group": ("  - name: head\n    layers:\n      - {type: linear, out_features: 3, repeat: 2}\n",
                "  - name: head\n    layers:\n      - flatten\n      - {type: linear, out_features: 3, repeat: 2}\n"),
}  # fmt: skip


@pytest.mark.parametrize(("before", "after"), STYLES.values(), ids=STYLES)
def test_fix_puts_a_flatten_in_and_keeps_the_style(before, after):
    head = "# mine\ninput: [3, 4, 4]\nlayers:\n"
    text, count = fixed(head + before, "n.yaml", lambda text, name: check_text(text, name, Options()))
    assert (text, count) == (head + after, after.count("flatten"))
    assert cnncalc.load(text).summary().totals.params >= 3 * 49


def test_fix_keeps_json(tmp_path, capsys):
    path = tmp_path / "n.json"
    path.write_text('{"input": [3, 4, 4],\n "layers": [\n  {"type": "linear", "out_features": 3}\n ]}\n')
    assert main(["check", str(path), "--fix"]) == 0
    assert path.read_text().splitlines()[2:4] == ['  "flatten",', '  {"type": "linear", "out_features": 3}']


@pytest.mark.parametrize(
    "text",
    [
        FLAT + "expect: {output: [3, 8, 10]}\n",  # the numbers are known and wanted
        FLAT.replace("out_f", "from: input, out_f"),  # it reads another tensor than the one before it
        FLAT + "  - {type: flatten, name: flatten_2}\n",
        # one of two uses of a block is meant
        "input: [4, 4, 4]\nblocks: {b: {layers: [{type: linear, out_features: 4}]}}\nlayers: [b, {type: permute, dims: [1, 2, 0]}, b]\n",
    ],
)
def test_fix_leaves_what_it_cannot_be_sure_of(text):
    result = check_text(text, "n.yaml", Options())
    assert "W307" in {problem.code for problem in result.problems}
    assert fixed(text, "n.yaml", lambda text, name: check_text(text, name, Options()))[1] == 0


@pytest.mark.parametrize(
    ("before", "after", "axes"),
    [
        ((3, 8, 8), (3, 2, 4, 2, 4), ((0,), (1,), (1,), (2,), (2,))), ((5, 4, 4), (5, 16), ((0,), (1, 2))),
        ((4, 4, 5), (16, 5), ((0, 1), (2,))), ((5, 1, 1), (5,), ((0, 1, 2),)), ((1, 8, 8), (8, 8), ((0, 1), (2,))),
        ((8, 8), (1, 8, 8), ((0,), (0,), (1,))), ((4, 6), (3, 8), ((0, 1), (0, 1))), ((2, 3, 4), (6, 2, 2), ((0, 1), (2,), (2,))),
    ],
)  # fmt: skip
def test_a_reshape_says_what_its_axes_are_made_of(before, after, axes):
    layer = layer_class("reshape").model_validate({"shape": list(after)})
    assert layer.axes((before,)) == axes


def test_the_rules_name_them():
    codes = ", ".join(lint.rule.code for lint in doubts())
    assert f"Six lints warn that the numbers are probably not the ones you want ({codes})" in document()
