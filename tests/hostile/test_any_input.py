"""Anything at all as a spec ends in a report or in problems. ``CNNCALC_EXAMPLES=10`` draws ten times as many.

For longer: ``python -m tests.fuzz.mutate`` and ``python -m tests.fuzz.coverage_guided``.
"""

import json
import random

from hypothesis import given
from hypothesis import strategies as st

from cnncalc.registry import all_types
from tests.examples import examples
from tests.fuzz.mutate import corpus, mutated
from tests.fuzz.target import one_input
from tests.strategies import items

WORDS = ["input", "layers", "vars", "blocks", "type", "name", "from", "repeat", "when", "first", "share", "branches", "norm", "act", "expect",
         "cases", "lint", "output", "input_values", "weight", "bias", "kernel_size", "out_channels", "prev", "H", *all_types()]  # fmt: skip
LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(WORDS)
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(WORDS) | st.text(max_size=4), inner, max_size=5)
    ),
    max_leaves=25,
)
ITEMS = items() | st.builds(
    lambda item, more: {**item, **more}, items(), st.dictionaries(st.sampled_from(WORDS), VALUES, max_size=2)
)


@examples(40)
@given(st.binary(max_size=300))
def test_any_bytes(data):
    one_input(data)


@examples(40)
@given(VALUES)
def test_any_data(data):
    one_input(json.dumps(data).encode())


@examples(40)
@given(st.lists(ITEMS | VALUES, max_size=5), st.dictionaries(st.sampled_from(WORDS[:20]), VALUES, max_size=3))
def test_any_layers(layers, more):
    one_input(json.dumps({**more, "input": [3, 8, 8], "layers": layers}).encode())


@examples(20)
@given(st.integers(0, 2**32))
def test_mutated_specs(seed):
    one_input(mutated(random.Random(seed), SEEDS))


SEEDS = corpus()
