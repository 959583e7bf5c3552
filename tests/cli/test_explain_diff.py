"""``cnncalc explain`` and ``cnncalc diff``: derivations that give what they say, and changes where they are."""

import json
import random
import re
import subprocess
from itertools import product

import pytest

import cnncalc
from cnncalc.__main__ import main
from cnncalc.analysis.diff import diff
from cnncalc.analysis.explain import explain
from cnncalc.errors import UsageError
from tests.shipped import files


def run(capsys, *arguments):
    code = main(list(arguments))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.mark.parametrize("free", [(), ("H", "W")])
@pytest.mark.parametrize("name", files())
def test_every_formula_gives_its_result(name, free):
    network = cnncalc.load(name)
    report = network.summary(free=[v for v in free if v in network.vars])
    seen = set()
    for row in report:
        key = (row.type, str(row.output))
        if key in seen or row.train_only:
            continue
        seen.add(key)
        for line in explain(report, row.path).lines:
            assert cnncalc.parse_size(line.numbers) == line.result, (row.path, line)


def test_a_convolution_step_by_step(capsys):
    code, out, _ = run(capsys, "explain", "vgg16", "features.block2.conv2d_1")
    assert code == 0
    for words in (
        "features.block2.conv2d_1 (conv2d): 64×112×112 -> 128×112×112", "output height and width", "= (112 + 1 + 1 - 3)//1 + 1 = 112",
        "= 128*64*3*3 = 73,728", "128 filters, each with 64 kernel(s) of 3×3", "= 73728 + 128 = 73,856", "= 128*112*112*576 = 924,844,032",
        "= 6 + (3 - 1)*2 = 10",
    ):  # fmt: skip
        assert words in out
    code, out, _ = run(
        capsys, "explain", "vgg16", "features.block2.conv2d_1", "--free", "H,W", "--format", "markdown"
    )
    assert r"$$\left\lfloor\frac{\left\lfloor\frac{H}{2}\right\rfloor + 1 + 1 - 3}{1}\right\rfloor + 1" in out


def test_a_network_in_a_few_lines(capsys):
    code, out, _ = run(capsys, "explain", "resnet50", "--in-place")
    assert code == 0
    assert "7,225,344 bytes" in out
    assert "receptive field      427×427 at layer4.2" in out
    assert "classifier           3 layers to [1000], 2,049,000 params" in out
    assert re.search(r"alive then +maxpool2d_1 802.82 kB, layer1.0", out)
    assert "no order needs less" in out
    assert "a better order" in run(capsys, "explain", "xception")[1]
    assert "give" in run(capsys, "explain", "resnet50", "--free", "H")[1]
    assert "- **MACs**: 4,089,184,256" in run(capsys, "explain", "resnet50", "--format", "markdown")[1]


def test_a_layer_that_is_not_there(capsys):
    code, _, err = run(capsys, "explain", "vgg16", "clasifier.fc6")
    assert (code, "did you mean 'classifier.fc6'?" in err) == (2, True)
    code, _, err = run(capsys, "explain", "vgg16", "classifier")
    assert (code, "is a group of 9 layers" in err) == (2, True)


CONV = {"type": "conv2d", "out_channels": 4, "kernel_size": 3, "padding": 1}


def changes(before, after):
    one, two = (cnncalc.load({"input": [3, 8, 8], "layers": layers}).summary() for layers in (before, after))
    return diff(one, two)


def test_an_inserted_layer_is_one_change():
    chain = [CONV, "relu", CONV, "relu", CONV, "relu"]
    found = changes(chain, [*chain[:2], {**CONV, "kernel_size": 1, "padding": 0}, *chain[2:]])
    assert [(c.kind, c.path) for c in found.changes] == [("added", "conv2d_2")]
    assert found.same == 6
    found = changes(chain, [*chain[:2], *chain[4:]])
    assert [c.kind for c in found.changes] == ["removed", "removed"]
    assert found.same == 4


def test_as_much_as_possible_stays_the_same():
    """The alignment is a longest common subsequence, whichever layers stand between."""
    kinds = ["relu", "tanh", "sigmoid", "silu", "gelu", "mish"]
    draw = random.Random(1)
    for _ in range(40):
        one, two = ([draw.choice(kinds) for _ in range(draw.randint(1, 9))] for _ in range(2))
        longest = [[0] * (len(two) + 1) for _ in range(len(one) + 1)]
        for i, j in product(range(len(one)), range(len(two))):
            same = longest[i][j] + 1 if one[i] == two[j] else 0
            longest[i + 1][j + 1] = max(longest[i][j + 1], longest[i + 1][j], same)
        assert changes(one, two).same == longest[-1][-1], (one, two)


def test_changed_fields_and_what_follows_from_them():
    found = changes(
        [CONV, "relu", {**CONV, "out_channels": 8}],
        [{**CONV, "out_channels": 6}, "relu", {**CONV, "out_channels": 8}],
    )
    assert [(c.kind, c.path, c.fields) for c in found.changes] == [
        ("changed", "conv2d_1", (("out_channels", 4, 6),)), ("changed", "relu_1", ()), ("changed", "conv2d_2", ())]  # fmt: skip
    totals = {t.name: t for t in found.totals}
    assert totals["params"].difference == 2 * (27 + 1) + 8 * 9 * 2
    assert totals["params"].relative == pytest.approx(totals["params"].difference / totals["params"].before)


def test_the_same_has_no_changes(capsys):
    code, out, _ = run(capsys, "diff", "resnet18", "resnet18")
    assert code == 0
    assert "No layer differs (69 are the same)." in out


def test_repetitions_are_aligned_by_place():
    one, two = (cnncalc.load(name).summary() for name in ("resnet18", "resnet34"))
    found = diff(one, two)
    assert {c.kind for c in found.changes} == {"added"}
    assert found.same == 69
    assert "layer1.2.basic_1.conv2d_1" in [c.path for c in found.changes]


def test_specs_that_share_nothing(capsys):
    code, out, _ = run(capsys, "diff", "lenet5", "unet_padded", "--format", "json")
    assert code == 0
    found = json.loads(out)
    assert len(found["changes"]) + found["same"] >= 50
    assert found["totals"]["params"]["after"] == 31031745


@pytest.mark.parametrize(("condition", "code"), [
    ("params > +5%", 1), ("params > +100%", 0), ("macs > +1G", 1), ("macs > +10G", 0), ("params > 20M", 1), ("params > 30M", 0),
    ("params < +0%", 0), ("peak_activation_bytes > +0", 0), ("params > 5%", 2), ("speed > +5%", 2), ("params", 2), ("params > lots", 2),
])  # fmt: skip
def test_failing_on_growth(capsys, condition, code):
    found, _, err = run(capsys, "diff", "resnet18", "resnet34", "--fail-if", condition)
    assert found == code
    assert bool(err) == bool(code)


def test_shrinking_by_too_little(capsys):
    assert run(capsys, "diff", "resnet34", "resnet18", "--fail-if", "params > -60%")[0] == 1
    assert run(capsys, "diff", "resnet34", "resnet18", "--fail-if", "params > -10%")[0] == 0


def test_revisions_of_git(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    git = lambda *a: subprocess.run(
        ["git", "-c", "user.name=a", "-c", "user.email=a@b", *a], check=True, capture_output=True
    )
    spec = tmp_path / "model.yaml"
    spec.write_text("input: [3, 8, 8]\nlayers: [{type: linear, out_features: 3}]\nvariants: {wide: {}}\n")
    git("init", "-q", ".")
    git("add", ".")
    git("commit", "-qm", "one")
    spec.write_text(spec.read_text().replace("3}", "4}"))
    code, out, _ = run(capsys, "diff", "git:HEAD:model.yaml", "model.yaml", "--format", "markdown")
    assert code == 0
    assert "| ~ | linear_1 | out_features: 3 -> 4 | 3×8×3 -> 3×8×4 |" in re.sub(" +", " ", out)
    assert run(capsys, "diff", "git:HEAD:model.yaml@wide", "model.yaml")[0] == 0
    for reference in ("git:none:model.yaml", "git:HEAD:none.yaml", "git:HEAD", "git::x", "git:--help:x"):
        code, _, err = run(capsys, "diff", reference, "model.yaml")
        assert code == 2
        assert "Traceback" not in err


def test_unknown_layers_raise_in_the_library():
    with pytest.raises(UsageError):
        explain(cnncalc.load("lenet5").summary(), "nothing")


def test_tensors_of_more_axes_than_layers_have(capsys, tmp_path):
    spec = tmp_path / "volumes.yaml"
    spec.write_text(
        "input: [4, 2, 6, 6, 6]\nlayers: [{type: concat, name: both, axis: 2, from: [input, input]}, {type: relu, name: r}]\n"
    )
    for command in ("check", "table", "explain", "verify", "plot"):
        assert run(capsys, command, str(spec))[0] == 0
    assert "output axis 2" in run(capsys, "explain", str(spec), "both")[1]
    spec.write_text("input: [4, 2, 6, 6, 6]\nlayers: [{type: relu, name: r}]\n")
    assert "receptive field, axis 4" in run(capsys, "explain", str(spec), "r")[1]
