"""Values of ``vars`` and shapes of inputs, at one setting."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cnncalc.domain import POSITIVE, Domain, Grid, kind_of, of_kind
from cnncalc.errors import Problem
from cnncalc.fields import describe, integer
from cnncalc.reading.checking import instead
from cnncalc.reading.checking.value import Failed, Value
from cnncalc.reading.expressions.rational import join

if TYPE_CHECKING:
    from cnncalc.shapes import Shape


def variables_of(
    written: Mapping[str, Value], given: Mapping[str, Any], free: Mapping[str, Grid]
) -> tuple[dict[str, Any], list[Problem]]:
    """Values of ``vars`` in order; later ones may use earlier ones. Free ones are symbols on their grids."""
    found: dict[str, Any] = {}
    problems = []
    for name, value in written.items():
        if name in free:
            found[name] = join(*free[name].symbol(name))
            continue
        if name in given:
            found[name] = given[name]
            continue
        try:
            found[name] = value.evaluate(found)
        except Failed as failed:
            problems.append(failed.problem)
            found[name] = 1
    return found, problems


def domain_of(default: Any, kind: str | None = None) -> Domain:
    """What a variable may be whose spec says no more of it than its default, and perhaps its kind."""
    kind = kind or kind_of(default)
    if kind != "int" or not of_kind(default, "int"):
        return Domain(kind)
    return Domain(kind, POSITIVE if default >= 1 else Grid(low=0 if default == 0 else None))


def shape_of(value: Value, variables: Mapping[str, Any]) -> Shape:
    """An input's shape."""
    from pydantic_core import PydanticCustomError

    found = value.evaluate(variables)
    if not isinstance(found, list) or not 1 <= len(found) <= 8:
        help = "write [channels, height, width], without the batch"
        message = f"an input needs a list of sizes, got {describe(found)}"
        raise Failed(Problem("C101", message, value.place, help=help))
    parts = value.parsed if isinstance(value.parsed, tuple) else [value] * len(found)  # or a variable's list
    for size, part in zip(found, parts, strict=True):
        try:
            integer(size, 1)
        except PydanticCustomError as error:
            hint = instead.of_input(value.raw) if part is parts[0] else (error.context or {}).get("help")
            code = (error.context or {}).get("code", "C101")
            problem = Problem(code, f"a size {error.message()}", part.place, help=hint or None)
            raise Failed(problem) from None
    return tuple(found)
