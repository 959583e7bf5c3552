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
