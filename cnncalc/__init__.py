"""cnncalc: exact shapes, parameters and MACs of convolutional networks, as numbers or symbols.

>>> import cnncalc
>>> net = cnncalc.load("vgg16")
>>> net.summary().totals.params
138357544
>>> net.summary(free=["H", "W"])["features"].output
(512, H//32, W//32)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from cnncalc.version import __version__

if TYPE_CHECKING:
    from cnncalc.api import Diff, Explanation, Network, Report, Solution, diff, explain, load, solve
    from cnncalc.counting.rows import Row, Totals
    from cnncalc.errors import CnncalcError, Problem, SpecError, UsageError
    from cnncalc.reading.expressions.grammar import parse_size

_HOMES = {
    **dict.fromkeys(
        ("Diff", "Explanation", "Network", "Report", "Solution", "diff", "explain", "load", "solve"), "api"
    ),
    **dict.fromkeys(("Row", "Totals"), "counting.rows"),
    **dict.fromkeys(("CnncalcError", "Problem", "SpecError", "UsageError"), "errors"),
    "parse_size": "reading.expressions.grammar",
}

__all__ = [
    "CnncalcError",
    "Diff",
    "Explanation",
    "Network",
    "Problem",
    "Report",
    "Row",
    "Solution",
    "SpecError",
    "Totals",
    "UsageError",
    "__version__",
    "diff",
    "explain",
    "load",
    "parse_size",
    "solve",
]


def __getattr__(name: str) -> Any:
    """Import what is asked for, when it is asked for: ``import cnncalc`` itself costs nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module 'cnncalc' has no attribute '{name}'")
    value = getattr(import_module(f"cnncalc.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
