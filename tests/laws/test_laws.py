"""What must hold of every layer type; a new file in cnncalc/layers is covered without an edit here."""

import random
import re
import sys

import pytest

import cnncalc
from cnncalc.dims import Expr, substitute
from cnncalc.errors import SpecError
from cnncalc.layer import Layer
from cnncalc.registry import all_types, layer_class

TYPES = all_types()
FIELDS = {  # values for required fields, by name
    "out_channels": [4, 6], "kernel_size": [1, 2, 3], "out_features": [5], "output_size": [1, 2, 3], "num_groups": [1, 2],
    "size": [3], "shape": [[-1], [4, -1], [2, 2, -1]], "dims": [[1, 0], [0, 1, 2], [0, 2, 1], [3, 0, 1, 2]], "padding": [0, 1, 2],
    "upscale_factor": [1, 2], "downscale_factor": [1, 2], "groups": [1, 2],
}  # fmt: skip
OPTIONAL = {
    "stride": [1, 2, 3, 4], "padding": [0, 1, "half", "same", "same_lower", "valid"], "dilation": [1, 2], "ceil_mode": [True, False],
    "bias": [True, False], "multiplier": [1, 2], "output_padding": [0, 1], "scale_factor": [2], "affine": [True, False],
    "keepdim": [True, False], "axis": [0, 1], "stop": [2, -1], "in_channels": [4, 4, 4, 5], "num_features": [4, 4, 5],
    "num_channels": [4, 4, 5], "in_features": [4, 8, 17],
}  # fmt: skip


def random_fields(draw, cls):
    fields = {}
    for name, field in cls.model_fields.items():
        if field.is_required():
            fields[name] = draw.choice(FIELDS[name])
        elif name in OPTIONAL and draw.random() < 0.5:
            fields[name] = draw.choice(OPTIONAL[name])
    if cls.rank and "kernel_size" in fields and draw.random() < 0.25:  # on one side of an axis
        fields["padding"] = [draw.choice([[0, 1], [1, 0], [0, 0], [2, 1]]) for _ in range(cls.rank)]
    if cls.rank and "output_size" in fields and draw.random() < 0.5:
        fields["output_size"] = [draw.choice([None, 1, 2, 3, 5]) for _ in range(cls.rank)]
    if cls.family == "merge":
        fields["from"] = ["input", "input"]
    if cls.__name__ == "Crop":
        fields["size"] = draw.choice([1, 3])
    return fields


def expand(spec, **values):
    net = cnncalc.load(spec)
    return net.summary(
        free=[n for n in values if values[n] is None], set={n: v for n, v in values.items() if v}
    )


@pytest.mark.parametrize("name", TYPES)
def test_symbols_then_numbers_is_numbers(name):
    """The symbolic report with sizes put in is the numeric report, and holds exactly where its conditions do."""
    draw = random.Random(name)
    cls = TYPES[name]
    compared = 0
    for _ in range(25):
        rank = cls.rank or draw.choice([0, 1, 2])
        sizes = ["H", "W", "D"][:rank]
        spec = {"vars": dict.fromkeys(sizes or ["H"], 8), "input": [4, *sizes],
                "layers": [{"type": name, **random_fields(draw, cls)}]}  # fmt: skip
        try:
            symbolic = expand(spec, **dict.fromkeys(sizes))
        except SpecError as error:
            assert {p.code for p in error.problems} <= {
                "C104",
                "C302",
                "C303",
                "C304",
                "C305",
                "C306",
                "C307",
                "C308",
                "C301",
                "C310",
            }
            continue
        for _ in range(4):
            values = {n: draw.randint(1, 30) for n in sizes}
            holds = all(condition.holds(values) for condition in symbolic.conditions)
            try:
                numeric = expand(spec, **values)
            except SpecError:
                assert not holds, (spec, values, symbolic.conditions)
                continue
            assert holds, (spec, values, symbolic.conditions)
            (one,), (two,) = symbolic.rows, numeric.rows
            assert tuple(substitute(d, values) for d in one.output) == two.output
            for number in ("weights", "biases", "buffers", "macs", "flops", "activations"):
                assert substitute(getattr(one, number), values) == getattr(two, number), (
                    spec,
                    values,
                    number,
                )
            compared += 1
    assert compared > 0


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

    Layer.types.pop("forgetful")
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


@pytest.mark.parametrize("name", TYPES)
def test_no_rule_asks_for_the_truth_of_a_size(name):
    """Every field that takes an integer is left free; what a rule cannot do in symbols it says in other words."""
    draw = random.Random(name)
    cls = TYPES[name]
    for _ in range(20):
        rank = cls.rank or draw.choice([0, 1, 2])
        fields = random_fields(draw, cls) | {
            n: draw.choice([1, 2]) for n in _integers(cls) if draw.random() < 0.6
        }
        names = [n for n, value in fields.items() if type(value) is int and value > 0]
        spec = {"vars": {"C": 4, "H": 8, "W": 8, "D": 8, **{f"v_{n}": fields[n] for n in names}},
                "input": ["C", *["H", "W", "D"][:rank]],
                "layers": [{"type": name, **fields, **{n: _written(draw, cls, n, rank) for n in names}}]}  # fmt: skip
        net = cnncalc.load(spec)
        for free in ([f"v_{n}" for n in names if _takes_symbols(cls, n)], ["C"], ["H"]):
            try:
                symbolic = net.summary(free=free)
            except SpecError as error:
                assert "whether" not in str(error), spec
                continue
            assert str(symbolic)
            try:
                numeric = net.summary()
            except SpecError:
                assert not all(c.holds({n: spec["vars"][n] for n in free}) for c in symbolic.conditions), spec
                continue
            values = {n: spec["vars"][n] for n in free}
            for number in ("weights", "biases", "buffers", "macs", "flops", "activations"):
                assert substitute(getattr(symbolic.rows[0], number), values) == getattr(
                    numeric.rows[0], number
                ), spec


def _integers(cls):
    """Names of the fields, as a spec has them, that an integer may be given for."""
    names = [(field.alias or name, name) for name, field in cls.model_fields.items() if name != "type"]
    return [alias for alias, name in names if _takes(cls, alias, 1)]


def _written(draw, cls, name, rank):
    """A variable, or one for each axis."""
    each = [f"v_{name}"] * rank
    return each if rank and draw.random() < 0.4 and _takes(cls, name, [1] * rank) else f"v_{name}"


def _takes_symbols(cls, name):
    return _takes(cls, name, cnncalc.parse_size("s"))


def _takes(cls, name, value):
    others = {n: FIELDS[n][0] for n, field in cls.model_fields.items() if field.is_required() and n != name}
    try:
        cls(**others, **{name: value})
    except ValueError:
        return False
    return not isinstance(value, int) or type(value) is int
