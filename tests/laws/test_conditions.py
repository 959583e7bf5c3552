"""Simplified conditions hold exactly where the given ones do: random ones, with minima, maxima, floors and remainders."""

import operator
from itertools import product

import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from cnncalc.conditions import any_of, at_least, divisible, equal
from cnncalc.dims import DimError, maximum, minimum, symbol
from cnncalc.domain import POSITIVE
from cnncalc.validity import validity
from tests.examples import examples

NAMES = ("x", "y")
FREE = dict.fromkeys(NAMES, POSITIVE)
SYMBOLS = {name: symbol(name, 1) for name in NAMES}
LEAF = st.integers(-12, 12) | st.sampled_from(NAMES) | st.sampled_from(NAMES)
TREES = st.recursive(
    LEAF,
    lambda inner: (
        st.tuples(st.sampled_from([operator.add, operator.sub, operator.mul]), inner, inner)
        | st.tuples(st.sampled_from([operator.floordiv, operator.mod]), inner, st.integers(1, 5))
        | st.tuples(st.sampled_from([min, max]), inner, inner)
    ),
    max_leaves=6,
)
KINDS = st.sampled_from(["at least", "equal", "divisible"])
CONDITIONS = st.tuples(KINDS, TREES, TREES, st.integers(2, 5))
POINTS = [
    *product(range(1, 14), repeat=2),
    *product((17, 36, 60, 97, 180, 1001), repeat=2),
    (1, 600),
    (600, 1),
]


def built(tree, values):
    if not isinstance(tree, tuple):
        return values.get(tree, tree)
    name, a, b = tree[0], built(tree[1], values), built(tree[2], values)
    symbolic = {min: minimum, max: maximum}.get(name, name) if values is SYMBOLS else name
    return symbolic(a, b)


def condition_of(kind, left, right, modulus):
    a, b = built(left, SYMBOLS), built(right, SYMBOLS)
    return (
        {"at least": at_least, "equal": equal}[kind](a, b) if kind != "divisible" else divisible(a, modulus)
    )


def truth(kind, left, right, modulus, values):
    a, b = built(left, values), built(right, values)
    return {"at least": a >= b, "equal": a == b, "divisible": a % modulus == 0}[kind]


def compare(parts, joined=()):
    """All conditions, of which ``joined`` are alternatives of each other."""
    verdicts = [condition_of(*part) for part in parts]
    if joined:
        verdicts.append(any_of(*(condition_of(*part) for part in joined)))
    if False in verdicts:
        statements = None
    else:
        found = validity([v for v in verdicts if v is not True], FREE)
        statements = [*found.within(FREE), *(c.statement for c in found.coupled)]
        statements += [[v for v in verdicts if v is not True][origin] for origin, _ in found.undecided]
    for point in POINTS:
        values = dict(zip(NAMES, point, strict=True))
        wanted = all(truth(*p, values=values) for p in parts) and (
            not joined or any(truth(*p, values=values) for p in joined)
        )
        holds = statements is not None and all(bool(s.holds(values)) for s in statements)
        assert holds == wanted, (point, list(map(str, verdicts)), statements and list(map(str, statements)))


@examples(150)
@given(st.lists(CONDITIONS, min_size=1, max_size=3), st.lists(CONDITIONS, max_size=2))
def test_simplified_conditions_hold_where_the_given_ones_do(parts, joined):
    try:
        compare(parts, joined)
    except DimError:  # an expression that is too large in itself
        return


@pytest.mark.slow
@seed(1)
@settings(max_examples=4_000, deadline=None, database=None)
@given(st.lists(CONDITIONS, min_size=1, max_size=3), st.lists(CONDITIONS, max_size=2))
def test_thousands_of_simplified_conditions_hold_where_the_given_ones_do(parts, joined):
    try:
        compare(parts, joined)
    except DimError:
        return
