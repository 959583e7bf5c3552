"""Trees of arithmetic over a few symbols, and what they are as sizes and in plain Python."""

import operator

from hypothesis import strategies as st

from cnncalc.dims import maximum, minimum, symbol

SYMBOLS = ("x", "y", "z")
LEAF = st.integers(-20, 20) | st.sampled_from(SYMBOLS)
DIVISOR = st.integers(1, 9)


def _extend(inner):
    return (
        st.tuples(st.sampled_from(["+", "-", "*"]), inner, inner)
        | st.tuples(st.sampled_from(["//", "%"]), inner, DIVISOR)
        | st.tuples(st.sampled_from(["min", "max"]), inner, inner)
    )


TREES = st.recursive(LEAF, _extend, max_leaves=9)
OPERATORS = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "//": operator.floordiv,
    "%": operator.mod,
}


def build(tree, values, least, most):
    """A tree as a Dim, or as plain Python arithmetic."""
    if isinstance(tree, int):
        return tree
    if isinstance(tree, str):
        return values[tree]
    name, left, right = tree
    a, b = build(left, values, least, most), build(right, values, least, most)
    return {"min": least, "max": most}.get(name, OPERATORS.get(name))(a, b)


def form_of(tree):
    return build(tree, {n: symbol(n) for n in SYMBOLS}, minimum, maximum)
