"""The expression language: values, errors with places, and Python as the oracle."""

from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cnncalc.dims import substitute, symbol
from cnncalc.reading.expressions import rational
from cnncalc.reading.expressions.grammar import FREE_HELP, ExpressionError, parse
from tests.examples import examples

ENV = {"c": 64, "s": 2, "channels": 256, "w": 0.75, "n": [16, 32, 64], "deep": True, "act": "relu"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("4*c", 256),
        ("c // 3 % 4", 1),
        ("-c + 3", -61),
        ("2**3 * -2", -16),
        ("-2**2", -4),
        ("0.1 + 0.2 == 0.3", True),
        ("0.7 * 10", 7),
        ("1e3", 1000),
        ("c / 4", 16),
        ("s != 1 or channels != 4*c", True),
        ("not s == 1 and deep", True),
        ("1 < s <= 2", True),
        ("c if deep else 1 / 0", 64),
        ("deep or 1 / 0 == 1", True),
        ("n[1] + len(n)", 35),
        ("max(n) - min(8, c)", 56),
        ("ceil(2.1) + floor(-2.1) + round(2.5) + round(3.5)", 6),
        ("abs(-3)", 3),
        ("make_divisible(32*w, 8)", 24),
        ("act == act", True),
        ("true and not false", True),
    ],
)
def test_value(text, value):
    assert parse(text).evaluate(ENV) == value


@pytest.mark.parametrize(
    ("text", "code", "message", "start", "help"),
    [
        ("chanels", "C106", "'chanels' is not defined", 0, "did you mean 'channels'?"),
        ("yes", "C106", "'yes' is not defined", 0, "write true"),
        ("c + 1/0", "C105", "division by zero", 5, None),
        ("c % (s - 2)", "C105", "division by zero", 2, None),
        ("4*", "C105", "the expression ends too early", 2, None),
        ("(c", "C105", "expected ')' but found the end", 2, None),
        ("c c", "C105", "'c' is not expected here", 2, None),
        (
            "0x20",
            "C105",
            "'x20' is not expected here",
            1,
            "write plain decimal numbers: 32, not 0x20 or 1_000",
        ),
        (
            "1_000",
            "C105",
            "'_000' is not expected here",
            1,
            "write plain decimal numbers: 32, not 0x20 or 1_000",
        ),
        ("010", "C105", "a number does not begin with 0", 0, None),
        ("9**9**9", "C105", "the exponent must be a literal from 0 to 8", 3, None),
        ("2**9", "C105", "the exponent must be a literal from 0 to 8", 3, None),
        ("2**s", "C105", "the exponent must be a literal from 0 to 8", 3, None),
        ("c.real", "C105", "'.' is not expected here", 1, None),
        ("c = 3", "C105", "'=' is not expected here", 2, "compare with '=='"),
        ("rond(c)", "C106", "unknown function 'rond'", 0, "did you mean 'round'?"),
        ("round(c, 2)", "C105", "round takes 1 value, got 2", 0, None),
        ("n[3]", "C105", "the list has 3 elements, so index 3 is out of range", 1, None),
        ("act + 1", "C105", "needs numbers, got the text 'relu'", 4, None),
        ("deep + 1", "C105", "needs numbers, got true or false", 5, None),
        ("c and deep", "C105", "needs true or false, got a number", 0, None),
        ("H == 3", "C306", "whether H == 3 holds depends on a free variable", 2, FREE_HELP),
        ("10**8 * 10**8 * 10**8", "C105", "the result is too large", 14, None),
    ],
)
def test_error_says_what_and_where(text, code, message, start, help):
    with pytest.raises(ExpressionError) as caught:
        parse(text).evaluate({**ENV, "H": symbol("H")})

    error = caught.value
    assert (error.code, error.message, error.start, error.help) == (code, message, start, help)


@examples(600)
@given(st.text(max_size=300) | st.text("0123456789.+-*/%()[]<>=!, candorotifels_", max_size=300))
@example("(" * 300)
@example("-" * 250 + "1")
@example("not " * 60 + "true")
@example("1" * 256)
@example("1e999999")
def test_any_text_is_a_value_or_an_expression_error(text):
    try:
        parse(text).evaluate(ENV)
    except ExpressionError as error:
        assert 0 <= error.start <= len(text)


NUMBERS = st.integers(0, 99).map(str) | st.sampled_from(["c", "s", "0.5", "2.25", "channels"])
ARITHMETIC = st.recursive(
    NUMBERS,
    lambda inner: st.tuples(
        inner, st.sampled_from(["+", "-", "*", "/", "//", "%", "<", "==", ">="]), inner
    ).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
    max_leaves=8,
)


@examples(400)
@given(ARITHMETIC)
def test_arithmetic_is_pythons_on_fractions(text):
    import re

    exact = re.sub(r"\d+\.?\d*", lambda m: f"F('{m[0]}')", text)
    names = {"F": Fraction, "c": Fraction(64), "s": Fraction(2), "channels": Fraction(256)}
    try:
        expected = eval(exact, {}, names)
    except (ZeroDivisionError, TypeError):
        expected = None
    if (
        len(text) > 256
        or isinstance(expected, bool | float)
        or (expected is not None and abs(expected) >= 2**60)
    ):
        return
    try:
        found = parse(text).evaluate(ENV)
    except ExpressionError as error:
        assert expected is None or "true or false" in error.message or "numbers" in error.message
        return
    numerator, denominator = rational.split(found)
    if not isinstance(found, bool) and expected is not None:
        assert Fraction(numerator, denominator) == expected


def torchvision_make_divisible(v, divisor):
    new_v = max(divisor, int(v + divisor / 2) // divisor * divisor)
    return new_v + divisor if new_v < 0.9 * v else new_v


@pytest.mark.parametrize("divisor", [1, 3, 4, 8, 16])
def test_make_divisible_is_torchvisions(divisor):
    v = symbol("v")
    form = rational.make_divisible(rational.divide(v, 4), divisor)
    for quarters in range(1, 700):
        value = quarters / 4
        expected = torchvision_make_divisible(value, divisor)
        assert rational.make_divisible(value, divisor) == expected
        assert substitute(form, {"v": quarters}) == expected


@pytest.mark.parametrize("denominator", [1, 2, 3, 4, 6, 7])
def test_rounding_is_half_to_even_for_numbers_and_symbols(denominator):
    form = rational.round_half_even(rational.divide(symbol("v"), denominator))
    for v in range(-60, 60):
        expected = round(Fraction(v, denominator))
        assert rational.round_half_even(rational.join(v, denominator)) == expected
        assert substitute(form, {"v": v}) == expected
