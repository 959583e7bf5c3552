"""The feature-map view: blocks whose sides follow height and width and whose depth follows the channels."""

from __future__ import annotations

from math import log2, sqrt
from typing import NamedTuple

from cnncalc.dims import concrete
from cnncalc.propagate import Report
from cnncalc.report import text
from cnncalc.report.outline import Outline, Thing, outline
from cnncalc.report.svg import COLOURS, Box, Picture, lighter, shortened, text_width

MOST = 70
QUIET = ("activation", "norm")  # drawn with the layer before them
ALSO_QUIET = ("dropout", "drop_path", "flatten", "identity", "reshape", "permute", "pad")
NAMES = {"conv": "convolution", "linear": "fully connected", "pool": "pooling", "merge": "merge", "group": "group",
         "input": "input", "activation": "activation", "norm": "normalisation", "other": "other"}  # fmt: skip
TALLEST, SLANT, THIN, LABEL = 180.0, 0.32, 4.0, 11.0


class Block(NamedTuple):
    """A cuboid: its thing, front side and depth on paper."""

    thing: Thing
    side: float
    width: float


def draw(report: Report, depth: int | None) -> tuple[Picture, Outline]:
    """The picture, and what was folded for it."""
    found = outline(report, depth, MOST)
    shown = [t for t in found.things if _is_shown(t)]
    sizes = [_spatial(t) for t in shown]
    tallest = max(max(size) for size in sizes) if sizes else 1
    blocks = [Block(t, _side(size[0], tallest), _width(t)) for t, size in zip(shown, sizes, strict=True)]
    columns = _columns(blocks)
    title = text.safe(report.name) or "network"
    families = [f for f in NAMES if any(b.thing.family == f for b in blocks)]
    widths = [_column_width(column) for column in columns]
    legend = sum(text_width(NAMES[f], LABEL) + 40 for f in families)
    heading = shortened(title, 16, 900)
    width = max(sum(widths) + 24 * (len(columns) + 1), legend + 48, text_width(heading, 16) + 48)
    base = 70 + TALLEST * (1 + SLANT)
    picture = Picture(width, base + 110, f"{title}: feature maps", _described(found, columns))
    picture.text(24, 34, heading, 16)
    x = 24.0
    for column, room in zip(columns, widths, strict=True):
        _column(picture, column, x, room, base)
        x += room + 24
    _legend(picture, families, base + 84)
    return picture, found


def _is_shown(thing: Thing) -> bool:
    if thing.type in ("softmax", "log_softmax"):
        return True
    return thing.family not in QUIET and thing.type not in ALSO_QUIET


def _spatial(thing: Thing) -> tuple[int, int]:
    """Height and width; a signal stands upright, a vector is one cell."""
    sizes = [concrete(n) for n in thing.output[1:]]
    return (sizes[-2], sizes[-1]) if len(sizes) > 1 else (sizes[0] if sizes else 1, 1)


def _side(size: int, tallest: int) -> float:
    return max(9.0, TALLEST * sqrt(size / tallest))


def _width(thing: Thing) -> float:
    return max(5.0, 4.5 * log2(concrete(thing.output[0]) + 1))


def _slant(block: Block) -> float:
    height, width = _spatial(block.thing)
    if width == 1 < height:
        return THIN
    return SLANT * block.side * min(max(width / height, 0.4), 2.0) if height > 1 else SLANT * block.side


def _columns(blocks: list[Block]) -> list[list[Block]]:
    """Neighbours with the same output shape stand together over one label."""
    columns: list[list[Block]] = []
    for block in blocks:
        last = columns[-1][-1].thing if columns else None
        if last is not None and (last.output, last.type) == (block.thing.output, block.thing.type):
            columns[-1].append(block)
        else:
            columns.append([block])
    return columns


def _labels(column: list[Block]) -> tuple[str, str]:
    last = column[-1].thing
    shape = text.dims(last.output)
    kind = last.path.rpartition(".")[2] if last.family in ("group", "input") else last.type.split(" + ")[0]
    if len(column) > 1:
        kind = f"{len(column)} × {kind}"
    return shape, shortened(kind, LABEL, 130)


def _column_width(column: list[Block]) -> float:
    blocks = sum(block.width + 5 for block in column) + max(map(_slant, column))
    return max(blocks, *(text_width(label, LABEL) for label in _labels(column)))


def _column(picture: Picture, column: list[Block], x: float, room: float, base: float) -> None:
    blocks = sum(block.width + 5 for block in column) + max(map(_slant, column))
    left = x + (room - blocks) / 2
    for block in column:
        _cuboid(picture, block, left, base)
        left += block.width + 5
    shape, kind = _labels(column)
    picture.text(x + room / 2, base + 22, shape, LABEL, anchor="middle")
    picture.text(x + room / 2, base + 38, kind, LABEL, anchor="middle", css="soft")


def _cuboid(picture: Picture, block: Block, x: float, base: float) -> None:
    """Front, top and side, standing on the base line."""
    colour = COLOURS.get(block.thing.family, "#5b7f95")
    top, slant, thin = base - block.side, _slant(block), ' stroke="#00000040" stroke-width="0.6"'
    right = x + block.width
    label = f"{block.thing.path} ({block.thing.type}): {text.dims(block.thing.output)}"
    picture.rect(Box(x, top, block.width, block.side), colour, label=label, path=block.thing.path, extra=thin)
    picture.polygon(
        [(x, top), (x + slant, top - slant), (right + slant, top - slant), (right, top)],
        lighter(colour, 0.4),
        extra=thin,
    )
    side = [(right, top), (right + slant, top - slant), (right + slant, base - slant), (right, base)]
    picture.polygon(side, lighter(colour, 0.2), extra=thin)


def _legend(picture: Picture, families: list[str], y: float) -> None:
    x = 24.0
    for family in families:
        picture.rect(Box(x, y - 10, 12, 12), COLOURS.get(family, "#5b7f95"))
        box = picture.text(x + 18, y, NAMES[family], LABEL, css="soft")
        x += 18 + box.width + 22


def _described(found: Outline, columns: list[list[Block]]) -> str:
    steps = ", then ".join(f"{_labels(column)[1]} to {_labels(column)[0]}" for column in columns[:40])
    folded = "" if found.depth is None else f" Groups and blocks are folded to depth {found.depth}."
    return f"Feature maps from left to right: {steps}.{folded}"
