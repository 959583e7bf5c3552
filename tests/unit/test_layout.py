"""Inputs whose sizes are written with the channels last, and say so."""

import jsonschema
import numpy as np
import pytest

import cnncalc
from cnncalc.__main__ import main
from cnncalc.errors import SpecError, UsageError
from cnncalc.interchange.flat import unrolled
from cnncalc.report.schema import schema

CONV = {"type": "conv2d", "out_channels": 2, "kernel_size": 3, "padding": 1}


def network(shape, *layers, **keys):
    return cnncalc.load({"input": shape, "layers": list(layers), **keys})


def test_the_order_of_the_course():
    last = network({"shape": [224, 224, 3], "layout": "nhwc"}, CONV).summary()
    first = network([3, 224, 224], CONV).summary()
    assert last.to_dict() == first.to_dict()
    assert last.totals.params == 56
    assert last.warnings == ()


@pytest.mark.parametrize(
    ("written", "shape"),
    [([100, 3], (3, 100)), ([8, 9, 10, 3], (3, 8, 9, 10)), ([7], (7,)), ([9, 8, 1], (1, 9, 8))],
)
def test_any_number_of_axes(written, shape):
    assert network({"shape": written, "layout": "nhwc"}).summary().output == shape
    assert network({"shape": written, "layout": "nchw"}).summary().output == tuple(written)


def test_expressions_stay_free():
    net = network({"shape": ["H", "2*W", "c"], "layout": "nhwc"}, CONV, vars={"H": 8, "W": 9, "c": 3})
    assert net.summary().inputs == {"input": (3, 8, 18)}
    report = net.summary(free=["H", "W", "c"])
    assert [str(n) for n in report.inputs["input"]] == ["c", "H", "2*W"]
    assert cnncalc.solve(net, where="macs <= 54*72").sets.keys() == {"c", "H", "W"}
    assert (
        cnncalc.load(unrolled(net.graph(), {})).summary().to_dict()["totals"]
        == net.summary().to_dict()["totals"]
    )


def test_several_inputs_and_inputs_with_these_names():
    several = network({"image": {"shape": [8, 9, 3], "layout": "nhwc"}, "z": [100], "plain": {"shape": [1, 2, 3]}},
                      {"type": "relu", "from": "image"}, output="relu_1")  # fmt: skip
    assert several.summary().inputs == {"image": (3, 8, 9), "z": (100,), "plain": (1, 2, 3)}
    named = network({"shape": [3, 8, 8], "layout": [4]}, {"type": "relu", "from": "shape"})
    assert named.summary().inputs == {"shape": (3, 8, 8), "layout": (4,)}
    assert network({"shape": [3, 8, 8]}, {"type": "relu", "from": "shape"}).summary().inputs == {
        "shape": (3, 8, 8)
    }
    listed = network(
        {"shape": [3, 8, 8], "layout": "nhwc"}, {"type": "relu", "from": "layout"}, vars={"nhwc": [5]}
    )
    assert listed.summary().inputs == {"shape": (3, 8, 8), "layout": (5,)}


def test_what_is_said_is_not_doubted():
    assert [w.code for w in network([32, 32, 3], CONV).summary().warnings] == ["W210"]
    said = network({"shape": [32, 32, 3], "layout": "nchw"}, CONV)
    assert said.summary().warnings == ()
    assert unrolled(said.graph(), {})["input"] == {"shape": [32, 32, 3], "layout": "nchw"}


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ({"shape": [8, 8, 3], "layout": "hwc"}, "'layout' needs nchw or nhwc, got 'hwc'"),
        ({"shape": [8, 8, 3], "layout": "channels_last"}, "write nhwc"),
        ({"shape": [8, 8, 3], "layout": "nhwc", "batch": 1}, "an input has no field 'batch'"),
        ({"shape": "dims", "layout": "nhwc"}, "is written out as a list"),
        ({"shape": [8, 8, 0], "layout": "nhwc"}, "a size must be at least 1, got 0"),
        ({"shape": [8, "q", 3], "layout": "nhwc"}, "'q' is not defined"),
        ({"image": {"layout": "nhwc"}}, "an input needs 'shape'"),
        ({"image": {"shape": [8], "layout": 3}}, "'layout' needs nchw or nhwc, got 3"),
        (
            {"image": [8, 8, 3], "layout": "nhwc"},
            "write it at each input: NAME: {shape: [...], layout: nhwc}",
        ),
        ({"shape": [], "layout": "nhwc"}, "is written out as a list"),
        ({"image": {}}, "an input needs 'shape'"),
    ],
)
def test_mistakes(written, message):
    with pytest.raises(SpecError) as caught:
        network(written, vars={"dims": [8, 8, 3]}).summary()
    assert message in str(caught.value)


def test_a_shape_may_be_a_variable():
    net = network("dims", CONV, vars={"dims": [3, 8, 8]})
    assert net.summary().output == (2, 8, 8)
    with pytest.raises(SpecError, match="a size must be at least 1, got 0"):
        net.summary(set={"dims": [3, 0, 8]})


def test_fix_takes_the_words_of_keras(tmp_path):
    path = tmp_path / "n.yaml"
    path.write_text("input: {shape: [8, 8, 3], layout: channels_last}\nlayers: [relu]\n")
    assert main(["check", str(path), "--fix"]) == 0
    assert path.read_text().startswith("input: {shape: [8, 8, 3], layout: nhwc}\n")


def test_arrays_are_channels_first():
    net = network({"shape": [4, 5, 3], "layout": "nhwc"}, CONV)
    assert net.verify(inputs={"input": np.zeros((1, 3, 4, 5))}).agrees
    for shape in ((1, 4, 5, 3), (4, 5, 3)):
        with pytest.raises(UsageError, match="arrays have their channels first, whatever the spec's layout"):
            net.verify(inputs={"input": np.zeros(shape)})


@pytest.mark.parametrize(
    ("written", "valid"),
    [
        ({"shape": [8, "W", 3], "layout": "nhwc"}, True), ({"a": {"shape": [8, 8, 3], "layout": "nchw"}, "z": [1]}, True),
        ({"shape": [3, 8, 8], "layout": [4]}, True), ({"shape": [8, 8, 3], "layout": "hwc"}, False), ({"a": {"layout": "nhwc"}}, False),
        ({"shape": [8, 8, 3], "layout": "nhwc", "z": [1]}, False),
    ],
)  # fmt: skip
def test_the_schema_knows_it(written, valid):
    assert jsonschema.Draft202012Validator(schema()).is_valid({"input": written, "layers": ["relu"]}) == valid
