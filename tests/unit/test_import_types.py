"""The types that imported models need: values, refusals, sight and products, by hand."""

import numpy as np
import pytest

import cnncalc
from cnncalc.errors import SpecError
from cnncalc.shapes import Window
from cnncalc.testing.laws import built

X = np.arange(-12, 12, dtype=np.float64).reshape(1, 2, 3, 4)
W = np.arange(1.0, 3.0)
GRID = np.arange(12.0).reshape(3, 4)


@pytest.mark.parametrize(("item", "params", "expected"), [
    ({"type": "rescale", "factor": 2, "offset": 3}, {}, 2 * X + 3),
    ({"type": "clamp", "min": -2, "max": 5}, {}, np.clip(X, -2, 5)), ({"type": "clamp", "max": 0}, {}, np.minimum(X, 0)),
    ({"type": "clamp", "min": 0}, {}, np.maximum(X, 0)),
    ({"type": "learned_bias"}, {"bias": W}, X + W[:, None, None]), ({"type": "learned_bias", "shape": [3, 4]}, {"bias": GRID}, X + GRID),
    ({"type": "scale"}, {"weight": W}, X * W[:, None, None]), ({"type": "scale", "shape": [3, 4]}, {"weight": GRID}, X * GRID),
    ({"type": "scale", "shape": [3, 4], "bias": True}, {"weight": GRID, "bias": GRID + 1}, X * GRID + GRID + 1),
    ({"type": "subtract"}, {}, X - 2 * X), ({"type": "divide"}, {}, np.where(X == 0, np.nan, 0.5)),
])  # fmt: skip
def test_elementwise_types_compute_their_formula_and_may_write_where_they_are_told(item, params, expected):
    layer = built(item)
    inputs = [X, 2 * X] if item["type"] in ("subtract", "divide") else [X]
    with np.errstate(invalid="ignore"):
        assert np.array_equal(layer.forward(inputs, params), expected, equal_nan=True)
        out = np.empty_like(X)
        assert np.shares_memory(layer.forward(inputs, params, out), out)
        assert np.array_equal(out, expected, equal_nan=True)


@pytest.mark.parametrize(("op", "expected"), [
    ("mean", X.mean((2, 3))), ("sum", X.sum((2, 3))), ("max", X.max((2, 3))), ("min", X.min((2, 3))), ("l2", np.sqrt((X * X).sum((2, 3)))),
])  # fmt: skip
def test_reductions(op, expected):
    assert np.allclose(built({"type": "reduce", "axes": [1, 2], "op": op}).forward([X], {}), expected)
    kept = built({"type": "reduce", "axes": [1, 2], "op": op, "keepdim": True}).forward([X], {})
    assert np.allclose(kept, expected[..., None, None])


@pytest.mark.parametrize(("fields", "shape", "expected"), [
    ({"axes": [1, 2]}, (4, 5, 6), "all"), ({"axes": [0, 1, 2], "keepdim": True}, (4, 5, 6), "all"), ({"axes": [1]}, (4, 5), "all"),
    ({"axes": [1]}, (4, 5, 6), "unknown"), ({"axes": [0], "keepdim": True}, (4, 5, 6), (Window(), Window())),
    ({"axes": [0]}, (4, 5, 6), "unknown"), ({"axes": [1], "keepdim": True}, (4, 5, 6), "unknown"), ({"axes": [0], "keepdim": True}, (4,), ()),
])  # fmt: skip
def test_what_a_reduction_sees(fields, shape, expected):
    assert built({"type": "reduce", **fields}).windows((shape,)) == expected


def test_products():
    layer = built({"type": "matmul"})
    shapes = ((2, 3, 4), (2, 4, 5))
    assert layer.output_shape(shapes) == (2, 3, 5)
    assert layer.macs(shapes, (2, 3, 5)) == 2 * 3 * 5 * 4
    lines = [tuple(line) for line in layer.derivation(shapes, (2, 3, 5))]
    assert lines == [
        ("output rows", "the rows of the first", "3", 3, ""), ("output columns", "the columns of the second", "5", 5, "")
    ]  # fmt: skip
    a, b = np.ones((1, 2, 3, 4)), np.ones((1, 2, 4, 5))
    assert (layer.forward([a, b], {}) == 4).all()
    assert not list(layer.requirements(shapes))


@pytest.mark.parametrize(("item", "shapes", "said", "field"), [
    ({"type": "clamp", "min": 2, "max": 1}, ((3,),), "min is 2, which is larger than max, 1", "min"),
    ({"type": "reduce", "axes": [1, 1]}, ((3, 4),), "does not have the axes 1, 1, each once", "axes"),
    ({"type": "reduce", "axes": [2]}, ((3, 4),), "does not have the axes 2, each once", "axes"),
    ({"type": "reduce", "axes": [0, 1]}, ((3, 4),), "no axis is left", "axes"),
    ({"type": "matmul"}, ((3,), (3,)), "at least two, and its inputs are [3] and [3]", None),
    ({"type": "matmul"}, ((2, 3, 3), (3, 3)), "two tensors of as many axes", None),
    ({"type": "matmul"}, ((2, 3), (4, 2)), "the shapes do not fit a product: 2×3 and 4×2", None),
    ({"type": "learned_bias", "shape": [2, 3, 4, 5]}, ((3, 4, 5),), "has more axes than the input", "shape"),
    ({"type": "scale", "shape": [3, 5]}, ((2, 3, 4),), "does not fit the input, 2×3×4", "shape"),
])  # fmt: skip
def test_what_is_refused(item, shapes, said, field):
    (found,) = built(item).requirements(shapes)
    assert found.holds is False
    assert said in found.message
    assert found.field == field
    assert found.help or item["type"] != "reduce" or "each once" in said
    if said.startswith("the shapes do not fit"):
        assert found.help == "the last axis of the first is as long as the one before the last of the second"


@pytest.mark.parametrize("item", [
    {"type": "clamp", "min": 1, "max": 1}, {"type": "reduce", "axes": [0, 1], "keepdim": True}, {"type": "learned_bias", "shape": [1, 4]},
])  # fmt: skip
def test_what_is_not_refused(item):
    assert not list(built(item).requirements(((3, 4),)))


def test_norms_of_roots():
    layer = built({"type": "rmsnorm"})
    assert layer.param_shapes(((3, 4),)) == {"weight": (4,)}
    assert built({"type": "rmsnorm", "elementwise_affine": False}).param_shapes(((3, 4),)) == {}
    assert layer.mixes(3) == (2,)
    x = np.array([[[3.0, 4.0]]])
    assert np.allclose(layer.forward([x], {"weight": np.ones(2)}), x / np.sqrt(12.5 + 1e-5))


@pytest.mark.parametrize("kind", ["subtract", "divide", "matmul"])
@pytest.mark.parametrize("count", [1, 3])
def test_two_tensors_and_no_other_number(kind, count):
    with pytest.raises(SpecError) as caught:
        cnncalc.load({"input": [3, 3], "layers": [{"type": kind, "from": ["input"] * count}]}).summary()
    assert caught.value.problems[0].code == "C204"
