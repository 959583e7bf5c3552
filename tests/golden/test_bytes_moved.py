"""Bytes moved and arithmetic intensity against numbers counted by hand (docs/spec.md, "Bytes moved")."""

import json
from fractions import Fraction

import pytest

import cnncalc
from cnncalc.__main__ import main
from cnncalc.reading.expressions.rational import split


def numbers(report, path=None):
    intensity = report.number("arithmetic_intensity", path)
    return report.number("bytes_moved", path), Fraction(*split(intensity))


@pytest.mark.parametrize(
    ("spec", "path", "options", "elements", "flops"),
    [
        # conv1_1: 3x224x224 in, 64·3·3·3 weights and 64 biases, 64x224x224 out; 2 flops a MAC and one for each bias
        ("vgg16", "features.block1.conv2d_1", {}, 150_528 + 1_728 + 64 + 3_211_264, 2 * 86_704_128 + 3_211_264),
        # fc6: the weights are nearly all that moves
        ("vgg16", "classifier.fc6", {}, 25_088 + 4096 * 25_088 + 4_096 + 4_096, 2 * 102_760_448 + 4_096),
        ("vgg16", "classifier.fc6", {"batch": 8}, 8 * 25_088 + 4096 * 25_088 + 4_096 + 8 * 4_096, 8 * (2 * 102_760_448 + 4_096)),
        # a depthwise 3x3 of 32 channels: 9 weights for each, no bias, because a batchnorm follows
        ("mobilenet_v1", "separable_1.depthwise_conv2d_1", {}, 2 * 32 * 112 * 112 + 9 * 32, 2 * 9 * 32 * 112 * 112),
        ("mobilenet_v1", "separable_1.depthwise_conv2d_1", {"batch": 3}, 3 * 2 * 32 * 112 * 112 + 9 * 32, 3 * 2 * 9 * 32 * 112 * 112),
        # its batchnorm reads a factor, a shift, a mean and a variance for each channel
        ("mobilenet_v1", "separable_1.depthwise_conv2d_1.norm", {}, 2 * 32 * 112 * 112 + 4 * 32, None),
        # a shortcut: two maps in, one out
        ("resnet18", "layer1.0.basic_1.add_1", {}, 3 * 64 * 56 * 56, 64 * 56 * 56),
        ("vgg16", "classifier.dropout_1", {}, 2 * 4_096, 0),
    ],
)  # fmt: skip
@pytest.mark.parametrize(("dtype", "item"), [("float32", 4), ("float16", 2), ("int8", 1)])
def test_layers_by_hand(spec, path, options, elements, flops, dtype, item):
    report = cnncalc.load(spec).summary(dtype=dtype, **options)
    moved, intensity = numbers(report, path)

    assert moved == elements * item
    flops = report.batch * report[path].flops if flops is None else flops
    assert intensity == Fraction(flops, moved)


SMALL = {
    "input": [2, 4, 4],
    "layers": [
        {"type": "conv2d", "name": "a", "out_channels": 3, "kernel_size": 1},  # 32 in, 9 params, 48 out
        {"name": "head", "train_only": True, "layers": ["flatten", {"type": "linear", "out_features": 5}]},
        {"name": "g", "layers": [{"type": "conv2d", "name": "b", "out_channels": 3, "kernel_size": 1}, "relu"]},  # 48 + 12 + 48, 96
        {"share": "g", "name": "again"},  # the same: parameters are read at each use
        {"type": "concat", "name": "c", "from": ["a", "again", "again"]},  # three operands and 144 out
        {"type": "opaque", "name": "o", "params": 7, "macs": 1, "flops": 2},  # 144 in, 7 params, 144 out
    ],
}  # fmt: skip


def test_a_network_by_hand():
    report = cnncalc.load(SMALL).summary(dtype="int8")
    parts = {
        "a": 32 + 9 + 48,
        "g": 48 + 12 + 48 + 96,
        "again": 48 + 12 + 48 + 96,
        "c": 144 + 144,
        "o": 144 + 7 + 144,
    }

    assert {path: numbers(report, path)[0] for path in parts} == parts
    assert report["again"].params == 0
    assert report.totals.bytes_moved == sum(parts.values())
    assert numbers(report)[1] == Fraction(report.totals.flops, sum(parts.values()))
    assert report.number("bytes_moved", "head") > 0  # shown with the layer, but not in the total


SPEC = """vars: {H: 4}
input: [2, H, H]
layers:
- {type: conv2d, name: a, out_channels: 3, kernel_size: 1}  # 32 + 9 + 48 elements, 2 * 96 + 48 flops
- {type: opaque, name: o, flops: 640, params: 0, macs: 0}  # 48 + 48 elements
expect:
  bytes_moved: {max: 185, dtype: int8}
  arithmetic_intensity: {approx: 4.757, dtype: int8}
  layers: {a: {bytes_moved: 356, arithmetic_intensity: {min: 0.6, max: 1}}}
"""


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.yaml").write_text(SPEC)

    def command(*arguments):
        code = main([*arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return command


def test_tables_and_data(run):
    columns = ["--columns", "layer,bytes_moved,arithmetic_intensity"]
    rows = [line.split() for line in run("table", "net.yaml", *columns)[1].splitlines()[3:6]]
    assert rows == [["a", "356", "0.67"], ["o", "384", "1.67"], ["total", "740", "1.19"]]
    assert run("table", "net.yaml", *columns, "--format", "csv")[1].splitlines()[1:] == [
        f"a,356,{240 / 356}",
        f"o,384,{640 / 384}",
    ]
    data = json.loads(run("table", "net.yaml", "--format", "json")[1])
    both = "bytes_moved", "arithmetic_intensity"
    assert [tuple(map(row.get, both)) for row in data["layers"]] == [(356, 240 / 356), (384, 640 / 384)]
    assert tuple(map(data["totals"].get, both)) == (740, 880 / 740)
    free = json.loads(run("table", "net.yaml", "--free", "H", "--format", "json")[1])
    assert tuple(map(free["totals"].get, both)) == ("44*H**2 + 36", "(15*H**2 + 640)/(44*H**2 + 36)")


def test_expectations_conditions_and_closed_forms(run):
    code, _, err = run("check", "net.yaml")
    assert code == 0 and err.endswith("1 spec: 0 errors, 0 warnings; 4 of 4 expectations met\n")
    code, out, _ = run("check", "--stdin-filename", "net.yaml", "net.yaml", "--max-params", "8")
    assert code == 1 and "the network has 9 params, expected at most 8" in out
    assert run("diff", "net.yaml", "net.yaml", "--fail-if", "arithmetic_intensity < 1.19")[2] == (
        "failed: arithmetic_intensity: 1.18919 -> 1.18919 (+0.0%) meets 'arithmetic_intensity < 1.19'\n"
    )
    assert run("diff", "net.yaml", "net.yaml", "--fail-if", "arithmetic_intensity < 1.18")[0] == 0
    assert run(
        "sweep",
        "net.yaml",
        "--over",
        "H=4,8",
        "--columns",
        "bytes_moved,arithmetic_intensity",
        "--format",
        "csv",
    )[1] == (f"H,valid,bytes_moved,arithmetic_intensity\n4,True,740,{880 / 740}\n8,True,2852,{1600 / 2852}\n")
    # (15*H**2 + 640) / (44*H**2 + 36) >= 1/2 where 7*H**2 <= 622
    assert (
        run("solve", "net.yaml", "--where", "arithmetic_intensity >= 0.5")[1].splitlines()[1] == "1 <= H <= 9"
    )
    assert run("solve", "net.yaml", "--where", "o.bytes_moved < 1KB")[1].splitlines()[1] == "1 <= H <= 6"
    assert "not measured in bytes" in run("solve", "net.yaml", "--where", "arithmetic_intensity >= 1KB")[2]


def test_compiled_ratios_are_the_nearest_floats():
    import numpy as np

    network = cnncalc.load("resnet18")
    function = network.compile("arithmetic_intensity", "bytes_moved", free=["H", "W"])
    sides = np.array([64, 224, 999, 10**6])
    intensities, moved = function(sides, sides)
    assert intensities.dtype == float
    for side, intensity, size in zip(sides.tolist(), intensities, moved, strict=True):
        totals = network.summary(set={"H": side, "W": side}).totals
        assert float(totals.arithmetic_intensity) == intensity == function(side, side)[0]
        assert totals.bytes_moved == size


@pytest.mark.parametrize("spec", ["googlenet", "inception_v3", "mobilenet_v2", "unet_padded"])
def test_totals_are_sums_and_groups_add_up(spec):
    report = cnncalc.load(spec).summary(batch=2, dtype="float16")
    run = [row.path for row in report if not row.train_only]

    assert report.totals.bytes_moved == sum(report.number("bytes_moved", path) for path in run)
    assert numbers(report)[1] == Fraction(2 * report.totals.flops, report.totals.bytes_moved)
    for path in report.graph.groups:
        inside = [row for row in report if row.path.startswith(path + ".")]
        inside = [row for row in inside if not row.train_only] or inside
        assert report.number("bytes_moved", path) == sum(report.number("bytes_moved", r.path) for r in inside)
