"""``cnncalc verify``: verdicts, arrays in and out, limits, and what it refuses."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import cnncalc
from cnncalc.__main__ import main
from cnncalc.analysis.perturb import differences, perturbed
from cnncalc.analysis.verify import estimate, prepared, verified, weights_of
from cnncalc.layer import Layer

ROOT = Path(__file__).parent.parent.parent
CONV = {"type": "conv2d", "out_channels": 4, "kernel_size": 3, "padding": "half"}
SMALL = """
input: [2, 8, 8]
layers:
  - {type: conv2d, name: conv, out_channels: 4, kernel_size: 3, padding: same, stride: 2, norm: batch, act: relu}
  - {type: conv2d, name: again, out_channels: 4, kernel_size: 3, dilation: 2, padding: half}
  - global_avgpool
  - {type: linear, name: fc, out_features: 3}
"""


def run(capsys, *arguments):
    code = main(list(arguments))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.fixture
def small(tmp_path):
    path = tmp_path / "small.yaml"
    path.write_text(SMALL)
    return str(path)


def test_every_layer_gets_a_verdict(capsys):
    code, out, err = run(capsys, "verify", "resnet18", "--set", "H=64", "--set", "W=64")

    assert (code, err) == (0, "")
    assert "All 69 layers agree: output shapes, 11,689,512 params" in out
    assert len([line for line in out.splitlines() if line.endswith("  ok")]) == 69


def test_json(capsys, small):
    code, out, _ = run(capsys, "verify", small, "--format", "json", "--batch", "3", "--values")
    found = json.loads(out)

    assert code == 0
    assert found["agrees"]
    assert (found["batch"], found["dtype"], found["seed"]) == (3, "float32", 0)
    assert [layer["path"] for layer in found["layers"]][:3] == ["conv", "conv.norm", "conv.act"]
    first, last = found["layers"][0], found["layers"][-1]
    assert first["output"] == first["derived_output"] == [4, 4, 4]
    assert first["macs"] == 4 * 4 * 4 * 2 * 9
    assert np.shape(last["values"]) == (3, 3)


@pytest.mark.parametrize("lesson, values", [
    ("one_position", ["[[[-3.]]]", "[[[27.]]]"]),
    ("sobel", ["[[[   0. -280. -280.    0.]", "[   0.  -70.  -70.    0.]]]"]),
    ("edges", ["[[[36. 36.  0.]", "[[[0. 0. 0.]"]),
    ("three_filters", ["[[[-15. -20. -20. -15.]", "[[-15.   0.   0.  15.]", "[[-20. -15. -15.   0.]"]),
])  # fmt: skip
def test_lessons_print_the_numbers_of_the_course(capsys, lesson, values):
    code, out, _ = run(capsys, "verify", f"lessons/{lesson}", "--values")

    assert code == 0
    for value in values:
        assert value in out


def test_a_convolution_commutes_with_a_shift_and_a_dense_layer_does_not():
    for seed in range(3):
        outputs = cnncalc.load("lessons/shift").verify(seed=seed).outputs
        assert np.abs(outputs["convolution"]).max() < 1e-6
        assert np.abs(outputs["dense"]).max() > 0.1


def test_arrays_in_and_out(capsys, small, tmp_path):
    x = np.random.default_rng(0).standard_normal((1, 2, 8, 8))
    np.save(tmp_path / "x.npy", x)
    report = cnncalc.load(small).summary()
    setup = prepared(report, seed=5)
    arrays = {}
    for node in report.graph.nodes[1:]:
        weights = weights_of(setup, node)
        arrays |= {f"{node.path}.{name}": weights[name] for name in weights.shapes}
    np.savez(tmp_path / "w.npz", **arrays)
    arguments = ["--input", str(tmp_path / "x.npy"), "--weights", str(tmp_path / "w.npz")]

    code, _, err = run(capsys, "verify", small, *arguments, "--save-output", str(tmp_path / "y.npy"))

    assert (code, err) == (0, "")
    expected = cnncalc.load(small).verify(inputs={"input": x}, seed=5).outputs["fc"]
    assert np.allclose(np.load(tmp_path / "y.npy"), expected, atol=1e-6)
    assert run(capsys, "verify", "lessons/edges", "--save-output", str(tmp_path / "y.npz"))[0] == 0
    saved = np.load(tmp_path / "y.npz")
    assert sorted(saved) == ["on_horizontal", "on_vertical"]
    assert saved["on_vertical"][0, 0].tolist() == [[36, 36, 0]] * 3
    assert run(capsys, "verify", small, "--save-output", str(tmp_path / "y.txt"))[0] == 2
    spec = tmp_path / "file.yaml"
    spec.write_text("input: [4]\nlayers: [{type: relu, name: file}]\n")
    assert run(capsys, "verify", str(spec), "--save-output", str(tmp_path / "f.npz"))[0] == 0
    assert list(np.load(tmp_path / "f.npz")) == ["file"]


def test_a_wrong_rule_is_found(monkeypatch, capsys, small):
    """Each thing that verify holds together, broken on purpose."""
    conv = Layer.types["conv2d"]
    shape, macs, params = conv.output_shape, conv.macs, conv.param_shapes
    for name, broken, words in (
        (
            "output_shape",
            lambda s, i: (*shape(s, i)[:2], shape(s, i)[2] + 1),
            "output is 4×4×4, expected 4×4×5",
        ),
        ("macs", lambda s, i, o: macs(s, i, o) + 1, "MACs performed, expected"),
        ("param_shapes", lambda s, i: {**params(s, i), "extra": (7,)}, "extra is never used, expected [7]"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(conv, name, broken)
            code, out, err = run(capsys, "verify", small)
        assert code == 1, name
        assert words in out
        assert "error[C403]: conv (conv2d): " in err
        assert "small.yaml:4:" in err


def test_a_kernel_that_multiplies_less_is_found(monkeypatch, capsys, small):
    from cnncalc.kernels import work

    monkeypatch.setattr(work, "tally", lambda macs: work._CURRENT.get().counts.append(macs - 1))
    code, out, _ = run(capsys, "verify", small)

    assert code == 1
    assert "MACs performed" in out


@pytest.mark.parametrize("layers", [
    [{"type": "permute", "dims": [1, 2, 0]}, {"type": "linear", "out_features": 5}, {"type": "softmax", "dim": 2},
     {"type": "permute", "dims": [2, 0, 1]}, CONV, {"type": "permute", "dims": [0, 2, 1]}, "relu"],
    [{"type": "permute", "dims": [1, 2, 0]}, "softmax", {"type": "permute", "dims": [2, 0, 1]}, CONV],
    [{"type": "crop", "size": [5, 4]}, CONV, CONV, CONV],
    [{"type": "pixel_unshuffle", "downscale_factor": 2}, {"type": "pixel_shuffle", "upscale_factor": 2}],
    [{"type": "pad", "padding": [[1, 0], [0, 9]]}, {"type": "slice", "axis": 2, "start": 12}, CONV],
])  # fmt: skip
def test_receptive_fields_where_borders_and_axes_move(layers):
    report = cnncalc.load({"input": [4, 12, 12], "layers": layers}).summary()
    seen = list(perturbed(report, prepared(report)))
    assert [(s.path, d) for s in seen if (d := differences(report, s))] == []


def test_a_softmax_along_one_of_two_axes_has_no_field_of_one_form():
    moved = [{"type": "permute", "dims": [1, 2, 0]}, {"type": "softmax", "name": "s"}]
    along = [{"type": "permute", "dims": [1, 2, 0]}, {"type": "softmax", "name": "s", "dim": 2}]
    field = cnncalc.load({"input": [4, 12, 12], "layers": moved}).summary()["s"].receptive_field
    assert field is None  # all rows, but one column
    field = cnncalc.load({"input": [4, 12, 12], "layers": along}).summary()["s"].receptive_field
    assert field.size == (1, 1)


def test_which_input_an_array_is_for(capsys, tmp_path):
    spec, array = tmp_path / "two.yaml", tmp_path / "x.npy"
    spec.write_text("input: {a: [1, 4, 4], b: [1, 4, 4]}\nlayers: [{type: add, from: [a, b]}]\n")
    np.save(array, np.zeros((1, 1, 4, 4), "f4"))

    code, _, err = run(capsys, "verify", str(spec), "--input", str(array))
    assert code == 2
    assert "inputs a, b: name one, as in a=x.npy" in err
    code, _, err = run(capsys, "verify", str(spec), "--input", f"a={array}", "--input", f"a={array}")
    assert code == 2
    assert "given twice" in err
    assert run(capsys, "verify", str(spec), "--input", f"a={array}", "--input", f"b={array}")[0] == 0


def test_a_wrong_receptive_field_is_found(capsys, small, monkeypatch):
    from cnncalc.counting import receptive_field

    real = receptive_field._slid
    monkeypatch.setattr(receptive_field, "_slid", lambda a, w: real(a, w._replace(before=0)))
    code, _, err = run(capsys, "verify", small, "--receptive-field")

    assert code == 1
    assert "receptive field: cell " in err


def test_memory_is_bounded_and_refused_before_it_is_taken(capsys, tmp_path):
    code, _, err = run(capsys, "verify", "vgg16", "--max-memory", "100MB")
    assert code == 2
    assert "needs about" in err
    assert "--batch" in err
    code, _, err = run(capsys, "verify", "vgg16", "--batch", "1000000")
    assert code == 2
    assert "half of the free memory" in err
    script = """
import sys
from cnncalc.__main__ import main
from cnncalc.cli.verify import _peak
code = main(["verify", "vgg16", "--format", "json"])
print(_peak() // 1000, file=sys.stderr)
sys.exit(code)
"""
    if sys.platform == "linux":
        done = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=False
        )
        assert done.returncode == 0, done.stderr
        assert int(done.stderr.split()[-1]) < 250_000
        assert int(done.stderr.split()[-1]) * 1024 < estimate(cnncalc.load("vgg16").summary(), "float32")


def write(path, **arrays):
    np.savez(path, **arrays)
    return str(path)


def test_bad_arrays_are_answered(capsys, small, tmp_path):
    bad = tmp_path / "bad.npy"
    good = np.zeros((1, 2, 8, 8), np.float32)
    for array, words in (
        (np.zeros((1, 2, 8, 9)), "must have the shape 1×2×8×8 (batch first), but the array has 1×2×8×9"),
        (np.full((1, 2, 8, 8), np.nan), "holds NaN or infinity"),
        (good.astype("complex64"), "must hold real numbers, but holds complex64"),
        (good.astype("U3"), "must hold real numbers"),
    ):
        np.save(bad, array)
        code, out, err = run(capsys, "verify", small, "--input", str(bad))
        assert (code, out) == (2, "")
        assert words in err
    bad.write_bytes(b"\x93NUMPY\x01\x00")
    for path in (bad, tmp_path, tmp_path / "none.npy", "/dev/null"):
        code, _, err = run(capsys, "verify", small, "--input", str(path))
        assert code == 2
        assert err.startswith("error: cannot read ")
    np.save(bad, np.array([{}], object), allow_pickle=True)
    assert run(capsys, "verify", small, "--input", str(bad))[0] == 2


def test_bad_weights_are_answered(capsys, small, tmp_path):
    report = cnncalc.load(small).summary()
    setup = prepared(report)
    arrays = {}
    for node in report.graph.nodes[1:]:
        weights = weights_of(setup, node)
        arrays |= {f"{node.path}.{name}": weights[name] for name in weights.shapes}
    path = tmp_path / "w.npz"
    for change, words in (
        ({"fc.bias": None}, "the weights do not include 'fc.bias' ([3])"),
        ({"fc.bias": None, "fc.bais": np.zeros(3)}, "did you mean 'fc.bais'?"),
        ({"fc.bias": np.zeros(4)}, "'fc.bias' in the weights must have the shape [3], but has [4]"),
        ({"extra.weight": np.zeros(4)}, "the weights include 'extra.weight', which no layer has"),
        ({"fc.bias": np.array([1, 2, np.inf])}, "fc.bias holds NaN or infinity"),
    ):
        changed = {k: v for k, v in {**arrays, **change}.items() if v is not None}
        code, out, err = run(capsys, "verify", small, "--weights", write(path, **changed))
        assert (code, out) == (2, "")
        assert words in err
    path.write_bytes(path.read_bytes()[:200])
    assert run(capsys, "verify", small, "--weights", str(path))[0] == 2
    arrays["bn.num_batches_tracked"] = np.array(3)
    assert run(capsys, "verify", small, "--weights", write(path, **arrays))[0] == 0


def test_other_bad_input(capsys, small, tmp_path):
    target = tmp_path / "there.npy"
    target.write_text("keep")
    assert run(capsys, "verify", small, "--save-output", str(tmp_path / "no" / "y.npy"))[0] == 2
    assert run(capsys, "verify", "lessons/edges", "--save-output", str(target))[0] == 2
    assert target.read_text() == "keep"
    assert run(capsys, "verify", small, "--max-memory", "lots")[0] == 2
    assert run(capsys, "verify", small, "--dtype", "int8")[0] == 2
    assert run(capsys, "verify", small, "--set", "Q=3")[0] == 2
    report = cnncalc.load("vgg16").summary(free=["H"])
    with pytest.raises(cnncalc.UsageError, match="give H a value"):
        prepared(report)


def test_layers_that_cannot_run_say_so(capsys, tmp_path):
    path = tmp_path / "opaque.yaml"
    path.write_text(
        "input: [4]\nlayers:\n  - {type: opaque, output: [3], params: 2}\n  - {type: linear, out_features: 2}\n"
    )
    code, out, _ = run(capsys, "verify", str(path))
    assert code == 0
    assert "opaque, not run" in out
    assert "1 did not run" in out
    assert (
        "training only, not run" in run(capsys, "verify", "inception_v3", "--set", "H=96", "--set", "W=96")[1]
    )


def test_shared_layers_use_the_same_weights():
    spec = {"input": [3, 5, 5], "output": ["a", "b"], "layers": [
        {"type": "conv2d", "name": "a", "out_channels": 2, "kernel_size": 3}, {"share": "a", "name": "b", "from": "input"}]}  # fmt: skip
    outputs = cnncalc.load(spec).verify().outputs
    assert np.array_equal(outputs["a"], outputs["b"])


def test_the_order_of_sums_is_the_only_difference_between_types_and_threads():
    report = cnncalc.load("squeezenet1_1").summary(set={"H": 64, "W": 64})
    one, two = (verified(report, prepared(report), threads=n).outputs for n in (1, 2))
    exact = verified(report, prepared(report, dtype="float64")).outputs
    for path, array in exact.items():
        assert np.allclose(one[path], array, rtol=1e-3, atol=1e-5)
        assert np.allclose(one[path], two[path], rtol=1e-3, atol=1e-5)
