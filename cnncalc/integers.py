"""Sets of positive integers that are periodic between finitely many bounds, and the conditions that they satisfy.

Every condition on one symbol is solved exactly: on the residue class ``s = P*t + r`` its expression is a
polynomial in t, whose sign changes are found by bisection between the turning points of its derivative.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from math import lcm
from operator import and_, or_
from typing import TYPE_CHECKING, Any, NamedTuple

from cnncalc.conditions import Condition, Statement, at_least
from cnncalc.dims import DimError, Expr, Extreme, free_symbols, innermost_extreme, symbol

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_PERIOD = 20_000
START = 1  # sizes, widths and counts are positive


class Piece(NamedTuple):
    """The integers from ``low`` to ``high`` (None: unbounded) whose residue is one of ``residues``."""

    low: int
    high: int | None
    modulus: int
    residues: frozenset[int]

    def has(self, number: int) -> bool:
        """Return whether a number is in the piece."""
        inside = self.low <= number and (self.high is None or number <= self.high)
        return inside and number % self.modulus in self.residues

    def holds(self, numbers: Any) -> Any:
        """Return, for each number of a NumPy array, whether it is in the piece."""
        import numpy as np

        inside = numbers >= self.low
        if self.high is not None:
            inside &= numbers <= self.high
        if self.modulus > 1:
            inside &= np.isin(numbers % self.modulus, np.array(sorted(self.residues), dtype=numbers.dtype))
        return inside


@dataclass(frozen=True)
class IntegerSet:
    """A union of pieces, in order and without overlap."""

    pieces: tuple[Piece, ...]

    def __contains__(self, number: int) -> bool:
        return any(piece.has(number) for piece in self.pieces)

    def __and__(self, other: IntegerSet) -> IntegerSet:
        """Return the numbers in both sets."""
        return tidy([p for a in self.pieces for b in other.pieces if (p := _meet(a, b)) is not None])

    def __or__(self, other: IntegerSet) -> IntegerSet:
        """Return the numbers in at least one of the sets."""
        return _union([*self.pieces, *other.pieces])

    def least(self) -> int | None:
        """The smallest number; None if the set is empty."""
        return min((piece.low for piece in self.pieces), default=None)

    def most(self) -> int | None:
        """The largest number; None if the set is empty or unbounded."""
        highs = [piece.high for piece in self.pieces]
        return None if not highs or None in highs else max(h for h in highs if h is not None)

    def only(self) -> int | None:
        """The number if there is exactly one; otherwise None."""
        return self.least() if self.least() == self.most() else None

    def listing(self, limit: int) -> list[int] | None:
        """Return all numbers in order; None if there are more than ``limit``."""
        spans = [None if p.high is None else (p.high - p.low) // p.modulus for p in self.pieces]
        if any(span is None or span > limit for span in spans):
            return None
        found = [n for p in self.pieces for n in range(p.low, (p.high or 0) + 1) if p.has(n)]
        return found if len(found) <= limit else None

    def meets(self, residue: int, period: int) -> bool:
        """Return whether some number leaves this residue."""
        return bool(
            (self & IntegerSet((Piece(self.least() or 0, None, period, frozenset({residue})),))).pieces
        )

    def shifted(self, by: int) -> IntegerSet:
        """Return the set shifted by ``by``."""
        return IntegerSet(
            tuple(
                Piece(p.low + by, None if p.high is None else p.high + by, p.modulus,
                      frozenset((r + by) % p.modulus for r in p.residues))
                for p in self.pieces
            )
        )  # fmt: skip

    def nearest(self, number: int, *, step: int) -> int | None:
        """Return the nearest member above (``step=1``) or below (``step=-1``) a number."""
        found = []
        for low, high, modulus, residues in self.pieces:
            start = max(number + 1, low) if step > 0 else number - 1
            if step < 0 and high is not None:
                start = min(start, high)
            for candidate in range(start, start + step * modulus, step):
                if candidate % modulus in residues and low <= candidate:
                    if high is None or candidate <= high:
                        found.append(candidate)
                    break
        return (min if step > 0 else max)(found, default=None)

    def text(self, name: str) -> str:
        """Return the set as conditions on ``name``: ``H >= 16 and H % 16 == 0``."""
        return " or ".join(_piece_text(piece, name) for piece in self.pieces) or f"no {name}"


def listed(numbers: Iterable[int]) -> IntegerSet:
    """Return the set of exactly these numbers, in which evenly spaced numbers form one piece."""
    rest, pieces = sorted(set(numbers)), []
    while rest:
        step = rest[1] - rest[0] if len(rest) > 2 else 1
        count = next((i for i, n in enumerate(rest) if n != rest[0] + i * step), len(rest))
        count = count if count > 2 else 1
        pieces.append(Piece(rest[0], rest[count - 1], step, frozenset({rest[0] % step})))
        rest = rest[count:]
    return tidy(pieces)


EVERYTHING = IntegerSet((Piece(START, None, 1, frozenset({0})),))
NOTHING = IntegerSet(())


def _common_period(moduli: Iterable[int]) -> int:
    period = lcm(*moduli)
    if period > MAX_PERIOD:
        raise DimError(f"the sizes repeat only every {period:,}: too many residues to list")
    return period


def _piece_text(piece: Piece, name: str) -> str:
    low, high, modulus, residues = piece
    if low == high:
        return f"{name} == {low}"
    parts = [f"{low} <= {name} <= {high}" if high is not None else f"{name} >= {low}"]
    if modulus > 1 and len(residues) == 1:
        parts.append(f"{name} % {modulus} == {min(residues)}")
    elif modulus > 1:
        first, last = min(residues), max(residues)
        listed = f"in {{{', '.join(map(str, sorted(residues)))}}}"
        if last + 1 == len(residues):
            listed = f"<= {last}"
        elif modulus - first == len(residues):
            listed = f">= {first}"
        parts.append(f"{name} % {modulus} {listed}")
    return " and ".join(parts)


def _meet(a: Piece, b: Piece) -> Piece | None:
    low = max(a.low, b.low)
    high = a.high if b.high is None else b.high if a.high is None else min(a.high, b.high)
    modulus = _common_period((a.modulus, b.modulus))
    residues = frozenset(
        r for r in range(modulus) if r % a.modulus in a.residues and r % b.modulus in b.residues
    )
    if not residues or (high is not None and high < low):
        return None
    return Piece(low, high, modulus, residues)


def tidy(pieces: list[Piece]) -> IntegerSet:
    """Return the pieces in their simplest form: smallest moduli, bounds that are members, neighbors joined."""
    result: list[Piece] = []
    for piece in sorted((p for raw in pieces if (p := _plain(raw)) is not None), key=lambda p: p.low):
        result.append(piece)
        while len(result) > 1 and (joined := _join(*result[-2:])) is not None:
            result[-2:] = [joined]
    return IntegerSet(tuple(result))


def _plain(piece: Piece) -> Piece | None:
    low, high, modulus, residues = piece
    for divisor in (m for m in range(1, modulus + 1) if modulus % m == 0):
        smaller = frozenset(r % divisor for r in residues)
        if len(smaller) * (modulus // divisor) == len(residues):
            modulus, residues = divisor, smaller
            break
    low = next(n for n in range(low, low + modulus) if n % modulus in residues)
    if high is not None:
        high = next(n for n in range(high, high - modulus, -1) if n % modulus in residues)
        if high < low:
            return None
        if high - low < modulus and all(n % modulus in residues for n in range(low, high + 1)):
            return Piece(low, high, 1, frozenset({0}))
    return Piece(low, high, modulus, residues)


def _join(a: Piece, b: Piece) -> Piece | None:
    """Return one piece for two neighbors if one rule covers both and the gap between them."""
    if a.high is None or b.low - a.high > 2 * MAX_PERIOD:
        return None
    between = range(a.high + 1, b.low)
    for rule, other in ((b, a), (a, b)):
        if other.high is None or other.high - other.low > 2 * MAX_PERIOD:
            continue
        fits = all(
            (n % rule.modulus in rule.residues) == other.has(n) for n in range(other.low, other.high + 1)
        )
        if fits and not any(n % rule.modulus in rule.residues for n in between):
            return Piece(a.low, b.high, rule.modulus, rule.residues)
    return None


# ------------------------------------------------------------------------ solving a condition


def solutions(statement: Statement) -> IntegerSet:
    """Return all positive integers for which a statement on one symbol holds.

    Raises:
        DimError: the statement has several symbols, or a period over the limit.
    """
    return reduce(or_, map(_solutions, statement.alternatives))


def _solutions(condition: Condition) -> IntegerSet:
    difference = condition.left - condition.right
    names = free_symbols(difference)
    if len(names) != 1 or not isinstance(difference, Expr):
        raise DimError(f"{condition} relates {' and '.join(sorted(names))}")
    (name,) = names
    if (extreme := innermost_extreme(difference)) is not None:
        return _by_cases(condition, extreme)
    modulus = max(condition.modulus, 1)
    period = difference.period(name) * modulus
    if period > MAX_PERIOD:
        raise DimError(f"{condition} repeats only every {period:,}")
    pieces: list[Piece] = []
    for residue in range(period):
        shifted = difference.subs({name: symbol("t") * period + residue})
        coefficients = _coefficients(shifted, condition)
        if condition.modulus:
            holds = (coefficients[0] if coefficients else 0) % modulus == 0
            intervals: list[tuple[int, int | None]] = [(0, None)] if holds else []
        elif condition.relation == ">=":
            intervals = _where_not_negative(coefficients)
        else:
            below = _where_not_negative([-c for c in coefficients])
            intervals = _overlap(_where_not_negative(coefficients), below)
        for low, high in intervals:
            end = None if high is None else high * period + residue
            pieces.append(Piece(max(low * period + residue, START), end, period, frozenset({residue})))
    return _union(pieces)


def _by_cases(condition: Condition, extreme: Extreme) -> IntegerSet:
    """Solve a condition with a minimum or maximum case by case: each argument where it is the extreme."""
    found = NOTHING
    for argument in extreme.args:
        others = (at_least(*(argument, o) if extreme.largest else (o, argument)) for o in extreme.args)
        found |= meet(condition.given({extreme.key: argument}), *others)
    return found


def solutions_among(statement: Statement, name: str, everything: IntegerSet) -> IntegerSet:
    """Return the integers of a set for which a statement on one symbol holds.

    Raises:
        DimError: as for ``solutions``.
    """
    low = everything.least()
    if low is None:
        return NOTHING
    if low >= START:
        return solutions(statement) & everything
    shift = START - low  # the algebra counts from 1
    verdicts = [c.given({name: symbol(name) - shift}) for c in statement.alternatives]
    found = NOTHING
    for verdict in verdicts:
        found |= meet(verdict)
    return found.shifted(-shift) & everything


def meet(*verdicts: bool | Statement) -> IntegerSet:
    """Return the integers for which all of several statements on one symbol hold."""
    if False in verdicts:
        return NOTHING
    return reduce(and_, (solutions(v) for v in verdicts if not isinstance(v, bool)), EVERYTHING)


def _coefficients(shifted: object, condition: Condition) -> list[int]:
    """Return the coefficients of a polynomial in t, lowest power first."""
    if isinstance(shifted, int):
        return [shifted] if shifted else []
    assert isinstance(shifted, Expr)
    found: dict[int, int] = {}
    for monomial, coefficient in shifted.terms.items():
        if any(atom.key != "t" for atom in monomial):
            raise DimError(f"{condition} cannot be decided")
        found[len(monomial)] = coefficient
    return [found.get(power, 0) for power in range(max(found) + 1)]


def _value(coefficients: list[int], t: int) -> int:
    return reduce(lambda total, c: total * t + c, reversed(coefficients), 0)


def _where_not_negative(coefficients: list[int]) -> list[tuple[int, int | None]]:
    """Return the intervals of integers t >= 0 on which a polynomial is not negative."""
    if len(coefficients) <= 1:
        return [(0, None)] if not coefficients or coefficients[0] >= 0 else []
    end = (
        1 + max(map(abs, coefficients)) // abs(coefficients[-1]) + 1
    )  # Cauchy's bound: there is no root beyond it
    slope = [c * power for power, c in enumerate(coefficients)][1:]
    turns = {0}
    for low, high in _where_not_negative(slope):
        turns |= {low - 1, low} if high is None else {low - 1, low, high, high + 1}
    points = sorted(t for t in turns if 0 <= t < end)
    found: list[tuple[int, int | None]] = []
    for first, last in zip(points, [*points[1:], end], strict=True):  # monotone between turning points
        found += _monotone(coefficients, first, last)
    if _value(coefficients, end) >= 0:
        found.append((end, None))
    return _merged(found)


def _monotone(coefficients: list[int], first: int, last: int) -> list[tuple[int, int | None]]:
    at_first, at_last = _value(coefficients, first) >= 0, _value(coefficients, last) >= 0
    if at_first and at_last:
        return [(first, last)]
    if not at_first and not at_last:
        return []
    low, high = first, last
    while high - low > 1:
        middle = (low + high) // 2
        if (_value(coefficients, middle) >= 0) == at_first:
            low = middle
        else:
            high = middle
    return [(first, low)] if at_first else [(high, last)]


def _merged(intervals: list[tuple[int, int | None]]) -> list[tuple[int, int | None]]:
    result: list[tuple[int, int | None]] = []
    for low, high in sorted(intervals, key=lambda i: i[0]):
        if result and (result[-1][1] is None or low <= result[-1][1] + 1):
            before = result[-1][1]
            result[-1] = (result[-1][0], None if before is None or high is None else max(before, high))
        else:
            result.append((low, high))
    return result


def _overlap(
    first: list[tuple[int, int | None]], second: list[tuple[int, int | None]]
) -> list[tuple[int, int | None]]:
    found: list[tuple[int, int | None]] = []
    for a, b in first:
        for c, d in second:
            high = b if d is None else d if b is None else min(b, d)
            if high is None or max(a, c) <= high:
                found.append((max(a, c), high))
    return found


def _union(pieces: list[Piece]) -> IntegerSet:
    """Return the union of pieces that may overlap."""
    starts = sorted({p.low for p in pieces} | {p.high + 1 for p in pieces if p.high is not None})
    parts = []
    for low, after in zip(starts, [*starts[1:], None], strict=False):
        high = None if after is None else after - 1
        inside = [
            p for p in pieces if p.low <= low and (p.high is None or (high is not None and high <= p.high))
        ]
        if inside:
            period = _common_period(p.modulus for p in inside)
            residues = {r + turn for p in inside for turn in range(0, period, p.modulus) for r in p.residues}
            parts.append(Piece(low, high, period, frozenset(residues)))
    return tidy(parts)
