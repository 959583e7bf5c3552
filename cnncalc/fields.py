"""Field types of layers: each value is checked and normalized once.

Every check lets ``DEFERRED`` pass: it stands for an expression whose value is not known yet, so
that a spec can be checked before it is expanded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Annotated, Any, Final, NamedTuple

from pydantic import Field, PlainValidator
from pydantic_core import PydanticCustomError

from cnncalc.conditions import Condition, divisible
from cnncalc.dims import Dim, Expr

MAX_SIZE = 2**31 - 1


class _Deferred:
    def __repr__(self) -> str:
        return "an expression"


DEFERRED: Final = _Deferred()


def invalid(
    message: str, help: str | None = None, fix: str | None = None, code: str = "C101"
) -> PydanticCustomError:
    """The one error that a check raises; the translator in ``spec.translate`` reads it.

    ``fix`` is the value that was certainly meant.
    """
    return PydanticCustomError(
        "cnncalc", "{message}", {"message": message, "help": help or "", "fix": fix or "", "code": code}
    )


def symbolic(value: Any) -> bool:
    """Return whether a value, or the numerator of a fraction, depends on a free variable."""
    return isinstance(value, Expr) or isinstance(getattr(value, "numerator", None), Expr)


def _left_free(value: Any) -> PydanticCustomError:
    return invalid(
        f"must not depend on a free variable: {describe(value)}", "give the variable a number", code="C306"
    )


def describe(value: Any) -> str:
    """Return a value as text for messages, in the language of specs."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"'{value[:40]}'"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"
    if isinstance(value, dict):
        return "a mapping"
    text = str(value) if not isinstance(value, int) or abs(value) < 10**30 else "a huge number"
    return text[:60]


class Bound(NamedTuple):
    """An undecided property of a symbolic value: that it is whole, and at least ``least``."""

    value: Expr
    least: int
    whole: bool | Condition = True


_OPEN: ContextVar[list[Bound] | None] = ContextVar("open bounds", default=None)


@contextmanager
def open_bounds() -> Iterator[list[Bound]]:
    """Collect the properties of symbolic values that checks leave undecided."""
    found: list[Bound] = []
    token = _OPEN.set(found)
    try:
        yield found
    finally:
        _OPEN.reset(token)


def integer(value: Any, least: int, what: str = "an integer") -> Any:
    """Return an integer of at least ``least``. Booleans, decimals and text are errors."""
    if symbolic(value):
        return _symbolic_integer(value, least)
    if value is DEFERRED:
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) <= MAX_SIZE:
        raise invalid(f"needs {what}, got {value}", f"write {int(value)}", str(int(value)))
    if isinstance(value, list | tuple) and len(value) == 1:
        raise invalid(f"needs {what}, got a list of 1", f"write {describe(value[0])}")
    if not isinstance(value, int) or isinstance(value, bool):
        raise invalid(f"needs {what}, got {describe(value)}")
    if value < least:
        raise invalid(f"must be at least {least}, got {describe(value)}")
    if value > MAX_SIZE:
        raise invalid(f"must be at most {MAX_SIZE:,}, got {describe(value)}")
    return value


def _symbolic_integer(value: Any, least: int) -> Expr:
    """Return a symbolic size. That a fraction is whole, as it is for some values only, becomes a condition."""
    found = _OPEN.get()
    if isinstance(value, Expr):
        if found is not None and least > -MAX_SIZE:
            found.append(Bound(value, least))
        return value
    top, bottom = value.numerator, value.denominator
    whole = divisible(top, bottom)
    if whole is False:
        raise invalid(f"needs an integer, and {describe(value)} is never one")
    if found is None:
        raise _left_free(value)
    size: Expr = top // bottom
    found.append(Bound(size, least, whole))
    return size


def number(value: Any, low: float, high: float, *, include_high: bool = True) -> Any:
    """Return a finite number between two bounds."""
    if value is DEFERRED:
        return value
    if symbolic(value):
        raise _left_free(value)
    if isinstance(value, bool | str | list | dict) or value is None:
        raise invalid(f"needs a number, got {describe(value)}")
    found = float(value)
    if not (low <= found <= high) or (found == high and not include_high):
        least, most = _bound(low), _bound(high)
        span = f"from {least} to {most}" if most else f"of at least {least}" if least else ""
        help = f"write {found / 100:g} for {found:g} percent" if high == 1 and 2 <= found <= 100 else None
        raise invalid(f"needs a finite number {span}".rstrip() + f", got {describe(value)}", help)
    return found


def _bound(value: float) -> str:
    return "" if abs(value) >= 1e30 else f"{value:g}"


def flag(value: Any) -> Any:
    """Return a boolean. Values that merely resemble one are errors."""
    if value is DEFERRED or isinstance(value, bool):
        return value
    meant = {**FLAG_WORDS, "1": "true", "0": "false"}.get(str(value).lower())
    raise invalid(f"needs true or false, got {describe(value)}", meant and f"write {meant}", meant)


FLAG_WORDS = {"yes": "true", "on": "true", "no": "false", "off": "false"}  # as in YAML 1.1


def per_axis(value: Any, rank: int, least: int) -> Any:
    """Return one integer per axis, from a single integer or a list."""
    if value is DEFERRED:
        return value
    if isinstance(value, list | tuple):
        if len(value) != rank:
            help = f"write {describe(value[0])}, which applies to every axis" if len(value) == 1 else None
            raise invalid(f"needs {_axes(rank)}, got a list of {len(value)}", help)
        return tuple(integer(v, least) for v in value)
    if isinstance(value, str | dict) or value is None:
        raise invalid(f"needs {_axes(rank)}, got {describe(value)}")
    return (integer(value, least),) * rank


def _axes(rank: int) -> str:
    names = {1: "[length]", 2: "[height, width]", 3: "[depth, height, width]"}
    return f"an integer or {names[rank]}"


PADDING_WORDS = ("valid", "half", "same", "same_lower")


def padding(value: Any, rank: int) -> Any:
    """Return a padding word, or a pair (before, after) for each axis."""
    if value is DEFERRED or value in PADDING_WORDS:
        return value
    if isinstance(value, str):
        words = ", ".join(PADDING_WORDS)
        raise invalid(f"needs an integer, a list or one of {words}, got {describe(value)}")
    if isinstance(value, list | tuple) and any(isinstance(v, list | tuple) for v in value):
        if len(value) != rank or any(not isinstance(v, list | tuple) or len(v) != 2 for v in value):
            raise invalid(f"needs {rank} pair{'' if rank == 1 else 's'} [before, after], one for each axis")
        return tuple((integer(a, 0), integer(b, 0)) for a, b in value)
    if isinstance(value, list | tuple) and len(value) == 2 * rank:
        sides = {1: "[[before, after]]", 2: "[[top, bottom], [left, right]]"}
        pairs = sides.get(rank, "[[front, back], [top, bottom], [left, right]]")
        raise invalid(f"needs {_axes(rank).replace(' or', ',')} or {pairs}, got a list of {len(value)}")
    amounts = per_axis(value, rank, 0)
    return tuple((a, a) for a in amounts)


def shortest(value: Any) -> Any:
    """Return a result of ``per_axis`` or ``padding`` in the shortest form that a spec allows."""
    if not isinstance(value, tuple):
        return value
    amounts = tuple(v[0] if isinstance(v, tuple) and v[0] == v[1] else v for v in value)
    if any(isinstance(v, tuple) for v in amounts):
        return value
    return amounts[0] if amounts[0] is not None and all(v == amounts[0] for v in amounts) else amounts


def choice(*words: str) -> Callable[[Any], Any]:
    """Return one of several words."""

    def check(value: Any) -> Any:
        if value is DEFERRED or value in words:
            return value
        raise invalid(f"needs one of {', '.join(words)}, got {describe(value)}")

    return check


def shape(value: Any, least: int = 1) -> Any:
    """Return a list of sizes."""
    if value is DEFERRED:
        return value
    if not isinstance(value, list | tuple) or not 1 <= len(value) <= 8:
        raise invalid(f"needs a list of 1 to 8 sizes, got {describe(value)}")
    return tuple(integer(v, least) for v in value)


def _dims_or_minus_one(value: Any) -> Any:
    found = shape(value, -1)
    if isinstance(value, list | tuple):
        shape([v for v in value if isinstance(v, Expr)] or [1])  # a symbolic size is at least 1
    if found is not DEFERRED:
        if any(isinstance(v, int) and v == 0 for v in found):
            raise invalid("a size cannot be 0")
        if sum(isinstance(v, int) and v == -1 for v in found) > 1:
            raise invalid("only one size can be -1")
    return found


def _axes_order(value: Any) -> Any:
    if value is DEFERRED:
        return value
    if not isinstance(value, list | tuple):
        raise invalid(f"needs a list of axes, got {describe(value)}")
    return tuple(plain_integer(v, 0) for v in value)


def plain_integer(value: Any, least: int = -MAX_SIZE) -> Any:
    """Return an integer that must not be symbolic, because it determines the structure."""
    if symbolic(value):
        raise _left_free(value)
    return integer(value, least)


def _axis(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool) and value < 0:
        raise invalid(
            f"must be at least 0, got {value}", "axes are counted from the channels, which are axis 0"
        )
    return plain_integer(value, 0)


Size = Annotated[Dim, PlainValidator(lambda v: integer(v, 1))]
Natural = Annotated[Dim, PlainValidator(lambda v: integer(v, 0))]
Integer = Annotated[int, PlainValidator(plain_integer)]
Index = Annotated[int, PlainValidator(_axis)]
Factor = Annotated[int, PlainValidator(lambda v: plain_integer(v, 1))]
Flag = Annotated[bool, PlainValidator(flag)]
Positive = Annotated[float, PlainValidator(lambda v: number(v, 1e-30, 1e30))]
Real = Annotated[float, PlainValidator(lambda v: number(v, -1e30, 1e30))]
Probability = Annotated[float, PlainValidator(lambda v: number(v, 0, 1))]
FixedShape = Annotated[tuple[Dim, ...], PlainValidator(shape)]
TargetShape = Annotated[tuple[Dim, ...], PlainValidator(_dims_or_minus_one)]
AxesOrder = Annotated[tuple[int, ...], PlainValidator(_axes_order)]


class About(NamedTuple):
    """The description of a field, for editors and the docs; every field has one.

    The example of a required field must be valid for an input with 8 channels.
    """

    text: str
    example: Any = None
    unit: str = ""


class Claim(NamedTuple):
    """Mark a field that states the size of an axis of the input. It is compared with the input and has no other effect."""

    axis: int
    what: str


_claimed = PlainValidator(lambda v: v if v is None else integer(v, 1))
_channels = About("Number of input channels; checked if given.", unit="channels")
_features = About("Size of the input's last axis; checked if given.", unit="features")
InputChannels = Annotated[Dim | None, _claimed, Claim(0, "channels"), _channels, Field(repr=False)]
InputFeatures = Annotated[Dim | None, _claimed, Claim(-1, "features"), _features, Field(repr=False)]
OutChannels = Annotated[Size, About("Number of filters.", 64, "channels")]
Multiplier = Annotated[Size, About("Number of filters per channel.")]
Groups = Annotated[Size, About("Number of groups of channels, which are processed separately.")]
Bias = Annotated[
    Flag, About("Whether each filter or output adds a learned constant; true without norm, false with it.")
]
Epsilon = Annotated[Positive, About("Added to the variance.")]
Affine = Annotated[Flag, About("Whether a factor and a shift are learned for each channel.")]
RunningStatistics = Annotated[Flag, About("Whether a running mean and variance are kept.")]
Dropped = Annotated[Probability, About("Probability of dropping in training.")]
