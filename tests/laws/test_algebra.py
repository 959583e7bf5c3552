"""Sizes in symbols against evaluation: normal form, bounds, periods, exact division, verdicts, and sets of integers."""

from itertools import product
from math import gcd

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnncalc import dims
from cnncalc.conditions import (
    AnyOf,
    Condition,
    any_of,
    at_least,
    conjunction,
    divisible,
    equal,
    implied,
    positive,
    witnesses,
)
from cnncalc.dims import (
    DimError,
    Expr,
    Extreme,
    Floor,
    Symbol,
    bounds,
    innermost_extreme,
    maximum,
    minimum,
    substitute,
    symbol,
)
from cnncalc.integers import EVERYTHING, NOTHING, IntegerSet, Piece, listed, solutions, solutions_among, tidy
from tests.examples import examples
from tests.trees import SYMBOLS, TREES, form_of

H, W, V = symbol("H"), symbol("W"), symbol("V")
X, Y = symbol("x"), symbol("y")
FEW = examples(80)


def atoms_of(dim):
    """All atoms, those inside others too, and the monomials in which they stand with their coefficients."""
    for monomial, coefficient in dim.terms.items() if isinstance(dim, Expr) else ():
        for atom in monomial:
            yield atom, monomial, coefficient
            for part in atom.parts():
                yield from atoms_of(part)


@FEW
@given(TREES)
def test_floors_are_in_normal_form(tree):
    for atom, _, _ in atoms_of(form_of(tree)):
        if not isinstance(atom, Floor):
            continue
        terms, d = dict(atom.numerator.terms), atom.divisor
        constant = terms.pop((), 0)
        assert terms
        assert d > 1
        assert 0 <= constant < d
        assert all(0 < c < d for c in terms.values())
        assert gcd(d, *terms.values()) == 1
        assert not any(c == 1 and len(m) == 1 and isinstance(m[0], Floor) for m, c in terms.items())


@FEW
@given(TREES, st.integers(-3, 3), st.integers(1, 6))
def test_a_common_factor_leaves_a_floor(tree, addend, factor):
    """``(g*x + c) // (g*d)`` is ``(x + c//g) // d``, and written so."""
    form, d = form_of(tree), 7
    for constant in range(factor):
        whole = (factor * (form + addend) + constant) // (factor * d)
        part = (form + addend) // d
        assert (whole if isinstance(whole, int) else whole.terms) == (
            part if isinstance(part, int) else part.terms
        )


@FEW
@given(TREES, st.lists(st.tuples(st.integers(-6, 6), st.integers(0, 5)), min_size=3, max_size=3))
def test_bounds_hold_in_a_box(tree, box):
    """Symbols from a least to a most, negative ones too; each side alone and both."""
    form = form_of(tree)
    least = {name: low for name, (low, _) in zip(SYMBOLS, box, strict=True)}
    most = {name: low + more for name, (low, more) in zip(SYMBOLS, box, strict=True)}
    values = [
        substitute(form, dict(zip(SYMBOLS, point, strict=True)))
        for point in product(*(range(least[n], most[n] + 1) for n in SYMBOLS))
    ]
    for given_least, given_most in ((least, most), (least, {}), ({}, most)):
        low, high = bounds(form, given_least, given_most)
        assert low is None or low <= min(values)
        assert high is None or high >= max(values)


@pytest.mark.parametrize(("dim", "least", "most", "expected"), [
    (X, {"x": -3}, {}, (-3, None)),
    (X, {}, {"x": 9}, (None, 9)),
    (-2 * X, {"x": -3}, {"x": 4}, (-8, 6)),
    (X * Y, {"x": -3, "y": 2}, {}, (None, None)),
    (X * Y, {"x": 3, "y": 2}, {}, (6, None)),
    (X * Y, {"x": 3, "y": 2}, {"x": 5, "y": 4}, (6, 20)),
    (X * Y, {"x": 3, "y": 2}, {"x": 5}, (6, None)),
    (5 - X * Y, {"x": 3, "y": 2}, {"x": 5, "y": 4}, (-15, -1)),
    (X // 4, {"x": 7}, {"x": 13}, (1, 3)),
    (X - 2 * (X // 2), {}, {}, (0, 1)),
    (3 * (X // 3) - X, {}, {}, (-2, 0)),
    ((X + 4) // 5 - X // 5, {}, {}, (0, 1)),
    (minimum(X, Y), {"x": 3}, {"x": 5}, (None, 5)),
    (minimum(X, Y), {"x": 3, "y": 4}, {}, (3, None)),
    (minimum(X, 7), {}, {}, (None, 7)),
    (maximum(X, Y), {"x": 3}, {"x": 5}, (3, None)),
    (maximum(X, Y), {}, {"x": 5, "y": 8}, (None, 8)),
    (maximum(X, 7) * 2, {}, {}, (14, None)),
    (symbol("p", 4) + 1, {}, {}, (5, None)),
    (symbol("p", 4) + 1, {"p": 6}, {}, (7, None)),
    (12, {}, {}, (12, 12)),
])  # fmt: skip
def test_bounds_that_are_found(dim, least, most, expected):
    assert bounds(dim, least, most) == expected


@FEW
@given(TREES)
def test_on_a_residue_of_its_period_an_expression_has_no_floor_of_a_symbol(tree):
    form = form_of(tree)
    if not isinstance(form, Expr) or innermost_extreme(form) is not None:  # min(x, y)//2 keeps its floor
        return
    for name in SYMBOLS:
        period = form.period(name)
        assert period == 1 or name in form.symbols()
        if period > 60:
            continue
        for rest in range(period):
            left = form.subs({name: symbol("t") * period + rest})
            floors = [a for a, _, _ in atoms_of(left) if isinstance(a, Floor)]
            assert not any("t" in a.numerator.symbols() for a in floors)


@pytest.mark.parametrize(("dim", "period"), [
    (X, 1), (X // 4, 4), (X // 4 + X // 6, 12), ((X // 2 + Y) // 3, 6), (minimum(X // 4, Y // 9), 4),
    (maximum(X // 4, 7 * (X // 6)), 12), (minimum(Y // 5, 3), 1), (X * (Y // 7), 1),
])  # fmt: skip
def test_periods(dim, period):
    assert dim.period("x") == period


COEFFICIENT = st.integers(-6, 6)


@FEW
@given(TREES, st.sampled_from([H, H * W, 2 * H, 6 * H * W, H * (W // 2)]))
def test_a_product_divides_exactly_or_not_at_all(tree, factor):
    form = form_of(tree)
    whole = form * factor
    assert whole // factor == form
    for other in (whole + 1, whole + H, whole + W, whole * 2 + factor):
        try:
            quotient = other // factor
        except DimError:
            continue
        assert quotient * factor == other


@pytest.mark.parametrize(("dividend", "divisor"), [
    (6 * H * W + H, 2 * H), (H * W + W, H), (6 * H * W, 4 * H), (H + 1, H), (H * W, H * H), (H, H + 1), (H * W, H + W),
    (H, H * W),
])  # fmt: skip
def test_what_does_not_divide_exactly_is_refused(dividend, divisor):
    with pytest.raises(DimError, match="the divisor must be a number"):
        dividend // divisor


def test_sums_divide_themselves():
    assert (H + W) // (H + W) == 1
    assert 0 // H == 0


# ------------------------------------------------------------------------------------ verdicts

RANGE = range(-20, 40)
AFFINE = st.tuples(st.integers(1, 3), st.integers(-12, 12), st.integers(1, 6))


@st.composite
def sizes(draw):
    """A size in one symbol, with floors, remainders, minima and maxima."""
    size = H
    for _ in range(draw(st.integers(1, 3))):
        a, b, d = draw(AFFINE)
        size = draw(st.sampled_from([
            (a * size + b) // d, d * ((size + b) // d), size - d * (size // d) + b, minimum(size, b + 20),
            maximum(a * size, b), size + b, -size,
        ]))  # fmt: skip
    return size


def holds(verdict, number):
    return verdict if isinstance(verdict, bool) else bool(verdict.holds({"H": number}))


@examples(80)
@given(sizes(), sizes(), st.integers(1, 8))
def test_verdicts_are_what_numbers_say(left, right, modulus):
    verdicts = at_least(left, right), equal(left, right), divisible(left - right, modulus)
    for number in RANGE:
        a, b = substitute(left, {"H": number}), substitute(right, {"H": number})
        assert [holds(v, number) for v in verdicts] == [a >= b, a == b, (a - b) % modulus == 0]
    one_of = any_of(*verdicts)
    given_first = [v.given({"H": W + 2}) if isinstance(v, Condition) else v for v in verdicts]
    for number in RANGE:
        assert holds(one_of, number) == any(holds(v, number) for v in verdicts)
        for before, after in zip(verdicts, given_first, strict=True):
            if not isinstance(after, bool):
                after = bool(after.holds({"W": number - 2}))
            assert after == holds(before, number)
    for verdict in verdicts:
        if isinstance(verdict, Condition) and verdict.fails_above({"H": 5}):
            assert not any(verdict.holds({"H": number}) for number in range(5, 60))
        for other in verdicts:
            if isinstance(verdict, Condition) and isinstance(other, Condition) and implied(verdict, [other]):
                assert all(verdict.holds({"H": n}) for n in RANGE if other.holds({"H": n}))
    if all(isinstance(v, Condition) for v in verdicts):
        arrays = {"H": np.array(RANGE, dtype=object)}
        assert [bool(b) for b in one_of.holds(arrays)] == [holds(one_of, n) for n in RANGE]


@pytest.mark.parametrize("rest", range(-2, 19))
def test_remainders_of_congruences(rest):
    """``H - 16*(H//16) == rest``, from both sides and doubled; it is never met where the rest is no remainder."""
    left = H - 16 * (H // 16)
    for verdict in (
        equal(left, rest),
        equal(rest, left),
        equal(16 * (H // 16), H - rest),
        equal(-left, -rest),
    ):
        if 0 <= rest < 16:
            assert str(verdict) == f"H % 16 == {rest}"
        else:
            assert verdict is False
    assert [holds(equal(2 * left, 2 * rest), n) for n in RANGE] == [n % 16 == rest for n in RANGE]


@pytest.mark.parametrize(("size", "texts"), [
    (H, ["H >= 1"]), (H - 4, ["H >= 5"]), (-H + 4, ["H <= 3"]), (2 * H * (W // 3), ["H >= 1", "W >= 3"]),
    (H * H, ["H >= 1"]), (symbol("p", 1) + symbol("q", 1), []), (maximum(3, H), []), (maximum(H, W), ["max(H, W) >= 1"]),
    (minimum(H, W - 2), ["H >= 1", "W >= 3"]), (minimum(H, 5), ["H >= 1"]), (2 * minimum(H, 5), ["min(5, H) >= 1"]),
    (minimum(H, 0), [False, "H >= 1"]), (-H * W, ["H*W <= -1"]), (H % 4, ["H - 4*(H//4) >= 1"]),
    (maximum(H, 3) * W, ["W >= 1"]),
])  # fmt: skip
def test_what_makes_a_size_positive(size, texts):
    found = sorted(map(str, positive(size)))
    for point in product(range(-3, 8), repeat=2):
        values = {"H": point[0], "W": point[1], "p": 1, "q": 1}
        together = all(c if isinstance(c, bool) else c.holds(values) for c in positive(size))
        if together:
            assert substitute(size, values) >= 1
    assert found == sorted(map(str, texts))


def test_conditions_as_text_and_as_statements():
    least, most = at_least(H, 3), at_least(9, H)
    either = any_of(least, equal(W, 2), divisible(H * W + 1, 3))
    assert isinstance(either, AnyOf)
    assert str(either) == "H >= 3 or (H*W) % 3 == 2 or W == 2"
    assert str(most) == "H <= 9"
    assert str(divisible(H, 4)) == "H % 4 == 0"
    assert conjunction([least, most]) == "H >= 3 and H <= 9"
    assert conjunction([least, either]) == f"H >= 3 and ({either})"
    assert conjunction([either]) == str(either)
    assert either.symbols() == {"H", "W"}
    assert least.alternatives == (least,)
    assert any_of(False, least) == least
    assert any_of(False, False) is False
    assert any_of(least, True) is True
    assert either.fails_above({}) is False
    assert any_of(most, equal(H, 2)).fails_above({"H": 10})
    assert not any_of(most, equal(H, 12)).fails_above({"H": 10})
    assert not divisible(H, 4).fails_above({"H": 10})
    assert not implied(least, [either])
    assert implied(either, [either])
    assert not implied(equal(H, 3), [least])
    assert not implied(most, [least])
    assert not implied(least, [divisible(H, 4)])
    assert implied(at_least(H, W), [at_least(H, W)])


def test_grids_are_tried():
    """On a grid every value is known, so that verdicts are decided wherever one serves all."""
    w = Expr({(Symbol("w", 5, points=(5, 10, 15), up=20),): 1})
    assert at_least(w // 3, 1) is True
    assert at_least(w // 3, 6) is False
    assert equal(w % 5, 0) is True
    assert equal(w // 6, 7) is False
    assert divisible(w * w, 25) is True
    assert divisible(w, 4) is False
    open_one = at_least(w // 4, 2)
    assert witnesses(open_one) == "it holds at w = 0.5, not at w = 0.25"
    assert witnesses(at_least(H, 2)) is None
    assert minimum(w, 20) is w or str(minimum(w, 20)) == str(w)
    assert maximum(w * w, 4 * w) == w * w
    assert isinstance(divisible(w, 10), Condition)


# ---------------------------------------------------------------------------------- integer sets

TOP = range(-4, 130)


@st.composite
def pieces(draw):
    low, modulus = draw(st.integers(1, 30)), draw(st.integers(1, 7))
    high = draw(st.none() | st.integers(low - 1, 60))
    return Piece(low, high, modulus, frozenset(draw(st.sets(st.integers(0, modulus - 1), max_size=4))))


@st.composite
def sets(draw):
    found = NOTHING
    for piece in draw(st.lists(pieces(), max_size=3)):
        found |= IntegerSet((piece,)) if piece.residues else NOTHING
    return found


def members(numbers):
    return {n for n in TOP if n in numbers}


@FEW
@given(st.lists(pieces(), max_size=3))
def test_pieces_put_together_hold_what_each_holds(raw):
    raw = [p for p in raw if p.residues]
    found = NOTHING
    for piece in raw:
        found |= IntegerSet((piece,))
    assert members(found) == {n for n in TOP if any(p.has(n) for p in raw)}
    one = tidy(raw[:1])
    assert members(one) == {n for n in TOP if any(p.has(n) for p in raw[:1])}
    for piece in (*found.pieces, *one.pieces):
        assert piece.has(piece.low)
        assert piece.high is None or piece.has(piece.high)
        assert all(0 <= r < piece.modulus for r in piece.residues)
        least_modulus = [m for m in range(1, piece.modulus + 1) if piece.modulus % m == 0 and all(
            (n % piece.modulus in piece.residues) == (n % m in {r % m for r in piece.residues})
            for n in range(piece.modulus))]  # fmt: skip
        assert least_modulus[0] == piece.modulus
    for a, b in zip(found.pieces, found.pieces[1:], strict=False):
        assert a.high is not None
        assert a.high < b.low


@FEW
@given(sets(), sets(), st.integers(-9, 140))
def test_sets_are_what_enumeration_says(one, two, number):
    a, b = members(one), members(two)
    assert members(one & two) == a & b
    assert members(one | two) == a | b
    assert one.least() == min(a, default=None)
    ends = all(p.high is not None for p in one.pieces)
    assert one.most() == (max(a) if a and ends else None)
    assert one.only() == (min(a) if ends and len(a) == 1 else None)
    for limit in (0, 3, 10, 100):
        listing = one.listing(limit)
        if listing is not None:
            assert ends
            assert listing == sorted(a)
            assert len(a) <= limit
        elif ends and a:
            assert len(a) > limit
    below, above = one.nearest(number, step=-1), one.nearest(number, step=1)
    assert below == max((n for n in a if n < number), default=None) or (not ends and number > 100)
    assert above == min((n for n in a if n > number), default=None) or (not ends and number > 100)
    shifted = one.shifted(3)
    assert {n for n in range(-1, 130) if n in shifted} == {n + 3 for n in a if n + 3 < 130}
    for residue in range(4):
        assert one.meets(residue, 4) == any(n % 4 == residue for n in a)
    text = one.text("H")
    if text != "no H":
        python = text
        assert {n for n in range(1, 130) if eval(f"({python})", {"H": n})} == a
    else:
        assert a == set()


@FEW
@given(st.sets(st.integers(1, 40)))  # of pieces with gaps, each counted by its own end
def test_listed_numbers(numbers):
    assert members(listed(numbers)) == numbers
    assert listed(numbers).listing(50) == sorted(numbers)


ROOTS = st.lists(st.integers(-3, 40), min_size=1, max_size=4)


@examples(80)
@given(ROOTS, st.integers(-2, 2), st.sampled_from([1, -1, 2]), st.integers(1, 3))
def test_polynomials_turn_where_they_turn(roots, lift, sign, divisor):
    """Products of ``H - root``, lifted a little: signs change between turning points, and the sets are exact."""
    size = sign
    for root in roots:
        size = size * (H // divisor - root)
    size = size + lift
    value = {n: substitute(size, {"H": n}) for n in range(1, 130)}
    for verdict, test in ((at_least(size, 0), lambda v: v >= 0), (equal(size, 0), lambda v: v == 0)):
        expected = {n for n in value if test(value[n])}
        if isinstance(verdict, bool):
            assert expected == (set(value) if verdict else set())
        else:
            assert members(solutions(verdict)) == expected


@FEW
@given(sizes(), st.integers(-30, 30), st.integers(-20, 5))
def test_solutions_among_other_integers(size, bound, low):
    among = IntegerSet((Piece(low, None, 1, frozenset({0})),))
    for verdict in (
        at_least(size, bound),
        equal(size, bound),
        any_of(equal(size, bound), at_least(size, bound + 5)),
    ):
        if isinstance(verdict, bool):
            continue
        found = solutions_among(verdict, "H", among)
        assert {n for n in range(-25, 90) if n in found} == {
            n for n in range(low, 90) if verdict.holds({"H": n})
        }
    assert solutions_among(at_least(H, 3), "H", NOTHING) == NOTHING


def test_limits_of_periods():
    with pytest.raises(DimError):
        IntegerSet((Piece(1, None, 10_007, frozenset({1})),)) & IntegerSet(
            (Piece(1, None, 10_009, frozenset({1})),)
        )
    with pytest.raises(DimError):
        solutions(divisible(H, 20_001))
    assert solutions(divisible(H, 20_000)).text("H") == "H >= 20000 and H % 20000 == 0"
    with pytest.raises(DimError, match="relates"):
        solutions(at_least(H, W))
    assert EVERYTHING.text("H") == "H >= 1"


def test_limits_of_expressions():
    assert isinstance(dims.MAX_TERMS, int)
    degree = H
    for _ in range(dims.MAX_DEGREE - 1):
        degree = degree * H
    with pytest.raises(DimError, match="degree"):
        degree * H
    with pytest.raises(DimError, match="divides"):
        H // dims.MAX_NUMBER
    assert isinstance(H // (dims.MAX_NUMBER - 1), Expr)
    assert isinstance(minimum(H, W), Expr)
    assert isinstance(next(iter(minimum(H, W).atoms())), Extreme)
