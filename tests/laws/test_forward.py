"""The two laws of a forward pass, for every layer type: what is derived is what arrays do.

1. ``output_shape`` is the shape of ``forward``, and what the rule refuses does not run.
2. A layer of ones, without bias or padding, on ones counts its own MACs: they are the sum of its output.
"""

import random

import numpy as np
import pytest

import cnncalc
from cnncalc.analysis.verify import prepared, verified, weights_of
from cnncalc.errors import SpecError
from cnncalc.kernels.work import working
from cnncalc.layer import Layer, Rearrangement
from cnncalc.registry import all_types
from tests.laws.test_laws import random_fields

TYPES = {name: cls for name, cls in all_types().items() if cls.runs}
SIZES = (1, 2, 3, 5, 8, 9)


def random_spec(name, draw):
    rank = TYPES[name].rank or draw.choice([0, 1, 2, 3])
    shape = [draw.choice([4, 8]), *(draw.choice(SIZES) for _ in range(rank))]
    return {"input": shape, "layers": [{"type": name, **random_fields(draw, TYPES[name])}]}


def random_layers(name, count):
    """Layers of a type that fit their inputs."""
    draw, found = random.Random(name), 0
    for _ in range(40 * count):
        spec = random_spec(name, draw)
        try:
            yield spec, cnncalc.load(spec).summary(batch=draw.choice([1, 2]))
        except SpecError:
            continue
        found += 1
        if found == count:
            return
    assert found > 2, name


@pytest.mark.parametrize("name", TYPES)
def test_arrays_have_the_derived_shapes_and_counts(name):
    for spec, report in random_layers(name, 25):
        for threads in (1, 2):
            setup = prepared(report, seed=3)
            before = next(iter(setup.inputs.values())).copy()
            result = verified(report, setup, threads=threads)
            assert result.agrees, (spec, result.checks[0].differences)
            (output,) = result.outputs.values()
            assert np.array_equal(before, next(iter(setup.inputs.values())))  # the caller's arrays stay
            assert output.shape == (report.batch, *report.rows[0].output)
            assert np.isfinite(output).all() or (name.startswith("maxpool") and not np.isnan(output).any())


@pytest.mark.parametrize("name", TYPES)
def test_every_axis_of_the_output_is_accounted_for(name):
    for _, report in random_layers(name, 10):
        (node,) = (node for node in report.graph.nodes if node.layer)
        axes = node.layer.axes(report.graph.shapes_into(node))
        assert len(axes) == len(node.output)
        assert {axis for group in axes for axis in group} <= set(range(len(report.graph.nodes[0].output)))


@pytest.mark.parametrize(
    "name", [n for n, c in TYPES.items() if issubclass(c, Rearrangement) and c.axes is not Layer.axes]
)
def test_where_an_element_goes_depends_on_the_axes_that_are_named_alone(name):
    for spec, report in random_layers(name, 25):
        (node,) = (node for node in report.graph.nodes if node.layer)
        shape = report.graph.nodes[0].output
        numbered = np.arange(np.prod(shape)).reshape(1, *shape)
        moved = node.layer.forward([numbered], None)[0]
        come_from = np.unravel_index(moved.ravel(), shape)
        for axis, group in enumerate(node.layer.axes((shape,))):
            goes_to = np.indices(moved.shape)[axis].ravel()
            pairs = set(zip(*(come_from[a] for a in group), goes_to, strict=True))
            assert not group or len(pairs) == len({pair[:-1] for pair in pairs}), spec


WINDOWED = [n for n, c in TYPES.items() if "kernel_size" in c.model_fields]


@pytest.mark.parametrize(
    "name", [n for n in WINDOWED if n != "avgpool3d"]
)  # which torch alone refuses more of
def test_windows_that_do_not_fit_do_not_run(name):
    """What the rule refuses as too large for its input, the kernels cannot compute either."""
    draw, refused = random.Random(name), 0
    for _ in range(300):
        spec = random_spec(name, draw)
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


def built(item):
    fields = {k: v for k, v in item.items() if k not in ("type", "from")}
    return Layer.types[item["type"]].model_validate(fields)


class Ones(dict):
    """Parameters that are all one, biases that are zero."""

    def __init__(self, layer, shapes):
        for name, shape in {**layer.param_shapes(shapes), **layer.buffer_shapes(shapes)}.items():
            self[name] = np.full(shape, not name.endswith("bias"), np.float64)

    def blocks(self, name):
        whole = self[name]
        return [slice(0, len(whole))], lambda span: whole[span]


@pytest.mark.parametrize("name", [n for n, c in TYPES.items() if c.family in ("conv", "linear")])
def test_ones_count_their_own_macs(name):
    draw, counted = random.Random(name), 0
    for _ in range(200):
        spec = random_spec(name, draw)
        spec["layers"][0] |= {"bias": False} | ({} if name == "linear" else {"padding": 0})
        if name.startswith(("conv_transpose", "separable")):
            spec["layers"][0].pop("output_padding", None)
        try:
            (row,) = cnncalc.load(spec).summary().rows
        except SpecError:
            continue
        layer, shape = built(spec["layers"][0]), tuple(spec["input"])
        output = layer.forward([np.ones((1, *shape))], Ones(layer, (shape,)))
        if name == "separable_conv2d":  # the sum holds the product of both factors
            middle = shape[0] * layer.multiplier
            depthwise = int(np.prod(row.output[1:])) * middle * int(np.prod(layer.kernel_size))
            assert row.macs == depthwise + int(output.sum()) // int(np.prod(layer.kernel_size)), spec
        else:
            assert row.macs == int(output.sum()), spec
        counted += 1
    assert counted > 20


@pytest.mark.parametrize("name", TYPES)
def test_results_do_not_depend_on_memory_order_or_place(name):
    """Channels first or last in memory, in one piece or not, in place or not: the same numbers."""
    for spec, report in random_layers(name, 6):
        setup = prepared(report, seed=1, dtype="float64")
        node = report.graph.nodes[-1]
        inputs = [next(iter(setup.inputs.values()))] * len(node.inputs)

        def run(arrays, out=None, setup=setup, node=node):
            with working():
                return np.array(node.layer.forward(arrays, weights_of(setup, node), out))

        expected = run([x.copy() for x in inputs])
        for order in ("C", "F", "K"):
            assert np.allclose(run([x.copy(order) for x in inputs]), expected, atol=1e-12), (spec, order)
        strided = [np.repeat(x, 2, -1)[..., ::2] for x in inputs]
        assert np.allclose(run(strided), expected, atol=1e-12), spec
        if expected.shape == inputs[0].shape:
            first = inputs[0].copy()
            assert np.allclose(run([first, *inputs[1:]], first), expected, atol=1e-12), spec


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
