"""What the feature-map view draws: volumes in stacks, which feed one another, and the path that is its spine."""

from __future__ import annotations

from collections.abc import Sequence
from math import log2, sqrt
from typing import NamedTuple

from cnncalc.dims import concrete
from cnncalc.report import text
from cnncalc.report.outline import Thing, repeated
from cnncalc.report.spine import cells, spine
from cnncalc.report.svg import shortened, text_width

TALLEST, SLANT, THIN, BAR, LABEL = 180.0, 0.32, 4.0, 9.0, 11.0
APART = 6.0  # volumes of one stack


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
        return max(self.length, *(text_width(label, LABEL) for label in labels_of(self)))


def shown(things: Sequence[Thing]) -> list[Thing]:
    """The things that have a volume of their own, fed by one another; quiet ones are drawn with what they read."""
    stands: list[int] = []
    result: list[Thing] = []
    for thing in things:
        feeds = tuple(dict.fromkeys(stands[i] for i in thing.feeds))
        if thing.quiet and len(feeds) == 1:
            stands.append(feeds[0])
        else:
            stands.append(len(result))
            result.append(thing._replace(feeds=feeds))
    return result


def _block(thing: Thing, tallest: int) -> Block:
    """A volume drawn to the scale of the tallest map; a vector is a bar of one thickness, as long as a volume is deep."""
    height, width = cells(thing)
    depth = 4.5 * log2(concrete(thing.output[0]) + 1)
    if len(thing.output) == 1:
        return Block(thing, BAR, 0.0, max(BAR, 1.5 * depth))
    if tallest == 1:
        return Block(thing, BAR, THIN, max(5.0, depth))
    side, slant = (TALLEST * sqrt(size / tallest) for size in (height, width))
    return Block(thing, max(BAR, side), max(THIN, SLANT * slant), max(5.0, depth))


def stacks_of(things: Sequence[Thing]) -> list[Stack]:
    """Neighbors of one type and output shape, each the only reader of the one before, stand together."""
    tallest = max((max(cells(thing)) for thing in things), default=1)
    readers = [0] * len(things)
    for thing in things:
        for i in thing.feeds:
            readers[i] += 1
    stacks: list[Stack] = []
    stands: list[int] = []
    for thing in things:
        block = _block(thing, tallest)
        last = thing.feeds[0] if len(thing.feeds) == 1 and readers[thing.feeds[0]] == 1 else None
        if last is not None and _look(things[last]) == _look(thing):
            at = stands[last]
            stacks[at] = stacks[at]._replace(blocks=(*stacks[at].blocks, block))
            stands.append(at)
        else:
            stands.append(len(stacks))
            stacks.append(Stack((block,), tuple(dict.fromkeys(stands[i] for i in thing.feeds))))
    return stacks


def _look(thing: Thing) -> tuple[object, ...]:
    return thing.kind, thing.output, thing.train_only


def spine_of(stacks: Sequence[Stack]) -> list[int]:
    """The stacks on the spine."""
    things = [stack.blocks[0].thing._replace(feeds=stack.feeds) for stack in stacks]
    return spine(things, [len(stack.blocks) for stack in stacks])


def labels_of(stack: Stack) -> tuple[str, str]:
    first, last = stack.blocks[0].thing, stack.blocks[-1].thing
    shape, many = text.dims(last.output), len(stack.blocks)
    names = [repeated(thing.times, _name(thing.path)) for thing in (first, last)]
    if last.family in ("group", "input"):
        return shape, shortened(names[0] if many == 1 else " … ".join(names), LABEL, 180)
    kind = shortened(last.type.split(" + ")[0], LABEL, 130)
    return shape, repeated(many * last.times, kind)


def _name(path: str) -> str:
    """The last name of a path; a repetition with the name of what is repeated."""
    parts = path.split(".")
    return ".".join(parts[-2:] if parts[-1].isdigit() else parts[-1:])
