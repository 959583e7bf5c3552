"""The feature-map view: volumes whose sides follow height and width and whose depth follows the channels.

The longest path stands on one line; what runs beside it, branches and skips, has places of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from cnncalc.counting.propagate import Report
from cnncalc.layer import Family
from cnncalc.report import text
from cnncalc.report.graphview import TRAINING
from cnncalc.report.layout import Layout
from cnncalc.report.outline import Outline, outline
from cnncalc.report.stacks import LABEL, Block, Stack, labels_of, shown, spine_of, stacks_of
from cnncalc.report.svg import COLORS, Box, Canvas, Picture, Point, dashes, lighter, shortened, text_width

MOST = 70
NAMES = {
    Family.CONV: "convolution", Family.LINEAR: "fully connected", Family.POOL: "pooling", Family.MERGE: "merge", "group": "group",
    "input": "input", Family.ACTIVATION: "activation", Family.NORM: "normalization", Family.OTHER: "other",
}  # fmt: skip
TOP, GUTTER, LABELS = 60.0, (28.0, 60.0), 40.0  # of the picture; between columns; the two lines of a label


class Places(NamedTuple):
    """Where things stand: a layout on its side, levels as columns."""

    layout: Layout
    columns: list[tuple[float, float]]  # left and right of each level
    lefts: list[float]  # of the stacks
    axes: list[float]  # heights of the middles of the stacks and of the lanes
    foot: float

    def center(self, stack: int) -> float:
        return sum(self.columns[self.layout.level[stack]]) / 2


def draw(report: Report, depth: int | None) -> tuple[Picture, Outline]:
    """The picture, and what was folded for it."""
    found = outline(report, depth, MOST)
    stacks = stacks_of(shown(found.things))
    places = _placed(stacks)
    title = text.safe(report.name) or "network"
    heading = shortened(title, 16, 900)
    legend = [f for f in NAMES if any(s.blocks[0].thing.family == f for s in stacks)]
    length = sum(text_width(NAMES[f], LABEL) + 40 for f in legend)
    length += text_width(TRAINING, LABEL) if found.train_only else 0
    width = max(places.columns[-1][1] + 24, length + 48, text_width(heading, 16) + 48)
    picture = Canvas(width, places.foot + 42, f"{title}: feature maps", _described(found, stacks))
    picture.text(24, 34, heading, 16)
    for chain in places.layout.chains:
        source, target = stacks[chain[0]], stacks[chain[-1]]
        _arrow(picture, source.blocks[-1], target.blocks[0], _way(places, chain, source, target))
    for i, stack in enumerate(stacks):
        _stack(picture, stack, places.lefts[i], places.axes[i], places.center(i))
    _legend(picture, legend, places.foot + 24, training=found.train_only)
    return picture, found


def _placed(stacks: Sequence[Stack]) -> Places:
    layout = Layout([s.height + LABELS for s in stacks], [s.feeds for s in stacks], spine_of(stacks))
    columns = _columns(stacks, layout)
    lefts = [sum(columns[layout.level[i]]) / 2 - s.length / 2 for i, s in enumerate(stacks)]
    tops, feet = [], []
    for v, (x, extent) in enumerate(zip(layout.x, layout.widths, strict=True)):
        below = LABELS if v < layout.boxes else 0.0  # a label is only under a stack
        tops.append((below - extent) / 2 - x)
        feet.append((below + extent) / 2 - x)
    down = TOP - min(tops)
    return Places(layout, columns, lefts, [down - x for x in layout.x], down + max(feet))


def _columns(stacks: Sequence[Stack], layout: Layout) -> list[tuple[float, float]]:
    """Left and right of each level; steps of edges between two have more room where they are high."""
    rooms = [0.0] * len(layout.layers)
    for i, stack in enumerate(stacks):
        rooms[layout.level[i]] = max(rooms[layout.level[i]], stack.room)
    x = 24.0
    columns = []
    for level, room in enumerate(rooms):
        columns.append((x, x + room))
        steps = [abs(layout.x[u] - layout.x[v]) for u in layout.layers[level] for v in layout.down[u]]
        x += room + min(max(GUTTER[0], 0.15 * max(steps, default=0.0)), GUTTER[1])
    return columns


def _way(places: Places, chain: Sequence[int], source: Stack, target: Stack) -> list[Point]:
    """From the right side of a stack to the front of another, level but for steps between the columns."""
    first, last = chain[0], chain[-1]
    start = places.lefts[first] + source.length - source.blocks[-1].slant / 2
    points = [(start, places.axes[first])]
    for level, v in enumerate(chain, places.layout.level[first]):
        left, right = places.columns[level]
        points += [(left, places.axes[v])] if v != first else []
        points += [(right, places.axes[v])] if v != last else []
    over = max(0.0, target.blocks[0].slant - target.blocks[0].side) / 2  # of the front, where the roof begins
    return [*points, (places.lefts[last] + over, places.axes[last])]


def _arrow(picture: Canvas, source: Block, target: Block, way: Sequence[Point]) -> None:
    training = target.thing.train_only
    picture.arrow(way, source.thing.path, target.thing.path, curved=True, dashed=training)


def _stack(picture: Canvas, stack: Stack, left: float, axis: float, center: float) -> None:
    """Volumes with their middle on the axis, and the label under them."""
    for i, block in enumerate(stack.blocks):
        _volume(picture, block, left, axis)
        left += block.width + stack.gap
        if i + 1 < len(stack.blocks):
            _arrow(picture, block, stack.blocks[i + 1], [(left - stack.gap, axis), (left, axis)])
    shape, kind = labels_of(stack)
    foot = axis + stack.height / 2
    picture.text(center, foot + 17, shape, LABEL, anchor="middle")
    picture.text(center, foot + 31, kind, LABEL, anchor="middle", css="soft")


def _volume(picture: Canvas, block: Block, x: float, axis: float) -> None:
    """Front, top and side; a bar has no more than a front."""
    thing, slant = block.thing, block.slant
    color = COLORS.get(thing.family, "#5b7f95")
    thin = dashes("#00000080") if thing.train_only else ' stroke="#00000040" stroke-width="0.6"'
    top, foot, right = axis + (slant - block.side) / 2, axis + (slant + block.side) / 2, x + block.width
    label = f"{thing.path} ({thing.kind}): {text.dims(thing.output)}"
    picture.rect(Box(x, top, block.width, block.side), color, label=label, path=thing.path, extra=thin)
    if slant:
        roof = [(x, top), (x + slant, top - slant), (right + slant, top - slant), (right, top)]
        picture.polygon(roof, lighter(color, 0.4), extra=thin)
        side = [(right, top), (right + slant, top - slant), (right + slant, foot - slant), (right, foot)]
        picture.polygon(side, lighter(color, 0.2), extra=thin)


def _legend(picture: Canvas, families: list[str], y: float, *, training: bool) -> None:
    x = 24.0
    for family in families:
        picture.rect(Box(x, y - 10, 12, 12), COLORS.get(family, "#5b7f95"))
        box = picture.text(x + 18, y, NAMES[family], LABEL, css="soft")
        x += 18 + box.width + 22
    if training:
        picture.text(x, y, TRAINING, LABEL, css="soft")


def _described(found: Outline, stacks: Sequence[Stack]) -> str:
    steps = ", then ".join(f"{labels_of(stack)[1]} to {labels_of(stack)[0]}" for stack in stacks[:40])
    folded = "" if found.depth is None else f" Groups and blocks are folded to depth {found.depth}."
    return f"Feature maps from left to right: {steps}.{folded}"
