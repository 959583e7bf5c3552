"""Exact receptive fields against perturbed inputs, for random chains with transposed convolutions and upsampling."""

import random

import pytest

import cnncalc
from cnncalc.analysis.perturb import differences, perturbed
from cnncalc.analysis.verify import prepared
from cnncalc.errors import SpecError
from cnncalc.spec.load import shipped_specs


def random_layer(draw):
    kind = draw.choice(
        [
            "conv2d",
            "conv2d",
            "maxpool2d",
            "avgpool2d",
            "conv_transpose2d",
            "upsample",
            "pad",
            "crop",
            "slice",
            "shuffle",
        ]
    )
    kernel, stride = draw.randint(1, 4), draw.randint(1, 3)
    if kind == "conv2d":
        padding = draw.choice([0, 1, 2, "same", "half", "same_lower"])
        return {
            "type": kind,
            "out_channels": 4,
            "kernel_size": kernel,
            "stride": stride,
            "padding": padding,
            "dilation": draw.randint(1, 2),
        }
    if kind == "conv_transpose2d":
        return {
            "type": kind,
            "out_channels": 4,
            "kernel_size": kernel + stride - 1,
            "stride": stride,
            "padding": draw.randint(0, 1),
        }
    if kind == "upsample":
        mode = draw.choice(["nearest", "bilinear"])
        return {"type": kind, "scale_factor": draw.choice([2, 3, 1.5, 0.5]), "mode": mode}
    if kind == "pad":
        return {"type": kind, "padding": [[draw.randint(0, 2), draw.randint(0, 2)], [1, 0]]}
    if kind == "crop":
        return {"type": kind, "size": "min(height, width)"}
    if kind == "slice":
        return {
            "type": kind,
            "axis": draw.randint(1, 2),
            "start": draw.randint(0, 2),
            "step": draw.randint(1, 2),
        }
    if kind == "shuffle":
        return {"type": draw.choice(["pixel_unshuffle", "channel_shuffle"])}
    return {"type": kind, "kernel_size": kernel, "stride": stride, "padding": draw.randint(0, kernel // 2)}


def test_exact_receptive_fields():
    draw, checked, with_period = random.Random(7), 0, 0
    for _ in range(400):
        layers = [random_layer(draw) for _ in range(draw.randint(1, 5))]
        layers = [
            {
                **la,
                **(
                    {"downscale_factor": 2}
                    if la["type"] == "pixel_unshuffle"
                    else {"groups": 2}
                    if la["type"] == "channel_shuffle"
                    else {}
                ),
            }
            for la in layers
        ]
        if draw.random() < 0.4:
            tail = [
                {
                    "type": "conv2d",
                    "out_channels": 4,
                    "kernel_size": draw.choice([1, 3, 5]),
                    "padding": "half",
                }
            ]
            layers.append({"type": "concat", "branches": [[], tail]})
        spec = {"input": [4, draw.randint(16, 40), draw.randint(16, 40)], "layers": layers}
        try:
            report = cnncalc.load(spec).summary()
        except SpecError:
            continue
        if report.totals.activation_bytes > 4 * 10**6:
            continue
        for seen in perturbed(report, prepared(report, seed=checked)):
            assert differences(report, seen) is None, (spec, seen.path, differences(report, seen))
            field = report[seen.path].receptive_field
            checked += field is not None
            with_period += field is not None and any(axis.period > 1 for axis in field.axes)
    assert checked > 300
    assert with_period > 50


def smallest(network):
    for size in (32, 64, 75, 96, 188, 224):
        try:
            return network.summary(set={name: size for name in ("H", "W") if name in network.vars})
        except SpecError:
            continue
    raise AssertionError("no size fits")


@pytest.mark.parametrize("name", [name for name, (_, variant) in shipped_specs().items() if not variant])
def test_of_every_shipped_architecture(name):
    report = smallest(cnncalc.load(name))
    seen = list(perturbed(report, prepared(report)))
    assert seen
    assert [(s.path, d) for s in seen if (d := differences(report, s))] == []
