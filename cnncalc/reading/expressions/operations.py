"""What operators and functions of the expression language compute, on numbers exact and symbolic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnncalc.conditions import Condition, witnesses
from cnncalc.dims import DimError, Expr
from cnncalc.reading.expressions import rational

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_INTEGER = 2**63


def _length(value: Any) -> int:
    if not isinstance(value, list):
        raise TypeError("len needs a list")
    return len(value)


_ONE, _TWO, _SOME = (1, 1), (2, 2), (1, 64)
FUNCTIONS: dict[str, tuple[tuple[int, int], Callable[..., Any]]] = {
    "min": (_SOME, lambda *v: rational.extreme(_spread(v), largest=False)),
    "max": (_SOME, lambda *v: rational.extreme(_spread(v), largest=True)),
    "ceil": (_ONE, rational.ceil),
    "floor": (_ONE, rational.floor),
    "round": (_ONE, rational.round_half_even),
    "abs": (_ONE, rational.absolute),
    "len": (_ONE, _length),
    "make_divisible": (_TWO, rational.make_divisible),
}
#: what other languages call them
FUNCTIONS_MEANT = {"int": "floor", "trunc": "floor"}
ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": rational.add,
    "-": rational.subtract,
    "*": rational.multiply,
    "/": rational.divide,
    "//": rational.floor_divide,
    "%": rational.modulo,
}


def _spread(values: tuple[Any, ...]) -> list[Any]:
    """``max(list)`` as well as ``max(a, b)``."""
    spread = values[0] if len(values) == 1 and isinstance(values[0], list) else list(values)
    if not spread:
        raise TypeError("the list is empty")
    return [number(v) for v in spread]


def kind_name(value: Any) -> str:
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, str):
        return f"the text '{value[:40]}'"
    return "a list" if isinstance(value, list) else "a number"


def number(value: Any) -> Any:
    if isinstance(value, bool | str | list) or value is None:
        raise TypeError(f"needs numbers, got {kind_name(value)}")
    return value


def within(value: Any) -> Any:
    parts = rational.split(value) if not isinstance(value, bool | str | list) else ()
    for part in parts:
        coefficients = part.terms.values() if isinstance(part, Expr) else (part,)
        if any(abs(c) >= MAX_INTEGER for c in coefficients):
            raise OverflowError
    return value


def element(values: Any, index: Any) -> Any:
    if not isinstance(values, list):
        raise TypeError(f"only a list has elements, but this is {kind_name(values)}")
    if not isinstance(index, int) or isinstance(index, bool):
        raise TypeError("an index must be a whole number without free variables")
    if not 0 <= index < len(values):
        raise ValueError(f"the list has {len(values)} elements, so index {index} is out of range")
    return values[index]


def _decided(answer: bool | Condition) -> bool:
    if isinstance(answer, Condition):
        where = witnesses(answer)
        raise DimError(
            f"this depends on a free variable: {where}"
            if where
            else f"whether {answer} holds depends on a free variable"
        )
    return answer


def equals(a: Any, b: Any) -> bool:
    if any(isinstance(v, bool | str | list) or v is None for v in (a, b)):
        return type(a) is type(b) and bool(a == b)
    return _decided(rational.compare(a, "==", b))


def differs(a: Any, b: Any) -> bool:
    return not equals(a, b)


def _ordering(operator: str) -> Callable[[Any, Any], bool]:
    return lambda a, b: _decided(rational.compare(a, operator, b))


COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "==": equals,
    "!=": differs,
    **{operator: _ordering(operator) for operator in ("<", "<=", ">", ">=")},
}
