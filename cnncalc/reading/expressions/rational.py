"""Exact numbers in expressions: decimals and fractions, which may hold symbols.

Decimals are exact here (``0.1 + 0.2 == 0.3``), so that ``0.7*10`` is the whole number a person
expects. One rule serves numbers and symbols alike.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import gcd, isfinite, lcm
from typing import Any

from cnncalc.conditions import Condition, at_least, equal
from cnncalc.dims import Dim, DimError, Expr, maximum, minimum

Number = "Dim | Rational"


class Rational:
    """``numerator / denominator`` in lowest terms; the denominator is above 1, or symbolic and positive."""

    __slots__ = ("denominator", "numerator")

    def __init__(self, numerator: Dim, denominator: Dim) -> None:
        self.numerator = numerator
        self.denominator = denominator

    @property
    def is_number(self) -> bool:
        """Whether it holds no symbols."""
        return isinstance(self.numerator, int) and isinstance(self.denominator, int)

    def __repr__(self) -> str:
        if self.is_number:
            return f"{float(self):g}"
        below = f"({self.denominator})" if isinstance(self.denominator, Expr) else self.denominator
        return f"({self.numerator})/{below}"

    def __float__(self) -> float:
        return float(self.numerator / self.denominator)  # type: ignore[operator]

    def __format__(self, spec: str) -> str:
        return format(float(self), spec) if spec and self.is_number else str(self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Rational) and split(self) == split(other)

    def __hash__(self) -> int:
        return hash((self.numerator, self.denominator))

    def __lt__(self, other: Any) -> bool | Condition:
        return compare(self, "<", other)

    def __le__(self, other: Any) -> bool | Condition:
        return compare(self, "<=", other)

    def __gt__(self, other: Any) -> bool | Condition:
        return compare(self, ">", other)

    def __ge__(self, other: Any) -> bool | Condition:
        return compare(self, ">=", other)


def split(value: Any) -> tuple[Dim, Dim]:
    """Numerator and denominator of any number."""
    if isinstance(value, Rational):
        return value.numerator, value.denominator
    if isinstance(value, float):
        if not isfinite(value):
            raise ValueError(f"needs a finite number, got {value}")
        return split(parse(repr(value)))
    return value, 1


def join(numerator: Dim, denominator: Dim) -> Any:
    """The number ``numerator / denominator``, a plain size where it is whole; a symbolic denominator is positive."""
    if isinstance(denominator, int) and denominator < 0:
        numerator, denominator = -numerator, -denominator
    if isinstance(numerator, int) and numerator == 0:
        return 0
    common = gcd(*_coefficients(numerator), *_coefficients(denominator))
    if common > 1:
        numerator, denominator = numerator // common, denominator // common
    return (
        numerator if isinstance(denominator, int) and denominator == 1 else Rational(numerator, denominator)
    )


def _coefficients(size: Dim) -> Iterable[int]:
    return size.terms.values() if isinstance(size, Expr) else (size,)


def quotient(numerator: Dim, denominator: Dim) -> Any:
    """The number ``numerator / denominator`` of sizes, without the factors that all their terms share."""
    if isinstance(numerator, Expr) and isinstance(denominator, Expr):
        first, *others = ([*monomial] for size in (numerator, denominator) for monomial in size.terms)
        shared = [
            atom for i, atom in enumerate(first) if all(m.count(atom) > first[:i].count(atom) for m in others)
        ]
        if shared:
            factor = Expr({tuple(shared): 1})
            numerator, denominator = numerator // factor, denominator // factor
    return join(numerator, denominator)


def is_number(value: Any) -> bool:
    """Whether it is a number without symbols."""
    return value.is_number if isinstance(value, Rational) else isinstance(value, int | float)


def plain(value: Any) -> Any:
    """A number as JSON holds it: integers exact, fractions rounded, symbols as text."""
    if isinstance(value, Rational):
        return float(value) if value.is_number else str(value)
    return str(value) if isinstance(value, Expr) else value


def parse(text: str) -> Any:
    """A decimal literal, exactly: ``0.25`` is 1/4, ``1e3`` is 1000."""
    digits, _, exponent = text.lower().partition("e")
    whole, _, fraction = digits.partition(".")
    power = int(exponent or "0") - len(fraction)
    if abs(power) > 300:
        raise OverflowError(text)
    value = int(whole + fraction)
    return join(value * 10 ** max(power, 0), 10 ** max(-power, 0))


def add(a: Any, b: Any) -> Any:
    (n, d), (m, e) = split(a), split(b)
    return join(n * e + m * d, d * e)


def subtract(a: Any, b: Any) -> Any:
    return add(a, negate(b))


def negate(a: Any) -> Any:
    n, d = split(a)
    return join(-n, d)


def multiply(a: Any, b: Any) -> Any:
    (n, d), (m, e) = split(a), split(b)
    return join(n * m, d * e)


def divide(a: Any, b: Any) -> Any:
    """True division; the divisor must be a number or divide exactly."""
    (n, d), (m, e) = split(a), split(b)
    if isinstance(m, Expr):
        return join(n * e // m, d)
    if m == 0:
        raise ZeroDivisionError
    return join(n * e, d * m) if m > 0 else join(-n * e, d * -m)


def floor_divide(a: Any, b: Any) -> Any:
    return floor(divide(a, b))


def modulo(a: Any, b: Any) -> Any:
    return subtract(a, multiply(b, floor_divide(a, b)))


def power(a: Any, exponent: int) -> Any:
    n, d = split(a)
    return join(n**exponent, d**exponent)


def floor(a: Any) -> Dim:
    n, d = split(a)
    return n // d


def ceil(a: Any) -> Dim:
    n, d = split(a)
    return -(-n // d)


def round_half_even(a: Any) -> Dim:
    """Python's ``round``: ties go to the even neighbor."""
    n, d = split(a)
    rounded = (2 * n + d) // (2 * d)
    if d % 2:
        return rounded
    tie = n - d // 2  # a multiple of 2*d exactly where rounding half up gives an odd number
    return rounded - (tie // (2 * d) - (tie - 1) // (2 * d))


def make_divisible(value: Any, divisor: Any) -> Dim:
    """The nearest multiple of ``divisor``, at least ``divisor`` and at least 90 % of ``value``.

    Source: tensorflow/models, ``slim/nets/mobilenet/mobilenet.py``; torchvision's
    ``_make_divisible``.
    """
    if not isinstance(divisor, int) or divisor < 1:
        raise ValueError("make_divisible: the divisor must be a positive integer")
    n, d = split(value)
    nearest = maximum(divisor, (2 * n + d * divisor) // (2 * d * divisor) * divisor)
    shortfall = 9 * n - 10 * d * nearest  # positive where nearest < 0.9 * value
    return nearest + minimum(1, maximum(0, shortfall)) * divisor


def extreme(values: list[Any], *, largest: bool) -> Any:
    """The least or largest of several numbers."""
    choose = maximum if largest else minimum
    tops, bottoms = zip(*map(split, values), strict=True)
    if any(isinstance(d, Expr) for d in bottoms):
        if len(set(map(str, bottoms))) > 1:
            raise DimError(
                f"which of {', '.join(map(str, values))} is {'larger' if largest else 'smaller'} depends on free variables"
            )
        return join(choose(*tops), bottoms[0])
    common = lcm(*bottoms)
    return join(choose(*(n * (common // d) for n, d in zip(tops, bottoms, strict=True))), common)


def absolute(a: Any) -> Any:
    return extreme([a, negate(a)], largest=True)


def compare(a: Any, operator: str, b: Any) -> bool | Condition:
    """``a operator b`` for ``== < <= > >=``; a condition where symbols leave it open."""
    (n, d), (m, e) = split(a), split(b)
    left, right = n * e, m * d
    if operator == "==":
        return equal(left, right)
    if operator in (">=", ">"):
        return at_least(left, right + (operator == ">"))
    return at_least(right, left + (operator == "<"))
