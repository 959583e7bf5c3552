"""Layers' forward passes against the formulas of their sources, written for one number at a time."""

import math
from itertools import product

import numpy as np
import pytest

from cnncalc.kernels import activation, arrangement, merging, normalization
from cnncalc.kernels.work import working
from cnncalc.testing.laws import built

POINTS = (-30.0, -6.5, -3.0, -1.25, -0.5, -1e-3, 0.0, 1e-3, 0.5, 1.0, 2.75, 3.0, 5.5, 6.0, 6.5, 21.0, 30.0)
SELU = 1.6732632423543772, 1.0507009873554805


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


def softplus(x, beta=1.0, threshold=20.0):
    return x if beta * x > threshold else math.log1p(math.exp(beta * x)) / beta


def gelu(x):
    return x * (1 + math.erf(x / math.sqrt(2))) / 2


FORMULAS = [
    ({"type": "relu"}, lambda x: max(x, 0)),
    ({"type": "relu6"}, lambda x: min(max(x, 0), 6)),
    ({"type": "leaky_relu", "negative_slope": 0.2}, lambda x: x if x >= 0 else 0.2 * x),
    ({"type": "elu", "alpha": 1.5}, lambda x: x if x >= 0 else 1.5 * math.expm1(x)),
    ({"type": "selu"}, lambda x: SELU[1] * (x if x >= 0 else SELU[0] * math.expm1(x))),
    ({"type": "celu", "alpha": 2.0}, lambda x: x if x >= 0 else 2 * math.expm1(x / 2)),
    ({"type": "sigmoid"}, sigmoid),
    ({"type": "silu"}, lambda x: x * sigmoid(x)),
    ({"type": "tanh"}, math.tanh),
    ({"type": "hardsigmoid"}, lambda x: min(max(x + 3, 0), 6) / 6),
    ({"type": "hardswish"}, lambda x: x * min(max(x + 3, 0), 6) / 6),
    ({"type": "softplus"}, softplus),
    ({"type": "softplus", "beta": 2.0, "threshold": 5.0}, lambda x: softplus(x, 2.0, 5.0)),
    ({"type": "mish"}, lambda x: x * math.tanh(softplus(x))),
    ({"type": "gelu"}, gelu),
    ({"type": "gelu", "approximate": "tanh"},
     lambda x: x / 2 * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))),
]  # fmt: skip
MEMORY = [lambda x: x, lambda x: np.repeat(x, 2, -1)[..., ::2], np.asfortranarray]


@pytest.mark.parametrize(
    ("fields", "formula"), FORMULAS, ids=lambda p: p.get("type") if isinstance(p, dict) else ""
)
def test_activations(fields, formula):
    layer = built(fields)
    x = np.array([[POINTS, POINTS[::-1]]])
    expected = [[[formula(v) for v in row] for row in x[0]]]
    for laid in MEMORY:
        given = laid(x.copy())
        assert np.allclose(layer.forward([given], {}), expected, rtol=1e-12, atol=1e-13)
        assert np.array_equal(given, x)  # nothing is written where nobody said so
        here = x.copy()
        result = layer.forward([here], {}, here)
        assert np.allclose(result, expected, rtol=1e-12, atol=1e-13)
        assert np.shares_memory(result, here)
    single = layer.forward([x.astype(np.float32)], {})
    assert single.dtype == np.float32
    assert np.allclose(single, expected, rtol=1e-5, atol=1e-6)
    assert np.isnan(layer.forward([np.array([[[np.nan]]])], {})).all()


@pytest.mark.parametrize(
    ("fields", "formula"), [FORMULAS[i] for i in (0, 6, 14)], ids=["relu", "sigmoid", "gelu"]
)
@pytest.mark.parametrize("threads", [1, 3])
def test_activations_in_parts(monkeypatch, fields, formula, threads):
    monkeypatch.setattr(activation, "CHUNK", 3)
    x = np.array([[POINTS, POINTS[::-1]]])
    with working(threads):
        found = built(fields).forward([x], {})
    assert np.allclose(found, [[[formula(v) for v in row] for row in x[0]]], rtol=1e-12, atol=1e-13)


def test_erf_to_the_last_digits():
    x = np.linspace(-7, 7, 2001)
    assert np.abs(activation.erf(x) - [math.erf(v) for v in x]).max() < 3e-15
    assert np.abs(activation.erf(x.astype(np.float32)) - [math.erf(np.float32(v)) for v in x]).max() < 3e-7


@pytest.mark.parametrize("slopes", [[0.25], [0.25, 0.5, 2.0]])
def test_prelu(slopes):
    x = np.random.default_rng(1).normal(size=(2, 3, 4, 5))
    at = lambda c: slopes[c % len(slopes)]
    expected = np.empty_like(x)
    for n, c, h, w in np.ndindex(x.shape):
        expected[n, c, h, w] = max(x[n, c, h, w], 0) + at(c) * min(x[n, c, h, w], 0)
    assert np.allclose(activation.prelu(x, np.array(slopes)), expected)
    assert np.allclose(activation.prelu(x.copy(), np.array(slopes), here := x.copy()), expected)
    assert np.allclose(here, expected)
    vector = x[0, :, 0, 0][None]
    assert np.allclose(activation.prelu(vector, np.array(slopes)), expected[:1, :, 0, 0])


@pytest.mark.parametrize("axis", [1, 2, -1])
def test_softmax(axis):
    x = np.random.default_rng(2).normal(size=(2, 3, 4)) * 300
    for line in product(*(range(n) for i, n in enumerate(x.shape) if i != axis % 3)):
        at = [*line[: axis % 3], slice(None), *line[axis % 3 :]]
        values = x[tuple(at)]
        shifted = [math.exp(v - max(values)) for v in values]
        assert np.allclose(activation.softmax(x, axis)[tuple(at)], [s / sum(shifted) for s in shifted])
        logs = [v - max(values) - math.log(sum(shifted)) for v in values]
        assert np.allclose(activation.log_softmax(x, axis)[tuple(at)], logs)


# ------------------------------------------------------------------------------- normalizations

EPS = 0.01


def normal(values):
    values = np.asarray(values)
    return (values - values.mean()) / math.sqrt(((values - values.mean()) ** 2).mean() + EPS)


def learned(channels):
    draw = np.random.default_rng(3)
    return [None, draw.normal(size=channels)], [None, draw.normal(size=channels)]


def scaled(x, weight, bias, axis=1):
    shape = [1] * x.ndim
    shape[axis] = -1
    if weight is not None:
        x = x * weight.reshape(shape)
    return x if bias is None else x + bias.reshape(shape)


SHAPES = [(2, 6), (2, 6, 4), (2, 6, 3, 4), (2, 6, 2, 3, 2)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("laid", MEMORY)
def test_normalizations(shape, laid):
    x = np.random.default_rng(4).normal(1, 2, shape)
    n, c = shape[:2]
    by_image = np.array([[normal(x[i, j].ravel()).reshape(shape[2:]) for j in range(c)] for i in range(n)])
    groups = np.array([[normal(x[i, 2 * g : 2 * g + 2]) for g in range(3)] for i in range(n)]).reshape(shape)
    positions = np.moveaxis(np.array([[normal(row) for row in np.moveaxis(image, 0, -1).reshape(-1, c)] for image in x])
                            .reshape(n, *shape[2:], c), -1, 1)  # fmt: skip
    batch = np.stack([normal(x[:, j]) for j in range(c)], 1)
    mean, variance = np.linspace(-1, 1, c), np.linspace(0.5, 2, c)
    running = scaled(x - mean.reshape(-1, *[1] * (x.ndim - 2)), 1 / np.sqrt(variance + EPS), None)
    for weight, bias in product(*learned(c)):
        given, own = laid(x), (weight, bias, EPS)
        close = lambda found, expected: np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)
        close(normalization.group_norm(given, 3, *own), scaled(groups, weight, bias))
        close(normalization.layer_norm_channels(given, *own), scaled(positions, weight, bias))
        close(normalization.batch_norm(given, None, None, *own), scaled(batch, weight, bias))
        close(normalization.batch_norm(given, mean, variance, *own), scaled(running, weight, bias))
        close(normalization.affine(given, weight, bias), scaled(x, weight, bias))
        here = x.copy()
        close(normalization.batch_norm(here, mean, variance, *own, here), scaled(running, weight, bias))
        close(here, scaled(running, weight, bias))
        if len(shape) > 2:
            close(normalization.instance_norm(given, None, None, *own), scaled(by_image, weight, bias))
            close(normalization.instance_norm(given, mean, variance, *own), scaled(running, weight, bias))
        assert np.array_equal(given, x)
    with working(3):
        close(normalization.layer_norm_channels(x, None, None, EPS), positions)
    last = np.array([normal(row) for row in x.reshape(-1, shape[-1])]).reshape(shape)
    for weight, bias in product(*learned(shape[-1])):
        close(normalization.layer_norm_last(laid(x), weight, bias, EPS, 1), scaled(last, weight, bias, -1))
    whole = np.array([normal(image) for image in x])
    close(normalization.layer_norm_last(x, None, None, EPS, len(shape) - 1), whole)


def test_half_precision_keeps_its_type():
    x = np.random.default_rng(5).normal(100, 1, (2, 4, 8)).astype(np.float32)
    for found in (normalization.group_norm(x, 2, None, None, EPS), normalization.batch_norm(x, None, None, None, None, EPS),
                  normalization.layer_norm_channels(x, None, None, EPS)):  # fmt: skip
        assert found.dtype == np.float32
        assert abs(float(found.mean())) < 1e-5


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5])
def test_local_response_normalization(size):
    x = np.random.default_rng(6).normal(size=(2, 5, 3))
    for n, c, i in np.ndindex(x.shape):
        near = [x[n, k, i] ** 2 for k in range(c - size // 2, c - size // 2 + size) if 0 <= k < 5]
        expected = x[n, c, i] / (2 + 0.3 * sum(near) / size) ** 0.75
        assert np.isclose(normalization.local_response_norm(x, size, 0.3, 0.75, 2.0)[n, c, i], expected)


# --------------------------------------------------------------------------- moving elements about


def kernel(distance, mode):
    """Weight of a cell at a distance: Keys' cubic with a = -0.75, or linear."""
    d, a = abs(distance), -0.75
    if mode == "bilinear":
        return max(1 - d, 0)
    if d <= 1:
        return (a + 2) * d**3 - (a + 3) * d**2 + 1
    return a * d**3 - 5 * a * d**2 + 8 * a * d - 4 * a if d < 2 else 0


def resized(values, size, mode, scale, *, align):
    have, out = len(values), []
    for j in range(size):
        if mode == "nearest":
            out.append(values[min(int(j * scale), have - 1)])
            continue
        place = j * (have - 1) / (size - 1) if align and size > 1 else 0 if align else (j + 0.5) * scale - 0.5
        if mode == "bilinear":
            place = max(place, 0)
        below = math.floor(place)
        out.append(
            sum(
                kernel(place - k, mode) * values[min(max(k, 0), have - 1)]
                for k in range(below - 1, below + 3)
            )
        )
    return out


@pytest.mark.parametrize("align", [False, True])
@pytest.mark.parametrize("mode", ["nearest", "bilinear", "bicubic"])
def test_resizing(mode, align):
    x = np.random.default_rng(7).normal(size=(1, 2, 5, 1))
    for size, factor in product((1, 2, 3, 5, 7, 10), (None, 0.5, 1.4, 2)):
        if mode == "nearest" and align:
            continue
        factors = None if factor is None else [factor, 1]
        found = arrangement.resize(x, [size, 1], mode, factors, align_corners=align)
        for c in range(2):
            expected = resized(
                x[0, c, :, 0], size, mode, 5 / size if factor is None else 1 / factor, align=align
            )
            assert np.allclose(found[0, c, :, 0], expected, rtol=1e-12, atol=1e-12), (size, factor)


PADDED = {"constant": lambda i, n: None, "replicate": lambda i, n: min(max(i, 0), n - 1),
          "reflect": lambda i, n: -i if i < 0 else 2 * (n - 1) - i if i >= n else i, "circular": lambda i, n: i % n}  # fmt: skip


@pytest.mark.parametrize("mode", PADDED)
def test_padding(mode):
    x = np.random.default_rng(8).normal(size=(1, 2, 3, 4))
    found = arrangement.pad(x, [(1, 2), (3, 0)], mode, 7.0)
    assert found.shape == (1, 2, 6, 7)
    for c, i, j in np.ndindex(found.shape[1:]):
        at = [p if 0 <= p < n else PADDED[mode](p, n) for p, n in ((i - 1, 3), (j - 3, 4))]
        assert found[0, c, i, j] == (7.0 if None in at else x[0, c, at[0], at[1]])
    if mode in ("reflect", "circular"):
        most = 2 if mode == "reflect" else 3
        assert arrangement.pad(x, [(most, 0), (0, 0)], mode).shape[2] == 3 + most
        with pytest.raises(ValueError, match="does not fit"):
            arrangement.pad(x, [(0, most + 1), (0, 0)], mode)


def test_cropping_slicing_and_shuffling():
    x = np.arange(2 * 8 * 5 * 6).reshape(2, 8, 5, 6)
    assert np.array_equal(arrangement.crop(x, [2, 3]), x[:, :, 1:3, 1:4])
    with pytest.raises(ValueError, match="cannot crop"):
        arrangement.crop(x, [6, 3])
    assert np.array_equal(
        built({"type": "slice", "axis": 2, "start": 1, "stop": -1, "step": 2}).forward([x], {}),
        x[..., 1:-1:2],
    )
    assert np.array_equal(built({"type": "slice", "stop": 3}).forward([x], {}), x[:, :3])
    assert np.array_equal(
        built({"type": "permute", "dims": [2, 0, 1]}).forward([x], {}), x.transpose(0, 3, 1, 2)
    )
    assert np.array_equal(built({"type": "flatten", "start_dim": 1}).forward([x], {}), x.reshape(2, 8, 30))
    assert np.array_equal(built({"type": "flatten", "end_dim": -2}).forward([x], {}), x.reshape(2, 40, 6))
    assert np.array_equal(built({"type": "flatten"}).forward([x], {}), x.reshape(2, -1))
    assert np.array_equal(built({"type": "reshape", "shape": [4, -1]}).forward([x], {}), x.reshape(2, 4, -1))
    up = arrangement.pixel_shuffle(x, 2)
    for n, c, h, w in np.ndindex(up.shape):
        assert up[n, c, h, w] == x[n, 4 * c + 2 * (h % 2) + w % 2, h // 2, w // 2]
    assert np.array_equal(arrangement.pixel_unshuffle(up, 2), x)
    shuffled = arrangement.channel_shuffle(x, 4)
    for c in range(8):
        assert np.array_equal(shuffled[:, c], x[:, c % 4 * 2 + c // 4])


def test_merging():
    draw = np.random.default_rng(9)
    a, b, c = (draw.normal(size=(2, 3, 4, 5)) for _ in range(3))
    gate, row = draw.normal(size=(2, 3, 1, 1)), draw.normal(size=(2, 4, 5))
    assert np.allclose(merging.add([a, b, c]), a + b + c)
    assert np.allclose(merging.multiply([a, gate, c]), a * gate * c)
    assert np.allclose(merging.add([a, row]), a + row[:, None])
    assert np.allclose(merging.add([row, a]), a + row[:, None])
    alone = merging.add([a])
    assert np.array_equal(alone, a)
    assert not np.shares_memory(alone, a)
    here = a.copy()
    assert np.allclose(merging.add([here, b, c], here), a + b + c)
    assert np.allclose(here, a + b + c)
    for axis in (1, 2, 3):
        assert np.array_equal(merging.concat([a, b], axis), np.concatenate([a, b], axis))
    assert np.array_equal(
        merging.concat([a[:, :, 0, 0], b[:, :, 0, 0]], 1), np.concatenate([a, b], 1)[:, :, 0, 0]
    )
    for axis in (0, 1, 2):
        joined = built({"type": "concat", "axis": axis}).forward([a, b], {})
        assert np.array_equal(joined, np.concatenate([a, b], axis + 1))
