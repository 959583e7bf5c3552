"""Kernels keep the type of their input: nothing is computed in more memory than was asked for."""

import random

import numpy as np
import pytest

import cnncalc
from cnncalc.errors import SpecError
from cnncalc.kernels import activation
from cnncalc.registry import all_types
from cnncalc.testing.drawing import random_spec
from cnncalc.testing.laws import Ones, built

TYPES = {name: cls for name, cls in all_types().items() if cls.runs}


class Ones32(Ones):
    """Ones in the type of the input."""

    def __init__(self, layer, shapes):
        super().__init__(layer, shapes)
        self.update({name: array.astype(np.float32) for name, array in self.items()})


@pytest.mark.parametrize("name", TYPES)
def test_results_have_the_type_of_the_input(name):
    draw, found = random.Random(name), 0
    for _ in range(60):
        spec = random_spec(draw, TYPES[name])
        try:
            row = cnncalc.load(spec).summary().rows[0]
        except SpecError:
            continue
        shape = tuple(spec["input"])
        shapes = (shape,) * len(row.inputs)
        x = np.linspace(-2, 2, 2 * int(np.prod(shape)), dtype=np.float32).reshape(2, *shape)
        layer = built(spec["layers"][0])
        assert layer.forward([x] * len(shapes), Ones32(layer, shapes)).dtype == np.float32, spec
        found += 1
        if found == 5:
            break
    assert found


@pytest.mark.parametrize(("kind", "error"), [(np.float32, 3e-7), (np.float64, 2e-15)])
def test_the_error_function_is_exact_to_the_type(kind, error):
    from math import erf

    x = np.linspace(-7, 7, 2001).astype(kind)
    exact = np.array([erf(float(v)) for v in x])
    assert np.abs(activation.erf(x) - exact).max() < error
    assert (activation.erf(np.array([-40, 40], kind)) == [-1, 1]).all()


@pytest.mark.parametrize("context", [None, 1, 2])
def test_kernels_work_alone_on_one_thread_and_on_several(context):
    """Large arrays are cut into parts, which are shared only where there is somebody to share with."""
    from contextlib import nullcontext

    from cnncalc.kernels import convolution, merging
    from cnncalc.kernels.windows import Sliding
    from cnncalc.kernels.work import share, threads, working

    x = np.arange(-100_000, 100_000, dtype=np.float64).reshape(1, 2, 1000, 100)
    with nullcontext() if context is None else working(context) as work:
        assert threads() == (context or 1)
        assert (activation.relu(x) == np.maximum(x, 0)).all()
        done = []
        share(range(5), done.extend)
        assert sorted(done) == [0, 1, 2, 3, 4]
        weight = np.ones((1, 2, 1, 1))
        summed = convolution.convolve(
            x, weight, None, Sliding((1, 1), (1, 1), (1, 1), ((0, 0), (0, 0))), groups=1
        )
        assert np.allclose(summed, x.sum(1, keepdims=True))
        assert merging.product(np.ones((1, 2, 3)), np.ones((1, 3, 4))).shape == (1, 2, 4)
        if work is not None:
            assert sum(work.counts) == 200_000 + 24
