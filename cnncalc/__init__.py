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

from cnncalc.version import __version__

TYPE_CHECKING = False  # importing typing would take longer than a remembered run
if TYPE_CHECKING:
    from typing import Any

    from cnncalc.analysis.closed_form import Compiled
    from cnncalc.api.answers import Diff, Explanation, Result, Solution, Sweep, Verification
    from cnncalc.api.networks import Network, from_onnx, load
    from cnncalc.api.pictures import draw, plot
    from cnncalc.api.questions import check, diff, explain, solve, sweep
    from cnncalc.api.reports import Report
    from cnncalc.counting.receptive_field import ReceptiveField
    from cnncalc.counting.rows import Row, Totals
    from cnncalc.dims import DimError, Expr
    from cnncalc.errors import CnncalcError, Problem, SpecError, UsageError
    from cnncalc.layer import Layer
    from cnncalc.reading.expressions.grammar import parse_size
    from cnncalc.registry import register
    from cnncalc.report.svg import Picture

_MODULES = {
    "analysis.closed_form": ("Compiled",),
    "api.answers": ("Diff", "Explanation", "Result", "Solution", "Sweep", "Verification"),
    "api.networks": ("Network", "from_onnx", "load"),
    "api.pictures": ("draw", "plot"),
    "api.questions": ("check", "diff", "explain", "solve", "sweep"),
    "api.reports": ("Report",),
    "counting.receptive_field": ("ReceptiveField",),
    "counting.rows": ("Row", "Totals"),
    "dims": ("DimError", "Expr"),
    "errors": ("CnncalcError", "Problem", "SpecError", "UsageError"),
    "layer": ("Layer",),
    "reading.expressions.grammar": ("parse_size",),
    "registry": ("register",),
    "report.svg": ("Picture",),
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names}

__all__ = [
    "CnncalcError",
    "Compiled",
    "Diff",
    "DimError",
    "Explanation",
    "Expr",
    "Layer",
    "Network",
    "Picture",
    "Problem",
    "ReceptiveField",
    "Report",
    "Result",
    "Row",
    "Solution",
    "SpecError",
    "Sweep",
    "Totals",
    "UsageError",
    "Verification",
    "__version__",
    "check",
    "diff",
    "draw",
    "explain",
    "from_onnx",
    "load",
    "parse_size",
    "plot",
    "register",
    "solve",
    "sweep",
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
