"""An unrolled spec is the same network."""

import pytest

import cnncalc
from cnncalc.counting.rows import Row
from cnncalc.interchange.flat import unrolled
from cnncalc.reading.text.shipped import shipped_specs
from cnncalc.registry import all_types
from cnncalc.report.formats import FORMATS
from cnncalc.testing.laws import valid_layers

NUMBERS = set(Row._fields) - {"path", "inputs", "shared_with", "place"}


def assert_same(network, free=(), fmt="yaml"):
    before = network.summary(free=free)
    defaults = network.graph().variables
    document = unrolled(before.graph, {name: defaults[name] for name in free})
    after = cnncalc.load(FORMATS["spec"][fmt](document)).summary(free=free)
    assert after.totals == before.totals
    assert after.conditions == before.conditions
    names = {row.path: other.path for row, other in zip(before.rows, after.rows, strict=True)}
    for row, other in zip(before.rows, after.rows, strict=True):
        assert [getattr(row, f) for f in NUMBERS] == [getattr(other, f) for f in NUMBERS], row.path
        assert [names.get(path, path) for path in row.inputs] == list(other.inputs)
        if row.params:
            assert names.get(row.shared_with) == other.shared_with
    assert [names.get(path, path) for path in before.outputs] == list(after.outputs)


@pytest.mark.parametrize("name", shipped_specs())
def test_shipped(name):
    assert_same(cnncalc.load(name))


@pytest.mark.parametrize("fmt", ["yaml", "json"])
def test_nothing(fmt):
    assert_same(cnncalc.load({"name": "nothing", "input": [3, 8, 8], "layers": []}), (), fmt)


@pytest.mark.parametrize("name", ["resnet18", "unet", "unet_padded", "inception_v3", "densenet121"])
@pytest.mark.parametrize("fmt", ["yaml", "json"])
def test_free(name, fmt):
    assert_same(cnncalc.load(name), ("H", "W"), fmt)


@pytest.mark.parametrize("name", all_types())
def test_written_and_read_again(name):
    for spec, report in valid_layers(all_types()[name], 5):
        (layer,) = (n.layer for n in report.graph.nodes if n.layer)
        document = unrolled(report.graph, {})
        (again,) = (n.layer for n in cnncalc.load(document).graph().nodes if n.layer)
        assert layer.written() == again.written(), spec


CONV = {"type": "conv2d", "out_channels": 3, "kernel_size": 3, "padding": "half"}
SPECS = {
    "shared": [{**CONV, "name": "a", "norm": "batch"}, {"share": "a"}, {"share": "a", "name": "b"}],
    "names that meet": [{"name": "a", "layers": [{**CONV, "name": "b_c"}]},
                        {"name": "a_b", "layers": [{**CONV, "name": "c"}]}],
    "a head": [CONV, {**CONV, "train_only": True, "stride": 2}, {**CONV, "kernel_size": 1}],
    "long names": [{"name": "x" * 40, "layers": [{**CONV, "name": "y" * 40, "norm": "batch"}, {**CONV, "name": "y" * 41}]}],
    "values": [{"type": "conv2d", "out_channels": 1, "kernel_size": 1, "weight": [[[[1]], [[2]], [[0.5]]]], "bias": [1]}],
    "resized": [{**CONV, "name": "a"}, {"type": "maxpool2d", "kernel_size": 2},
                {"type": "upsample", "size": "a", "mode": "bilinear"}, {"type": "upsample", "scale_factor": "3/2"}],
    "opaque": [{**CONV, "name": "a"}, {**CONV, "name": "b"},
               {"type": "opaque", "from": ["a", "b"], "output": [2, 2], "params": 7, "macs": 9}],
    "sides": [{"type": "pad", "padding": [[1, 2], [0, 0]]}, {**CONV, "padding": [[1, 2], [1, 2]], "dilation": [1, 2]},
              {"type": "reshape", "shape": [3, 3, -1]}, {"type": "permute", "dims": [1, 0, 2]}],
}  # fmt: skip


@pytest.mark.parametrize("name", SPECS)
def test_forms(name):
    assert_same(cnncalc.load({"input": [3, 8, 8], "layers": SPECS[name]}))


def test_inputs_and_outputs_by_name():
    layers = [{**CONV, "name": "p", "from": "left"}, {**CONV, "name": "q", "from": "right"},
              {"type": "add", "from": ["p", "q"]}]  # fmt: skip
    shapes = {"left": [3, 8, 8], "right": [3, 8, 8]}
    assert_same(cnncalc.load({"input": shapes, "output": ["q", "add_1"], "layers": layers}))
    assert_same(
        cnncalc.load({"input": {"image": [3, 8, 8]}, "output": "p", "layers": [{**CONV, "name": "p"}, CONV]})
    )
