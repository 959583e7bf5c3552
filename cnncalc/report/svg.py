"""SVG by hand: small, valid, accessible, readable on light and on dark pages.

Text is monospaced, so that its width is known without a font: nothing overflows by surprise.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from typing import NamedTuple

from cnncalc.layer import Family
from cnncalc.report.text import markup, safe, xml

FONT = "DejaVu Sans Mono, Menlo, Consolas, Liberation Mono, monospace"
ADVANCE = 0.602  # of the font size: the widest of these fonts
HEAD = 5.0  # of an arrow
#: by family of layers: readable on white and on near-black
COLORS = {
    Family.CONV: "#4c78a8", Family.LINEAR: "#e07b39", Family.POOL: "#3d9a6b", Family.NORM: "#8a8a8a",
    Family.ACTIVATION: "#b08cc9", Family.MERGE: "#d1495b", "input": "#6b7280", Family.OTHER: "#a3803f",
}  # fmt: skip
_STYLE = (
    ".paper{fill:#ffffff}.ink{fill:#1f2328}.soft{fill:#59636e}.line{stroke:#818b98;fill:none}"
    "@media (prefers-color-scheme:dark){.paper{fill:#0d1117}.ink{fill:#e6edf3}.soft{fill:#9198a1}.line{stroke:#7d8590}}"
)


class Box(NamedTuple):
    """A rectangle: left, top, width, height."""

    x: float
    y: float
    width: float
    height: float

    def overlaps(self, other: Box) -> bool:
        """Whether two rectangles share more than an edge."""
        return (
            self.x < other.x + other.width - 1e-6
            and other.x < self.x + self.width - 1e-6
            and self.y < other.y + other.height - 1e-6
            and other.y < self.y + self.height - 1e-6
        )


Point = tuple[float, float]


def text_width(text: str, size: float) -> float:
    """Pixels that a line of text takes; wide characters take two places."""
    return sum(2 if ord(c) > 0x2E80 else 1 for c in text) * size * ADVANCE


def shortened(text: str, size: float, width: float) -> str:
    """The text, its middle left out where it is wider than so many pixels."""
    text = safe(text)
    fits = max(1, int(width / (size * ADVANCE)))
    if text_width(text, size) <= width or (fits >= len(text) > 0 and text.isascii()):
        return text
    keep = max(0, fits - 1)
    return text[: keep - keep // 2] + "…" + (text[-(keep // 2) :] if keep > 1 else "")


def tail(path: str, size: float, width: float) -> str:
    """As many of the last names of a path as fit so many pixels; the last one always."""
    names = safe(path).split(".")
    for i in range(len(names)):
        shown = ".".join(["…", *names[i:]] if i else names)
        if text_width(shown, size) <= width:
            return shown
    return shortened(names[-1], size, width)


def dashes(color: str) -> str:
    """The outline of what is for training only."""
    return f' stroke="{color}" stroke-dasharray="4 3"'


def lighter(color: str, share: float) -> str:
    """A color mixed with white."""
    parts = (int(color[i : i + 2], 16) for i in (1, 3, 5))
    return "#" + "".join(f"{round(p + (255 - p) * share):02x}" for p in parts)


class Picture:
    """A picture as SVG: ``str(picture)`` is its text, notebooks show it, and ``save`` writes it.

    Attributes:
        width: pixels.
        height: pixels.
        title: what it shows, in a few words.
        description: what it shows, for those who cannot see it.
    """

    def __init__(self, width: float, height: float, title: str, description: str) -> None:
        self.width, self.height = width, height
        self.title, self.description = title, description
        self.parts: list[str] = []
        self.arrows = 0
        self.texts: list[tuple[str, Box]] = []

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write it as ``.svg``, or as ``.png`` with the extra ``png``.

        Raises:
            UsageError: the file has another suffix or cannot be written, or the picture is too large for a ``.png``.
        """
        from cnncalc.report.saving import save

        save(self, os.fspath(path))

    def __str__(self) -> str:
        """The text of the SVG."""
        return self.render()

    def __repr__(self) -> str:
        return f"<Picture {self.title}: {self.width:.0f} x {self.height:.0f}>"

    def _repr_svg_(self) -> str:
        return self.render()

    def render(self) -> str:
        """The whole document."""
        w, h = _n(self.width), _n(self.height)
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{w}" height="{h}" viewBox="0 0 {w} {h}" role="img" '
            f'aria-labelledby="t d" font-family="{FONT}">'
        )
        about = f'<title id="t">{_text(self.title)}</title><desc id="d">{_text(self.description)}</desc>'
        paper = f'<rect class="paper" width="{w}" height="{h}"/>'
        return "\n".join([head, about, f"<style>{_STYLE}</style>", paper, *self.parts, "</svg>"])


class Canvas(Picture):
    """A picture that is being drawn."""

    def rect(
        self, box: Box, color: str = "", *, css: str = "", label: str = "", path: str = "", extra: str = ""
    ) -> None:
        """A rectangle, with a tooltip if it has a label; ``path`` links it to a layer."""
        paint = f' fill="{color}"' if color else f' class="{css}"'
        tip = f"<title>{_text(label)}</title>" if label else ""
        end = f">{tip}</rect>" if tip else "/>"
        extra += f' data-path="{_text(path)}"' if path else ""
        self.parts.append(
            f'<rect x="{_n(box.x)}" y="{_n(box.y)}" width="{_n(box.width)}" height="{_n(box.height)}"{paint}{extra}{end}'
        )

    def polygon(self, points: Sequence[Point], color: str, *, extra: str = "") -> None:
        """A closed shape."""
        where = " ".join(f"{_n(x)},{_n(y)}" for x, y in points)
        self.parts.append(f'<polygon points="{where}" fill="{color}"{extra}/>')

    def arrow(
        self, points: Sequence[Point], source: str, target: str, *, curved: bool = False, dashed: bool = False
    ) -> None:
        """An edge from a path to another: a line through points, and the head of an arrow at the last."""
        self.arrows += 1
        extra = ' stroke-dasharray="5 4"' if dashed else ""
        ends = f'data-from="{_text(source)}" data-to="{_text(target)}"'
        self.parts.append(
            f'<path class="line" d="{_line(points, curved=curved)}{_head(points, curved=curved)}"{extra} {ends}/>'
        )

    def text(
        self, x: float, y: float, text: str, size: float = 12, *, anchor: str = "start", css: str = "ink"
    ) -> Box:
        """A line of text on a base line; the box that it takes."""
        text = xml(safe(text))
        width = text_width(text, size)
        left = x - {"start": 0.0, "middle": width / 2, "end": width}[anchor]
        box = Box(left, y - 0.8 * size, width, size)
        self.texts.append((text, box))
        place = "" if anchor == "start" else f' text-anchor="{anchor}"'
        self.parts.append(
            f'<text class="{css}" x="{_n(x)}" y="{_n(y)}" font-size="{_n(size)}"{place}>{_text(text)}</text>'
        )
        return box


def _line(points: Sequence[Point], *, curved: bool) -> str:
    """A path through points; curved, what changes its height does so in a smooth step."""
    x, y = points[0]
    parts = [f"M{_n(x)} {_n(y)}"]
    for i, (u, v) in enumerate(points[1:], 1):
        further = points[i + 1] if i + 1 < len(points) else (math.nan, math.nan)
        if x == u == further[0] or y == v == further[1]:
            continue  # on the way straight on
        middle = _n((x + u) / 2)
        step = curved and y != v
        parts.append(f"C{middle} {_n(y)} {middle} {_n(v)} {_n(u)} {_n(v)}" if step else f"L{_n(u)} {_n(v)}")
        x, y = u, v
    return "".join(parts)


def _head(points: Sequence[Point], *, curved: bool) -> str:
    """The two strokes of an arrow's head."""
    (x, y), (u, v) = points[-2:]
    along, across = (
        (1.0, 0.0) if curved else ((u - x) / math.hypot(u - x, v - y), (v - y) / math.hypot(u - x, v - y))
    )
    back = [
        (u - HEAD * (along + side * across / 2), v - HEAD * (across - side * along / 2)) for side in (1, -1)
    ]
    return f"M{_n(back[0][0])} {_n(back[0][1])}L{_n(u)} {_n(v)}L{_n(back[1][0])} {_n(back[1][1])}"


def _n(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")


def _text(text: str) -> str:
    return markup(xml(safe(text)))
