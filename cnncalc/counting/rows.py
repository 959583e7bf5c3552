"""What is counted of a layer, of several layers together, and of a whole network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, Literal, NamedTuple

from typing_extensions import TypeVar

from cnncalc.counting.receptive_field import ReceptiveField
from cnncalc.dims import Dim, sum_of
from cnncalc.errors import Place
from cnncalc.reading.expressions.rational import Rational
from cnncalc.shapes import Shape

#: what sizes and counts are: ``int`` where nothing is free
SizeT_co = TypeVar("SizeT_co", bound=Dim, covariant=True, default=Dim)
#: the same for numbers that some symbolic networks do not have
PeakT_co = TypeVar("PeakT_co", bound=Dim | None, covariant=True, default=Dim | None)


class Row(NamedTuple, Generic[SizeT_co]):
    """One layer, or one group of them, with its numbers. Sizes are for one sample.

    ``inputs_read`` are the elements of a layer's inputs; ``params_read`` its weights, biases and buffers, which
    a layer that shares them with another reads again.
    """

    path: str
    type: str
    inputs: tuple[str, ...]
    output: tuple[SizeT_co, ...]
    weights: SizeT_co | Literal[0] = 0
    biases: SizeT_co | Literal[0] = 0
    buffers: SizeT_co | Literal[0] = 0
    macs: SizeT_co | Literal[0] = 0
    flops: SizeT_co | Literal[0] = 0
    activations: SizeT_co | Literal[0] = 0
    inputs_read: SizeT_co | Literal[0] = 0
    params_read: SizeT_co | Literal[0] = 0
    receptive_field: ReceptiveField | None = None
    shared_with: str | None = None
    train_only: bool = False
    partial: bool = False
    place: Place | None = None

    @property
    def params(self) -> SizeT_co | Literal[0]:
        """Weights and biases."""
        return self.weights + self.biases  # type: ignore[return-value, operator]


#: fields of a row that add up: what is stored counts with every layer, what is done with those that run
STORED = ("weights", "biases", "buffers")
DONE = ("macs", "flops", "activations", "inputs_read", "params_read")


class Totals(NamedTuple, Generic[SizeT_co, PeakT_co]):
    """Numbers of a whole network. All but parameters and buffers leave out layers that are for training only.

    ``arithmetic_intensity`` is exact: an integer, or a fraction that ``float`` rounds.
    """

    weights: SizeT_co
    biases: SizeT_co
    buffers: SizeT_co
    macs: SizeT_co
    flops: SizeT_co
    param_bytes: SizeT_co
    activation_bytes: SizeT_co
    peak_activation_bytes: PeakT_co
    bytes_moved: PeakT_co
    arithmetic_intensity: Dim | Rational | None
    partial: bool

    @property
    def params(self) -> SizeT_co:
        """Weights and biases."""
        return self.weights + self.biases  # type: ignore[return-value, operator]


def fold(path: str, kind: str, rows: Sequence[Row], output: Shape) -> Row:
    """Rows of a stretch of the network as one: nothing is counted twice, and MACs are those at inference.

    A stretch that is for training only as a whole is counted as its layers are.
    """
    inside = {row.path for row in rows}
    run = [row for row in rows if not row.train_only] or rows
    feeding = dict.fromkeys(i for row in rows for i in row.inputs if i not in inside)
    return Row(
        path=path,
        type=kind,
        inputs=tuple(feeding),
        output=output,
        **_sums(rows, run),
        receptive_field=run[-1].receptive_field if run else None,
        train_only=bool(rows) and all(row.train_only for row in rows),
        partial=any(row.partial for row in rows),
        shared_with=_twin(path, rows),
    )


def whole(rows: Sequence[Row]) -> Row:
    """All rows of a network as one. Only what is stored counts of layers that are for training only."""
    return Row("", "", (), (), **_sums(rows, [row for row in rows if not row.train_only]))


def _sums(rows: Sequence[Row], run: Sequence[Row]) -> dict[str, Any]:
    sums = {name: sum_of(getattr(row, name) for row in rows) for name in STORED}
    return sums | {name: sum_of(getattr(row, name) for row in run) for name in DONE}


def _twin(path: str, rows: Sequence[Row]) -> str | None:
    """The stretch whose parameters a stretch uses again, layer by layer."""
    if not rows or rows[0].shared_with is None:
        return None
    twin = rows[0].shared_with.removesuffix(rows[0].path.removeprefix(path))
    return twin if all(row.shared_with == twin + row.path.removeprefix(path) for row in rows) else None
