"""The shipped specs against facts measured on torchvision 0.2x: totals, and every layer in order.

``torchvision.json`` holds, for each model, totals and a line for each leaf module in execution order: output shape,
weights, biases, buffers, MACs. Activations, dropout, identity, permute and flatten are left out on both sides, and here
what is no module in torchvision: merges, slices and the like.
"""

import json
from pathlib import Path

import pytest

from cnncalc.network import build
from cnncalc.spec.load import read_spec, shipped_specs

FACTS = json.loads(Path(__file__).with_name("torchvision.json").read_text())
SPECS = shipped_specs()
COMPARED = ("conv", "linear", "norm", "pool")


@pytest.mark.parametrize("name", FACTS)
def test_torchvision(name):
    path, variant = SPECS[name]
    network = build(read_spec(str(path))[0], variant or None)
    report = network.summary()
    fact = FACTS[name]

    assert list(report.inputs.values()) == [tuple(fact["input"])]
    if fact["rows"] is not None:
        kinds = {node.path: node.layer.family for node in report.graph.nodes if node.layer is not None}
        ours = [
            f"{'x'.join(map(str, row.output))} {row.weights} {row.biases} {row.buffers} {row.macs}"
            for row in report
            if kinds[row.path] in COMPARED and not row.train_only and not row.type.startswith("global")
        ]
        rows = iter(ours)
        for number, wanted in enumerate(fact["rows"]):
            found = next(rows, None)
            while found is not None and found != wanted and found.endswith(" 0 0 0 0"):
                found = next(rows, None)  # a pooling that torchvision writes as a function
            assert found == wanted, f"layer {number}"
        assert [row for row in rows if not row.endswith(" 0 0 0 0")] == []
    for number in ("params", "weights", "biases", "buffers", "macs"):
        assert getattr(report.totals, number) == fact[number], number


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
