"""Sizes: ``Dim`` is an ``int`` or an exact integer expression in symbols.

An expression is a polynomial with integer coefficients over *atoms*: symbols, floor divisions by
positive integers, and minima or maxima. Identities are applied on construction, so a chain of
convolutions and poolings collapses to one floor::

    >>> H = symbol("H")
    >>> ((H - 1) // 2 + 1 + 1) // 2
    (H + 3)//4

Rules of layers use ``+ - * // %`` and this module's ``minimum`` and ``maximum``; plain integers go
through them untouched. A symbol stands for any integer, unless it is made with a least value.

The normal form of ``floor(N / d)``, with N a polynomial:

1. multiples of d leave the floor: ``(d*A + B)//d = A + B//d``, coefficients of B in ``0..d-1``;
2. a common factor g of d and of all coefficients but the constant cancels;
3. a floor inside a floor merges: ``((A//s) + B)//t = (A + s*B)//(s*t)``.

Source: Graham, Knuth, Patashnik, "Concrete Mathematics", section 3.2 (3.11).
"""

from __future__ import annotations

from functools import partial, reduce
from itertools import product
from math import gcd, lcm, prod
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

# Larger forms are of no use to anyone, and a hostile spec could use them to exhaust the memory.
MAX_TERMS = 2_000
MAX_DEGREE = 64
MAX_NUMBER = 2**63
MAX_TEXT = 4_000
MAX_RESIDUES = 20_000
MAX_POINTS = 20_000


class DimError(ValueError):
    """An operation that has no exact integer result in symbols."""


# --------------------------------------------------------------------------------------- atoms


class Symbol:
    """A free integer variable. ``least`` is its smallest possible value, ``points`` all of its values; each may be unknown.

    It may stand for a variable times ``up`` divided by ``down``, and is then named after it: ``20*w`` for the
    decimals of a grid, ``H//32`` for multiples of 32.
    """

    __slots__ = ("_hash", "down", "key", "least", "name", "points", "up", "variable")

    def __init__(
        self,
        variable: str,
        least: int | None = None,
        *,
        points: tuple[int, ...] = (),
        up: int = 1,
        down: int = 1,
    ) -> None:
        self.variable, self.up, self.down = variable, up, down
        times = f"{up}*{variable}" if up > 1 else variable
        self.name = self.key = f"{times}//{down}" if down > 1 else times
        self.least = least
        self.points = points
        self._hash = hash(self.name)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, _ATOMS) and self.key == other.key)

    def __reduce__(self) -> tuple[Any, ...]:
        """Rebuild the atom when it is unpickled, because hashes of strings differ between processes."""
        made = partial(Symbol, points=self.points, up=self.up, down=self.down)
        return made, (self.variable, self.least)

    def parts(self) -> tuple[Dim, ...]:
        """Expressions inside the atom."""
        return ()

    def map(self, values: Mapping[str, Any]) -> Any:
        """Return the atom with symbols replaced by values."""
        value = values.get(self.name)
        return Expr({(self,): 1}) if value is None else value

    def period(self, name: str) -> int:
        """Return a P such that the atom is a polynomial in t after ``name = P*t + r``."""
        del name
        return 1

    def written(self, coefficient: int, power: int) -> tuple[int, str]:
        """Return a multiple of a power as a coefficient and the text of the base: 32 times ``20*w`` is 640 times ``w``."""
        top, bottom = coefficient * self.up**power, self.down**power
        if top % bottom and power > 1:
            return coefficient, f"({self.name})"
        common = gcd(top, bottom)  # 16 of H//32 are H//2, because H is a multiple of 32
        if bottom == common:
            return top // common, self.variable
        text = f"{self.variable}//{bottom // common}"
        return top // common, text if top == common else f"({text})"

    def __str__(self) -> str:
        return self.name


class Floor:
    """``numerator // divisor`` in normal form."""

    __slots__ = ("_hash", "divisor", "key", "numerator")

    def __init__(self, numerator: Expr, divisor: int) -> None:
        self.numerator = numerator
        self.divisor = divisor
        if divisor >= MAX_NUMBER:
            raise DimError("an expression divides by 2^63 or more")
        self.key = f"({numerator.key})//{divisor}"
        if len(self.key) > MAX_TEXT:
            raise DimError(f"an expression has more than {MAX_TEXT:,} characters")
        self._hash = hash(self.key)

    __hash__ = Symbol.__hash__
    __eq__ = Symbol.__eq__

    def __reduce__(self) -> tuple[Any, ...]:
        return Floor, (self.numerator, self.divisor)

    def parts(self) -> tuple[Dim, ...]:
        return (self.numerator,)

    def map(self, values: Mapping[str, Any]) -> Any:
        return self.numerator.subs(values) // self.divisor

    def period(self, name: str) -> int:
        inner = self.numerator.period(name)
        return inner * self.divisor if name in self.numerator.symbols() else 1

    def __str__(self) -> str:
        inner = str(self.numerator)
        return f"{inner}//{self.divisor}" if inner.isidentifier() else f"({inner})//{self.divisor}"


class Extreme:
    """A ``min`` or ``max`` of expressions, none of which is known to be the smallest or largest."""

    __slots__ = ("_hash", "args", "key", "largest")

    def __init__(self, args: tuple[Dim, ...], *, largest: bool) -> None:
        self.args = tuple(sorted(args, key=_sort_key))
        self.largest = largest
        self.key = f"{'max' if largest else 'min'}({', '.join(map(_sort_key, self.args))})"
        self._hash = hash(self.key)

    __hash__ = Symbol.__hash__
    __eq__ = Symbol.__eq__

    def __reduce__(self) -> tuple[Any, ...]:
        return partial(Extreme, largest=self.largest), (self.args,)

    def parts(self) -> tuple[Dim, ...]:
        return self.args

    def map(self, values: Mapping[str, Any]) -> Any:
        if (value := values.get(self.key)) is not None:  # one of the arguments, tried in place of the extreme
            return value
        return _extreme([substitute(a, values) for a in self.args], largest=self.largest)

    def period(self, name: str) -> int:
        return lcm(*(a.period(name) for a in self.args if isinstance(a, Expr)))

    def __str__(self) -> str:
        return f"{'max' if self.largest else 'min'}({', '.join(map(str, self.args))})"


Atom = Symbol | Floor | Extreme
Monomial = tuple[Atom, ...]  # sorted by key; () is the constant
_ATOMS = (Symbol, Floor, Extreme)


def _sort_key(dim: Dim) -> str:
    return dim.key if isinstance(dim, Expr) else str(dim)


# --------------------------------------------------------------------------------- expressions


class Expr:
    """A polynomial over atoms that is not a plain integer. Immutable; build it with operators."""

    __slots__ = ("_key", "_variables", "terms")

    def __init__(self, terms: dict[Monomial, int]) -> None:
        self.terms = terms
        self._key: str | None = None
        self._variables: frozenset[Symbol] | None = None

    # -- arithmetic

    def __add__(self, other: Dim) -> Dim:
        if isinstance(other, int):
            return collect(self.terms, {(): int(other)}) if other else self
        if isinstance(other, Expr):
            return collect(self.terms, other.terms)
        return NotImplemented

    __radd__ = __add__

    def __neg__(self) -> Expr:
        return Expr({m: -c for m, c in self.terms.items()})

    def __sub__(self, other: Dim) -> Dim:
        return self + -other

    def __rsub__(self, other: Dim) -> Dim:
        return -self + other

    def __mul__(self, other: Dim) -> Dim:
        if isinstance(other, int):
            return Expr({m: c * other for m, c in self.terms.items()}) if other else 0
        if not isinstance(other, Expr):
            return NotImplemented
        if len(self.terms) * len(other.terms) > MAX_TERMS:
            raise DimError(f"the product has more than {MAX_TERMS:,} terms")
        terms: dict[Monomial, int] = {}
        for (a, ca), (b, cb) in product(self.terms.items(), other.terms.items()):
            monomial = tuple(sorted(a + b, key=_atom_key)) if a and b else a + b
            if len(monomial) > MAX_DEGREE:
                raise DimError(f"an expression is of a degree above {MAX_DEGREE}")
            terms[monomial] = terms.get(monomial, 0) + ca * cb
        return collect(terms)

    __rmul__ = __mul__

    def __pow__(self, exponent: int) -> Dim:
        return prod([self] * exponent)

    def __floordiv__(self, divisor: Dim) -> Dim:
        if isinstance(divisor, Expr):
            return _divide_exactly(self, divisor)
        if divisor == 0:
            raise ZeroDivisionError("division by zero")
        return _floor(self, divisor) if divisor > 0 else _floor(-self, -divisor)

    def __rfloordiv__(self, other: int) -> Dim:
        if other == 0:
            return 0
        raise DimError(f"{other}//({self}): the divisor must be a number")

    def __mod__(self, divisor: Dim) -> Dim:
        return self - divisor * (self // divisor)

    def __rmod__(self, other: int) -> Dim:
        raise DimError(f"{other} % ({self}): the divisor must be a number")

    # -- comparison

    def __eq__(self, other: object) -> bool:
        """Return whether both are the same function of integers (see ``is_zero``)."""
        if isinstance(other, Expr):
            return self.terms == other.terms or is_zero(self - other)
        return isinstance(other, int) and is_zero(self - other)

    def __hash__(self) -> int:
        # Equal functions have the same value at any point, so the value at one point is a valid hash.
        return hash(self.subs({name: _sample(name, 0) for name in self.symbols()}))

    def __bool__(self) -> bool:
        raise DimError(f"whether {self} is zero depends on {', '.join(sorted(self.symbols()))}")

    # -- looking inside

    @property
    def key(self) -> str:
        """A string that is equal for equal normal forms."""
        if self._key is None:
            parts = sorted(f"{'*'.join(a.key for a in m)}:{c}" for m, c in self.terms.items())
            self._key = "+".join(parts)
        return self._key

    def atoms(self) -> Iterator[Atom]:
        """Return the atoms at the top level, each repeated as often as it occurs."""
        return (a for m in self.terms for a in m)

    def variables(self) -> frozenset[Symbol]:
        """Return the symbols on which the value may depend."""
        if self._variables is None:
            found: set[Symbol] = set()
            for atom in self.atoms():
                if isinstance(atom, Symbol):
                    found.add(atom)
                for part in atom.parts():
                    if isinstance(part, Expr):
                        found |= part.variables()
            self._variables = frozenset(found)
        return self._variables

    def symbols(self) -> frozenset[str]:
        """Return the names of the symbols on which the value may depend."""
        return frozenset(symbol.name for symbol in self.variables())

    def period(self, name: str) -> int:
        """Return a P such that substituting ``name = P*t + r`` removes every floor of ``name``, but not minima and maxima."""
        return lcm(*(a.period(name) for a in self.atoms()))

    def subs(self, values: Mapping[str, Any]) -> Any:
        """Replace symbols by numbers, other expressions or NumPy integer arrays."""
        total: Any = 0
        cache: dict[Atom, Any] = {}
        for monomial, coefficient in self.terms.items():
            factor: Any = coefficient
            for atom in monomial:
                if atom not in cache:
                    cache[atom] = atom.map(values)
                factor = factor * cache[atom]
            total = total + factor
        return total

    # -- printing

    def __str__(self) -> str:
        forms = (_sum_text(self.terms), _folded_text(self.terms), _factored_text(self.terms))
        return min((form for form in forms if form is not None), key=len)

    __repr__ = __str__


Dim = int | Expr


def symbol(name: str, least: int | None = None) -> Expr:
    """Return a free integer variable as an expression; ``least`` is a lower bound of its values."""
    return Expr({(Symbol(name, least),): 1})


def largest_number(dim: Dim) -> int:
    """Return the largest absolute value of the numbers in a size."""
    return max(map(abs, dim.terms.values())) if isinstance(dim, Expr) else abs(dim)


def free_symbols(dim: Dim) -> frozenset[str]:
    """Return the names of the symbols on which a size depends; an integer has none."""
    return dim.symbols() if isinstance(dim, Expr) else frozenset()


def substitute(dim: Dim, values: Mapping[str, Any]) -> Any:
    """Return ``dim`` with symbols replaced by values; an integer is returned unchanged."""
    return dim.subs(values) if isinstance(dim, Expr) else dim


def innermost_extreme(dim: Dim) -> Extreme | None:
    """Return a minimum or maximum whose arguments contain no other one."""
    for atom in dim.atoms() if isinstance(dim, Expr) else ():
        for part in atom.parts():
            if (inner := innermost_extreme(part)) is not None:
                return inner
        if isinstance(atom, Extreme):
            return atom
    return None


def minimum(*dims: Dim) -> Dim:
    """Return the smallest of several sizes."""
    least: Dim = _extreme(dims, largest=False)
    return least


def maximum(*dims: Dim) -> Dim:
    """Return the largest of several sizes."""
    largest: Dim = _extreme(dims, largest=True)
    return largest


def ceil_div(dim: Dim, divisor: Dim) -> Dim:
    """Return ``dim / divisor``, rounded up."""
    return (dim + (divisor - 1)) // divisor


def product_of(dims: Iterable[Dim]) -> Dim:
    """Return the product of sizes, such as the number of elements of a shape."""
    return prod(dims)


def sum_of(dims: Iterable[Dim]) -> Dim:
    """Return the sum of sizes."""
    number, symbolic = 0, []
    for size in dims:
        if isinstance(size, Expr):
            symbolic.append(size)
        else:
            number += size
    if len(symbolic) < 2:
        return symbolic[0] + number if symbolic else number
    return collect(*(size.terms for size in symbolic), {(): number})


def concrete(dim: Dim) -> int:
    """Return a size as an integer.

    Raises:
        DimError: it contains a free variable.
    """
    if isinstance(dim, int):
        return dim
    raise DimError(f"a number is needed here, not {dim}")


# ------------------------------------------------------------------------- construction rules


def _atom_key(atom: Atom) -> str:
    return atom.key


def collect(*sums: Mapping[Monomial, int]) -> Dim:
    """Add up terms and drop zeros. The result is an integer if no symbol remains."""
    terms = dict(sums[0])
    for more in sums[1:]:
        for monomial, coefficient in more.items():
            terms[monomial] = terms.get(monomial, 0) + coefficient
    terms = {m: c for m, c in terms.items() if c}
    if not terms:
        return 0
    if len(terms) > MAX_TERMS:
        raise DimError(f"an expression has more than {MAX_TERMS:,} terms")
    return terms[()] if len(terms) == 1 and () in terms else Expr(terms)


def _floor(numerator: Dim, divisor: int) -> Dim:
    """``numerator // divisor`` in the normal form of the module's docstring."""
    if isinstance(numerator, int):
        return numerator // divisor
    whole: dict[Monomial, int] = {}
    rest: dict[Monomial, int] = {}
    for monomial, coefficient in numerator.terms.items():
        whole[monomial], rest[monomial] = divmod(coefficient, divisor)
    constant = rest.pop((), 0)
    rest = {m: c for m, c in rest.items() if c}
    if not rest:  # only the constant remains, and it is smaller than the divisor: its floor is 0
        return collect(whole)
    common = gcd(divisor, *rest.values())
    divisor //= common
    inner = collect({m: c // common for m, c in rest.items()}, {(): constant // common})
    assert isinstance(inner, Expr)
    nested = min(
        (m[0] for m, c in inner.terms.items() if c == 1 and len(m) == 1 and type(m[0]) is Floor),
        key=_atom_key,
        default=None,
    )
    if nested is None:
        return collect(whole, {(Floor(inner, divisor),): 1})
    assert isinstance(nested, Floor)
    others = collect(inner.terms, {(nested,): -1})
    merged = _floor(nested.numerator + others * nested.divisor, divisor * nested.divisor)
    return collect(whole) + merged


def _divide_exactly(dividend: Expr, divisor: Expr) -> Dim:
    """Return ``dividend // divisor`` if the divisor is a product that divides every term."""
    if dividend.terms == divisor.terms:
        return 1
    if len(divisor.terms) == 1:
        ((atoms, coefficient),) = divisor.terms.items()
        quotient: dict[Monomial, int] = {}
        for monomial, c in dividend.terms.items():
            left = list(monomial)
            for atom in atoms:
                if atom not in left:
                    break
                left.remove(atom)
            else:
                if c % coefficient == 0:
                    quotient[tuple(left)] = c // coefficient
                    continue
            break
        else:
            return collect(quotient)
    raise DimError(f"({dividend})//({divisor}): the divisor must be a number")


def _extreme(dims: Iterable[Any], *, largest: bool) -> Any:
    dims = list(dims)
    if all(type(dim) is int for dim in dims):
        return max(dims) if largest else min(dims)
    args: list[Any] = []
    for dim in dims:
        if isinstance(dim, Expr) and len(dim.terms) == 1:
            ((monomial, c),) = dim.terms.items()
            inner = monomial[0] if c == 1 and len(monomial) == 1 else None
            if isinstance(inner, Extreme) and inner.largest == largest:  # min(min(a, b), c) = min(a, b, c)
                args.extend(inner.args)
                continue
        args.append(dim)
    if any(hasattr(a, "__array__") for a in args):
        import numpy as np

        return reduce(np.maximum if largest else np.minimum, args)
    kept: list[Dim] = []
    for candidate in args:
        if any(_never_beats(candidate, k, largest=largest) for k in kept):
            continue
        kept = [k for k in kept if not _never_beats(k, candidate, largest=largest)]
        kept.append(candidate)
    return kept[0] if len(kept) == 1 else Expr({(Extreme(tuple(kept), largest=largest),): 1})


def _never_beats(a: Dim, b: Dim, *, largest: bool) -> bool:
    difference = a - b
    low, high = bounds(difference)
    if (high is not None and high <= 0) if largest else (low is not None and low >= 0):
        return True
    points = points_of(difference)
    if points is None:
        return False
    values = substitute(difference, points)
    return bool((values <= 0).all() if largest else (values >= 0).all())


# ----------------------------------------------------------------------------------- deciding


def bounds(
    dim: Dim, least: Mapping[str, int] | None = None, most: Mapping[str, int] | None = None
) -> tuple[int | None, int | None]:
    """Return the smallest and the largest value as far as interval arithmetic finds them; None means that no bound was found.

    A symbol is at least ``least[name]`` or its own ``least``, and at
    most ``most[name]``; otherwise it may be any integer. Two methods are tried, and the tighter bound is used.
    """
    if isinstance(dim, int):
        return dim, dim
    least, most = least or {}, most or {}
    one, two = _bounds_without_floors(dim, least), _bounds_by_terms(dim, least, most)
    lows, highs = ([b for b in pair if b is not None] for pair in zip(one, two, strict=True))
    return max(lows, default=None), min(highs, default=None)


def _bounds_without_floors(dim: Expr, least: Mapping[str, int]) -> tuple[int | None, int | None]:
    """Replace floors by ``d*(N//d) = N - r`` with ``0 <= r < d``, so that terms of several floors may cancel."""
    terms, scale, low, high = dict(dim.terms), 1, 0, 0
    while floors := [m[0] for m in terms if len(m) == 1 and isinstance(m[0], Floor)]:
        floor = max(floors, key=lambda f: (len(f.key), f.key))  # outer ones first: inner ones may cancel
        assert isinstance(floor, Floor)
        coefficient, d = terms.pop((floor,)), floor.divisor
        scale, low, high = scale * d, low * d, high * d
        spread = coefficient * (d - 1)
        low, high = low - max(spread, 0), high - min(spread, 0)
        scaled = collect({m: c * d for m, c in terms.items()}) + floor.numerator * coefficient
        terms = {(): scaled} if isinstance(scaled, int) else dict(scaled.terms)
    constant = terms.pop((), 0)
    lower, upper = True, True
    for monomial, coefficient in terms.items():
        starts = [least.get(a.name, a.least) if isinstance(a, Symbol) else None for a in monomial]
        if any(start is None or start < 0 for start in starts):
            return None, None
        start = coefficient * prod(s for s in starts if s is not None)
        lower, upper = lower and coefficient > 0, upper and coefficient < 0
        low, high = low + start, high + start
    return (
        -((-constant - low) // scale) if lower else None,
        (constant + high) // scale if upper else None,
    )


def _bounds_by_terms(
    dim: Expr, least: Mapping[str, int], most: Mapping[str, int]
) -> tuple[int | None, int | None]:
    """Combine the bounds of the atoms, multiplying those that are never negative."""
    low: int | None = 0
    high: int | None = 0
    for monomial, coefficient in dim.terms.items():
        ends = _product_bounds([_atom_bounds(atom, least, most) for atom in monomial])
        first, last = ends if coefficient > 0 else ends[::-1]
        low = None if low is None or first is None else low + coefficient * first
        high = None if high is None or last is None else high + coefficient * last
        if low is None and high is None:
            break
    return low, high


def _product_bounds(ends: list[tuple[int | None, int | None]]) -> tuple[int | None, int | None]:
    if len(ends) == 1:
        return ends[0]
    lows, highs = [low for low, _ in ends if low is not None], [high for _, high in ends if high is not None]
    if len(lows) < len(ends) or any(low < 0 for low in lows):
        return None, None
    return prod(lows), prod(highs) if len(highs) == len(ends) else None


def _atom_bounds(
    atom: Atom, least: Mapping[str, int], most: Mapping[str, int]
) -> tuple[int | None, int | None]:
    if isinstance(atom, Symbol):
        return least.get(atom.name, atom.least), most.get(atom.name)
    ends = [bounds(part, least, most) for part in atom.parts()]
    if isinstance(atom, Floor):
        ((low, high),) = ends
        return None if low is None else low // atom.divisor, None if high is None else high // atom.divisor
    choose = max if atom.largest else min
    found = []
    for side, missing_decides in zip(zip(*ends, strict=True), (not atom.largest, atom.largest), strict=True):
        known = [end for end in side if end is not None]
        unknown = not known or (missing_decides and len(known) < len(side))
        found.append(None if unknown else choose(known))
    return found[0], found[1]


def points_of(dim: Dim) -> dict[str, Any] | None:
    """Return all combinations of the symbols' values, one array per symbol; None if they are unknown or too many."""
    if not isinstance(dim, Expr):
        return None
    symbols = sorted(dim.variables(), key=_atom_key)
    if not all(s.points for s in symbols) or prod(len(s.points) for s in symbols) > MAX_POINTS:
        return None
    import numpy as np  # only grids need NumPy

    mesh = np.meshgrid(*(np.array(s.points, dtype=object) for s in symbols), indexing="ij")
    return {s.name: axis.ravel() for s, axis in zip(symbols, mesh, strict=True)}


def _sample(name: str, index: int) -> int:
    """Return a reproducible value to try, different for each symbol and index."""
    seed = 7
    for character in f"{name}/{index}":
        seed = (seed * 131 + ord(character)) % 1_000_003
    return 17 + seed % 9_973


def is_zero(dim: Dim) -> bool:
    """Return whether the expression is 0 for all integers.

    The answer is exact for sums and products of floors: with the period P, ``s = P*t + r`` turns every floor of
    s into a polynomial, and a polynomial that vanishes everywhere has no terms. Minima and maxima
    that bounds do not decide are compared by their normal form.
    """
    if isinstance(dim, int):
        return dim == 0
    names = sorted(dim.symbols())
    for index in range(4):  # this already distinguishes most unequal pairs
        value = dim.subs({n: _sample(n, index) for n in names})
        if isinstance(value, int) and value != 0:
            return False
    return all(isinstance(part, int) and part == 0 for part in _residues(dim, names))


def _residues(dim: Expr, names: list[str]) -> Iterator[Dim]:
    """Yield the polynomial that equals the expression on each residue class of its symbols."""
    periods = [dim.period(name) for name in names]
    if prod(periods) > MAX_RESIDUES:
        raise DimError(f"equality of expressions in {', '.join(names)} is too large to decide")
    bases = {n: (symbol(n), p) for n, p in zip(names, periods, strict=True)}
    for rests in product(*map(range, periods)):
        yield dim.subs({n: s * p + r for r, (n, (s, p)) in zip(rests, bases.items(), strict=True)})


# ----------------------------------------------------------------------------------- printing


def _term_text(monomial: Monomial, coefficient: int) -> str:
    """Return the text of one term without its sign."""
    number, factors = abs(coefficient), []
    for atom in sorted(set(monomial), key=_print_order):
        power = monomial.count(atom)
        text = str(atom)
        if isinstance(atom, Symbol):
            number, text = atom.written(number, power)
        elif isinstance(atom, Floor) and (number != 1 or len(monomial) > 1):
            text = f"({text})"
        factors.append(f"{text}**{power}" if power > 1 else text)
    return "*".join(factors if number == 1 and factors else [str(number), *factors])


def _print_order(atom: Atom) -> tuple[int, str]:
    """Plain symbols before floors, small divisors before large ones."""
    return (atom.divisor if isinstance(atom, Floor) else 0, atom.key)


def _sum_text(terms: Mapping[Monomial, int]) -> str:
    ordered = sorted(terms.items(), key=lambda t: (-len(t[0]), [_print_order(a) for a in t[0]]))
    if ordered[0][1] < 0:  # begin with a positive term if there is one
        ordered.sort(key=lambda t: t[1] < 0)
    first, *others = ordered
    text = _term_text(*first)
    if first[1] < 0:  # -H//2 would be (-H)//2
        text = f"-({text})" if "//" in text and first[1] == -1 else f"-{text}"
    for monomial, coefficient in others:
        text += f" {'-' if coefficient < 0 else '+'} {_term_text(monomial, coefficient)}"
    return text


def _folded_text(terms: Mapping[Monomial, int]) -> str | None:
    """Return ``N//d + c`` as ``(N + c*d)//d`` if the expression has no other terms."""
    if len(terms) != 2 or () not in terms:
        return None
    ((monomial, coefficient),) = ((m, c) for m, c in terms.items() if m)
    if coefficient != 1 or len(monomial) != 1 or not isinstance(monomial[0], Floor):
        return None
    floor = monomial[0]
    numerator = floor.numerator + terms[()] * floor.divisor
    return f"({numerator})//{floor.divisor}" if isinstance(numerator, Expr) else None


def _factored_text(terms: Mapping[Monomial, int]) -> str | None:
    """Return ``a*b + a*c`` as ``a*(b + c)`` if all terms share a factor."""
    number = gcd(*terms.values())
    first, *others = terms
    shared = [a for a in dict.fromkeys(first) for _ in range(min(m.count(a) for m in (first, *others)))]
    if len(terms) < 2 or (number == 1 and not shared):
        return None
    rest: dict[Monomial, int] = {}
    for monomial, coefficient in terms.items():
        left = list(monomial)
        for atom in shared:
            left.remove(atom)
        rest[tuple(left)] = coefficient // number
    inner = collect(rest)
    factor = _term_text(tuple(shared), number) if shared else str(number)
    if len(shared) == 1 and number == 1 and isinstance(shared[0], Floor):
        factor = f"({factor})"
    return f"{factor}*({inner})"
