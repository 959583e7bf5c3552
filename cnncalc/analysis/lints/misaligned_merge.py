"""Branches of a merge that look at different places of the input.

Along one axis a tensor's cells are ``stride`` cells of the input apart, and cell 0 looks at a place: the
center of its window. Where branches have been united, at places from one to another. Branches are
compared by what happened since the tensor that all of them come from, so that one misalignment is reported
once, where it arises.

A cell of a tensor that was strided stands for several cells of the one before it, and may look at any of
them: published networks do (a pooling of 2 by 2 beside a convolution of 3 by 3 with stride 2 in ResNet-D,
DLA and YOLO, the halves of NASNet's factorized reductions, 'same' padding in Xception). What upsampling
makes lies between the cells before it, on purpose, in pyramids and U-Nets: it has no place here.

Source: Araujo, Norris and Sim, "Computing Receptive Fields", Distill, 2019, on alignment.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from heapq import heapify, heappop, heappush
from typing import NamedTuple

from cnncalc.analysis.lint import Finding, Subject, at, layer_of, lint
from cnncalc.dims import concrete
from cnncalc.graph import Graph, Node
from cnncalc.layer import Family
from cnncalc.shapes import Window, axis_names


class Places(NamedTuple):
    """Where the cells of a tensor look along one axis: in cells of the input, centers doubled."""

    stride: int = 1
    low: int = 0  # the center of cell 0, over all ways from the input the least
    high: int = 0
    last: int = 0  # the last cell of the input that cell 0 sees

    def through(self, window: Window) -> Places:
        """After a window that slides."""
        stride, extent, before = map(concrete, (window.stride, window.extent, window.before))
        shift = self.stride * (extent - 1 - 2 * before)
        last = self.last + self.stride * (extent - 1 - before)
        return Places(self.stride * stride, self.low + shift, self.high + shift, last)


Looks = tuple[Places, ...]


@lint("W205", "misaligned-merge", level="warning", local=True)
def misaligned_merge(subject: Subject) -> Iterator[Finding]:
    """A merge of branches that look at different places of the input.

    The cells of the branches advance by different strides, or their receptive fields have different centers. A cell
    of a strided map stands for several cells of the map before it and may look at any of them, as in ResNet-D, DLA,
    NASNet or YOLO. Causal branches, which end at the same cell of the input, count as aligned. Branches that contain
    upsampling are not compared.

    **Why it is bad.** The merge combines features of one place with those of another (Araujo, Norris and Sim,
    "Computing Receptive Fields", Distill, 2019, on alignment).

    **Example.**

    ```yml
    input: [3, 32, 32]
    layers:
      - type: add
        branches:
          - - {type: conv2d, out_channels: 8, kernel_size: 3}
          - - {type: conv2d, out_channels: 8, kernel_size: 1}
            - {type: pad, padding: [[0, 1], [0, 1]]}
            - {type: maxpool2d, kernel_size: 4, stride: 1}
    ```

    **Instead.**

    ```yml
    input: [3, 32, 32]
    layers:
      - type: add
        branches:
          - - {type: conv2d, out_channels: 8, kernel_size: 3, padding: half}
          - - {type: conv2d, out_channels: 8, kernel_size: 1}
    ```
    """
    looks = _looks(subject.graph)
    for node in subject.layers:
        rank = len(node.output) - 1
        if layer_of(node).family is not Family.MERGE or not rank:
            continue
        branches = [(i, found) for i in node.inputs if (found := looks[i]) is not None and len(found) == rank]
        for axis, name in enumerate(axis_names(rank)):
            size = concrete(node.output[axis + 1])
            seen = [
                (i, found[axis])
                for i, found in branches
                if size > 1 and concrete(subject.graph.nodes[i].output[axis + 1]) == size
            ]
            if (misaligned := _compared(subject.graph, node, name, axis, seen, looks)) is not None:
                yield misaligned
                break


def _compared(
    graph: Graph,
    node: Node,
    name: str,
    axis: int,
    seen: list[tuple[int, Places]],
    looks: Sequence[Looks | None],
) -> Finding | None:
    """What is wrong with branches along one axis."""
    places = [each for _, each in seen]
    strides = sorted({each.stride for each in places})
    doubled = max(_spread([p.low for p in places]), _spread([p.high for p in places]))
    if not doubled and len(strides) < 2:
        return None
    if len(node.output) == 2 and len(strides) < 2 and not _spread([p.last for p in places]):
        return None  # a causal signal: no branch sees what comes later
    common = _common(graph, [i for i, _ in seen])
    start = looks[common] if common is not None else None
    if start is None or len(start) <= axis:
        return None  # of different inputs, or since something that has no places
    if len(strides) > 1:
        message = (
            f"along the {name} its branches advance by {' and '.join(map(str, strides))} cells of the input"
        )
        return at(node, message, help="give all branches the same strides")
    if doubled <= 2 * (strides[0] - start[axis].stride):
        return None
    message = f"along the {name} its branches look at places that are {doubled / 2:g} input cells apart"
    return at(node, message, help="pad by half of each kernel's extent in every branch")


def _spread(numbers: Sequence[int]) -> int:
    return max(numbers, default=0) - min(numbers, default=0)


def _looks(graph: Graph) -> list[Looks | None]:
    """Where every tensor's cells look; None where they have no place of their own."""
    found: list[Looks | None] = []
    for node in graph.nodes:
        if node.layer is None:
            found.append((Places(),) * (len(node.output) - 1))
            continue
        sight = node.layer.windows(graph.shapes_into(node))
        before = [found[i] for i in node.inputs]
        if isinstance(sight, str):
            found.append(None)
        elif node.layer.family is Family.MERGE:
            found.append(_united(before))
        else:
            found.append(_moved(before[0], sight))
    return found


def _moved(before: Looks | None, sight: Sequence[object]) -> Looks | None:
    if before is None or len(before) != len(sight):
        return None
    steps = [(places, step) for places, step in zip(before, sight, strict=True) if isinstance(step, Window)]
    return tuple(places.through(step) for places, step in steps) if len(steps) == len(sight) else None


def _united(branches: Sequence[Looks | None]) -> Looks | None:
    known = [branch for branch in branches if branch is not None]
    if len(known) < len(branches) or len({len(branch) for branch in known}) != 1:
        return None
    found = []
    for places in zip(*known, strict=True):
        if len({each.stride for each in places}) > 1:
            return None
        low, high = min(p.low for p in places), max(p.high for p in places)
        found.append(Places(places[0].stride, low, high, max(p.last for p in places)))
    return tuple(found)


def _common(graph: Graph, numbers: Sequence[int]) -> int | None:
    """The last tensor that every way into these comes through; None if there is none."""
    waiting = [-number for number in set(numbers)]
    heapify(waiting)
    seen = set(waiting)
    while len(waiting) > 1:
        node = graph.nodes[-heappop(waiting)]
        if not node.inputs:
            return None
        for number in node.inputs:
            if -number not in seen:
                seen.add(-number)
                heappush(waiting, -number)
    return -waiting[0]
