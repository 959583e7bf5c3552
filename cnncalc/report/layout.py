"""A layered layout of a graph: levels from top to bottom, places from left to right.

After Sugiyama, Tagawa and Toda, "Methods for Visual Understanding of Hierarchical System Structures",
1981: longest-path levels, barycenters against crossings, then positions drawn to their neighbors as far
as the room allows; last, what runs straight down is put on one line. All edges that leave a box share one
lane, and larger graphs get fewer passes, so that the work is bounded by the number of vertices.
"""

from __future__ import annotations

import math
from bisect import bisect_right, insort
from collections.abc import Sequence
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

GAP, LANE = 22.0, 12.0  # between neighbors; for the edges of one box that pass a level
SWEEPS, WORK = 12, 150_000  # passes at most; vertices visited at most, in all passes of one kind
ATTEMPTS = 20  # to find runs that do not cross

Gaps = dict[tuple[int, int], float]  # between the centers of neighboring blocks


def levels(feeds: Sequence[Sequence[int]]) -> list[int]:
    """Longest paths from the top; what nothing feeds stands just above the first box that reads it."""
    found: list[int] = []
    for sources in feeds:
        found.append(max((found[i] for i in sources), default=-1) + 1)
    first: dict[int, int] = {}
    for i, sources in enumerate(feeds):
        for source in sources:
            first[source] = min(first.get(source, found[i]), found[i])
    return [level if feeds[i] else first.get(i, 1) - 1 for i, level in enumerate(found)]


def last_levels(feeds: Sequence[Sequence[int]], level: Sequence[int]) -> dict[int, int]:
    """For each box that is read, the lowest level at which it is."""
    found: dict[int, int] = {}
    for i, sources in enumerate(feeds):
        for source in sources:
            found[source] = max(found.get(source, 0), level[i])
    return found


def places(feeds: Sequence[Sequence[int]]) -> int:
    """Vertices of a layout: the boxes, and the places where lanes pass a level."""
    level = levels(feeds)
    return len(feeds) + sum(last - level[i] - 1 for i, last in last_levels(feeds, level).items())


class Layout:
    """Where everything stands. A lane passes through a place of its own in each level between its ends.

    Args:
        widths: of the boxes, in their order, which every edge follows.
        feeds: for each box, those before it that lead to it.
        spine: boxes along a path, which are kept on one line.
    """

    def __init__(
        self, widths: Sequence[float], feeds: Sequence[Sequence[int]], spine: Sequence[int] = ()
    ) -> None:
        self.widths = list(widths)
        self.boxes = len(self.widths)
        self.level = levels(feeds)
        self.layers: list[list[int]] = [[] for _ in range(max(self.level, default=0) + 1)]
        for i, level in enumerate(self.level):
            self.layers[level].append(i)
        self.lanes = self._lanes(feeds)
        self.chains = [self._chain(source, i) for i, sources in enumerate(feeds) for source in sources]
        self.up: list[list[int]] = [[] for _ in self.widths]
        self.down: list[list[int]] = [[] for _ in self.widths]
        for source, lane in self.lanes.items():
            for a, b in pairwise([source, *lane]):
                self._join(a, b)
        for chain in self.chains:
            self._join(*chain[-2:])
        self.spine = [*spine[:1], *(v for a, b in pairwise(spine) for v in self._chain(a, b)[1:])]
        self.sweeps = max(1, min(SWEEPS, WORK // max(len(self.widths), 1)))
        self._order()
        self.x = self._positions()
        self._straighten()

    def _lanes(self, feeds: Sequence[Sequence[int]]) -> dict[int, list[int]]:
        """For each box its lane; those that end first stand nearest to the boxes."""
        lanes: dict[int, list[int]] = {}
        last = last_levels(feeds, self.level)
        for source in sorted(last, key=lambda i: (last[i], -i)):
            lanes[source] = list(
                range(len(self.widths), len(self.widths) + last[source] - self.level[source] - 1)
            )
            self.widths += [LANE] * len(lanes[source])
            for level, v in enumerate(lanes[source], self.level[source] + 1):
                self.layers[level].append(v)
        return lanes

    def _chain(self, source: int, target: int) -> list[int]:
        """The vertices that an edge runs through."""
        return [source, *self.lanes[source][: self.level[target] - self.level[source] - 1], target]

    def _join(self, a: int, b: int) -> None:
        self.down[a].append(b)
        self.up[b].append(a)

    def _order(self) -> None:
        """Sort each layer by the mean place of its neighbors, downwards and upwards in turns; keep the best."""
        best, least = [list(layer) for layer in self.layers], self.crossings()
        for sweep in range(self.sweeps):
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
        """Pairs of edges between neighboring layers that cross."""
        total = 0
        for upper, lower in pairwise(self.layers):
            place = {v: i for i, v in enumerate(lower)}
            ends = [place[w] for v in upper for w in sorted(self.down[v], key=place.__getitem__)]
            before: list[int] = []
            for end in ends:
                total += len(before) - bisect_right(before, end)
                insort(before, end)
        return total

    def _positions(self) -> list[float]:
        """Centers: as near to the neighbors' mean as order and widths allow."""
        x = [0.0] * len(self.widths)
        for layer in self.layers:
            self._pack(layer, [float(i) for i in range(len(layer))], x)
        for sweep in range(self.sweeps):
            down = sweep % 2 == 0
            for layer in self.layers if down else self.layers[::-1]:
                near = self.up if down else self.down
                wish = [
                    _mean([x[u] for u in near[v]] or [x[u] for u in self.up[v] + self.down[v]], x[v])
                    for v in layer
                ]
                self._pack(layer, wish, x)
        return x

    def _straighten(self) -> None:
        """Put each run on one line: runs and single vertices are blocks that keep their order and distance."""
        block, order, gaps = self._blocks()
        members: dict[int, list[int]] = {}
        for v, b in enumerate(block):
            members.setdefault(b, []).append(v)
        near = {
            b: [block[u] for v in inside for u in self.up[v] + self.down[v] if block[u] != b]
            for b, inside in members.items()
        }
        lefts: dict[int, list[tuple[int, float]]] = {b: [] for b in members}
        rights: dict[int, list[tuple[int, float]]] = {b: [] for b in members}
        for (a, b), gap in gaps.items():
            lefts[b].append((a, gap))
            rights[a].append((b, gap))
        wish = {b: _mean([self.x[v] for v in inside], 0.0) for b, inside in members.items()}
        pushed, pulled = dict(wish), dict(wish)
        for b in order:
            pushed[b] = max([wish[b], *(pushed[a] + gap for a, gap in lefts[b])])
        for b in reversed(order):
            pulled[b] = min([wish[b], *(pulled[c] - gap for c, gap in rights[b])])
        x = {b: (pushed[b] + pulled[b]) / 2 for b in members}  # between two that keep apart
        for sweep in range(self.sweeps):
            for b in order if sweep % 2 else order[::-1]:
                low = max((x[a] + gap for a, gap in lefts[b]), default=-math.inf)
                high = min((x[c] - gap for c, gap in rights[b]), default=math.inf)
                x[b] = min(max(_mean([x[c] for c in near[b]], x[b]), low), high)
        self.x = [x[b] for b in block]

    def _blocks(self) -> tuple[list[int], list[int], Gaps]:
        """The block of each vertex, blocks from left to right, and how far neighbors must be apart.

        Runs that cross are dissolved. Where too many do, the order of fewest crossings is given up for one in
        which nothing that is kept can cross: the spine, other boxes, and lanes in one order throughout.
        """
        spine = set(self.spine)
        block = self._runs(spine)
        for _ in range(ATTEMPTS):
            try:
                return block, *self._neighbors(block)
            except CycleError as error:
                crossing = set(error.args[1]) - {block[v] for v in self.spine[:1]}
                block = [v if b in crossing else b for v, b in enumerate(block)]
        self.layers = [sorted(layer, key=lambda v: (v not in spine, v)) for layer in self.layers]
        self.x = self._positions()
        block = self._runs(spine, only_lanes=True)
        return block, *self._neighbors(block)

    def _neighbors(self, block: Sequence[int]) -> tuple[list[int], Gaps]:
        before: dict[int, set[int]] = {b: set() for b in block}
        gaps: Gaps = {}
        for layer in self.layers:
            for u, v in pairwise(layer):
                pair = block[u], block[v]
                before[pair[1]].add(pair[0])
                gaps[pair] = max(gaps.get(pair, 0.0), (self.widths[u] + self.widths[v]) / 2 + GAP)
        return list(TopologicalSorter(before).static_order()), gaps

    def _runs(self, spine: set[int], *, only_lanes: bool = False) -> list[int]:
        """The first vertex of each one's run: the spine, lanes, and boxes each the only one after the last."""
        first = list(range(len(self.widths)))
        for v in self.spine:
            first[v] = self.spine[0]
        for layer in self.layers:
            for v in layer:
                last = self.up[v][0] if len(self.up[v]) == 1 else -1
                if v in spine or last in spine or last < 0:
                    continue
                alone = len(self.down[last]) == 1 and not only_lanes
                if alone or min(v, last) >= self.boxes:
                    first[v] = first[last]
        return first

    def _pack(self, layer: list[int], wish: list[float], x: list[float]) -> None:
        """Keep wished centers apart: what collides is shifted as one, so that its mean stays where it wants."""
        groups: list[tuple[list[int], float, float]] = []  # members, sum of (wish - offset), count
        offsets: dict[int, float] = {}
        for v, center in zip(layer, wish, strict=True):
            members, total, count = [v], center, 1.0
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


def _mean(values: list[float] | list[int], default: float) -> float:
    return sum(values) / len(values) if values else default
