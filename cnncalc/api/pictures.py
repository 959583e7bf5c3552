"""Pictures of networks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from cnncalc.counting.quantities import QUANTITIES
from cnncalc.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from cnncalc.counting.propagate import Report
    from cnncalc.report.svg import Picture

VIEWS = ("auto", "features", "graph")


def draw(
    report: Report, *, view: Literal["auto", "features", "graph"] = "auto", depth: int | None = None
) -> Picture:
    """Draw a network: ``cnncalc.draw(net.summary()).save("net.svg")``. Notebooks display the picture.

    Args:
        report: a report without free variables.
        view: ``"features"`` for feature maps as volumes, ``"graph"``, or ``"auto"`` for the graph if the network branches.
        depth: fold groups and blocks below this level; by default as deep as a picture can show.

    Raises:
        UsageError: the view is unknown, or the network is too large to draw.
    """
    from cnncalc.report import features, graphview

    _refuse_depth(depth)
    if view not in VIEWS:
        raise UsageError(f"unknown view '{view}'; choose from {', '.join(VIEWS)}")
    branched = any(len(node.inputs) > 1 for node in report.graph.nodes)
    as_graph = view == "graph" or (view == "auto" and branched)
    picture, _ = graphview.draw(report, depth) if as_graph else features.draw(report, depth)
    return picture


def plot(report: Report, *, by: str = "params", depth: int | None = None) -> Picture:
    """Plot a quantity per layer as bars: ``cnncalc.plot(net.summary(), by="macs").save("macs.svg")``.

    Args:
        report: a report without free variables.
        by: ``"params"``, ``"macs"``, ``"activation_bytes"`` or another number that adds up over layers.
        depth: fold groups and blocks below this level.

    Raises:
        UsageError: there is no such number, or it is symbolic.
    """
    from cnncalc.report import plot

    _refuse_depth(depth)
    if by not in plot.BY:
        help = did_you_mean(by, plot.BY) or f"choose from {', '.join(plot.BY)}"
        what = "a layer has no share of it" if by in QUANTITIES else "it is not a number of a network"
        raise UsageError(f"cannot plot by '{by}': {what}; {help}")
    return plot.as_svg(report, by, depth)


def _refuse_depth(depth: int | None) -> None:
    if depth is not None and (isinstance(depth, bool) or not isinstance(depth, int) or depth < 1):
        raise UsageError(f"the depth must be an integer from 1 on, not {depth!r}")
