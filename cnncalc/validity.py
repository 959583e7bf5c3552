"""For which values of free variables conditions hold: an exact set for each variable, and what relates several.

The one simplification of conditions: ``table``, ``solve`` and the page read what it finds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any, NamedTuple

from cnncalc.conditions import Condition, Statement, any_of, implied
from cnncalc.coupled import plain, reach
from cnncalc.dims import DimError, Expr, free_symbols
from cnncalc.domain import Values
from cnncalc.equalities import equality_of, image_of, preimage
from cnncalc.integers import NOTHING, IntegerSet, listed, solutions_among

if TYPE_CHECKING:
    from cnncalc.domain import Grid

MAX_ROUNDS = 20
MAX_RELATED = 4  # rounds in which two inequalities may push each other on


class Claim(NamedTuple):
    """A condition as plain as it has become, and which of those given it comes from."""

    statement: Statement
    origin: int


class Within(NamedTuple):
    """The statement that one variable is among some values."""

    variable: str
    symbol: str
    values: Values

    def holds(self, values: Mapping[str, Any]) -> Any:
        """Judge it with the symbol given: a bool, or an array of them for arrays."""
        value = values[self.symbol]
        if not getattr(value, "ndim", 0):
            return int(value) in self.values.positions
        pieces = self.values.positions.pieces
        return reduce(or_, (piece.holds(value) for piece in pieces), value != value)  # noqa: PLR0124 - none of them

    def symbols(self) -> frozenset[str]:
        """Names of the symbols on which it depends."""
        return frozenset({self.symbol})

    @property
    def alternatives(self) -> tuple[Within, ...]:
        """One, or a part of the set each: more than one is put in brackets."""
        return (self,) * len(self.values.positions.pieces)

    def __str__(self) -> str:
        return self.values.text(self.variable)


class Validity(NamedTuple):
    """What conditions leave of the values of free variables.

    Each of ``sets`` is necessary, and all of them with ``coupled`` are sufficient. ``absorbed`` are the conditions on
    several variables that narrowed the sets, ``undecided`` those that are too large to solve, with the reason;
    ``impossible`` is one that no values meet which the others allow.
    """

    sets: dict[str, Values]
    coupled: tuple[Claim, ...] = ()
    absorbed: frozenset[int] = frozenset()
    undecided: tuple[tuple[int, DimError], ...] = ()
    impossible: int | None = None

    def within(self, free: Mapping[str, Grid]) -> list[Within]:
        """The sets as statements, but for variables that may have any value."""
        found = []
        for name, values in self.sets.items():
            positions = values.positions if self.impossible is None else NOTHING
            if positions != free[name].positions_set():
                found.append(Within(name, free[name].symbol_name(name), Values(values.grid, positions)))
        return found


def positions(conditions: Iterable[Statement], grid: Grid, name: str) -> IntegerSet:
    """The values of one variable, in units of its grid, for which conditions on it alone hold.

    Raises:
        DimError: a condition repeats too late, or there is no least value.
    """
    conditions = list(conditions)
    if grid.size is not None and (grid.scale > 1 or grid.listed):
        return _tried(conditions, grid, name)
    try:
        everything = joined = grid.positions_set()
        for condition in conditions:
            joined = joined & solutions_among(condition, grid.symbol_name(name), everything)
    except DimError:
        if not grid.points:
            raise
        return _tried(conditions, grid, name)
    return joined


def _tried(conditions: Sequence[Statement], grid: Grid, name: str) -> IntegerSet:
    """The same, by putting in every value."""
    import numpy as np

    points = grid.all_points()
    at = {grid.symbol_name(name): np.array(points, dtype=object)}
    valid = np.ones(len(points), dtype=bool)
    for condition in conditions:
        valid &= np.asarray(condition.holds(at), dtype=bool)
    return listed([point for point, good in zip(points, valid, strict=True) if good])


def validity(conditions: Sequence[Statement], free: Mapping[str, Grid]) -> Validity:
    """Solve conditions for free variables."""
    return _Solving(conditions, free).solved()


class _Solving:
    """The sets as far as they are known, and the conditions on several symbols that are left."""

    def __init__(self, conditions: Sequence[Statement], free: Mapping[str, Grid]) -> None:
        self.free = free
        self.variable = {grid.symbol_name(name): name for name, grid in free.items()}
        self.sets: dict[str, IntegerSet] = {}
        self.absorbed: set[int] = set()
        self.undecided: list[tuple[int, DimError]] = []
        self.impossible: int | None = None
        self.claims: list[Claim] = []
        self.related = 0
        self.settled: dict[str, dict[str, IntegerSet | None]] = {}  # what was simplified, knowing these sets
        self.equalities: dict[str, tuple[str, Expr, int]] = {}  # by text: those put into the others
        for symbol, name in self.variable.items():
            try:
                self.sets[symbol] = free[name].positions_set()
            except DimError:
                continue
        seen: dict[str, int] = {}
        for origin, condition in enumerate(conditions):
            if seen.setdefault(str(condition), origin) == origin:
                self.take(condition, origin)

    def solved(self) -> Validity:
        for _ in range(MAX_ROUNDS):
            if self.impossible is not None or not (self.simplify() or self.substitute() or self.relate()):
                break
        sets = {
            name: Values(self.free[name], self.sets[symbol])
            for symbol, name in self.variable.items()
            if symbol in self.sets
        }
        claims = _without_implied(sorted(self.claims, key=lambda claim: claim.origin))
        return Validity(sets, claims, frozenset(self.absorbed), tuple(self.undecided), self.impossible)

    def take(self, statement: bool | Statement, origin: int, *, split: bool = False) -> None:
        """A statement on one symbol narrows its set; any other is kept."""
        if isinstance(statement, bool):
            self.impossible = self.impossible if statement else origin
            return
        names = statement.symbols()
        if len(names) != 1:
            self.claims.append(Claim(statement, origin))
            return
        (symbol,) = names
        name = self.variable[symbol]
        try:
            found = positions([statement], self.free[name], name)
            self.narrow(symbol, found, origin, split=split)
        except DimError as error:
            if split:
                self.claims.append(Claim(statement, origin))
            else:
                self.undecided.append((origin, error))

    def narrow(self, symbol: str, found: IntegerSet, origin: int, *, split: bool) -> None:
        before = self.sets[symbol]
        self.sets[symbol] = before & found
        if split and self.sets[symbol] != before:
            self.absorbed.add(origin)
        if split and not self.sets[symbol].pieces and before.pieces:
            self.impossible = origin

    def simplify(self) -> bool:
        """Bring every condition on several symbols to what it says beyond the sets; whether that was anything new."""
        before, claims = dict(self.sets), self.claims
        if not all(values.pieces for values in self.sets.values()):
            return False
        self.claims = []
        for statement, origin in claims:
            known = {symbol: self.sets.get(symbol) for symbol in statement.symbols()}
            if None in known.values() or self.settled.get(str(statement)) == known:
                self.claims.append(Claim(statement, origin))
                continue
            self.settled[str(statement)] = known
            fixed = {s: n for s in known if (n := self.sets[s].only()) is not None}
            try:
                if fixed:
                    self.take(any_of(*(c.given(fixed) for c in statement.alternatives)), origin, split=True)
                    continue
                found = plain(statement, self.sets)
                for symbol, values in found.sets.items():
                    self.narrow(symbol, values, origin, split=True)
            except DimError:  # too large to tell more
                self.claims.append(Claim(statement, origin))
                continue
            if not found.possible:
                self.impossible = origin
                return False
            for rest in found.rest:
                self.take(rest, origin, split=True)
        same = len(claims) == len(self.claims) and all(
            a.statement is b.statement for a, b in zip(claims, self.claims, strict=True)
        )
        return not (same and before == self.sets)

    def substitute(self) -> bool:
        """Put an equality such as ``W == 2*H`` into every other condition; whether there was one."""
        for claim in self.claims:
            if str(claim.statement) in self.equalities or not isinstance(claim.statement, Condition):
                continue
            if (found := equality_of(claim.statement)) is None:
                continue
            self.equalities[str(claim.statement)] = (*found, claim.origin)
            self.put(*found, claim)
            return True
        return False

    def put(self, symbol: str, value: Expr, equality: Claim) -> None:
        claims, self.claims = self.claims, [equality]
        for statement, origin in claims:
            if statement is equality.statement:
                continue
            verdict: bool | Statement = statement
            if symbol in statement.symbols():
                with suppress(DimError):
                    verdict = any_of(*(c.given({symbol: value}) for c in statement.alternatives))
            self.take(verdict, origin, split=True)

    def relate(self) -> bool:
        """Let the symbols of a condition narrow each other; whether one did."""
        before = dict(self.sets)
        self.related += 1
        for statement, origin in self.claims if self.related <= MAX_RELATED else ():
            if isinstance(statement, Condition) and statement.symbols() <= self.sets.keys():
                with suppress(DimError):
                    self.need(reach(statement, self.sets), origin)
        for symbol, value, origin in self.equalities.values():
            (other,) = free_symbols(value)
            if symbol in self.sets and other in self.sets:
                with suppress(DimError):
                    self.equate(symbol, value, other, origin)
        return before != self.sets

    def need(self, needs: Iterable[tuple[str, bool | Condition]], origin: int) -> None:
        """What follows for single symbols from a condition that is kept."""
        for symbol, needed in needs:
            if not isinstance(needed, bool):
                found = positions([needed], self.free[self.variable[symbol]], self.variable[symbol])
                self.narrow(symbol, found, origin, split=True)

    def equate(self, symbol: str, value: Expr, other: str, origin: int) -> None:
        """What the sets of the two sides of an equality say of each other."""
        self.narrow(other, preimage(self.sets[symbol], value, self.sets[other]), origin, split=True)
        if (image := image_of(self.sets[other], value)) is not None:
            self.narrow(symbol, image, origin, split=True)


def _without_implied(claims: Sequence[Claim]) -> tuple[Claim, ...]:
    """Every condition once, and of bounds on one expression the highest."""
    kept: list[Claim] = []
    for claim in claims:
        known = [k.statement for k in kept]
        if not implied(claim.statement, known):
            kept = [k for k in kept if not implied(k.statement, [claim.statement])]
            kept.append(claim)
    return tuple(kept)


__all__ = ["Claim", "Validity", "Within", "positions", "validity"]
