"""Ratios of sizes: exact, in lowest terms, and comparable where the denominator holds symbols."""

import json
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnncalc.dims import DimError, symbol
from cnncalc.reading.expressions import rational

H, W = symbol("H", 1), symbol("W", 1)


def at(value, **numbers):
    """The value of a ratio as a fraction."""
    top, bottom = (n if isinstance(n, int) else n.subs(numbers) for n in rational.split(value))
    return Fraction(top, bottom)


@given(*[st.integers(-9, 9)] * 3, *[st.integers(1, 9)] * 3, st.integers(1, 30), st.integers(1, 30))
def test_arithmetic_is_that_of_fractions(a, b, c, d, e, f, h, w):
    top, bottom = a * H * W + b * H + c * (H // 2) * H, d * H * W + e * H + f * H
    ratio, numbers = rational.quotient(top, bottom), {"H": h, "W": w}
    expected = Fraction(a * h * w + b * h + c * (h // 2) * h, d * h * w + e * h + f * h)

    assert at(ratio, **numbers) == expected
    assert at(rational.add(ratio, 3), **numbers) == expected + 3
    assert at(rational.subtract(ratio, ratio), **numbers) == 0
    assert at(rational.multiply(ratio, rational.parse("0.25")), **numbers) == expected / 4
    for divisor in (2, -3):
        assert at(rational.divide(ratio, divisor), **numbers) == expected / divisor
    assert at(rational.absolute(ratio), **numbers) == abs(expected)
    for operator, holds in (("<=", expected <= 2), (">", expected > 2), ("==", expected == 2)):
        verdict = rational.compare(ratio, operator, 2)
        assert (verdict if isinstance(verdict, bool) else verdict.holds(numbers)) == holds


def test_shared_factors_cancel():
    assert str(rational.quotient(64 * H * W, 512 * H * W)) == "0.125"
    assert str(rational.quotient(6 * H * W, 4 * H * W + 2 * H)) == "(3*W)/(2*W + 1)"
    assert rational.quotient(12 * H, 4 * H) == 3
    assert rational.quotient(0, 4 * H) == 0
    assert str(rational.quotient(3 * H * H, 2 * H)) == "(3*H)/2"
    assert str(rational.quotient(H * H, H * H * H)) == "(1)/(H)"


def test_ratios_compare_and_print():
    third = rational.join(1, 3)
    assert third < 0.5 and third <= third and third > 0 and third >= third and not third > 1
    assert (f"{third:.2f}", f"{third}", float(third), rational.plain(third)) == (
        "0.33",
        "0.333333",
        1 / 3,
        1 / 3,
    )
    open_ = rational.quotient(H, H + 1)
    assert (f"{open_:,.2f}", rational.plain(open_)) == ("(H)/(H + 1)", "(H)/(H + 1)")
    assert [rational.is_number(n) for n in (third, open_, H, 3, None)] == [True, False, False, True, False]
    assert json.dumps([rational.plain(n) for n in (7, None, H)]) == '[7, null, "H"]'


def test_the_larger_of_ratios_with_different_denominators_is_not_decided():
    with pytest.raises(DimError, match="depends on free variables"):
        rational.extreme([rational.quotient(H, H + 1), rational.quotient(H, H + 2)], largest=True)
