"""Equalities of two symbols, such as ``W == 2*H``: what the values of one say of the other."""

from __future__ import annotations

from cnncalc.conditions import Condition, any_of, at_least, divisible
from cnncalc.dims import Dim, Expr, Symbol
from cnncalc.integers import NOTHING, START, IntegerSet, Piece, meet, tidy


def equality_of(condition: Condition) -> tuple[str, Expr] | None:
    """A symbol, and what in one other symbol it is equal to."""
    if condition.relation != "==" or condition.modulus:
        return None
    difference = condition.left - condition.right
    if not isinstance(difference, Expr) or len(difference.symbols()) != 2:
        return None
    for monomial, coefficient in sorted(
        difference.terms.items(), key=lambda t: [a.key for a in t[0]], reverse=True
    ):
        atom = monomial[0] if len(monomial) == 1 else None
        if not isinstance(atom, Symbol) or abs(coefficient) != 1:
            continue
        rest: Dim = difference - Expr({monomial: coefficient})
        if isinstance(rest, Expr) and atom.name not in rest.symbols():
            return atom.name, -rest if coefficient == 1 else rest
    return None


def _affine(value: Expr) -> tuple[int, int] | None:
    """The factor and the constant, where a size is ``a*x + b``."""
    terms = dict(value.terms)
    constant = terms.pop((), 0)
    if len(terms) != 1:
        return None
    ((monomial, factor),) = terms.items()
    return (factor, constant) if len(monomial) == 1 and isinstance(monomial[0], Symbol) else None


def preimage(values: IntegerSet, value: Expr, everything: IntegerSet) -> IntegerSet:
    """The numbers of a set that a size in one symbol takes into another set."""
    if _affine(value) == (1, 0):
        return values
    if (everything.least() or 0) < START:
        return everything
    found = NOTHING
    for low, high, modulus, residues in values.pieces:
        ends = [at_least(value, low), True if high is None else at_least(high, value)]
        fits = True if modulus == 1 else any_of(*(divisible(value - r, modulus) for r in sorted(residues)))
        found |= meet(*ends, fits)
    return found & everything


def image_of(values: IntegerSet, value: Expr) -> IntegerSet | None:
    """What a size in one symbol is on a set, where it is evenly spaced and has a least value."""
    form = _affine(value)
    if form is None or (form[0] < 0 and values.most() is None):
        return None
    a, b = form
    found = []
    for low, high, modulus, residues in values.pieces:
        ends = a * low + b, None if high is None else a * high + b
        step = abs(a) * modulus
        first, last = ends if a > 0 else ends[::-1]
        assert first is not None
        found.append(Piece(first, last, step, frozenset((a * r + b) % step for r in residues)))
    return tidy(found)
