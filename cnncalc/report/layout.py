"""A layered layout of a graph: levels from top to bottom, places from left to right.

After Sugiyama, Tagawa and Toda, "Methods for Visual Understanding of Hierarchical System Structures",
1981: longest-path levels, barycentres against crossings, then positions drawn to their neighbours as far
as the room allows; last, what runs straight down is put on one line.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

GAP, LANE = 22.0, 12.0  # between neighbours; for an edge that passes a level
SWEEPS = 12


class Layout:
    """Where everything stands. Edges over several levels pass through places of their own in each.

    Args:
        widths: of the boxes, in their order, which every edge follows.
        feeds: for each box, those before it that lead to it.
    """

    def __init__(self, widths: Sequence[float], feeds: Sequence[Sequence[int]]) -> None:
        self.widths = list(widths)
        self.level: list[int] = []
        for sources in feeds:
            self.level.append(max((self.level[i] for i in sources), default=-1) + 1)
        self.chains: list[list[int]] = []  # for each edge the vertices it runs through
        self.layers: list[list[int]] = [[] for _ in range(max(self.level, default=0) + 1)]
        for i, level in enumerate(self.level):
            self.layers[level].append(i)
        for i, sources in enumerate(feeds):
            for source in sources:
                self.chains.append(self._chain(source, i))
        self.up: list[list[int]] = [[] for _ in self.widths]
        self.down: list[list[int]] = [[] for _ in self.widths]
        for chain in self.chains:
            for a, b in pairwise(chain):
                self.down[a].append(b)
                self.up[b].append(a)
        self._order()
        self.x = self._positions()
        self._straighten()

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

    def _straighten(self) -> None:
        """Put each run on one line: runs and single vertices are blocks that keep their order and distance."""
        block = list(range(len(self.widths)))
        for run in self._runs():
            for v in run:
                block[v] = run[0]
        order, gaps = self._ordered(block)
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
        for sweep in range(SWEEPS):
            for b in order if sweep % 2 else order[::-1]:
                low = max((x[a] + gap for a, gap in lefts[b]), default=-math.inf)
                high = min((x[c] - gap for c, gap in rights[b]), default=math.inf)
                x[b] = min(max(_mean([x[c] for c in near[b]], x[b]), low), high)
        self.x = [x[b] for b in block]

    def _ordered(self, block: list[int]) -> tuple[list[int], dict[tuple[int, int], float]]:
        """Blocks from left to right, and how far neighbours must be apart; runs that cross are dissolved."""
        while True:
            before: dict[int, set[int]] = {b: set() for b in block}
            gaps: dict[tuple[int, int], float] = {}
            for layer in self.layers:
                for u, v in pairwise(layer):
                    pair = block[u], block[v]
                    before[pair[1]].add(pair[0])
                    gaps[pair] = max(gaps.get(pair, 0.0), (self.widths[u] + self.widths[v]) / 2 + GAP)
            try:
                return list(TopologicalSorter(before).static_order()), gaps
            except CycleError as error:
                crossing = set(error.args[1])
                block[:] = [v if b in crossing else b for v, b in enumerate(block)]

    def _runs(self) -> list[list[int]]:
        """Maximal paths along which each vertex is the only one after the last, and that the only one before it."""
        runs: dict[int, list[int]] = {}
        for layer in self.layers:
            for v in layer:
                last = self.up[v][0] if len(self.up[v]) == 1 else None
                alone = last is not None and len(self.down[last]) == 1
                runs[v] = runs[last] if alone and last is not None else []
                runs[v].append(v)
        return [run for v, run in runs.items() if run[0] == v and len(run) > 1]

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


def _mean(values: list[float] | list[int], default: float) -> float:
    return sum(values) / len(values) if values else default
