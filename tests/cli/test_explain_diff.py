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


LARGE = (
    "densenet",
    "efficientnet_v2",
    "googlenet",
    "inception_v3",
    "regnet",
    "unet",
    "unet_padded",
    "xception",
)
NAMES = [pytest.param(name, marks=pytest.mark.slow) if name in LARGE else name for name in files()]


@pytest.mark.parametrize("free", [(), ("H", "W")])
@pytest.mark.parametrize("name", NAMES)
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
        "= 128*64*3*3 = 73,728", "128 filters, each with 64 kernels of 3×3", "= 73728 + 128 = 73,856", "= 128*112*112*576 = 924,844,032",
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
    assert "bytes moved          426.01 MB, 19.29 flops per byte (float32, batch 1)" in out
    assert "classifier           3 layers, output [1000], 2,049,000 params" in out
    assert re.search(r"alive at the peak +maxpool2d_1 802.82 kB, layer1.0", out)
    assert "no order needs less memory" in out
    assert "better order" in run(capsys, "explain", "xception")[1]
    assert "for the peak, set" in run(capsys, "explain", "resnet50", "--free", "H")[1]
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


SPEC = "input: [3, 8, 8]\nlayers: [{type: linear, out_features: 3}]\nvariants: {wide: {}}\n"


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A repository with specs at its top and in a folder, and one commit."""
    monkeypatch.chdir(tmp_path)
    vision = tmp_path / "models" / "vision"
    vision.mkdir(parents=True)
    for path in ("model.yaml", "both.yaml", "models/vision/small.yaml", "models/vision/both.yaml"):
        (tmp_path / path).write_text(SPEC)
    for arguments in (["init", "-q", "."], ["add", "."], ["commit", "-qm", "one"]):
        command = ["git", "-c", "user.name=a", "-c", "user.email=a@b", *arguments]
        subprocess.run(command, check=True, capture_output=True)
    return tmp_path


def test_revisions_of_git(capsys, repository):
    (repository / "model.yaml").write_text(SPEC.replace("3}", "4}"))
    code, out, _ = run(capsys, "diff", "git:HEAD:model.yaml", "model.yaml", "--format", "markdown")
    assert code == 0
    assert "| ~ | linear_1 | out_features: 3 -> 4 | 3×8×3 -> 3×8×4 |" in re.sub(" +", " ", out)
    assert run(capsys, "diff", "git:HEAD:model.yaml@wide", "model.yaml")[0] == 0
    for reference, words in (
        ("git:none:model.yaml", "there is no revision 'none'"),
        ("git:HEAD:none.yaml", "there is no file 'none.yaml' in 'HEAD'; with --missing-ok"),
        ("git:HEAD", "is not git:REV:PATH"),
        ("git::x", "is not git:REV:PATH"),
        ("git:--help:x", "is not git:REV:PATH"),
    ):
        code, _, err = run(capsys, "diff", reference, "model.yaml")
        assert code == 2
        assert words in err


@pytest.mark.parametrize("path, where", [
    ("models/vision/small.yaml", ".,models,models/vision"),  # as git itself: from the top
    ("./models/vision/small.yaml", "."),
    ("vision/small.yaml", "models"),  # from here, where the top has no such file
    ("small.yaml", "models/vision"),
    ("./small.yaml", "models/vision"),
    ("../vision/small.yaml", "models/vision"),
    ("both.yaml", ".,models"),
    ("./both.yaml", ".,models/vision"),
    ("../../both.yaml", "models/vision"),
])  # fmt: skip
def test_paths_of_a_revision_are_those_of_git(capsys, repository, monkeypatch, path, where):
    for folder in ("models", "models/vision", "."):
        monkeypatch.chdir(repository / folder)
        code = run(capsys, "diff", f"git:HEAD:{path}", "lenet5")[0]
        assert code == (0 if folder in where.split(",") else 2), folder


def test_a_path_of_two_files_is_refused(capsys, repository, monkeypatch):
    monkeypatch.chdir(repository / "models" / "vision")
    code, out, err = run(capsys, "diff", "git:HEAD:both.yaml", "both.yaml")
    assert (code, out) == (2, "")
    assert "write git:HEAD:../../both.yaml or git:HEAD:./both.yaml" in err


def test_without_a_repository(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    code, _, err = run(capsys, "diff", "git:HEAD:model.yaml", "lenet5", "--missing-ok")
    assert (code, "not a git repository" in err) == (2, True)


def test_a_new_file_is_compared_with_nothing(capsys, repository):
    (repository / "new.yaml").write_text("input: [3]\nlayers: [{type: linear, out_features: 4}]\n")
    pair = ["diff", "git:HEAD:new.yaml", "new.yaml"]
    assert run(capsys, *pair)[0] == 2
    code, out, err = run(capsys, *pair, "--missing-ok", "--fail-if", "params > +5%", "--fail-if", "macs > +1")
    assert (code, "it is treated as empty" in err) == (0, True)  # there is no change of what was not there
    assert "note: not checked, since A does not exist: 'params > +5%', 'macs > +1'\n" in err
    assert out.startswith("(nothing) -> new\n")
    assert re.search(r"params +0 +16 +\+16\n", out)
    assert "1 added, 0 the same." in out
    code, _, err = run(capsys, *pair, "--missing-ok", "--fail-if", "params > 15", "--fail-if", "params > -3%")
    assert (code, "not checked, since A does not exist: 'params > -3%'\n" in err) == (1, True)
    assert run(capsys, *pair, "--missing-ok", "--fail-if", "speed > +5%")[0] == 2
    data = json.loads(run(capsys, *pair, "--missing-ok", "--format", "json", "--dtype", "int8")[1])
    assert (data["before"], data["after"]) == (None, "new")
    assert data["totals"]["param_bytes"] == {"before": 0, "after": 16, "difference": 16, "relative": None}
    assert [change["kind"] for change in data["changes"]] == ["added"]


def test_a_deleted_file_is_compared_with_nothing(capsys, repository):
    (repository / "model.yaml").unlink()
    assert run(capsys, "diff", "git:HEAD:model.yaml", "model.yaml")[0] == 2
    code, out, _ = run(capsys, "diff", "git:HEAD:model.yaml", "model.yaml", "--missing-ok")
    assert (code, "1 removed, 0 the same." in out) == (0, True)
    code, _, err = run(
        capsys, "diff", "git:HEAD:model.yaml", "model.yaml", "--missing-ok", "--fail-if", "params < -5%"
    )
    assert (code, "not checked" in err) == (1, False)  # all of it is gone, which is a change
    assert run(capsys, "diff", "git:HEAD:none.yaml", "none.yaml", "--missing-ok")[0] == 2
    assert run(capsys, "diff", "git:none:model.yaml", "lenet5", "--missing-ok")[0] == 2


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
