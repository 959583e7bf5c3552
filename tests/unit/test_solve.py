"""Which sizes work: known answers, and every size up to a bound by brute force."""

import json

import numpy as np
import pytest

import cnncalc
from cnncalc.__main__ import main
from cnncalc.analysis.expect import check
from cnncalc.analysis.solve import solve
from cnncalc.dims import DimError
from cnncalc.errors import SpecError, UsageError

CONV = {"type": "conv2d", "out_channels": 4, "kernel_size": 3}


@pytest.mark.parametrize(
    ("name", "variables", "options", "expected"),
    [
        ("unet_padded", "HW", {}, "H >= 16 and H % 16 == 0"),
        ("unet", "H", {"where": [" and ".join(f"down{i}.output[1] % 2 == 0" for i in range(1, 5))]},
         "H >= 188 and H % 16 == 12"),
        ("resnet50", "H", {}, "H >= 1"),
        ("resnet50", "H", {"where": ["layer4.output == [2048, 7, 7]"], "set": {"W": 224}}, "193 <= H <= 224"),
        ("inception_v3", "H", {}, "H >= 75"),
        ("alexnet", "H", {}, "H >= 63"),
        ("vgg16", "H", {"where": ["features.output[1] % 2 == 0", "H <= 200"]}, "64 <= H <= 200 and H % 64 <= 31"),
        ("lessons/vgg16", "H", {"where": ["params <= 150M"], "set": {"W": 224}}, "32 <= H <= 255"),
        ("mobilenet_v1", ["w"], {"where": ["params <= 3M"]}, "0.25 <= w <= 0.8 in steps of 0.05"),
        ("mobilenet_v2", ["w"], {"where": ["params <= 3M"]}, "0.25 <= w <= 0.85 in steps of 0.05"),
    ],
)  # fmt: skip
def test_known_answers(name, variables, options, expected):
    found = solve(cnncalc.load(name), list(variables), **options)
    assert found.sets[variables[0]].text(variables[0]) == expected
    assert found.coupled == []


@pytest.mark.parametrize("name", ["unet", "unet_padded", "inception_v3", "googlenet", "densenet121", "shufflenet_v2_x1_0", "alexnet",
                                  "squeezenet1_1", "xception", "nin", "lenet5", "alexnet_original", "efficientnet_b0"])  # fmt: skip
def test_the_set_is_what_trying_every_size_finds(name):
    net = cnncalc.load(name)
    valid = solve(net, ["H"]).sets["H"]
    step = 1 if len(net.summary()) < 80 else 7
    for size in range(1, 260, step):
        try:
            net.graph(set={"H": size})
        except SpecError:
            assert size not in valid, size
        else:
            assert size in valid, size


def test_sizes_that_constrain_each_other():
    spec = {"vars": {"H": 8, "W": 8}, "input": [3, "H", "W"], "layers": [
        {"type": "permute", "dims": [0, 2, 1], "name": "turned"}, {"type": "add", "from": ["input", "turned"]}]}  # fmt: skip
    found = solve(cnncalc.load(spec))
    assert [str(r.condition) for r in found.coupled] == ["H == W or H == 1 or W == 1"]


def test_what_cannot_be_answered_says_why():
    with pytest.raises(SpecError, match="no value of H is valid") as caught:
        solve(cnncalc.load("vgg16"), ["H"], where=["features.output[1] == 7", "H <= 100"])
    assert any("H <= 100" in note for note in caught.value.problems[0].notes)
    with pytest.raises(SpecError, match=r"no size satisfies output == \[3\]"):
        solve(cnncalc.load("vgg16"), where=["output == [3]"])
    with pytest.raises(SpecError, match=r"no size satisfies H\*W <= 100"):
        solve(cnncalc.load("vgg16"), where=["H*W <= 100"])
    with pytest.raises(UsageError, match="cannot be both set and solved for"):
        solve(cnncalc.load("vgg16"), ["H"], set={"H": 3})
    assert list(solve(cnncalc.load("vgg16"), set={"H": 224}).sets) == ["W"]
    with pytest.raises(SpecError, match="depends on a free variable"):
        solve(
            cnncalc.load({"vars": {"n": 2}, "input": [3, 8, 8], "layers": [{**CONV, "repeat": "n"}]}), ["n"]
        )
    with pytest.raises(UsageError, match="no closed form; 'cnncalc sweep'"):
        solve(cnncalc.load("vgg16"), where=["peak_activation_bytes <= 500KiB"])
    with pytest.raises(UsageError, match="no variable 'Q'"):
        solve(cnncalc.load("vgg16"), ["Q"])
    with pytest.raises(UsageError, match="no variables to solve for"):
        solve(cnncalc.load({"input": [3, 8, 8], "layers": [CONV]}))
    for where in (
        "params",
        "parms <= 3",
        "features.outptu == 3",
        "nothing.output == [1]",
        "output == 3",
        "output < [3]",
    ):
        with pytest.raises(UsageError):
            solve(cnncalc.load("vgg16"), where=[where])
    with pytest.raises(DimError, match="repeats only every"):
        solve(
            cnncalc.load({"vars": {"H": 8}, "input": [3, "H", 8], "layers": [CONV]}), where=["H % 99991 == 3"]
        )


def test_the_command(capsys):
    assert main(["solve", "unet_padded", "H", "--near", "300", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)["variables"]["H"]
    assert found["text"] == "H >= 16 and H % 16 == 0"
    assert found["pieces"] == [{"low": 16, "high": None, "modulus": 16, "residues": [0]}]
    assert found["nearest"] == {"equal": None, "below": 288, "above": 304}
    assert main(["solve", "unet_padded", "--near", "300"]) == 0
    out = capsys.readouterr().out
    assert "nearest to 300: H == 288 or 304" in out
    assert "H and W do not constrain each other" in out
    assert "concat at line 19 (up1.concat_1) needs H % 2 == 0" in out
    assert main(["solve", "vgg16", "--where", "H % 99991 == 3"]) == 1
    assert "cannot be decided" in capsys.readouterr().err


def problems_of(**rest):
    net = cnncalc.load({"vars": {"H": 32, "W": 32}, "input": [3, "H", "W"], "layers": [
        {**CONV, "padding": 1, "name": "skip"}, {"type": "maxpool2d", "kernel_size": 4},
        {"type": "upsample", "scale_factor": 4}, {"type": "add", "from": ["skip", "prev"]}], **rest})  # fmt: skip
    return [(p.code, p.message) for p in check(net, net.summary())]


def test_divisibility_is_proven():
    assert problems_of(expect={"divisible_by": {"H": 4, "W": 8}}) == []
    assert problems_of(expect={"divisible_by": {"H": 2}}) == [
        ("C401", "not every multiple of 2 works: 2 does not")
    ]
    assert problems_of(expect={"divisible_by": {"Q": 2}})[0][0] == "C102"
    assert problems_of(expect={"divisible_by": {"H": 0}})[0][0] == "C101"


def test_cases_are_run():
    assert (
        problems_of(cases=[{"set": {"H": 64}, "output": [4, 64, "W"]}, {"set": {"H": 31}, "fails": True}])
        == []
    )
    found = problems_of(cases=[{"set": {"H": 64}, "fails": True}, {"set": {"H": 31}}, {"set": {"H": 8}, "output": [4, 9, 32]},
                               {"set": {"Q": 8}}, 3, {"set": 3}])  # fmt: skip
    assert [code for code, _ in found] == ["C401", "C401", "C401", "C102", "C101", "C101"]


def test_compiled_functions_are_the_summary():
    net = cnncalc.load("mobilenet_v1")
    function = net.compile("params", "macs", "output", "peak_activations", free=["H", "W", "w"])
    heights, widths, multipliers = np.array([32, 97, 224]), np.array([64, 33, 224]), np.array([0.5, 1, 1.4])
    params, macs, output, peak = function(heights, widths, multipliers)
    for i in range(3):
        report = net.summary(set={"H": int(heights[i]), "W": int(widths[i]), "w": float(multipliers[i])})
        assert (params[i], macs[i]) == (report.totals.params, report.totals.macs)
        assert 4 * peak[i] == report.totals.peak_activation_bytes
        assert function(int(heights[i]), W=int(widths[i]), w=float(multipliers[i]))[:2] == (
            report.totals.params,
            report.totals.macs,
        )
    assert output == (1000,)
    assert net.compile("params", free=["w"])(1) == 4231976
    assert (
        net.compile("macs", free=["H", "W"])(np.array([10**9]), 10**9)[0] > 2**63
    )  # exact where int64 would wrap
    with pytest.raises(UsageError, match="did you mean 'params'"):
        net.compile("parms", free=["H"])
    with pytest.raises(TypeError):
        function(1, 2)


def test_which_of_several_outputs_is_meant_must_be_said():
    net = cnncalc.load({"vars": {"H": 8}, "input": [3, "H", 8], "output": ["a", "b"],
                        "layers": [{"type": "relu", "name": "a"}, {"type": "maxpool2d", "name": "b", "kernel_size": 2}]})  # fmt: skip
    with pytest.raises(UsageError, match=r"several outputs, a, b: name one, as in a\.output"):
        solve(net, where=["output == [3, 4, 4]"])
    with pytest.raises(UsageError, match="several outputs"):
        net.compile("output", free=["H"])
    assert solve(net, where=["b.output == [3, 4, 4]"]).sets["H"].text("H") == "8 <= H <= 9"
    assert net.compile("b.output", free=["H"])(20) == (3, 10, 4)


def test_a_single_condition_is_a_text():
    net = cnncalc.load("resnet50")
    asked = "layer4.output == [2048, 7, 7]"
    one, listed = (solve(net, "H", where=w, set={"W": 224}) for w in (asked, [asked]))
    assert one.sets == listed.sets
    assert one.sets["H"].text("H") == "193 <= H <= 224"
