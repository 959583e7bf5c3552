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

if TYPE_CHECKING:
    from cnncalc.analysis.diff import diff
    from cnncalc.analysis.explain import explain
    from cnncalc.analysis.solve import solve
    from cnncalc.counting.propagate import Report, Row, Totals
    from cnncalc.errors import CnncalcError, Problem, SpecError, UsageError
    from cnncalc.network import Network, load
    from cnncalc.reading.expressions.grammar import parse_size

__version__ = "0.1.0"

_HOMES = {
    "load": "network", "Network": "network", "Report": "counting.propagate", "Row": "counting.propagate",
    "Totals": "counting.propagate", "CnncalcError": "errors", "SpecError": "errors",
    "UsageError": "errors", "Problem": "errors", "parse_size": "reading.expressions.grammar",
    "solve": "analysis.solve", "explain": "analysis.explain", "diff": "analysis.diff",
}  # fmt: skip

__all__ = [
    "CnncalcError",
    "Network",
    "Problem",
    "Report",
    "Row",
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
