"""What must hold of every layer type, a new file in cnncalc/layers included; most of it is in ``cnncalc.testing``."""

import re
import sys

import pytest

import cnncalc
from cnncalc.dims import Expr
from cnncalc.layer import Layer
from cnncalc.registry import all_types, layer_class
from cnncalc.testing import LAWS

TYPES = all_types()


@pytest.mark.parametrize(
    ("law", "name"),
    [
        pytest.param(law, name, id=f"{law.name}-{name}")
        for law in LAWS
        for name in TYPES
        if law.concerns(TYPES[name])
    ],
)
def test_law(law, name):
    law(TYPES[name])


def expand(spec, **values):
    net = cnncalc.load(spec)
    return net.summary(
        free=[n for n in values if values[n] is None], set={n: v for n, v in values.items() if v}
    )


@pytest.mark.parametrize("name", [n for n, c in TYPES.items() if c.family == "conv"])
def test_parameters_of_convolutions_do_not_depend_on_the_size(name):
    sizes = ["H", "W", "D"][: TYPES[name].rank]
    layer = {"type": name, "kernel_size": 3} | (
        {"out_channels": 4} if "out_channels" in TYPES[name].model_fields else {}
    )
    report = expand(
        {"vars": dict.fromkeys(sizes, 8), "input": [4, *sizes], "layers": [layer]}, **dict.fromkeys(sizes)
    )
    assert isinstance(report.totals.params, int)
    assert isinstance(report.totals.macs, Expr)


@pytest.mark.parametrize("name", TYPES)
def test_a_type_is_found_by_its_name_and_says_where_its_rule_comes_from(name):
    cls = TYPES[name]
    assert layer_class(name) is cls
    assert cls.__module__ == "cnncalc.layers." + re.sub(r"[123]d$", "", name)
    documented = [c for c in cls.__mro__ if c.__module__ == cls.__module__ and c.__doc__]
    text = " ".join(c.__doc__ for c in documented)
    assert "Source:" in text or name == "opaque"
    assert "flops" in text or issubclass(cls, sys.modules["cnncalc.layer"].Rearrangement)


@pytest.mark.parametrize("name", TYPES)
def test_concrete_types_do_not_inherit_from_each_other(name):
    concrete = set(TYPES.values())
    assert [c for c in TYPES[name].__mro__[1:] if c in concrete] == []


def test_a_forgotten_rule_is_an_error_not_a_zero():
    from typing import Literal

    class Forgetful(Layer):
        type: Literal["forgetful"] = "forgetful"

    with pytest.raises(TypeError, match="abstract"):
        Forgetful()


@pytest.mark.parametrize("kernel", [1, 3, 5, 7])
@pytest.mark.parametrize("dilation", [1, 2, 3])
def test_half_padding_keeps_the_size_at_stride_one(kernel, dilation):
    layer = {
        "type": "conv2d",
        "out_channels": 2,
        "kernel_size": kernel,
        "dilation": dilation,
        "padding": "half",
    }
    report = expand({"vars": {"H": 9, "W": 9}, "input": [3, "H", "W"], "layers": [layer]}, H=None, W=None)
    assert list(map(str, report.rows[0].output)) == ["2", "H", "W"]


def test_groups_of_one_channel_are_a_depthwise_convolution():
    grouped = {"type": "conv2d", "out_channels": 12, "kernel_size": 3, "groups": 6}
    depthwise = {"type": "depthwise_conv2d", "multiplier": 2, "kernel_size": 3}
    one, two = (expand({"input": [6, 9, 9], "layers": [layer]}).rows[0] for layer in (grouped, depthwise))
    assert one.output == two.output
    assert (one.weights, one.biases, one.macs, one.flops) == (two.weights, two.biases, two.macs, two.flops)
