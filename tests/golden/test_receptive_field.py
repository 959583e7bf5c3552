"""Receptive fields against those measured by gradients on torchvision's models, and published ones.

The facts: size along height and width, stride and padding at endpoints of each model. Gates (squeeze and excitation)
see the whole image; where the measurement left them out, so does the comparison.
"""

import json
from pathlib import Path

import pytest

import cnncalc
from cnncalc.counting.receptive_field import receptive_fields

FACTS = json.loads((Path(__file__).parent / "receptive_field.json").read_text())


def without_gates(graph):
    def ungated(node):
        maps = tuple(i for i in node.inputs if set(graph.nodes[i].output[1:]) - {1})
        return node._replace(inputs=maps) if node.type == "multiply" else node

    return graph._replace(nodes=tuple(map(ungated, graph.nodes)))


@pytest.mark.parametrize("name", FACTS)
def test_fields_measured_by_gradients(name):
    graph = cnncalc.load(name).graph()
    if FACTS[name]["gates_removed"]:
        graph = without_gates(graph)
    fields = [field for field in receptive_fields(graph) if field is not None and not field.everything]
    found = [[field.size[0], field.size[1], field.stride[0], field.padding[0]] for field in fields]
    at = 0
    for endpoint, fact in FACTS[name]["endpoints"].items():  # in the order of the network
        assert fact in found[at:], endpoint
        at += found[at:].index(fact)


def final(name):
    report = cnncalc.load(name).summary()
    return [r.receptive_field for r in report if r.receptive_field and not r.receptive_field.everything][-1]


@pytest.mark.parametrize(("name", "size", "stride", "padding"), [
    ("lessons/vgg16", 212, 32, 90), ("alexnet", 195, 32, 66), ("mobilenet_v1", 315, 32, None),
    ("inception_v3", 1311, 32, 618), ("resnet50", 427, 32, None), ("resnet101", 971, 32, None),
    ("resnet152", 1451, 32, None),
])  # fmt: skip
def test_published_fields(name, size, stride, padding):
    field = final(name)
    assert field.size == (size, size)
    assert field.stride == (stride, stride)
    assert padding is None or field.padding == (padding, padding)


def test_alexnet_v2():
    """The first convolution without padding, as TensorFlow's slim has it: 195, 32, 64 in that paper."""
    network = cnncalc.load("alexnet")
    layers = network.source.text.replace(
        "kernel_size: 11, stride: 4, padding: 2", "kernel_size: 11, stride: 4"
    )
    assert layers != network.source.text
    rows = cnncalc.load(layers).summary(set={"H": 231, "W": 231}).rows
    field = [r.receptive_field for r in rows if r.type == "maxpool2d"][-1]
    assert field[:3] == ((195, 195), (32, 32), (64, 64))


RESNETS_V1 = {(3, 4, 6, 3): 483, (3, 4, 23, 3): 1027, (3, 8, 36, 3): 1507, (3, 24, 36, 3): 1763}


@pytest.mark.parametrize("blocks", RESNETS_V1)
@pytest.mark.parametrize(
    ("last", "kernel", "less"),
    [(True, 3, 0), (False, 3, 56), (False, 1, 0)],
    ids=["last unit", "first 3x3", "first 1x1"],
)
def test_where_the_stride_of_a_resnet_stands(blocks, last, kernel, less):
    """In the last unit of each block, as TensorFlow's slim has it and Araujo, Norris and Sim list; in the first
    unit's 3x3 as torchvision has it; in its 1x1 as He et al. do."""
    layers = [{"type": "conv2d", "out_channels": 8, "kernel_size": 7, "stride": 2, "padding": 3},
              {"type": "maxpool2d", "kernel_size": 3, "stride": 2, "padding": 1}]  # fmt: skip
    for block, units in enumerate(blocks):
        for unit in range(units):
            strided = unit == units - 1 and block < 3 if last else unit == 0 and block > 0
            stride = 2 if strided else 1
            body = [
                {"type": "conv2d", "out_channels": 8, "kernel_size": k, "padding": "half", "stride": s}
                for k, s in ((1, stride if kernel == 1 else 1), (3, stride if kernel == 3 else 1), (1, 1))
            ]
            shortcut = [{"type": "maxpool2d", "kernel_size": 1, "stride": stride}]
            layers.append({"type": "add", "branches": [body, shortcut]})
    field = cnncalc.load({"input": [3, 224, 224], "layers": layers}).summary().rows[-1].receptive_field
    size = RESNETS_V1[blocks] - less
    assert (field.size, field.stride) == ((size, size), (32, 32))
    assert field.aligned


def test_branches_that_are_not_aligned_are_flagged():
    def merged(padding, stride=1):
        branch = [
            {"type": "conv2d", "out_channels": 3, "kernel_size": 3, "padding": padding, "stride": stride}
        ]
        layers = [{"type": "add", "branches": [branch, [{"type": "crop", "size": 16}]]}]
        return cnncalc.load({"input": [3, 18, 18], "layers": layers}).summary().rows[-1].receptive_field

    assert merged(0).aligned
    shifted = [{"type": "conv2d", "out_channels": 3, "kernel_size": 3, "padding": [[2, 0], [2, 0]]}]
    field = (
        cnncalc.load({"input": [3, 9, 9], "layers": [{"type": "add", "branches": [[], shifted]}]})
        .summary()
        .rows[-1]
        .receptive_field
    )
    assert not field.aligned

    report = cnncalc.load(
        {"input": [3, 9, 9], "layers": [{"type": "add", "branches": [[], shifted]}]}
    ).summary()
    assert report.to_dict()["layers"][-1]["receptive_field"]["aligned"] is False
    assert (field.size, field.padding) == ((3, 3), (2, 2))


def test_transposed_convolutions_and_upsampling():
    def field(*layers):
        return cnncalc.load({"input": [2, 16, 16], "layers": list(layers)}).summary().rows[-1].receptive_field

    up = {"type": "conv_transpose2d", "out_channels": 2, "kernel_size": 2, "stride": 2}
    assert field(up)[:3] == ((1, 1), ("1/2", "1/2"), (0, 0))
    conv = {"type": "conv2d", "out_channels": 2, "kernel_size": 3, "padding": 1}
    assert field(up, conv).size == (2, 2)
    assert field({"type": "maxpool2d", "kernel_size": 2}, {"type": "upsample", "scale_factor": 2})[:3] == (
        (2, 2),
        (1, 1),
        (0, 0),
    )
    assert field({"type": "upsample", "scale_factor": 2, "mode": "bilinear"}).size == (2, 2)
    assert field(
        {"type": "pixel_unshuffle", "downscale_factor": 2}, {"type": "pixel_shuffle", "upscale_factor": 2}
    ).size == (2, 2)


def test_closed_forms_and_what_sees_everything():
    report = cnncalc.load("vgg16").summary(free=["H", "W"])
    assert report["features.block5.maxpool2d_1"].receptive_field.size == (212, 212)
    assert list(map(str, report["classifier.fc8"].receptive_field.size)) == ["H", "W"]
    same = {
        "vars": {"H": 8},
        "input": [1, "H"],
        "layers": [{"type": "conv1d", "out_channels": 1, "kernel_size": 3, "stride": 2, "padding": "same"}],
    }
    (row,) = cnncalc.load(same).summary(free=["H"])
    for size in (8, 9):
        numeric = cnncalc.load(same).summary(set={"H": size}).rows[0].receptive_field
        from cnncalc.dims import substitute

        assert substitute(row.receptive_field.padding[0], {"H": size}) == numeric.padding[0] == size % 2
