"""The graph view: things in layers from top to bottom, edges that pass between them, groups as frames."""

from __future__ import annotations

from collections.abc import Sequence

from cnncalc.counting.propagate import Report
from cnncalc.report import text
from cnncalc.report.layout import Layout
from cnncalc.report.outline import Outline, Thing, outline
from cnncalc.report.spine import spine
from cnncalc.report.svg import COLORS, Box, Canvas, Picture, Point, dashes, shortened, tail, text_width

MOST = 260
SIZE, HEIGHT, STEP = 11.0, 36.0, 64.0
TRAINING = "dashed: training only"
MERMAID_EDGES = 500  # the most that Mermaid draws, unless a page allows more


def lay_out(things: Sequence[Thing]) -> Layout:
    """Where the boxes of things stand."""
    widths = [max(text_width(line, SIZE) for line in _lines(thing)) + 20 for thing in things]
    return Layout(widths, [thing.feeds for thing in things], spine(things, [1] * len(things)))


def boxes(layout: Layout, count: int, left: float, top: float) -> list[Box]:
    """The rectangles of the things, which are the first of the vertices."""
    return [
        Box(layout.x[i] + left - layout.widths[i] / 2, top + layout.level[i] * STEP, layout.widths[i], HEIGHT)
        for i in range(count)
    ]


def _lines(thing: Thing) -> tuple[str, str]:
    name = tail(thing.path, SIZE, 230)
    kind = thing.kind if thing.kind not in name else ""
    return name, f"{kind} {text.dims(thing.output)}".strip()


def draw(report: Report, depth: int | None) -> tuple[Picture, Outline]:
    """The picture, and what was folded for it."""
    found = outline(report, depth, MOST)
    layout = lay_out(found.things)
    title = text.safe(report.name) or "network"
    heading = shortened(title, 16, 600)
    ends = [(x - width / 2, x + width / 2) for x, width in zip(layout.x, layout.widths, strict=True)]
    lowest, highest = min((e[0] for e in ends), default=0), max((e[1] for e in ends), default=0)
    left, top = 28 - lowest, 82.0 if found.train_only else 64.0
    width = max(highest - lowest + 56, text_width(heading, 16) + 56, text_width(TRAINING, SIZE) + 48)
    height = top + len(layout.layers) * STEP + 8
    picture = Canvas(width, height, f"{title}: graph", _described(found))
    picture.text(24, 34, heading, 16)
    if found.train_only:
        picture.text(24, 52, TRAINING, SIZE, css="soft")
    places = boxes(layout, len(found.things), left, top)
    for path, frame in _frames(found.things, places):
        picture.rect(
            frame, css="line", label=path, extra=' stroke-dasharray="4 3" rx="8" stroke-opacity="0.7"'
        )
    for chain in layout.chains:
        source, target = found.things[chain[0]], found.things[chain[-1]]
        points = _way(layout, chain, left, top)
        picture.arrow(points, source.path, target.path, dashed=target.train_only)
    for thing, box in zip(found.things, places, strict=True):
        label = f"{thing.path} ({thing.kind}): {text.dims(thing.output)}"
        color = COLORS.get(thing.family, "#5b7f95")
        extra = ' rx="5" fill-opacity="0.28"' + (dashes(color) if thing.train_only else "")
        picture.rect(box, color, label=label, path=thing.path, extra=extra)
        name, shape = _lines(thing)
        picture.text(box.x + box.width / 2, box.y + 15, name, SIZE, anchor="middle")
        picture.text(box.x + box.width / 2, box.y + 29, shape, SIZE, anchor="middle", css="soft")
    return picture, found


def _frames(things: Sequence[Thing], boxes: Sequence[Box]) -> list[tuple[str, Box]]:
    """A frame around each group or block whose things stand together, with nothing else among them."""
    members: dict[str, list[int]] = {}
    for i, thing in enumerate(things):
        parts = thing.path.split(".")
        for depth in range(1, len(parts)):
            members.setdefault(".".join(parts[:depth]), []).append(i)
    found = []
    framed: set[tuple[int, ...]] = set()
    for path, inside in members.items():
        if tuple(inside) in framed:
            continue  # a group that holds one block and nothing else
        framed.add(tuple(inside))
        margin = 9.0 - 2.0 * min(path.count("."), 3)
        x, y = min(boxes[i].x for i in inside) - margin, min(boxes[i].y for i in inside) - margin
        right = max(boxes[i].x + boxes[i].width for i in inside) + margin
        foot = max(boxes[i].y + boxes[i].height for i in inside) + margin
        frame = Box(x, y, right - x, foot - y)
        alone = not any(frame.overlaps(box) for i, box in enumerate(boxes) if i not in inside)
        if alone and 1 < len(inside) < len(boxes):
            found.append((path, frame))
    return found


def _way(layout: Layout, chain: list[int], left: float, top: float) -> list[Point]:
    """From the foot of one box to the head of another, straight down through its own places between."""
    points = []
    for number, v in enumerate(chain):
        y = top + (layout.level[chain[0]] + number) * STEP
        if number:
            points.append((layout.x[v] + left, y))
        if number < len(chain) - 1:
            points.append((layout.x[v] + left, y + HEIGHT))
    return points


def _described(found: Outline) -> str:
    folded = "" if found.depth is None else f" Groups and blocks are folded to depth {found.depth}."
    return f"A graph of {len(found.things)} layers or groups and {found.edges} edges, from the input at the top to the output.{folded}"


def mermaid(report: Report, depth: int | None) -> tuple[str, Outline]:
    """The same graph as Mermaid text, which GitHub renders."""
    found = outline(report, depth, MOST, MERMAID_EDGES)
    lines = ["flowchart TD"]
    for i, thing in enumerate(found.things):
        training = "<br>training only" if thing.train_only else ""
        label = f"{text.safe(thing.path)}<br>{text.safe(thing.kind)} {text.dims(thing.output)}{training}"
        lines.append('  n{}["{}"]:::{}'.format(i, label.replace('"', "#quot;"), thing.family))
    for i, thing in enumerate(found.things):
        lines += [f"  n{source} {'-.->' if thing.train_only else '-->'} n{i}" for source in thing.feeds]
    used = {thing.family for thing in found.things}
    lines += [
        f"  classDef {family} stroke:{COLORS.get(family, '#5b7f95')},stroke-width:2px"
        for family in sorted(used)
    ]
    return "\n".join(lines), found
