"""Values of variables: parsed from options such as ``--set c=3``, and checked against a spec's variables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import lcm
from typing import TYPE_CHECKING, Any

from cnncalc.domain import KINDS, Domain, Grid, grid_of, number, of_kind, ratio
from cnncalc.errors import Source, SpecError, UsageError, did_you_mean
from cnncalc.reading.checking.value import Failed, compile_value
from cnncalc.reading.checking.variables import domain_of, variables_of
from cnncalc.reading.expressions.words import NAME, is_name
from cnncalc.reading.text.files import YAML, plain, read

if TYPE_CHECKING:
    from cnncalc.reading.checking.spec import Spec

MOST_VALUES = 1_000_000  # of one range
MOST_UNEVEN = 4_000  # values of a free variable that are not evenly spaced: each is a set of its own


def setting(assignments: Iterable[str], option: str = "--set") -> dict[str, Any]:
    """Parse ``NAME=VALUE`` texts: numbers, words, lists and booleans; ``option`` is for messages.

    Raises:
        UsageError: a text is not of this form.
    """
    found: dict[str, Any] = {}
    for text in assignments:
        name, equals, raw = text.partition("=")
        if not equals or not NAME.match(name.strip()):
            raise UsageError(f"'{text}' is not NAME=VALUE")
        source = Source(f"{option} {name.strip()}", raw)
        try:
            root = read(source, YAML)
            words = tuple(filter(is_name, root.root if isinstance(root.root, list) else [root.root]))
            found[name.strip()] = compile_value(root.root, root.root_mark, source, (), words).evaluate({})
        except (SpecError, Failed) as error:
            problems = error.problems if isinstance(error, SpecError) else (error.problem,)
            raise UsageError(f"{option} {text}: {problems[0].message}") from None
    return found


def values_of(text: str, name: str) -> list[Any]:
    """Parse values from ``16:128:8`` (start:stop:step, both ends included) or ``128,160,192``; decimals are exact.

    Raises:
        UsageError: the text is neither.
    """
    ends = text.split(":")
    if len(ends) not in (2, 3):
        return list(setting([f"{name}=[{text}]"], "--over")[name])
    try:
        low, high, step = (ratio(setting([f"{name}={end}"], "--over")[name]) for end in [*ends, "1"][:3])
    except (TypeError, ValueError):
        raise UsageError(
            f"'{name}={text}' needs numbers: from:to:step, such as 16:128:8 or 0.25:2:0.05"
        ) from None
    scale = lcm(low[1], high[1], step[1])
    first, last, apart = (top * (scale // bottom) for top, bottom in (low, high, step))
    if apart < 1 or (last - first) // apart >= MOST_VALUES:
        raise UsageError(
            f"'{name}={text}': the step must be positive, and a range has at most {MOST_VALUES:,} values"
        )
    return [number(n, scale) for n in range(first, last + 1, apart)]


# ------------------------------------------------------------------------------------ variables of a spec


def domain(spec: Spec, name: str) -> Domain:
    """The values that a variable may take: those that the spec declares, or else all of its default's type.

    Raises:
        UsageError: there is no such variable.
    """
    if name not in spec.vars:
        help = did_you_mean(name, spec.vars) or (f"it has {', '.join(spec.vars)}" if spec.vars else None)
        help = help or "give it some: vars: {H: 224, W: 224} and input: [3, H, W]"
        raise UsageError(f"the spec has no variable '{name}'; {help}")
    if name not in spec.domains:
        return domain_of(variables_of(spec.vars, {}, {})[0][name])
    return spec.domains[name]


def allowed(spec: Spec, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values for variables, each of the variable's type and in its domain.

    Raises:
        UsageError: one is not, or there is no such variable.
    """
    found = {name: plain(value) for name, value in values.items()}
    for name, value in found.items():
        refuse_values(spec, name, [value])
    return found


def refuse_values(spec: Spec, name: str, values: Iterable[Any]) -> None:
    """Raise ``UsageError`` for the first value that a variable may not have."""
    own = domain(spec, name)
    for value in values:
        if (reason := own.wrong(value)) is not None:
            if not own.declared and own.kind == "int" and of_kind(value, "number"):
                decimal = f"'vars: {{{name}: {spec.vars[name].raw}.0}}' for a decimal variable"
                reason += f"; it is an integer by its default: write {decimal}"
            raise UsageError(f"'{name}' {reason}")


def grids(spec: Spec, free: Iterable[str], over: Mapping[str, Sequence[Any] | str]) -> dict[str, Grid]:
    """Return the grid of values of each free variable.

    Raises:
        UsageError: a variable is unknown or cannot stay free, or a value given for it is not in its domain.
    """
    found = {}
    for name in dict.fromkeys([*([free] if isinstance(free, str) else free), *over]):
        own = domain(spec, name)
        grid = own.grid
        if name in over:
            listed = over[name]
            values = values_of(listed, name) if isinstance(listed, str) else list(plain(listed))
            refuse_values(spec, name, values)
            grid = grid_of(values)
        if grid is None:
            raise UsageError(_not_free(name, own))
        if len(grid.listed) > MOST_UNEVEN:
            raise UsageError(
                f"'{name}' has {len(grid.listed):,} unevenly spaced values, and formulas hold for at most "
                f"{MOST_UNEVEN:,}: give fewer of them with --over"
            )
        found[name] = grid
    return found


def _not_free(name: str, domain: Domain) -> str:
    """Why a variable cannot stay symbolic, and what helps."""
    if domain.kind == "number":
        return (
            f"'{name}' is a decimal variable, and its formulas depend on the values it may take: give them with "
            f"--over {name}=0.25:2:0.05, or declare 'vars: {{{name}: {{default: 1.0, from: 0.25, to: 2, step: 0.05}}}}'"
        )
    return (
        f"'{name}' is {KINDS[domain.kind]}, and formulas are in numbers: give it a value with --set; "
        f"'cnncalc sweep' tries several, as in --over {name}=..."
    )
