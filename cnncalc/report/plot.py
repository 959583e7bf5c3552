"""Where the cost sits: bars on a terminal, or as SVG."""

from __future__ import annotations

from typing import NamedTuple

from cnncalc.counting.propagate import Report
from cnncalc.counting.quantities import QUANTITIES
from cnncalc.dims import Expr
from cnncalc.errors import UsageError, did_you_mean
from cnncalc.layer import Family
from cnncalc.report import text
from cnncalc.report.rows import folded
from cnncalc.report.svg import COLORS, Box, Canvas, Picture, shortened, text_width

BY = {q.name: q for q in QUANTITIES.values() if q.adds_up}
ROWS = 40  # without --depth, as deep as this many bars
MOST = 400  # bars; the rest is one bar
SIZE = 12.0


class Bar(NamedTuple):
    """One bar: what it stands for, how much that is, and the family of its layer."""

    label: str
    value: int
    family: str


def choose(name: str) -> str:
    """The name of a quantity that layers have a share of.

    Raises:
        UsageError: there is no such quantity.
    """
    if name not in BY:
        help = did_you_mean(name, BY) or f"choose from {', '.join(BY)}"
        raise UsageError(f"cannot plot '{name}'; {help}")
    return name


def bars(report: Report, by: str, depth: int | None) -> tuple[list[Bar], int, int | None]:
    """Bars in execution order, without those of nothing; their sum, and the depth that was folded to.

    Raises:
        UsageError: a number is symbolic.
    """
    chosen = depth
    if depth is None:
        deepest = max((row.path.count(".") + 1 for row in report), default=1)
        fitting = [d for d in range(1, deepest + 1) if len(_bars(report, by, d)) <= ROWS]
        chosen = fitting[-1] if fitting else 1
    found = _bars(report, by, chosen)
    if len(found) > MOST:
        rest = found[MOST:]
        found = [*found[:MOST], Bar(f"{len(rest)} more", sum(bar.value for bar in rest), "other")]
    return found, sum(bar.value for bar in found), chosen


def _bars(report: Report, by: str, depth: int | None) -> list[Bar]:
    found = []
    layers = {node.type: node.layer for node in report.graph.nodes}
    for row in BY[by].counted(folded(report, depth)):
        value = BY[by].value(row, report.scale)
        if isinstance(value, Expr):
            raise UsageError(
                f"a plot needs numbers: give {', '.join(report.free)} a value with --set, or leave out --free"
            )
        if isinstance(value, int) and value:
            layer = layers.get(row.type)
            found.append(Bar(row.path, value, Family.CONV if layer is None else layer.family))
    return found


def as_text(report: Report, by: str, depth: int | None, width: int) -> str:
    """Bars of blocks, as wide as the terminal."""
    found, total, _ = bars(report, by, depth)
    lines = [f"{text.safe(report.name)}: {total:,} {BY[by].heading}"]
    if not found:
        return lines[0]
    labels = min(max(len(text.safe(bar.label)) for bar in found), max(width // 3, 12))
    values = max(len(f"{bar.value:,}") for bar in found)
    room = max(width - labels - values - 11, 8)
    most = max(bar.value for bar in found)
    for bar in found:
        label = text.safe(bar.label)
        label = label if len(label) <= labels else "…" + label[1 - labels :]
        eighths = round(8 * room * bar.value / most)
        drawn = "█" * (eighths // 8) + " ▏▎▍▌▋▊▉"[eighths % 8].strip()
        lines.append(
            f"{label:{labels}} {bar.value:>{values},} {100 * bar.value / total:5.1f} % {drawn or '▏'}"
        )
    return "\n".join(lines)


def as_svg(report: Report, by: str, depth: int | None) -> Picture:
    """The same as a picture."""
    found, total, _ = bars(report, by, depth)
    name = text.safe(report.name) or "network"
    title = f"{shortened(name, 15, 500)}: {total:,} {BY[by].heading}"
    labels = min(max((text_width(text.safe(bar.label), SIZE) for bar in found), default=0), 320.0)
    texts = [f"{bar.value:,} ({100 * bar.value / total:.1f} %)" for bar in found]
    values = max((text_width(t, SIZE) for t in texts), default=0)
    left, room, step = 24 + labels, 360.0, 20.0
    width = max(left + room + values + 36, text_width(title, 15) + 32)
    picture = Canvas(
        width,
        56 + step * max(len(found), 1) + 12,
        f"{name}: {BY[by].heading} by layer",
        _described(found, total, by),
    )
    picture.text(16, 30, title, 15)
    most = max((bar.value for bar in found), default=1)
    for i, (bar, value) in enumerate(zip(found, texts, strict=True)):
        y = 52 + i * step
        picture.text(16 + labels, y + 12, shortened(bar.label, SIZE, labels), SIZE, anchor="end")
        length = max(room * bar.value / most, 1)
        picture.rect(
            Box(left, y + 2, length, 13),
            COLORS.get(bar.family, COLORS["other"]),
            label=f"{bar.label}: {bar.value:,}",
        )
        picture.text(left + length + 8, y + 12, value, SIZE, css="soft")
    return picture


def _described(found: list[Bar], total: int, by: str) -> str:
    largest = sorted(found, key=lambda bar: -bar.value)[:3]
    share = ", ".join(f"{bar.label} {100 * bar.value / total:.1f} %" for bar in largest)
    return (
        f"A bar chart of {total:,} {BY[by].heading} over {len(found)} layers or groups; the largest are {share}."
        if found
        else f"There are no {BY[by].heading}."
    )
