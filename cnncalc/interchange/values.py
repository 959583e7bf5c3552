"""What flows along the edges of a foreign graph: tensors of the network, constants, and what is made of parameters only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cnncalc.dims import Dim, Expr, substitute, symbol

#: the size of the batch, as graphs compute with it; 1 wherever it must be a number
BATCH = symbol("batch", least=1)
Numbers = NDArray[Any]


class Tensor(NamedTuple):
    """The output of a layer. ``batch`` is the axis of the batch in what the graph holds, usually the first.

    It is None where the batch is part of another axis: that is the tensor of one sample, and its shape is the whole.
    """

    number: int
    batch: int | None = 0

    @property
    def batched(self) -> bool:
        """Whether the batch comes first, as layers have it."""
        return self.batch == 0


class Constant(NamedTuple):
    """Numbers that are known: sizes, which may be symbolic, factors, axes."""

    numbers: Numbers


class Weight(NamedTuple):
    """Made of parameters only: its shape, and the parameters. ``stored`` is the one that it is, unchanged.

    ``turned`` is the order of its axes if it was transposed. ``alias`` is its name where the exporter has merged equal
    parameters of an untrained network into one.
    """

    shape: tuple[int, ...]
    parts: Mapping[str, int]  # names and sizes of the parameters
    stored: str | None = None
    turned: tuple[int, ...] | None = None
    alias: str = ""

    @property
    def key(self) -> str:
        """The name by which two uses of one parameter are told from two equal parameters."""
        return self.alias or self.stored or ""

    @property
    def size(self) -> int:
        return int(np.prod(self.shape, dtype=object))


Value = Tensor | Constant | Weight


def constant(value: Any) -> Constant:
    """Return sizes or numbers as a constant; symbolic ones are kept."""
    flat = np.asarray(value, dtype=object)
    if all(isinstance(v, int | np.integer) and not isinstance(v, bool) for v in flat.flat):
        return Constant(np.array([int(v) for v in flat.flat], dtype=object).reshape(flat.shape))
    return Constant(flat)


def for_one(size: Any) -> Any:
    """Return a size of a batch of one sample."""
    return substitute(size, {"batch": 1}) if isinstance(size, Expr) else size


def is_batch(size: Dim) -> bool:
    """Return whether a size is that of the batch."""
    return isinstance(size, Expr) and size == BATCH
