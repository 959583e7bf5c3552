"""The path of a network that a picture has on one line."""

from __future__ import annotations

from collections.abc import Sequence

from cnncalc.dims import concrete
from cnncalc.report.outline import Thing


def cells(thing: Thing) -> tuple[int, int]:
    """Height and width; a signal stands upright, a vector is one cell."""
    sizes = [concrete(n) for n in thing.output[1:]]
    return (sizes[-2], sizes[-1]) if len(sizes) > 1 else (sizes[0] if sizes else 1, 1)


def spine(things: Sequence[Thing], lengths: Sequence[int]) -> list[int]:
    """The longest path at inference; a gate of single cells over larger maps stands beside it.

    Args:
        things: in an order in which each follows what feeds it.
        lengths: for each thing, how many layers it stands for.
    """
    largest = [max(cells(thing)) for thing in things]
    ahead = [0] * len(things)  # the largest map further on
    for i in range(len(things) - 1, -1, -1):
        for source in things[i].feeds:
            ahead[source] = max(ahead[source], largest[i], ahead[i])
    totals: list[int] = []
    before: list[int] = []
    for i, thing in enumerate(things):
        before.append(max(thing.feeds, key=totals.__getitem__, default=-1))
        own = -1 if largest[i] == 1 < ahead[i] else lengths[i]
        totals.append(own + (totals[before[i]] if before[i] >= 0 else 0))
    ends = [i for i, thing in enumerate(things) if not thing.train_only]
    path = [max(ends, key=totals.__getitem__)] if ends else []
    while path and before[path[-1]] >= 0:
        path.append(before[path[-1]])
    return path[::-1]
