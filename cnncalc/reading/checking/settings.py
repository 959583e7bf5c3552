"""Values from the text of an option: ``--set c=3``, ``--over c=16:128:8``."""

from __future__ import annotations

from collections.abc import Iterable
from math import lcm
from typing import Any

from cnncalc.domain import number, ratio
from cnncalc.errors import Source, SpecError, UsageError
from cnncalc.reading.checking.value import Failed, compile_value
from cnncalc.reading.expressions.words import NAME, is_name
from cnncalc.reading.text.files import read

MOST_VALUES = 1_000_000  # of one range


def setting(assignments: Iterable[str], option: str = "--set") -> dict[str, Any]:
    """Values from ``NAME=VALUE`` texts: numbers, words, lists, true and false; ``option`` is for messages.

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
            root = read(source, json=False)
            words = tuple(filter(is_name, root.root if isinstance(root.root, list) else [root.root]))
            found[name.strip()] = compile_value(root.root, root.root_mark, source, (), words).evaluate({})
        except (SpecError, Failed) as error:
            problems = error.problems if isinstance(error, SpecError) else (error.problem,)
            raise UsageError(f"{option} {text}: {problems[0].message}") from None
    return found


def values_of(text: str, name: str) -> list[Any]:
    """Values from ``16:128:8`` (from, to, step; both ends are in) or ``128,160,192``; decimals are exact.

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
