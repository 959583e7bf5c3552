"""Conditions on several symbols, as plain as the values that each symbol may take make them.

What follows from those values is left out; what concerns one symbol alone is split off: ``(H//16)*(W//16) == W//16``
is ``H//16 == 1`` where W is at least 16, and ``H*W == 4*(H//2)*(W//2)`` holds where both are even.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from math import prod
from typing import NamedTuple

from cnncalc.conditions import AnyOf, Condition, Statement, any_of, at_least, equal
from cnncalc.dims import (
    Dim,
    DimError,
    Expr,
    Extreme,
    bounds,
    free_symbols,
    innermost_extreme,
    substitute,
    symbol,
)
from cnncalc.integers import IntegerSet, Piece, listed

MAX_CLASSES = 4_096  # combinations of residues that are looked at
ENOUGH = 32  # combinations none of which decides anything
MAX_WORK = 200_000  # the same, times the length of the expression
MAX_POINTS = 4_000  # combinations of values that are tried

Sets = Mapping[str, IntegerSet]


class Plain(NamedTuple):
    """What a condition comes to: ``sets`` for single symbols, and statements that all must hold; or nothing can."""

    sets: dict[str, IntegerSet]
    rest: tuple[Statement, ...] = ()
    possible: bool = True


NEVER = Plain({}, (), possible=False)
ALWAYS = Plain({})


def plain(statement: Statement, sets: Sets) -> Plain:
    """A statement on several symbols whose values are in ``sets``."""
    if isinstance(statement, AnyOf):
        return _of_alternatives(statement, sets)
    split = _split(statement, sets)
    if isinstance(split, bool):
        return NEVER
    if split == () or split[0] is not statement:
        return Plain({}, split)
    for method in (_tried, _by_classes):
        if (found := method(statement, sets)) is not None:
            return found
    return Plain({}, (statement,))


def _of_alternatives(statement: AnyOf, sets: Sets) -> Plain:
    """Those that can come true; one that always does makes the rest needless."""
    left: list[Condition] = []
    for alternative in statement.alternatives:
        found = plain(alternative, sets) if len(alternative.symbols()) > 1 else Plain({}, (alternative,))
        if found == ALWAYS:
            return ALWAYS
        if not found.possible or _excluded(alternative, sets):
            continue
        simpler = found.rest[0] if len(found.rest) == 1 and not found.sets else alternative
        left += simpler.alternatives
    if len(left) == len(statement.alternatives) and all(map(operator.is_, left, statement.alternatives)):
        return Plain({}, (statement,))
    verdict = any_of(*{str(c): c for c in left}.values())
    return NEVER if verdict is False else Plain({}, (verdict,)) if not isinstance(verdict, bool) else ALWAYS


def _excluded(condition: Condition, sets: Sets) -> bool:
    """Whether bounds show that it cannot hold."""
    return _judged(condition, _moved(condition, sets)) is False


# ------------------------------------------------------------------------------- by algebra


def _split(condition: Condition, sets: Sets) -> tuple[Statement, ...] | bool:
    """The condition as several plainer ones; itself where nothing is to be done; False: it cannot hold."""
    verdict = _judged(condition, _moved(condition, sets))
    if verdict is not None:
        return () if verdict else False
    if condition.modulus:
        return (condition,)
    difference = condition.left - condition.right
    assert isinstance(difference, Expr)
    parts = _arguments(condition, difference) or _factors(condition, difference, sets)
    if parts is None:
        return (condition,)
    statements = [p for p in parts if not isinstance(p, bool)]
    return False if False in parts else tuple(statements)


def _arguments(condition: Condition, difference: Expr) -> list[bool | Statement] | None:
    """``min(a, b) + c >= 0`` is both ``a + c >= 0`` and ``b + c >= 0``; of a maximum one is enough.

    ``min(a, b) == a`` is ``b >= a``.
    """
    for monomial, coefficient in difference.terms.items():
        atom = monomial[0] if len(monomial) == 1 else None
        if not isinstance(atom, Extreme):
            continue
        others = difference - Expr({monomial: coefficient})
        verdicts = [others + a * coefficient for a in atom.args]
        if condition.relation == ">=":
            every = (coefficient > 0) != atom.largest
            parts = [at_least(v, 0) for v in verdicts]
            return list(parts) if every else [any_of(*parts)]
        if 0 in (v for v in verdicts if isinstance(v, int)):
            sign = -1 if (coefficient > 0) == atom.largest else 1
            return [at_least(v * sign, 0) for v in verdicts]
    return None


def _factors(condition: Condition, difference: Expr, sets: Sets) -> list[bool | Statement] | None:
    """A product that is 0, or not negative: what its factors must be, where one is never negative."""
    first, *others = difference.terms
    shared = [a for a in first if all(a in monomial for monomial in others)]
    for atom in shared:
        factor = Expr({(atom,): 1})
        low, _ = bounds(_at(factor, sets), dict.fromkeys(free_symbols(factor), 0))
        if low is None or low < 0:
            continue
        rest: Dim = difference // factor
        holds = (at_least if condition.relation == ">=" else equal)(rest, 0)
        return [holds] if low > 0 else [_either(equal(factor, 0), holds)]
    return None


def _either(*verdicts: bool | Condition) -> bool | Statement:
    return any_of(*verdicts)


# ------------------------------------------------------------------------ by what is known of symbols


def reach(condition: Condition, sets: Sets) -> Iterator[tuple[str, bool | Condition]]:
    """For each symbol what a condition needs of it at best, whatever the others are.

    ``H*W >= 40`` needs ``7*W >= 40`` where H is at most 7.
    """
    difference = condition.left - condition.right
    if condition.modulus or not isinstance(difference, Expr):
        return
    for signed in (difference,) if condition.relation == ">=" else (difference, -difference):
        for name in sorted(condition.symbols()):
            if (best := _best(signed, name, sets)) is not None:
                yield name, at_least(best, 0)


def _best(difference: Expr, name: str, sets: Sets) -> Dim | None:
    """The most that a sum of products can be, as a size in one symbol; None where no end is known."""
    least = {n: sets[n].least() or 0 for n in difference.symbols()}
    most = {n: high for n in difference.symbols() if (high := sets[n].most()) is not None}
    total: Dim = 0
    for monomial, coefficient in difference.terms.items():
        term: Dim = coefficient
        for atom in monomial:
            alone = Expr({(atom,): 1})
            ends = bounds(alone, least, most)
            end = alone if alone.symbols() == {name} else ends[coefficient > 0]
            if end is None or ((ends[0] is None or ends[0] < 0) and len(monomial) > 1):
                return None
            term *= end
        total += term
    return total


def _at(dim: Dim, sets: Sets) -> Dim:
    """The size with every symbol counted from its least value."""
    least = {name: symbol(name, 0) + (sets[name].least() or 0) for name in free_symbols(dim)}
    moved: Dim = substitute(dim, least)
    return moved


def _moved(condition: Condition, sets: Sets) -> tuple[Dim, dict[str, int]]:
    """Left less right, symbols counted from their least values, and how far each can go."""
    difference = condition.left - condition.right
    ends = {}
    for name in free_symbols(difference):
        high = sets[name].most()
        if high is not None:
            ends[name] = high - (sets[name].least() or 0)
    return _at(difference, sets), ends


def _judged(condition: Condition, moved: tuple[Dim, dict[str, int]]) -> bool | None:
    """Whether a condition always holds, or never, by bounds on its difference; None: neither is shown."""
    difference, ends = moved
    modulus = condition.modulus
    if modulus:
        parts = difference.terms if isinstance(difference, Expr) else {(): difference}
        if any(c % modulus for m, c in parts.items() if m):
            return None
        return parts.get((), 0) % modulus == 0
    low, high = bounds(difference, dict.fromkeys(free_symbols(difference), 0), ends)
    if condition.relation == ">=":
        return True if low is not None and low >= 0 else False if high is not None and high < 0 else None
    if low == high == 0:
        return True
    return False if (low is not None and low > 0) or (high is not None and high < 0) else None


def _tried(condition: Condition, sets: Sets) -> Plain | None:
    """Every combination of values, where they are few."""
    names = sorted(condition.symbols())
    values: list[list[int]] = []
    for name in names:
        numbers = sets[name].listing(MAX_POINTS)
        if numbers is None or len(numbers) * prod(len(v) for v in values) > MAX_POINTS:
            return None
        values.append(numbers)
    true = {point for point in product(*values) if condition.holds(dict(zip(names, point, strict=True)))}
    if not true:
        return NEVER
    kept = [sorted({point[i] for point in true}) for i in range(len(names))]
    narrowed = {name: listed(kept[i]) for i, name in enumerate(names) if len(kept[i]) < len(values[i])}
    whole = len(true) == prod(map(len, kept))
    return Plain(narrowed, () if whole else (condition,))


def _by_classes(condition: Condition, sets: Sets) -> Plain | None:
    """Residue class by residue class, in which floors are polynomials."""
    difference = condition.left - condition.right
    names = sorted(condition.symbols())
    if not isinstance(difference, Expr) or innermost_extreme(difference) is not None:
        return None  # a minimum is no polynomial
    try:
        periods = [difference.period(name) * max(condition.modulus, 1) for name in names]
    except DimError:
        return None
    if not 1 < prod(periods) <= min(MAX_CLASSES, MAX_WORK // len(difference.key)):
        return None
    classes = [list(_classes(sets[name], period)) for name, period in zip(names, periods, strict=True)]
    found: dict[tuple[int, ...], bool | None] = {}
    for combination in product(*classes):
        at = {n: symbol(n, 0) * p + low for n, p, (_, low) in zip(names, periods, combination, strict=True)}
        found[tuple(r for r, _ in combination)] = _judged(condition, (substitute(difference, at), {}))
        if len(found) == ENOUGH and set(found.values()) == {None}:
            return None  # a budget: no class decides it
    return _gathered(
        condition, [(n, p, sets[n].least() or 0) for n, p in zip(names, periods, strict=True)], found
    )


def _classes(values: IntegerSet, period: int) -> Iterator[tuple[int, int]]:
    """Residues that occur in a set, each with a number below which it does not."""
    least = values.least() or 0
    for residue in range(period):
        if values.meets(residue, period):
            yield residue, least + (residue - least) % period


def _gathered(
    condition: Condition,
    axes: Sequence[tuple[str, int, int]],
    found: Mapping[tuple[int, ...], bool | None],
) -> Plain | None:
    """Conditions on single symbols, where the classes that hold are all combinations of some of each.

    ``axes`` are the symbols with their periods and least values.
    """
    possible = [key for key, verdict in found.items() if verdict is not False]
    if not possible:
        return NEVER
    kept = [{key[i] for key in possible} for i in range(len(axes))]
    everything = [{key[i] for key in found} for i in range(len(axes))]
    narrowed = {
        name: IntegerSet((Piece(low, None, period, frozenset(residues)),))
        for (name, period, low), residues, before in zip(axes, kept, everything, strict=True)
        if residues != before
    }
    whole = len(possible) == prod(map(len, kept)) and all(found[key] for key in possible)
    if whole:
        return Plain(narrowed)
    return Plain(narrowed, (condition,)) if narrowed else None
