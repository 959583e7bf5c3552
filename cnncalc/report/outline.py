"""A network folded for drawing: what is drawn as one thing, and what feeds what."""

from __future__ import annotations

from typing import NamedTuple

from cnncalc.counting.propagate import Report
from cnncalc.counting.rows import Row
from cnncalc.dims import Expr
from cnncalc.errors import UsageError
from cnncalc.report.layout import places
from cnncalc.report.rows import folded
from cnncalc.shapes import Shape

#: the largest picture: things, edges, and places where edges pass a level; its layout takes some seconds
MOST, MOST_EDGES, MOST_PLACES = 600, 25_000, 80_000
ATTACHED = (".norm", ".act")


class Thing(NamedTuple):
    """A layer, a folded group or an input, and the things that feed it."""

    path: str
    type: str
    family: str
    output: Shape
    feeds: tuple[int, ...]
    row: Row | None = None
    times: int = 1  # repetitions that are folded into it
    quiet: bool = False  # drawn with what it reads

    @property
    def kind(self) -> str:
        """Its type, and how often it is repeated."""
        return repeated(self.times, self.type)

    @property
    def train_only(self) -> bool:
        return self.row is not None and self.row.train_only


def repeated(times: int, what: str) -> str:
    """What stands several times, as one text."""
    return what if times == 1 else f"{times} × {what}"


class Outline(NamedTuple):
    """Things in order, and the depth they are folded to; None: not folded."""

    things: tuple[Thing, ...]
    depth: int | None

    @property
    def edges(self) -> int:
        return _edges(self.things)

    @property
    def train_only(self) -> bool:
        """Whether a part of the picture is for training only."""
        return any(thing.train_only for thing in self.things)


def outline(report: Report, depth: int | None, most: int, most_edges: int = MOST_EDGES) -> Outline:
    """The network folded to a depth, or as deep as at most so many things and edges allow.

    Raises:
        UsageError: sizes are symbolic, or nothing can be folded enough.
    """
    if any(isinstance(n, Expr) for node in report.graph.nodes for n in node.output):
        raise UsageError(
            f"a picture needs numbers: give {', '.join(report.free)} a value, or leave out --free"
        )
    if depth is None:
        depth, things = _deepest(report, most, most_edges)
        if not any(thing.path in report.graph.groups for thing in things):
            depth = None  # there was nothing to fold
        advice = "put layers into groups or blocks, which are drawn as one"
    else:
        things = _things(report, depth)
        advice = "use a smaller --depth" if depth > 1 else "put layers into groups or blocks"
    if reason := _too_large(things):
        raise UsageError(f"the network is too large to draw: {reason}; {advice}")
    return Outline(things, depth)


def _deepest(report: Report, most: int, most_edges: int) -> tuple[int | None, tuple[Thing, ...]]:
    """The greatest depth, None if it is all of it, at which the things are few enough; else depth 1."""

    def few(things: tuple[Thing, ...]) -> bool:
        return len(things) <= most and _edges(things) <= most_edges and _too_large(things) is None

    if len(report) <= 4 * most and few(whole := _things(report, None)):
        return None, whole
    low, chosen = 1, _things(report, 1)
    high = max((row.path.count(".") + 1 for row in report), default=1)
    while low < high:
        middle = (low + high + 1) // 2
        if few(things := _things(report, middle)):
            low, chosen = middle, things
        else:
            high = middle - 1
    return low, chosen


def _edges(things: tuple[Thing, ...]) -> int:
    return sum(len(thing.feeds) for thing in things)


def _too_large(things: tuple[Thing, ...]) -> str | None:
    """Why things are too many for any picture; None if they are not."""
    if len(things) > MOST:
        return f"{len(things):,} boxes, and the maximum is {MOST}"
    if (edges := _edges(things)) > MOST_EDGES:
        return f"{len(things):,} boxes with {edges:,} edges, and the maximum is {MOST_EDGES:,} edges"
    if places([thing.feeds for thing in things]) > MOST_PLACES:
        return f"too many of its {edges:,} edges are long, and pass others"
    return None


def _things(report: Report, depth: int | None) -> tuple[Thing, ...]:
    index: dict[str, int] = {}  # where a path is drawn
    things: list[Thing] = []
    layers = {node.type: node.layer for node in report.graph.nodes}
    for node in report.graph.inputs:
        index[node.path] = len(things)
        things.append(Thing(node.path, "input", "input", node.output, ()))
    for row in folded(report, depth):
        owner = row.path.rpartition(".")[0]
        if row.path.endswith(ATTACHED) and owner in index:  # drawn with the layer that it belongs to
            at = index[row.path] = index[owner]
            things[at] = things[at]._replace(type=f"{things[at].type} + {row.type}")
            continue
        feeds = dict.fromkeys(index[_drawn(path, index)] for path in row.inputs)
        layer = layers.get(row.type)
        family, quiet = ("group", False) if layer is None else (layer.family, layer.quiet)
        index[row.path] = len(things)
        group = report.graph.groups.get(row.path)
        times = group.times if group is not None else 1
        things.append(Thing(row.path, row.type, family, row.output, tuple(feeds), row, times, quiet))
    return tuple(things)


def _drawn(path: str, index: dict[str, int]) -> str:
    """The path itself, or the folded group that holds it; what a layer reads is drawn before the layer."""
    while path not in index:
        path, dot, _ = path.rpartition(".")
        assert dot, "nothing is drawn for what a layer reads"
    return path
