"""Windows and convolutions cell by cell, by their definition."""

from itertools import product

import numpy as np


def cells(sliding, position, sizes):
    """What a window sees: place in the kernel, and place in the input or None in the padding."""
    for at in product(*map(range, sliding.kernel)):
        where = tuple(
            p * s + k * d - b
            for p, s, k, d, (b, _) in zip(
                position, sliding.stride, at, sliding.dilation, sliding.pads, strict=True
            )
        )
        yield at, where if all(0 <= w < n for w, n in zip(where, sizes, strict=True)) else None


def by_definition(x, weight, bias, sliding, groups):
    out_sizes = sliding.positions(x.shape[2:])
    out = np.zeros((len(x), len(weight), *out_sizes))
    per, depth = len(weight) // groups, weight.shape[1]
    for n, o in product(range(len(x)), range(len(weight))):
        first = o // per * depth
        for position in np.ndindex(*out_sizes):
            seen = cells(sliding, position, x.shape[2:])
            total = sum(
                weight[o, c, *at] * x[n, first + c, *where]
                for at, where in seen
                if where is not None
                for c in range(depth)
            )
            out[n, o, *position] = total + (0 if bias is None else bias[o])
    return out
