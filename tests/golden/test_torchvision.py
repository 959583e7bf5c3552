"""The shipped specs against facts measured on torchvision: totals, and every layer in order.

``torchvision.json`` holds, for each model, totals and a line for each leaf module in execution order: type, window, output
shape, weights, biases, buffers, MACs. Activations, dropout, identity, permute and flatten are left out on both sides, and here
what is no module in torchvision: merges, slices and the like.
"""

import json
from pathlib import Path

import pytest

from cnncalc.network import build
from cnncalc.reading.text.files import read_spec
from cnncalc.reading.text.shipped import shipped_specs

FACTS = json.loads(Path(__file__).with_name("torchvision.json").read_text())
#: by model and type of layer: what all of its layers of the type have in these fields, which change no shape and no count
FIELDS = json.loads(Path(__file__).with_name("torchvision_fields.json").read_text())
SPECS = shipped_specs()
COMPARED = ("conv", "linear", "norm", "pool")
NO_MODULES = ("scale", "global_avgpool", "global_maxpool")  # in torchvision
#: models that torchvision writes with poolings as functions, which are no modules
FUNCTIONAL_POOLING = ("inception_v3",)


def layer_of(graph, row):
    return next(node.layer for node in graph.nodes if node.path == row.path)


def compared(graph, row):
    layer = layer_of(graph, row)
    return layer.family in COMPARED and not row.train_only and not row.type.startswith(NO_MODULES)


def line(graph, row):
    """A layer as the golden file writes it: type, kernel/stride+padding, output, weights, biases, buffers, MACs."""
    layer = layer_of(graph, row)
    kind = "conv2d" if row.type == "depthwise_conv2d" else row.type
    if hasattr(layer, "kernel_size"):
        shapes = [node.output for node in graph.nodes if node.path == row.inputs[0]]
        windows = layer.spatial_windows(shapes[0])
        sizes = ["x".join(str(getattr(w, part)) for w in windows) for part in ("kernel", "stride", "before")]
        kind += f" {sizes[0]}/{sizes[1]}+{sizes[2]}"
    return f"{kind} {'x'.join(map(str, row.output))} {row.weights} {row.biases} {row.buffers} {row.macs}"


@pytest.mark.parametrize("name", FACTS)
def test_torchvision(name):
    path, variant = SPECS[name]
    network = build(read_spec(str(path))[0], variant or None)
    report = network.summary()
    fact = FACTS[name]

    assert list(report.inputs.values()) == [tuple(fact["input"])]
    rows = iter([line(report.graph, row) for row in report if compared(report.graph, row)])
    for number, wanted in enumerate(fact["rows"]):
        found = next(rows, None)
        while found != wanted and name in FUNCTIONAL_POOLING and "pool2d" in (found or ""):
            found = next(rows, None)
        assert found == wanted, f"layer {number}"
    assert next(rows, None) is None
    for number in ("params", "weights", "biases", "buffers", "macs"):
        assert getattr(report.totals, number) == fact[number], number


#: facts about members that were not measured: torchvision's source, and for the last two Keras', whose epsilon is 0.001
FIELDS |= {
    "efficientnet_b5": {"batchnorm2d": {"eps": 0.001}}, "mnasnet1_3": {"batchnorm2d": {"eps": 1e-5}},
    "convnext_small": {"layernorm": {"eps": 1e-6}}, "densenet161": {"batchnorm2d": {"eps": 1e-5}},
    "vgg13_bn": {"batchnorm2d": {"eps": 1e-5}}, "shufflenet_v2_x1_5": {"batchnorm2d": {"eps": 1e-5}},
    "mobilenet_v1": {"batchnorm2d": {"eps": 0.001}}, "xception": {"batchnorm2d": {"eps": 0.001}},
}  # fmt: skip


@pytest.mark.parametrize("name", FIELDS)
def test_fields_that_change_no_number_are_those_of_the_published_network(name):
    """With another epsilon, published weights compute something else."""
    path, variant = SPECS[name]
    layers = [n.layer for n in build(read_spec(str(path))[0], variant or None).graph().nodes if n.layer]
    for kind, fields in FIELDS[name].items():
        ours = [layer for layer in layers if layer.type == kind]
        assert ours
        for field, wanted in fields.items():
            found = {getattr(layer, field) for layer in ours}
            assert found == {(wanted, wanted) if field == "dilation" else wanted}, f"{kind}: {field}"


PUBLISHED = {  # params of models without measured facts, as published by torchvision or the papers' authors
    "vgg13_bn": 133_053_736, "alexnet_original": 60_965_224, "lenet5": 61_706, "densenet161": 28_681_000,
    "squeezenet1_0": 1_248_424, "wide_resnet50_2": 68_883_240, "resnext101_64x4d": 83_455_272,
    "mnasnet1_3": 6_282_256, "shufflenet_v2_x1_5": 3_503_624, "efficientnet_b5": 30_389_784,
    "regnet_y_1_6gf": 11_202_430, "convnext_small": 50_223_688, "mobilenet_v1": 4_231_976, "xception": 22_855_952,
    "unet": 31_030_658, "unet_padded": 31_031_745,
}  # fmt: skip


@pytest.mark.parametrize("name", PUBLISHED)
def test_published(name):
    path, variant = SPECS[name]
    assert build(read_spec(str(path))[0], variant or None).summary().totals.params == PUBLISHED[name]
