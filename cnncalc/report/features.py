"""The feature-map view: volumes whose sides follow height and width and whose depth follows the channels.

The longest path stands on one line; what runs beside it, branches and skips, has places of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log2, sqrt
from typing import NamedTuple

from cnncalc.dims import concrete
from cnncalc.propagate import Report
from cnncalc.report import text
from cnncalc.report.graphview import TRAINING
from cnncalc.report.layout import Layout
from cnncalc.report.outline import Outline, Thing, outline
from cnncalc.report.svg import COLOURS, Box, Picture, Point, dashes, lighter, shortened, text_width

MOST = 70
QUIET = ("activation", "norm")  # drawn with the layer before them
ALSO_QUIET = ("dropout", "drop_path", "flatten", "identity", "reshape", "permute", "pad")
NAMES = {"conv": "convolution", "linear": "fully connected", "pool": "pooling", "merge": "merge", "group": "group",
         "input": "input", "activation": "activation", "norm": "normalisation", "other": "other"}  # fmt: skip
TOP, TALLEST, SLANT, THIN, BAR, LABEL = 60.0, 180.0, 0.32, 4.0, 9.0, 11.0
APART, GUTTER, LABELS = 6.0, (28.0, 60.0), 40.0  # volumes of one stack; columns; the two lines of a label


class Block(NamedTuple):
    """A volume, or the bar of a vector: its thing, front side and slant, and width on paper."""

    thing: Thing
    side: float
    slant: float
    width: float


class Stack(NamedTuple):
    """Volumes of one look that only follow one another, over one label; and the stacks that feed the first."""

    blocks: tuple[Block, ...]
    feeds: tuple[int, ...]

    @property
    def height(self) -> float:
        return self.blocks[0].side + self.blocks[0].slant

    @property
    def length(self) -> float:
        return sum(block.width + self.gap for block in self.blocks) - self.gap + self.blocks[-1].slant

    @property
    def gap(self) -> float:
        return APART if self.blocks[0].slant else 2 * APART

    @property
    def room(self) -> float:
        return max(self.length, *(text_width(label, LABEL) for label in _labels(self)))


def draw(report: Report, depth: int | None) -> tuple[Picture, Outline]:
    """The picture, and what was folded for it."""
    found = outline(report, depth, MOST)
    stacks = _stacks(shown(found.things))
    layout = Layout([s.height + LABELS for s in stacks], [s.feeds for s in stacks], _spine(stacks))
    columns = _columns(stacks, layout)
    title = text.safe(report.name) or "network"
    heading = shortened(title, 16, 900)
    families = [f for f in NAMES if any(s.blocks[0].thing.family == f for s in stacks)]
    legend = sum(text_width(NAMES[f], LABEL) + 40 for f in families)
    legend += text_width(TRAINING, LABEL) if found.train_only else 0
    rows = [-x for x in layout.x]  # what is further from the first box stands higher
    tops = [y - w / 2 for y, w in zip(rows, layout.widths, strict=True)]
    top = min([y + LABELS / 2 if v < layout.boxes else y for v, y in enumerate(tops)], default=0.0)
    foot = max([y + w + LABELS / 2 for y, w in zip(tops, layout.widths, strict=True)], default=0.0)
    axes = [y - top + TOP for y in rows]
    width = max(columns[-1][1] + 24, legend + 48, text_width(heading, 16) + 48)
    height = foot - top + TOP + 42
    picture = Picture(width, height, f"{title}: feature maps", _described(found, stacks))
    picture.text(24, 34, heading, 16)
    lefts = [sum(columns[layout.level[i]]) / 2 - s.length / 2 for i, s in enumerate(stacks)]
    for chain in layout.chains:
        _arrow(
            picture, stacks[chain[0]], stacks[chain[-1]], _way(layout, chain, columns, lefts, axes, stacks)
        )
    for i, stack in enumerate(stacks):
        _draw_stack(picture, stack, lefts[i], axes[i], sum(columns[layout.level[i]]) / 2)
    _legend(picture, families, height - 18, training=found.train_only)
    return picture, found


def shown(things: Sequence[Thing]) -> list[Thing]:
    """The things that have a volume of their own, fed by one another; quiet ones are drawn with what they read."""
    stands: list[int] = []
    result: list[Thing] = []
    for thing in things:
        feeds = tuple(dict.fromkeys(stands[i] for i in thing.feeds))
        if _is_quiet(thing) and len(feeds) == 1:
            stands.append(feeds[0])
        else:
            stands.append(len(result))
            result.append(thing._replace(feeds=feeds))
    return result


def _is_quiet(thing: Thing) -> bool:
    if thing.type in ("softmax", "log_softmax"):
        return False
    return thing.family in QUIET or thing.type in ALSO_QUIET


def _cells(thing: Thing) -> tuple[int, int]:
    """Height and width; a signal stands upright, a vector is one cell."""
    sizes = [concrete(n) for n in thing.output[1:]]
    return (sizes[-2], sizes[-1]) if len(sizes) > 1 else (sizes[0] if sizes else 1, 1)


def _block(thing: Thing, tallest: int) -> Block:
    """A volume drawn to the scale of the tallest map; a vector is a bar of one thickness, as long as a volume is deep."""
    height, width = _cells(thing)
    depth = 4.5 * log2(concrete(thing.output[0]) + 1)
    if len(thing.output) == 1:
        return Block(thing, BAR, 0.0, max(BAR, 1.5 * depth))
    side = BAR if tallest == 1 else max(BAR, TALLEST * sqrt(height / tallest))
    slant = SLANT * side * min(max(width / height, 0.4), 2.0) if height > 1 else SLANT * side
    return Block(thing, side, THIN if width == 1 < height else slant, max(5.0, depth))


def _stacks(things: Sequence[Thing]) -> list[Stack]:
    """Neighbours of one type and output shape, each the only reader of the one before, stand together."""
    tallest = max((max(_cells(thing)) for thing in things), default=1)
    readers = [0] * len(things)
    for thing in things:
        for i in thing.feeds:
            readers[i] += 1
    stacks: list[Stack] = []
    stands: list[int] = []
    for thing in things:
        block = _block(thing, tallest)
        last = things[thing.feeds[0]] if len(thing.feeds) == 1 and readers[thing.feeds[0]] == 1 else None
        if last is not None and (last.type, last.output, last.train_only) == (
            thing.type,
            thing.output,
            thing.train_only,
        ):
            at = stands[thing.feeds[0]]
            stacks[at] = stacks[at]._replace(blocks=(*stacks[at].blocks, block))
            stands.append(at)
        else:
            stands.append(len(stacks))
            stacks.append(Stack((block,), tuple(dict.fromkeys(stands[i] for i in thing.feeds))))
    return stacks


def _spine(stacks: Sequence[Stack]) -> list[int]:
    """The longest path at inference; a gate of single cells over larger maps stands beside it."""
    cells = [max(_cells(stack.blocks[0].thing)) for stack in stacks]
    ahead = [0] * len(stacks)  # the largest map further on
    for i in range(len(stacks) - 1, -1, -1):
        for source in stacks[i].feeds:
            ahead[source] = max(ahead[source], cells[i], ahead[i])
    lengths: list[int] = []
    before: list[int] = []
    for i, stack in enumerate(stacks):
        own = -1 if cells[i] == 1 < ahead[i] else len(stack.blocks)
        best = max(stack.feeds, key=lambda j: lengths[j], default=-1)
        before.append(best)
        lengths.append(own + (lengths[best] if best >= 0 else 0))
    ends = [i for i, stack in enumerate(stacks) if not stack.blocks[0].thing.train_only]
    path = [max(ends, key=lambda i: lengths[i])] if ends else []
    while path and before[path[-1]] >= 0:
        path.append(before[path[-1]])
    return path[::-1]


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


def _way(
    layout: Layout,
    chain: Sequence[int],
    columns: Sequence[tuple[float, float]],
    lefts: Sequence[float],
    axes: Sequence[float],
    stacks: Sequence[Stack],
) -> list[Point]:
    """From the right side of a stack to the front of another, level but for steps between the columns."""
    first, last = chain[0], chain[-1]
    points = [(lefts[first] + stacks[first].length - stacks[first].blocks[-1].slant / 2, axes[first])]
    for number, v in enumerate(chain):
        left, right = columns[layout.level[first] + number]
        points += [(left, axes[v])] if number else []
        points += [(right, axes[v])] if v != last else []
    return [*points, (lefts[last], axes[last])]


def _arrow(picture: Picture, source: Stack, target: Stack, way: Sequence[Point]) -> None:
    thing = target.blocks[0].thing
    picture.arrow(way, source.blocks[-1].thing.path, thing.path, curved=True, dashed=thing.train_only)


def _labels(stack: Stack) -> tuple[str, str]:
    first, last = stack.blocks[0].thing, stack.blocks[-1].thing
    shape, many = text.dims(last.output), len(stack.blocks)
    names = [_name(thing.path) for thing in (first, last)]
    if last.family in ("group", "input"):
        return shape, shortened(names[0] if many == 1 else " … ".join(names), LABEL, 180)
    kind = shortened(last.type.split(" + ")[0], LABEL, 130)
    return shape, kind if many == 1 else f"{many} × {kind}"


def _name(path: str) -> str:
    """The last name of a path; a repetition with the name of what is repeated."""
    parts = path.split(".")
    return ".".join(parts[-2:] if parts[-1].isdigit() else parts[-1:])


def _draw_stack(picture: Picture, stack: Stack, left: float, axis: float, centre: float) -> None:
    """Volumes with their middle on the axis, and the label under them."""
    for i, block in enumerate(stack.blocks):
        _volume(picture, block, left, axis)
        left += block.width + stack.gap
        if i + 1 < len(stack.blocks):
            ends = (left - stack.gap, axis), (left, axis)
            _arrow(picture, Stack((block,), ()), Stack((stack.blocks[i + 1],), ()), ends)
    shape, kind = _labels(stack)
    foot = axis + stack.height / 2
    picture.text(centre, foot + 17, shape, LABEL, anchor="middle")
    picture.text(centre, foot + 31, kind, LABEL, anchor="middle", css="soft")


def _volume(picture: Picture, block: Block, x: float, axis: float) -> None:
    """Front, top and side; a bar has no more than a front."""
    thing, slant = block.thing, block.slant
    colour = COLOURS.get(thing.family, "#5b7f95")
    thin = dashes("#00000080") if thing.train_only else ' stroke="#00000040" stroke-width="0.6"'
    top, foot, right = axis + (slant - block.side) / 2, axis + (slant + block.side) / 2, x + block.width
    label = f"{thing.path} ({thing.type}): {text.dims(thing.output)}"
    picture.rect(Box(x, top, block.width, block.side), colour, label=label, path=thing.path, extra=thin)
    if slant:
        roof = [(x, top), (x + slant, top - slant), (right + slant, top - slant), (right, top)]
        picture.polygon(roof, lighter(colour, 0.4), extra=thin)
        side = [(right, top), (right + slant, top - slant), (right + slant, foot - slant), (right, foot)]
        picture.polygon(side, lighter(colour, 0.2), extra=thin)


def _legend(picture: Picture, families: list[str], y: float, *, training: bool) -> None:
    x = 24.0
    for family in families:
        picture.rect(Box(x, y - 10, 12, 12), COLOURS.get(family, "#5b7f95"))
        box = picture.text(x + 18, y, NAMES[family], LABEL, css="soft")
        x += 18 + box.width + 22
    if training:
        picture.text(x, y, TRAINING, LABEL, css="soft")


def _described(found: Outline, stacks: Sequence[Stack]) -> str:
    steps = ", then ".join(f"{_labels(stack)[1]} to {_labels(stack)[0]}" for stack in stacks[:40])
    folded = "" if found.depth is None else f" Groups and blocks are folded to depth {found.depth}."
    return f"Feature maps from left to right: {steps}.{folded}"
