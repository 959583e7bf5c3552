"""Kernels against their definitions, written as loops."""

import random

import numpy as np
import pytest

import cnncalc
from cnncalc.analysis.verify import prepared, weights_of
from cnncalc.kernels import convolution, pooling
from cnncalc.kernels.windows import Sliding
from cnncalc.kernels.work import working
from tests.naive import by_definition, cells


def random_sliding(draw, rank=2):
    pick = lambda low, high: tuple(draw.randint(low, high) for _ in range(rank))
    kernel = pick(1, 3)
    return Sliding(
        kernel, pick(1, 3), pick(1, 2), tuple((draw.randint(0, 1), draw.randint(0, 1)) for _ in range(rank))
    )


@pytest.mark.parametrize("threads", [1, 2])
def test_convolutions(threads):
    draw, rng = random.Random(1), np.random.default_rng(1)
    for _ in range(40):
        sliding, groups = random_sliding(draw), draw.choice([1, 1, 2, 4])
        x = rng.standard_normal((draw.randint(1, 2), 4, draw.randint(5, 8), draw.randint(5, 8)))
        weight = rng.standard_normal((draw.choice([4, 8]), 4 // groups, *sliding.kernel))
        bias = rng.standard_normal(len(weight)) if draw.random() < 0.5 else None
        with working(threads) as work:
            found = convolution.convolve(x, weight, bias, sliding, groups)
        expected = by_definition(x, weight, bias, sliding, groups)
        assert np.allclose(found, expected), (sliding, groups)
        assert work.macs == expected.size * weight[0].size


def test_tiles_do_not_show(monkeypatch):
    """A convolution in many small tiles is the same as in one."""
    rng = np.random.default_rng(2)
    x, weight = rng.standard_normal((2, 3, 9, 11)), rng.standard_normal((5, 3, 3, 3))
    sliding = Sliding((3, 3), (2, 1), (1, 2), ((1, 1), (2, 0)))
    whole = convolution.convolve(x, weight, None, sliding)
    monkeypatch.setattr(convolution, "COLUMNS", 1000)
    monkeypatch.setattr(convolution, "POSITIONS", 3)
    for threads in (1, 2):
        with working(threads):
            assert np.allclose(convolution.convolve(x, weight, None, sliding), whole)


def test_transposed_is_the_adjoint():
    """<conv(x), y> == <x, transposed(y)> for every x and y: the definition of the transpose."""
    rng, draw = np.random.default_rng(3), random.Random(3)
    for _ in range(30):
        sliding = random_sliding(draw)
        x = rng.standard_normal((1, 3, 7, 8))
        weight = rng.standard_normal((4, 3, *sliding.kernel))
        y = rng.standard_normal(convolution.convolve(x, weight, None, sliding).shape)
        sizes = zip(x.shape[2:], y.shape[2:], sliding.stride, sliding.extents, sliding.pads, strict=True)
        extra = tuple(n - ((m - 1) * s + e - a - b) for n, m, s, e, (a, b) in sizes)
        back = convolution.transposed(y, weight, None, sliding, extra)
        assert back.shape == x.shape
        assert np.isclose((convolution.convolve(x, weight, None, sliding) * y).sum(), (x * back).sum())


@pytest.mark.parametrize("count_include_pad", [True, False])
def test_poolings(count_include_pad):
    draw, rng = random.Random(4), np.random.default_rng(4)
    for _ in range(30):
        sliding = random_sliding(draw)
        x = rng.standard_normal((1, 2, 6, 7)) - 5  # below zero: padding must never win
        largest = pooling.max_pool(x, sliding)
        mean = pooling.average_pool(x, sliding, count_include_pad=count_include_pad)
        for c, *position in np.ndindex(2, *largest.shape[2:]):
            seen = [where for _, where in cells(sliding, position, x.shape[2:])]
            values = [x[0, c, *w] for w in seen if w is not None]
            assert largest[0, c, *position] == max(values, default=-np.inf)
            if values:
                assert np.isclose(
                    mean[0, c, *position], sum(values) / (len(seen) if count_include_pad else len(values))
                )


def test_what_shares_memory_is_not_overwritten():
    """Dropout hands its input on; an activation after it must not write into what others still read."""
    layers = [
        {"type": "linear", "name": "a", "out_features": 6}, {"type": "dropout", "name": "d"}, {"type": "relu", "name": "r"},
        {"type": "add", "name": "end", "from": ["a", "r"]},
    ]  # fmt: skip
    network = cnncalc.load({"input": [5], "output": ["end"], "layers": layers})
    report = network.summary()
    setup = prepared(report, dtype="float64")
    weights = weights_of(setup, report.graph.nodes[1])
    a = setup.inputs["input"] @ weights["weight"].T + weights["bias"]
    found = network.verify(dtype="float64").outputs["end"]
    assert (a < 0).any()
    assert np.allclose(found, a + np.maximum(a, 0))


def test_blocks_of_weights_differ():
    report = cnncalc.load({"input": [3000], "layers": [{"type": "linear", "out_features": 900}]}).summary()
    weights = weights_of(prepared(report), report.graph.nodes[1])
    spans, part = weights.blocks("weight")
    first, second = part(spans[0]), part(spans[1])
    assert not np.allclose(first[:5], second[:5])
    assert abs(float(first.mean())) < 0.01
