"""Conditions on symbols. A condition is decided if algebra can decide it, and otherwise kept in its simplest form."""

from __future__ import annotations

from contextlib import suppress
from functools import reduce
from math import gcd
from operator import or_
from typing import TYPE_CHECKING, Any, NamedTuple

from cnncalc.dims import (
    Dim,
    DimError,
    Expr,
    Extreme,
    Floor,
    bounds,
    collect,
    free_symbols,
    is_zero,
    points_of,
    substitute,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping


class Condition(NamedTuple):
    """A statement about symbols that is neither always true nor always false.

    ``relation`` is ``">="`` (left >= right) or ``"=="``; ``modulus`` m > 0 makes it
    ``left % m == right``.
    """

    left: Expr
    relation: str
    right: Dim
    modulus: int = 0

    def holds(self, values: Mapping[str, Any]) -> Any:
        """Return whether it holds for the given symbols: a bool, or an array of bools for arrays."""
        left, right = substitute(self.left, values), substitute(self.right, values)
        if self.modulus:
            left = left % self.modulus
        return left >= right if self.relation == ">=" else left == right

    def given(self, values: Mapping[str, Dim]) -> bool | Condition:
        """Return the condition with symbols replaced by expressions; a bool if it is decided."""
        left, right = substitute(self.left, values), substitute(self.right, values)
        if self.modulus:
            return divisible(left - right, self.modulus)
        return (at_least if self.relation == ">=" else equal)(left, right)

    @property
    def key(self) -> str:
        """A string that is equal for equal normal forms. Whether two forms are the same function may be too expensive to decide."""
        right = self.right.key if isinstance(self.right, Expr) else self.right
        return f"{self.left.key} {self.relation} {right} % {self.modulus}"

    @property
    def alternatives(self) -> tuple[Condition, ...]:
        """The conditions of which at least one must hold; here only this one."""
        return (self,)

    def symbols(self) -> frozenset[str]:
        """Names of the symbols on which it depends."""
        return free_symbols(self.left - self.right)

    def fails_above(self, least: Mapping[str, int]) -> bool:
        """Return whether bounds show that it never holds if the symbols have these smallest values."""
        low, high = bounds(self.left - self.right, least)
        above = self.relation == "==" and low is not None and low > 0
        return not self.modulus and (above or (high is not None and high < 0))

    def __str__(self) -> str:
        if self.modulus:
            inner = str(self.left)
            left = inner if inner.isidentifier() else f"({inner})"
            return f"{left} % {self.modulus} == {self.right}"
        if self.relation == ">=" and all(c < 0 for m, c in self.left.terms.items() if m):
            return f"{-self.left} <= {-self.right}"
        return f"{self.left} {self.relation} {self.right}"


class AnyOf(NamedTuple):
    """A statement that holds if at least one of its conditions does."""

    alternatives: tuple[Condition, ...]

    @property
    def key(self) -> str:
        """A string that is equal for equal normal forms."""
        return " or ".join(condition.key for condition in self.alternatives)

    def holds(self, values: Mapping[str, Any]) -> Any:
        """Return whether it holds for the given symbols: a bool, or an array of bools for arrays."""
        return reduce(or_, (condition.holds(values) for condition in self.alternatives))

    def symbols(self) -> frozenset[str]:
        """Names of the symbols on which it depends."""
        return frozenset().union(*(condition.symbols() for condition in self.alternatives))

    def fails_above(self, least: Mapping[str, int]) -> bool:
        """Return whether bounds show that it never holds if the symbols have these smallest values."""
        return all(condition.fails_above(least) for condition in self.alternatives)

    def __str__(self) -> str:
        return " or ".join(map(str, self.alternatives))


Statement = Condition | AnyOf


def any_of(*verdicts: bool | Condition) -> bool | Statement:
    """Return whether at least one of several conditions holds: a bool if that can be decided, else the open ones."""
    if True in verdicts:
        return True
    left = [v for v in verdicts if isinstance(v, Condition)]
    if len(left) < 2:
        return left[0] if left else False
    return AnyOf((left[0], *sorted(left[1:], key=str)))


def at_least(left: Dim, right: Dim) -> bool | Condition:
    """Return whether ``left >= right``: a bool if that can be decided, else a condition in its simplest form."""
    difference = left - right
    if isinstance(difference, int):
        return difference >= 0
    low, high = bounds(difference)
    if low is not None and low >= 0:
        return True
    if high is not None and high < 0:
        return False
    tried = _tried(difference, lambda values: values >= 0)
    return _simplest(difference) if tried is None else tried


def _tried(difference: Expr, judge: Callable[[Any], Any]) -> bool | None:
    """Return True or False if the statement has the same truth value for all known values of its symbols."""
    points = points_of(difference)
    if points is None:
        return None
    answers = judge(substitute(difference, points))
    return True if answers.all() else None if answers.any() else False


def witnesses(condition: Condition) -> str | None:
    """Return a value at which a condition holds and one at which it does not: ``it holds at w = 0.25, not at w = 0.3``."""
    difference = condition.left - condition.right
    points = points_of(difference)
    if points is None or not isinstance(difference, Expr):
        return None
    values = substitute(difference, points)  # terms that are on both sides cancel
    if condition.modulus:
        values = values % condition.modulus
    answers = [bool(answer) for answer in (values >= 0 if condition.relation == ">=" else values == 0)]
    if len(set(answers)) < 2:
        return None
    texts = []
    for wanted in (True, False):
        at = answers.index(wanted)
        values = {s.variable: points[s.name][at] * s.down / s.up for s in difference.variables()}
        texts.append(", ".join(f"{name} = {value:.12g}" for name, value in sorted(values.items())))
    return f"it holds at {texts[0]}, not at {texts[1]}"


def _simplest(difference: Expr) -> Condition:
    """Rewrite ``difference >= 0`` as ``expression >= number``, without outer floors and factors.

    ``N//d >= c`` is ``N >= c*d`` for integers N.
    """
    while True:
        terms = dict(difference.terms)
        constant = terms.pop((), 0)
        common = gcd(*terms.values())
        terms = {m: c // common for m, c in terms.items()}
        right = -(constant // common)
        if len(terms) == 1:
            ((monomial, coefficient),) = terms.items()
            if coefficient == 1 and len(monomial) == 1 and isinstance(monomial[0], Floor):
                again = monomial[0].numerator - right * monomial[0].divisor
                assert isinstance(again, Expr)
                difference = again
                continue
        return Condition(Expr(terms), ">=", right)


def positive(size: Expr) -> list[bool | Condition]:
    """Return the conditions under which a size is at least 1, assuming that every symbol is.

    A sum such as ``w + v`` needs none, and a product is handled factor by factor. False means that no
    values make it at least 1.
    """
    if len(size.terms) == 1:
        ((monomial, coefficient),) = size.terms.items()
        if coefficient > 0 and len(monomial) > 1:
            return [c for atom in set(monomial) for c in positive(Expr({(atom,): 1}))]
        extreme = monomial[0] if coefficient == 1 and isinstance(monomial[0], Extreme) else None
        if extreme and extreme.largest and any(at_least(a, 1) is True for a in extreme.args):
            return []
        if extreme and not extreme.largest:
            return [
                c
                for a in extreme.args
                for c in (positive(a) if isinstance(a, Expr) else [a >= 1])
                if c is not True
            ]
    verdict = at_least(size, 1)
    return [] if verdict is True else [verdict]


def equal(left: Dim, right: Dim) -> bool | Condition:
    """Return whether ``left == right``: a bool if that can be decided, else a condition."""
    difference = left - right
    if isinstance(difference, int):
        return difference == 0
    if (tried := _tried(difference, lambda values: values == 0)) is not None:
        return tried
    with suppress(DimError):  # too many cases to decide: keep the condition
        if is_zero(difference):
            return True
    if difference.terms.get((), 0) % gcd(*(c for m, c in difference.terms.items() if m)):
        return False  # 2*x is not odd
    low, high = bounds(difference)
    if (low is not None and low > 0) or (high is not None and high < 0):
        return False
    modulo = _as_congruence(difference)
    if modulo is not None:
        return modulo
    if not isinstance(left, Expr) or (isinstance(right, Expr) and right.key < left.key):
        left, right = right, left
    assert isinstance(left, Expr)
    return Condition(left, "==", right)


def _as_congruence(difference: Expr) -> bool | Condition | None:
    """Rewrite ``d*(x//d) - x + r == 0``, up to sign, as ``x % d == r``."""
    for signed in (difference, -difference):
        for monomial in signed.terms:
            if len(monomial) != 1 or not isinstance(monomial[0], Floor):
                continue
            x, d = monomial[0].numerator, monomial[0].divisor
            remainder = signed - Expr({monomial: d}) + x
            if isinstance(remainder, int):
                return 0 <= remainder < d and divisible(x - remainder, d)
    return None


def divisible(dim: Dim, divisor: int) -> bool | Condition:
    """Return whether ``dim % divisor == 0``: a bool if that can be decided, else a condition."""
    if isinstance(dim, int):
        return dim % divisor == 0
    terms = {m: c % divisor for m, c in dim.terms.items()}
    reduced = collect(terms)
    if isinstance(reduced, int):
        return reduced == 0
    if (tried := _tried(reduced, lambda values: values % divisor == 0)) is not None:
        return tried
    constant = reduced.terms.get((), 0)
    left = reduced - constant
    assert isinstance(left, Expr)
    return Condition(left, "==", -constant % divisor, divisor)


def implied(condition: Statement, known: Iterable[Statement]) -> bool:
    """Return whether known conditions include this one or a stronger bound on the same expression."""
    for other in known:
        if str(condition) == str(other):
            return True
        if isinstance(condition, AnyOf) or isinstance(other, AnyOf):
            continue
        same = condition.left.terms == other.left.terms
        if condition.relation == ">=" and other.modulus == 0 and same:
            low, _ = bounds(other.right - condition.right)
            if low is not None and low >= 0:
                return True
    return False


def conjunction(statements: Iterable[Any]) -> str:
    """Return the text of several statements joined by ``and``."""
    listed = list(statements)
    texts = [f"({s})" if len(s.alternatives) > 1 and len(listed) > 1 else str(s) for s in listed]
    return " and ".join(texts)
