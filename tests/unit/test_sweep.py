"""Grids of settings, against a summary for each setting."""

import csv
import io
import json

import pytest

import cnncalc
from cnncalc.__main__ import main
from cnncalc.analysis.sweep import sweep
from cnncalc.errors import SpecError, UsageError


def by_hand(net, setting):
    try:
        totals = net.summary(set=setting).totals
    except SpecError:
        return (False, None, None, None)
    return (True, totals.params, totals.macs, totals.peak_activation_bytes)


@pytest.mark.parametrize(
    ("name", "over"),
    [
        ("mobilenet_v1", {"w": [0.25, 1, 1.4], "H": [32, 97, 160]}),
        ("unet_padded", {"H": list(range(8, 70, 3)), "W": [16, 48]}),
        ("unet", {"H": [180, 187, 188, 203, 572]}),
        (
            "resnet50",
            {"depths": [[2, 2, 2, 2], [3, 4, 6, 3]], "H": [1, 31, 224], "bottleneck": [True, False]},
        ),
        ("mobilenet_v2", {"w": [0.35, 0.5, 1, 1.4], "H": [96, 224]}),
        ("lessons/vgg16", {"H": [16, 31, 32, 224]}),
    ],
)
def test_every_row_is_the_summary_at_its_setting(name, over):
    net = cnncalc.load(name)
    rows = [row for chunk in sweep(net, over) for row in chunk]
    expected = 1
    for values in over.values():
        expected *= len(values)
    assert len(rows) == expected
    for row in rows:
        assert row[len(over) :] == by_hand(net, dict(zip(over, row, strict=False)))


def test_a_variable_may_change_the_structure_at_some_settings_only():
    """With k = 1 the second layer is left out whatever ``a`` is; with k = 2 it depends on ``a``."""
    conv = {"type": "conv2d", "out_channels": "a", "kernel_size": 1}
    net = cnncalc.load({"vars": {"k": 1, "a": 4}, "input": [3, 8, 8],
                        "layers": [conv, {**conv, "when": "k > 1 and a > 3"}, {**conv, "when": "a*k == 10"}]})  # fmt: skip
    rows = [row for chunk in sweep(net, {"k": [1, 2], "a": [3, 4, 5]}) for row in chunk]
    assert [row[:2] for row in rows] == [(1, 3), (1, 4), (1, 5), (2, 3), (2, 4), (2, 5)]
    for k, a, *numbers in rows:
        assert tuple(numbers) == by_hand(net, {"k": k, "a": a})
    assert all(row[2] for row in rows)


def test_variables_that_shape_the_structure_only_together():
    """Each alone, with the other at 2, cannot make the product odd."""
    layers = [{"type": "relu"}, {"type": "conv2d", "out_channels": 5, "kernel_size": 1, "when": "a*b == 9"}]
    net = cnncalc.load({"vars": {"a": 2, "b": 2}, "input": [3, 8, 8], "layers": layers})
    rows = [row for chunk in sweep(net, {"a": [1, 3], "b": [3, 9]}) for row in chunk]
    assert [(a, b, params) for a, b, _, params, *_ in rows] == [(1, 3, 0), (1, 9, 20), (3, 3, 20), (3, 9, 0)]


def test_what_is_not_valid_is_told_with_a_reason(capsys):
    code, out, err = run(capsys, "unet_padded", "--over", "H=14:18")
    assert err.startswith("warning: H is swept while the other side of the input stays at W = 256")
    assert (code, out.count("yes"), out.count(" no ")) == (0, 1, 4)
    assert "\n4 of 5 settings are not valid; with H=14: " in err
    assert "unet_padded.yaml:29:5: C302 maxpool2d: the kernel does not fit" in err
    assert run(capsys, "vgg16", "--over", "H,W=224")[2] == ""


def run(capsys, *arguments):
    code = main(["sweep", *arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_the_command_writes_every_format(capsys, tmp_path):
    _, out, _ = run(capsys, "mobilenet_v1", "--over", "w=0.5:1:0.5", "--over", "H=160,224", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [(r["w"], r["H"]) for r in rows] == [("0.5", "160"), ("0.5", "224"), ("1", "160"), ("1", "224")]
    assert rows[3]["params"] == "4231976"
    path = tmp_path / "x.json"
    assert (
        run(capsys, "mobilenet_v1", "--over", "w=0.5:1:0.5", "--over", "H=160,224", "-o", str(path))[0] == 0
    )
    assert json.loads(path.read_text())[3]["params"] == 4231976
    assert run(capsys, "vgg16", "--over", "H=16,32", "--set", "W=64")[1].count("-") > 3


def test_what_was_written_stays_whole_when_interrupted(capsys, tmp_path, monkeypatch):
    import cnncalc.analysis.sweep as module

    def interrupted(network, over, **options):
        yield [(1, True, 2, 3, 4)]
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "sweep", interrupted)
    path = tmp_path / "x.json"
    assert run(capsys, "vgg16", "--over", "H=32:64", "-o", str(path))[0] == 130
    assert json.loads(path.read_text()) == [
        {"H": 1, "valid": True, "params": 2, "macs": 3, "peak_activation_bytes": 4}
    ]


def test_parquet(capsys, tmp_path):
    path = tmp_path / "x.parquet"
    code, _, err = run(capsys, "vgg16", "--over", "H=16,32,64", "-o", str(path))
    parquet = pytest.importorskip("pyarrow.parquet") if code == 0 else None
    if parquet is None:
        assert (code, "pip install 'cnncalc[parquet]'" in err) == (2, True)
    else:
        assert parquet.read_table(path).column("valid").to_pylist() == [False, True, True]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["vgg16"], "Missing option '--over'"),
        (["vgg16", "--over", "Q=1"], "no variable 'Q'"),
        (["vgg16", "--over", "H"], "is not NAME=VALUES"),
        (["vgg16", "--over", "H=1:9:0"], "the step must be positive"),
        (["vgg16", "--over", "H=9:1"], "nothing to sweep"),
        (["vgg16", "--over", "H=1:100000", "--over", "W=1:100000"], "more than 100,000,000"),
        (["vgg16", "--over", "H=1,2", "-o", "x.xls"], "cannot tell a format"),
        (["vgg16", "--over", "H=1,2", "-o", "/no/such/folder/x.csv"], "cannot write"),
    ],
)
def test_errors(capsys, arguments, message):
    code, _, err = run(capsys, *arguments)
    assert code == 2
    assert message in err


def test_no_rows_for_nothing():
    with pytest.raises(UsageError):
        list(sweep(cnncalc.load("vgg16"), {}))
