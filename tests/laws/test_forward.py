"""The forward pass, beside the laws of ``cnncalc.testing``: what a rule refuses does not run, and weights are steady."""

import random

import numpy as np
import pytest

import cnncalc
from cnncalc.analysis.verify import prepared, verified, weights_of
from cnncalc.errors import SpecError
from cnncalc.registry import all_types
from cnncalc.testing.drawing import random_spec
from cnncalc.testing.laws import Ones, built

TYPES = {name: cls for name, cls in all_types().items() if cls.runs}
WINDOWED = [n for n, c in TYPES.items() if "kernel_size" in c.model_fields]


@pytest.mark.parametrize(
    "name", [n for n in WINDOWED if n != "avgpool3d"]
)  # which torch alone refuses more of
def test_windows_that_do_not_fit_do_not_run(name):
    """What the rule refuses as too large for its input, the kernels cannot compute either."""
    draw, refused = random.Random(name), 0
    for _ in range(300):
        spec = random_spec(draw, TYPES[name])
        try:
            cnncalc.load(spec).summary()
        except SpecError as error:
            if [p.code for p in error.problems] != ["C302"]:
                continue
            layer, shape = built(spec["layers"][0]), tuple(spec["input"])
            with pytest.raises(ValueError, match=r"fit|leaves nothing"):
                layer.forward([np.ones((1, *shape), np.float32)], Ones(layer, (shape,)))
            refused += 1
    assert refused


def test_ones_count_the_macs_of_both_factors_of_a_separable_convolution():
    draw, counted = random.Random(0), 0
    for _ in range(200):
        spec = random_spec(draw, TYPES["separable_conv2d"])
        spec["layers"][0] |= {"bias": False, "padding": 0}
        try:
            (row,) = cnncalc.load(spec).summary().rows
        except SpecError:
            continue
        layer, shape = built(spec["layers"][0]), tuple(spec["input"])
        output = layer.forward([np.ones((1, *shape))], Ones(layer, (shape,)))
        cells = int(np.prod(layer.kernel_size))  # the sum of ones holds the product of both factors
        depthwise = int(np.prod(row.output[1:])) * shape[0] * layer.multiplier * cells
        assert row.macs == depthwise + int(output.sum()) // cells, spec
        counted += 1
    assert counted > 20


def test_weights_depend_on_the_seed_and_the_path_alone():
    spec = {
        "input": [3, 8, 8],
        "layers": [{"type": "conv2d", "name": "a", "out_channels": 4, "kernel_size": 3}],
    }
    longer = {
        **spec,
        "layers": [
            {"type": "relu"},
            *spec["layers"],
            {"type": "conv2d", "out_channels": 2, "kernel_size": 1},
        ],
    }

    def drawn(source, seed):
        report = cnncalc.load(source).summary()
        node = next(n for n in report.graph.nodes if n.path == "a")
        return weights_of(prepared(report, seed=seed), node)["weight"]

    assert np.array_equal(drawn(spec, 0), drawn(longer, 0))
    assert not np.array_equal(drawn(spec, 0), drawn(spec, 1))


def test_a_large_linear_layer_is_the_same_in_parts_and_whole():
    spec = {"input": [3000], "layers": [{"type": "linear", "name": "fc", "out_features": 900}]}
    report = cnncalc.load(spec).summary(batch=2)
    setup = prepared(report, dtype="float64")
    weights = weights_of(setup, report.graph.nodes[1])
    assert len(weights.blocks("weight")[0]) > 2
    (x,) = setup.inputs.values()
    whole = x @ weights["weight"].T + weights["bias"]
    assert np.allclose(verified(report, setup).outputs["fc"], whole)
    again = cnncalc.load(spec).verify(
        batch=2,
        dtype="float64",
        inputs={"input": x},
        weights={f"fc.{n}": weights[n] for n in ("weight", "bias")},
    )
    assert np.allclose(again.outputs["fc"], whole)


@pytest.mark.parametrize("layers", [
    [{"type": "conv2d", "out_channels": 8, "kernel_size": 3, "padding": 1}, "relu"],
    [{"type": "linear", "out_features": 8}, "relu"],
    [{"type": "conv2d", "out_channels": 8, "kernel_size": 3, "padding": 1, "norm": "batch", "act": "relu"}],
    [{"type": "add", "branches": [[], [{"type": "conv2d", "out_channels": 8, "kernel_size": 1, "norm": "batch"}]]}],
])  # fmt: skip
def test_activations_stay_finite_through_150_layers(layers):
    spec = {"input": [8, 6, 6], "layers": [{"layers": layers, "repeat": 150}]}
    if layers[0]["type"] == "linear":
        spec["input"] = [8]
    result = cnncalc.load(spec).verify()
    (output,) = result.outputs.values()
    assert result.agrees
    assert 1e-30 < np.abs(output).max() < 1e30
