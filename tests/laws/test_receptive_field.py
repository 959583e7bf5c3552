"""Exact receptive fields against perturbed inputs, for random chains and for every shipped architecture.

How far a cell sees does not depend on how many channels there are, so the architectures are taken with few.
"""

import random
from pathlib import Path

import pytest
import yaml

import cnncalc
from cnncalc.analysis.perturb import differences, perturbed
from cnncalc.analysis.verify import prepared
from cnncalc.errors import SpecError
from cnncalc.interchange.flat import unrolled
from tests.shipped import files


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


@pytest.mark.parametrize("count", [60, pytest.param(400, marks=pytest.mark.slow)])
def test_exact_receptive_fields(count):
    draw, checked, with_period = random.Random(7), 0, 0
    for _ in range(count):
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
    assert checked > 0.75 * count
    assert with_period > 0.12 * count


SIZES = ((48, 40), (64, 80), (96, 75), (188, 204))
WIDTHS = ("out_channels", "out_features", "normalized_shape")


def few(channels):
    """About a 32nd, and even, so that halves and shuffles stay whole."""
    return [few(c) for c in channels] if isinstance(channels, list) else 2 * -(-channels // 64)


def thinned(item):
    """An unrolled layer with few channels."""
    scaled = WIDTHS + (("start", "stop") if item["type"] == "slice" and not item.get("axis") else ())
    less = {key: few(item[key]) for key in scaled if item.get(key)}
    kept = {key: value for key, value in item.items() if key != "groups" or item["type"] == "channel_shuffle"}
    return {**kept, **less}


def smallest(network):
    """The network at the first size that it takes, with few channels."""
    for size in SIZES:
        try:
            graph = network.summary(set=dict(zip("HW", size, strict=True))).graph
        except SpecError:
            continue
        document = unrolled(graph, {})
        return cnncalc.load({**document, "layers": [thinned(item) for item in document["layers"]]}).summary()
    raise AssertionError("no size fits")


def shallow_unet():
    """The published U-Net with two of its five levels."""
    document = yaml.safe_load((Path(__file__).parents[2] / "specs" / "unet.yaml").read_text())
    down, pool, bottom, *_, up, output = document["layers"]
    del document["expect"]
    return cnncalc.load({**document, "layers": [down, pool, bottom, up, output]})


def agrees(report):
    seen = list(perturbed(report, prepared(report)))
    assert len(seen) > 10
    assert [(s.path, d) for s in seen if (d := differences(report, s))] == []


@pytest.mark.parametrize("height", [4, 5, 8, 9])
@pytest.mark.parametrize(
    ("output_size", "size"),
    [([None, None], (4, 3)), ([None, 1], (4, 9)), ([None, 3], (4, 3)), ([2, 3], None)],
)
def test_an_adaptive_pooling_that_keeps_an_axis_sees_no_more_of_it(height, output_size, size):
    """At a height of 4 the kept axis is 1: the cell sees rows 0 to 3, not whatever else the input has."""
    spec = {"vars": {"H": height}, "input": [2, "H", 9], "layers": [
        {"type": "avgpool2d", "kernel_size": [4, 3]}, {"type": "adaptive_avgpool2d", "output_size": output_size},
        {"type": "upsample", "scale_factor": [2, 1]}]}  # fmt: skip
    net = cnncalc.load(spec)
    report = net.summary()
    if size:
        assert [row.receptive_field.size for row in report] == [(4, 3), size, size]
        assert [row.receptive_field.size for row in net.summary(free="H")] == [(4, 3), size, size]
        assert not any(row.receptive_field.everything for row in report)
    seen = list(perturbed(report, prepared(report)))
    assert [differences(report, s) for s in seen] == [None] * len(seen)
    for s in seen:  # too few cells for the law above: here all of them read what is derived
        for cell in range(s.rows.shape[1]):
            first, last = report[s.path].receptive_field.axes[s.axis].span(cell)
            assert list(s.rows[:, cell].nonzero()[0]) == list(range(first, last + 1))


SLOW = {"unet": pytest.mark.slow}  # no size below 188 fits


@pytest.mark.parametrize("name", files(SLOW))
def test_of_every_shipped_architecture(name):
    agrees(smallest(cnncalc.load(name)))


def test_of_a_shallow_unet():
    agrees(smallest(shallow_unet()))
