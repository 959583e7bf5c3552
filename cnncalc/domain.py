"""The values that a variable may take: its kind and, if it is free, the grid of its values.

A free variable is an integer symbol of the algebra. A decimal one runs over a grid, whose values are integers divided
by a ``scale``: on the grid from 0.25 to 2 in steps of 0.05, ``w`` is ``S/20`` with S from 5 to 40, so that every rule
and every rounding is exact. A multiple of 32 is ``32*S``.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import gcd, isfinite, lcm
from operator import index
from typing import TYPE_CHECKING, Any, NamedTuple

from cnncalc.dims import MAX_POINTS, DimError, Expr, Symbol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cnncalc.integers import IntegerSet, Piece

KINDS = {
    "int": "an integer",
    "number": "a number",
    "bool": "true or false",
    "str": "a word",
    "list": "a list",
}
MAX_LISTED = 12
MAX_TRIED = 100_000  # values of a grid that are substituted into a condition one by one
MAX_INT64 = 2**62  # largest magnitude in arrays: beyond it, sums of two may overflow


class Grid(NamedTuple):
    """Numbers that are evenly spaced or listed; each is an integer divided by ``scale``.

    ``low`` and ``high`` are None if there is no bound. If ``listed`` is not empty, it contains all numbers.
    """

    scale: int = 1
    low: int | None = 1
    high: int | None = None
    step: int = 1
    listed: tuple[int, ...] = ()

    @property
    def unit(self) -> int:
        """The common divisor of all numbers; the symbol counts in these units."""
        return self.step if self.low is not None and self.low % self.step == 0 and not self.listed else 1

    @property
    def points(self) -> tuple[int, ...]:
        """All numbers in units, in order; empty if they are unbounded or too many to be tried."""
        return () if self.size is None or self.size > MAX_POINTS else tuple(self.all_points())

    @property
    def size(self) -> int | None:
        """The number of values; None if they are unbounded."""
        if self.listed:
            return len(self.listed)
        return None if self.low is None or self.high is None else (self.high - self.low) // self.step + 1

    def all_points(self) -> range | tuple[int, ...]:
        """Return all numbers in units, in order, however many there are.

        Raises:
            DimError: they are unbounded, or too many to be tried.
        """
        if self.size is None or self.size > MAX_TRIED:
            shown = "endless" if self.size is None else f"{self.size:,}"
            raise DimError(
                f"the grid has {shown} values, and at most {MAX_TRIED:,} can be tried: use a larger step"
            )
        if self.listed:
            return self.listed
        assert self.low is not None
        assert self.high is not None
        return range(self.low // self.unit, self.high // self.unit + 1, self.step // self.unit)

    def symbol(self, name: str) -> tuple[Expr, int]:
        """Return a free variable as numerator and denominator; the numerator contains the symbol."""
        common = gcd(self.scale, self.unit)
        up, down = self.scale // common, self.unit // common
        least = self.listed[0] if self.listed else None if self.low is None else -(-self.low // self.unit)
        atom = Symbol(name, least, points=self.points, up=up, down=down)
        numerator = Expr({(atom,): 1}) * self.unit
        assert isinstance(numerator, Expr)
        return numerator, self.scale

    def symbol_name(self, name: str) -> str:
        """Return the name of the symbol in the algebra."""
        ((atom,),) = self.symbol(name)[0].terms
        return str(atom.key)

    def has(self, number: int) -> bool:
        """Return whether a number, given as its product with the scale, is on the grid."""
        if self.listed:
            return number in self.listed
        start = 0 if self.low is None else self.low
        inside = (self.low is None or self.low <= number) and (self.high is None or number <= self.high)
        return inside and (number - start) % self.step == 0

    def position(self, value: Any) -> int | None:
        """Return a value in units; None if it is not on the grid."""
        try:
            top, bottom = ratio(value)
        except (OverflowError, ValueError):  # not finite
            return None
        scaled, rest = divmod(top * self.scale, bottom)
        return scaled // self.unit if not rest and self.has(scaled) else None

    def positions(self, values: Any) -> Any:
        """Return a NumPy array of values, or a single value, in units.

        Raises:
            TypeError: they are not numbers.
            ValueError: some value is not on the grid.
        """
        if getattr(values, "ndim", None) == 0:  # a NumPy scalar, which may be of less precision
            return self.positions(values.reshape(1))[0].item()
        if not hasattr(values, "ndim"):
            number = self.scale > 1 and (isinstance(values, float) or hasattr(values, "numerator"))
            if isinstance(values, bool) or not (number or hasattr(values, "__index__")):
                raise TypeError(f"needs numbers, not {values!r}")
            found = self.position(values)
            if found is None:
                raise ValueError(f"{shown(values)} is not among {self.text()}")
            return found
        import numpy as np

        if values.dtype.kind not in ("iufO" if self.scale > 1 else "iuO"):
            raise TypeError(f"needs numbers, not {values.dtype}")
        if values.dtype.kind == "O" or (values.dtype.kind != "f" and not _fit(values, self.scale)):
            exact = [self.positions(value) for value in values.ravel().tolist()]
            return np.array(exact, dtype=object).reshape(values.shape)
        if values.dtype.kind == "f":
            inside = np.abs(values.astype(float)) < MAX_INT64 / self.scale  # and not NaN
            near = np.where(inside, values, 0) * self.scale
            scaled = np.rint(near).astype(np.int64)
            off = ~inside | (np.abs(scaled - near) > 1e-6)
        else:
            scaled, off = values.astype(np.int64) * self.scale, np.zeros(values.shape, dtype=bool)
        if self.listed:
            off = off | ~np.isin(scaled, self.listed)
        else:
            off = off | ((scaled - (self.low or 0)) % self.step != 0)
            if self.low is not None:
                off = off | (scaled < self.low)
            if self.high is not None:
                off = off | (scaled > self.high)
        if np.any(off):
            raise ValueError(f"{values[np.nonzero(off)].flat[0]} is not among {self.text()}")
        return scaled // self.unit

    def value(self, position: int) -> int | float:
        """Return the number at a position in units."""
        whole, rest = divmod(position * self.unit, self.scale)
        return position * self.unit / self.scale if rest else whole

    def text(self) -> str:
        """Return the numbers in words: ``positive integers``, ``0.25 to 2 in steps of 0.05``."""
        if self.listed:
            shown = [decimal(n, self.scale) for n in self.listed]
            return ", ".join([*shown[:MAX_LISTED], *(["..."] if len(shown) > MAX_LISTED else [])])
        step = decimal(self.step, self.scale)
        if self.high is None:
            if self.scale == 1 and self.step == 1:
                return {None: "integers", 0: "integers from 0", 1: "positive integers"}.get(
                    self.low, f"integers from {self.low}"
                )
            if self.low == self.step:
                return f"positive multiples of {step}"
            return f"from {decimal(self.low or 0, self.scale)} in steps of {step}"
        if self.low is None:
            return f"integers up to {self.high}"
        ends = f"{decimal(self.low, self.scale)} to {decimal(self.high, self.scale)}"
        if self.scale == 1 and self.step == 1:
            return f"integers from {ends}"
        return f"{ends} in steps of {step}"

    def positions_set(self) -> IntegerSet:
        """Return the set of all numbers in units.

        Raises:
            DimError: there is no smallest number.
        """
        from cnncalc.integers import IntegerSet, Piece, listed

        if self.listed:
            return listed(self.listed)
        if self.low is None:
            raise DimError(
                "there is no smallest value to begin with: declare one, as in {default: -1, from: -8}"
            )
        low, step = self.low // self.unit, self.step // self.unit
        high = None if self.high is None else self.high // self.unit
        return IntegerSet((Piece(low, high, step, frozenset({low % step})),))

    def declaration(self, default: Any) -> Any:
        """Return the declaration of a variable with these values in a spec; only the default if that is enough."""
        if self == POSITIVE or self.low is None:
            return default
        if self.position(default) is None:
            default = number(self.low, self.scale)
        return {"default": default} | {
            key: value for key, value in self.as_dict().items() if value is not None
        }

    def as_dict(self) -> dict[str, Any]:
        """Return the grid as plain data."""
        if self.listed:
            return {"values": [self.value(n) for n in self.listed]}
        ends = {"from": self.low, "to": self.high, "step": self.step}
        return {key: None if end is None else number(end, self.scale) for key, end in ends.items()}


#: values of a free integer, unless the spec declares others: sizes, widths and counts are positive
POSITIVE = Grid()


class Domain(NamedTuple):
    """The values that a variable may have. ``grid`` has the values of a free one; None if it cannot be free.

    If the spec declares the domain, other values are errors; otherwise ``--set`` accepts any value of the kind.
    """

    kind: str
    grid: Grid | None = None
    declared: bool = False
    low: Any = None  # for decimals without a step
    high: Any = None
    words: tuple[Any, ...] = ()

    def wrong(self, value: Any) -> str | None:
        """Return why a value is not allowed, to be appended to the variable's name; None if it is."""
        if not of_kind(value, self.kind):
            return f"needs {KINDS[self.kind]}, got {shown(value)}"
        if not self.declared:
            return None
        if self.words and value not in self.words:
            return f"must be one of {', '.join(map(shown, self.words))}, got {shown(value)}"
        if self.grid is not None and self.grid.position(value) is None:
            return f"must be among {self.grid.text()}, got {shown(value)}"
        top, bottom = ratio(value) if self.low is not None or self.high is not None else (0, 1)
        for bound, sign, word in ((self.low, 1, "least"), (self.high, -1, "most")):
            if bound is not None and sign * (top * bound[1] - bound[0] * bottom) < 0:
                return f"must be at {word} {decimal(*bound)}, got {shown(value)}"
        return None


def _fit(values: Any, scale: int) -> bool:
    """Return whether an array of integers can be multiplied without overflow."""
    return all(abs(int(end)) <= MAX_INT64 // scale for end in (values.min(initial=0), values.max(initial=0)))


def of_kind(value: Any, kind: str) -> bool:
    """Return whether a value is of a kind. An integer is also a number; NaN and infinity are not."""
    if kind == "bool" or isinstance(value, bool):
        return kind == "bool" and isinstance(value, bool)
    if kind == "str":
        return value is None or isinstance(value, str)
    if kind == "list":
        return isinstance(value, list | tuple)
    return isinstance(value, int) or (
        kind == "number" and (isfinite(value) if isinstance(value, float) else hasattr(value, "numerator"))
    )


def kind_of(value: Any) -> str:
    """Return the kind of a default."""
    for kind in ("bool", "str", "list", "int"):
        if of_kind(value, kind):
            return kind
    return "number"


def ratio(value: Any) -> tuple[int, int]:
    """Return a number as a fraction of integers. Decimals are taken as written: 0.1 is 1/10."""
    if isinstance(value, float):
        from fractions import Fraction

        value = Fraction(repr(value))
    if hasattr(value, "numerator"):
        return index(value.numerator), index(value.denominator)
    return index(value), 1


def number(top: int, bottom: int) -> int | float:
    """Return ``top / bottom``, as an integer if it is one."""
    return top / bottom if top % bottom else top // bottom


def decimal(top: int, bottom: int) -> str:
    """Return ``top / bottom`` in decimal notation."""
    found = number(top, bottom)
    return f"{found:.12g}" if isinstance(found, float) else str(found)


def shown(value: Any) -> str:
    """Return a value as text for messages."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"'{value[:40]}'"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"
    if isinstance(value, int) and value.bit_length() > 10_000:
        return "a number of thousands of digits"
    return "nothing" if value is None else str(value)[:40]


def grid_of(values: Sequence[Any]) -> Grid | None:
    """Return the grid of these numbers; None if some values are not numbers."""
    if not values or not all(of_kind(value, "number") for value in values):
        return None
    ratios = [ratio(value) for value in values]
    scale = lcm(*(bottom for _, bottom in ratios))
    found = sorted({top * (scale // bottom) for top, bottom in ratios})
    steps = {b - a for a, b in pairwise(found)}
    if len(steps) == 1:
        return Grid(scale, found[0], found[-1], steps.pop())
    return Grid(scale, found[0], found[-1], listed=tuple(found))


@dataclass(frozen=True)
class Values:
    """A set of numbers on a grid: the answer of ``solve`` for one variable."""

    grid: Grid
    positions: IntegerSet  # in units

    def __contains__(self, value: Any) -> bool:
        at = self.grid.position(value)
        return at is not None and at in self.positions

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """Return the ends, period and residues of each part, as numbers of the variable times the scale."""
        from cnncalc.integers import Piece

        unit = self.grid.unit
        return tuple(
            Piece(
                p.low * unit,
                None if p.high is None else p.high * unit,
                p.modulus * unit,
                frozenset(r * unit for r in p.residues),
            )
            for p in self.positions.pieces
        )

    def least(self) -> int | float | None:
        """The least number; None if there is none."""
        found = self.positions.least()
        return None if found is None else self.grid.value(found)

    def nearest(self, value: Any, *, step: int) -> int | float | None:
        """Return the nearest member above (``step=1``) or below (``step=-1``) a number."""
        top, bottom = ratio(value)
        top, bottom = top * self.grid.scale, bottom * self.grid.unit
        start = top // bottom if step > 0 else -(-top // bottom)
        found = self.positions.nearest(start, step=step)
        return None if found is None else self.grid.value(found)

    def text(self, name: str) -> str:
        """Return the set as conditions on ``name``."""
        if self.grid.scale == 1 and not self.grid.listed:
            return type(self.positions)(self.pieces).text(name)
        if self.grid.points:
            return _runs(self.grid, [p in self.positions for p in self.grid.points], name)
        return " or ".join(_endless(piece, self.grid.scale, name) for piece in self.pieces) or f"no {name}"


def _runs(grid: Grid, valid: Sequence[bool], name: str) -> str:
    """Describe the valid points of a grid: runs of neighbors by their ends, a few points as a list."""
    runs: list[list[int]] = []
    for point, good, before in zip(grid.points, valid, [False, *valid[:-1]], strict=True):
        if good and not before:
            runs.append([])
        if good:
            runs[-1].append(point)
    texts = []
    for run in runs:
        ends = [decimal(point * grid.unit, grid.scale) for point in (run[0], run[-1])]
        if len(run) > 2 and not grid.listed:
            texts.append(f"{ends[0]} <= {name} <= {ends[1]} in steps of {decimal(grid.step, grid.scale)}")
        else:
            texts += [f"{name} == {decimal(point * grid.unit, grid.scale)}" for point in run]
    members = [decimal(point * grid.unit, grid.scale) for run in runs for point in run]
    if len(texts) > 1 and (grid.listed or len(members) <= MAX_LISTED):
        return f"{name} in {{{', '.join(members)}}}"
    return " or ".join(texts) or f"no {name}"


def _endless(piece: Piece, scale: int, name: str) -> str:
    low, high, modulus, residues = piece
    ends = f"{name} >= {decimal(low, scale)}"
    if high is not None:
        ends = f"{decimal(low, scale)} <= {name} <= {decimal(high, scale)}"
    steps = [
        f"{decimal((r - low) % modulus, scale)}" for r in sorted(residues, key=lambda r: (r - low) % modulus)
    ]
    if len(steps) == 1:
        return f"{ends} in steps of {decimal(modulus, scale)}"
    return (
        f"{ends}, {decimal(low, scale)} plus {' or '.join(steps)}, repeating every {decimal(modulus, scale)}"
    )


def every(grids: Mapping[str, Grid]) -> str:
    """Return the values of variables in words: ``H and W (positive integers) and w (0.25 to 2 in steps of 0.05)``."""
    names: dict[str, list[str]] = {}
    for name, grid in grids.items():
        names.setdefault(grid.text(), []).append(name)
    return " and ".join(f"{' and '.join(group)} ({text})" for text, group in names.items())
