"""The graph view: things in layers from top to bottom, edges that pass between them, groups as frames.

A layered layout after Sugiyama, Tagawa and Toda, "Methods for Visual Understanding of Hierarchical
System Structures", 1981: longest-path layers, barycentres against crossings, then positions drawn
to their neighbours as far as the room allows.
"""

from __future__ import annotations

from itertools import pairwise

from cnncalc.propagate import Report
from cnncalc.report import text
from cnncalc.report.outline import Outline, Thing, outline
from cnncalc.report.svg import COLOURS, Box, Picture, shortened, text_width

MOST = 260
SIZE, HEIGHT, GAP, STEP, LANE = 11.0, 36.0, 22.0, 64.0, 12.0
SWEEPS = 12


class Layout:
    """Where everything stands. Edges over several layers pass through places of their own in each."""

    def __init__(self, things: tuple[Thing, ...]) -> None:
        self.things = things
        self.widths = [max(text_width(line, SIZE) for line in _lines(thing)) + 20 for thing in things]
        self.level = _levels(things)
        self.chains: list[list[int]] = []  # for each edge the vertices it runs through
        self.layers: list[list[int]] = [[] for _ in range(max(self.level, default=0) + 1)]
        for i, level in enumerate(self.level):
            self.layers[level].append(i)
        for i, thing in enumerate(things):
            for source in thing.feeds:
                self.chains.append(self._chain(source, i))
        self.up: list[list[int]] = [[] for _ in self.widths]
        self.down: list[list[int]] = [[] for _ in self.widths]
        for chain in self.chains:
            for a, b in pairwise(chain):
                self.down[a].append(b)
                self.up[b].append(a)
        self._order()
        self.x = self._positions()

    def _chain(self, source: int, target: int) -> list[int]:
        chain = [source]
        for level in range(self.level[source] + 1, self.level[target]):
            self.widths.append(LANE)
            chain.append(len(self.widths) - 1)
            self.layers[level].append(chain[-1])
        return [*chain, target]

    def _order(self) -> None:
        """Sort each layer by the mean place of its neighbours, downwards and upwards in turns; keep the best."""
        best, least = [list(layer) for layer in self.layers], self.crossings()
        for sweep in range(SWEEPS):
            down = sweep % 2 == 0
            levels = range(1, len(self.layers)) if down else range(len(self.layers) - 2, -1, -1)
            for level in levels:
                other = self.layers[level - 1 if down else level + 1]
                place = {v: i for i, v in enumerate(other)}
                near = self.up if down else self.down
                own = {v: i for i, v in enumerate(self.layers[level])}
                self.layers[level].sort(key=lambda v: _mean([place[u] for u in near[v]], own[v]))
            if (now := self.crossings()) < least:
                best, least = [list(layer) for layer in self.layers], now
            if not least:
                break
        self.layers = best

    def crossings(self) -> int:
        """Pairs of edges between neighbouring layers that cross."""
        total = 0
        for upper, lower in pairwise(self.layers):
            place = {v: i for i, v in enumerate(lower)}
            ends = [place[w] for v in upper for w in sorted(self.down[v], key=place.__getitem__)]
            total += sum(ends[j] < ends[i] for i in range(len(ends)) for j in range(i + 1, len(ends)))
        return total

    def _positions(self) -> list[float]:
        """Centres: as near to the neighbours' mean as order and widths allow."""
        x = [0.0] * len(self.widths)
        for layer in self.layers:
            self._pack(layer, [float(i) for i in range(len(layer))], x)
        for sweep in range(SWEEPS):
            down = sweep % 2 == 0
            for layer in self.layers if down else self.layers[::-1]:
                near = self.up if down else self.down
                wish = [
                    _mean([x[u] for u in near[v]] or [x[u] for u in self.up[v] + self.down[v]], x[v])
                    for v in layer
                ]
                self._pack(layer, wish, x)
        return x

    def _pack(self, layer: list[int], wish: list[float], x: list[float]) -> None:
        """Keep wished centres apart: what collides is shifted as one, so that its mean stays where it wants."""
        groups: list[tuple[list[int], float, float]] = []  # members, sum of (wish - offset), count
        offsets: dict[int, float] = {}
        for v, centre in zip(layer, wish, strict=True):
            members, total, count = [v], centre, 1.0
            offsets[v] = 0.0
            while groups:
                others, sum_, n = groups[-1]
                end = sum_ / n + offsets[others[-1]] + self.widths[others[-1]] / 2
                start = total / count - self.widths[members[0]] / 2
                if start - end >= GAP:
                    break
                groups.pop()
                shift = offsets[others[-1]] + (self.widths[others[-1]] + self.widths[members[0]]) / 2 + GAP
                for m in members:
                    offsets[m] += shift
                members, total, count = others + members, sum_ + total - shift * count, n + count
            groups.append((members, total, count))
        for members, total, count in groups:
            for m in members:
                x[m] = total / count + offsets[m]

    def box(self, i: int, left: float, top: float) -> Box:
        """The rectangle of a thing."""
        y = top + self.level[i] * STEP
        return Box(self.x[i] + left - self.widths[i] / 2, y, self.widths[i], HEIGHT)


def _levels(things: tuple[Thing, ...]) -> list[int]:
    levels: list[int] = []
    for thing in things:
        levels.append(max((levels[i] for i in thing.feeds), default=-1) + 1)
    return levels


def _mean(values: list[float] | list[int], default: float) -> float:
    return sum(values) / len(values) if values else default


def _lines(thing: Thing) -> tuple[str, str]:
    name = shortened(thing.path.rpartition(".")[2] if len(thing.path) > 34 else thing.path, SIZE, 230)
    kind = thing.type if thing.type not in name else ""
    return name, f"{kind} {text.dims(thing.output)}".strip()


def draw(report: Report, depth: int | None) -> tuple[Picture, Outline]:
    """The picture, and what was folded for it."""
    found = outline(report, depth, MOST)
    layout = Layout(found.things)
    count = len(found.things)
    title = text.safe(report.name) or "network"
    heading = shortened(title, 16, 600)
    lowest = min((layout.x[i] - layout.widths[i] / 2 for i in range(len(layout.widths))), default=0)
    highest = max((layout.x[i] + layout.widths[i] / 2 for i in range(len(layout.widths))), default=0)
    left, top = 28 - lowest, 64.0
    width = max(highest - lowest + 56, text_width(heading, 16) + 56)
    height = top + len(layout.layers) * STEP + 8
    picture = Picture(width, height, f"{title}: graph", _described(found))
    picture.text(24, 34, heading, 16)
    for path, frame in _frames(layout, left, top):
        picture.rect(frame, css="line", label=path, extra=' stroke-dasharray="4 3" rx="8" opacity="0.7"')
    for chain in layout.chains:
        _edge(picture, layout, chain, left, top)
    for i in range(count):
        thing, box = found.things[i], layout.box(i, left, top)
        label = f"{thing.path} ({thing.type}): {text.dims(thing.output)}"
        picture.rect(
            box,
            COLOURS.get(thing.family, "#5b7f95"),
            label=label,
            path=thing.path,
            extra=' rx="5" fill-opacity="0.28"',
        )
        name, shape = _lines(thing)
        picture.text(box.x + box.width / 2, box.y + 15, name, SIZE, anchor="middle")
        picture.text(box.x + box.width / 2, box.y + 29, shape, SIZE, anchor="middle", css="soft")
    return picture, found


def _frames(layout: Layout, left: float, top: float) -> list[tuple[str, Box]]:
    """A frame around each group or block whose things stand together, with nothing else among them."""
    boxes = [layout.box(i, left, top) for i in range(len(layout.things))]
    members: dict[str, list[int]] = {}
    for i, thing in enumerate(layout.things):
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


def _edge(picture: Picture, layout: Layout, chain: list[int], left: float, top: float) -> None:
    """From the foot of one box to the head of another, straight down through its own places between."""
    points = []
    for number, v in enumerate(chain):
        level = layout.level[chain[0]] + number
        y = top + level * STEP
        if number:
            points.append((layout.x[v] + left, y))
        if number < len(chain) - 1:
            points.append((layout.x[v] + left, y + HEIGHT))
    picture.path(points)


def _described(found: Outline) -> str:
    edges = sum(len(thing.feeds) for thing in found.things)
    folded = "" if found.depth is None else f" Groups and blocks are folded to depth {found.depth}."
    return f"A graph of {len(found.things)} layers or groups and {edges} edges, from the input at the top to the output.{folded}"


def mermaid(report: Report, depth: int | None) -> tuple[str, Outline]:
    """The same graph as Mermaid text, which GitHub renders."""
    found = outline(report, depth, MOST)
    lines = ["flowchart TD"]
    for i, thing in enumerate(found.things):
        label = f"{text.safe(thing.path)}<br>{text.safe(thing.type)} {text.dims(thing.output)}".replace(
            '"', "#quot;"
        )
        lines.append(f'  n{i}["{label}"]:::{thing.family}')
    lines += [f"  n{source} --> n{i}" for i, thing in enumerate(found.things) for source in thing.feeds]
    used = {thing.family for thing in found.things}
    lines += [
        f"  classDef {family} stroke:{COLOURS.get(family, '#5b7f95')},stroke-width:2px"
        for family in sorted(used)
    ]
    return "\n".join(lines), found
