"""A network folded for drawing: what is drawn as one thing, and what feeds what."""

from __future__ import annotations

from typing import NamedTuple

from cnncalc.dims import Expr
from cnncalc.errors import UsageError
from cnncalc.layer import Layer
from cnncalc.propagate import Report, Row
from cnncalc.report.rows import folded
from cnncalc.shapes import Shape

MOST = 600  # things in a picture
ATTACHED = (".norm", ".act")


class Thing(NamedTuple):
    """A layer, a folded group or an input, and the things that feed it."""

    path: str
    type: str
    family: str
    output: Shape
    feeds: tuple[int, ...]
    row: Row | None = None


class Outline(NamedTuple):
    """Things in order, and the depth they are folded to; None: not folded."""

    things: tuple[Thing, ...]
    depth: int | None


def outline(report: Report, depth: int | None, most: int) -> Outline:
    """The network folded to a depth, or as deep as at most so many things allow.

    Raises:
        UsageError: sizes are symbolic, or nothing can be folded enough.
    """
    if any(isinstance(n, Expr) for node in report.graph.nodes for n in node.output):
        raise UsageError(
            f"a picture needs numbers: give {', '.join(report.free)} a value, or leave out --free"
        )
    if depth is not None:
        things = _things(report, depth)
        if len(things) > MOST:
            raise UsageError(
                f"{len(things):,} layers at depth {depth} are too many to draw: the most is {MOST}; use a smaller --depth"
            )
        return Outline(things, depth)
    whole = _things(report, None) if len(report) <= 4 * most else ()
    if 0 < len(whole) <= most:
        return Outline(whole, None)
    deepest = max(row.path.count(".") + 1 for row in report)
    fitting = [d for d in range(1, deepest + 1) if len(_things(report, d)) <= most]
    chosen = fitting[-1] if fitting else 1
    things = _things(report, chosen)
    if len(things) > MOST:
        raise UsageError(
            f"{len(things):,} layers stand side by side, too many to draw: put them into groups or blocks"
        )
    return Outline(things, chosen)


def _things(report: Report, depth: int | None) -> tuple[Thing, ...]:
    graph = report.graph
    rows = [row for row in folded(report, depth) if not row.train_only]
    index: dict[str, int] = {}
    things: list[Thing] = []
    for node in graph.inputs:
        index[node.path] = len(things)
        things.append(Thing(node.path, "input", "input", node.output, ()))
    keep = {row.path for row in rows}

    def home(path: str) -> str:
        while path not in keep and path not in index and "." in path:
            path = path.rpartition(".")[0]
        return path

    for row in rows:
        owner = row.path.rpartition(".")[0]
        if row.path.endswith(ATTACHED) and owner in index:  # drawn with the layer that it belongs to
            at = index[row.path] = index[owner]
            things[at] = things[at]._replace(type=f"{things[at].type} + {row.type}")
            continue
        feeds = dict.fromkeys(index[h] for p in row.inputs if (h := home(p)) in index and h != row.path)
        kind = Layer.types.get(row.type)
        family = kind.family if kind is not None else "group"
        index[row.path] = len(things)
        things.append(Thing(row.path, row.type, family, row.output, tuple(feeds), row))
    return tuple(things)
