"""What expressions come to where an item is unrolled: conditions, counts and the arguments of blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnncalc.dims import Expr
from cnncalc.domain import KINDS
from cnncalc.errors import Problem
from cnncalc.fields import describe, symbolic
from cnncalc.reading.checking.value import Failed, Value
from cnncalc.reading.expressions.grammar import FREE_HELP
from cnncalc.reading.expressions.rational import Rational
from cnncalc.reading.unrolling.scope import Env, Reference, Scope, Tensor

if TYPE_CHECKING:
    from cnncalc.reading.checking.parts import Block, BlockItem

#: types of Python by kind of parameter, and those that are not meant
_TYPES: dict[str, tuple[Any, Any]] = {
    "int": (int | Expr, bool),
    "number": (object, bool | str | list),
    "bool": (bool, ()),
    "str": (str | None, ()),
}


def truth(value: Value, env: Env) -> bool:
    """Whether a ``when`` holds."""
    found = value.evaluate(env)
    if not isinstance(found, bool):
        raise Failed(Problem("C101", f"'when' needs true or false, got {describe(found)}", value.place))
    return found


def times(value: Value, env: Env) -> int:
    """How often a ``repeat`` is."""
    found = value.evaluate(env)
    if symbolic(found):
        message = f"'repeat' depends on a free variable: {found}"
        raise Failed(Problem("C306", message, value.place, help=FREE_HELP))
    if isinstance(found, Rational | bool) or not isinstance(found, int) or found < 0:
        message = f"'repeat' needs an integer of at least 0, got {describe(found)}"
        raise Failed(Problem("C101", message, value.place))
    return int(found)


def arguments(item: BlockItem, block: Block, scope: Scope, current: Tensor, env: Env) -> dict[str, Any]:
    """Values of a block's parameters; a default may use those before it."""
    found: dict[str, Any] = {}
    for name, param in block.params.items():
        value = item.arguments.get(name)
        if value is None:
            assert param.default is not None
            found[name] = _word(param.default, Env(env.variables, found, env.shape), param.kind)
        elif param.kind == "layer":
            found[name] = Reference(scope.resolve(value, current))
        else:
            found[name] = _word(value, env, param.kind)
            _refuse_other_kind(found[name], param.kind, name, value)
    return found


def _word(value: Value, env: Env, kind: str) -> Any:
    """A word, or what the variable of this name holds; an expression's value otherwise."""
    if kind == "str" and isinstance(value.raw, str):
        return env[value.raw] if value.raw in env.params or value.raw in env.variables else value.raw
    return value.evaluate(env)


def _refuse_other_kind(found: Any, kind: str, name: str, value: Value) -> None:
    if kind == "int" and symbolic(found) and not isinstance(found, Expr):
        message = f"whether '{name}' is an integer must not depend on a free variable: it is {found}"
        raise Failed(Problem("C306", message, value.place, help=FREE_HELP))
    fit, other = _TYPES.get(kind, (object, ()))
    if not isinstance(found, fit) or isinstance(found, other):
        message = f"'{name}' needs {KINDS[kind]}, got {describe(found)}"
        raise Failed(Problem("C101", message, value.place))
