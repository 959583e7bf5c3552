"""The counts of a layer, of several layers together, and of a whole network."""

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
    """A layer or a group of layers with its numbers. Sizes are for one sample.

    Attributes:
        path: the name of the layer: ``layer3.0.conv1``.
        type: the layer type, or what the group is.
        inputs: the paths of the layers and inputs that it reads.
        output: the shape of its output, ``(C, *spatial)``.
        weights: trained parameters without biases.
        biases: trained additive terms.
        buffers: stored numbers that are not trained, such as running means.
        macs: multiply-accumulates.
        flops: operations: two for each MAC, and the others.
        activations: elements of its output.
        inputs_read: elements of its inputs.
        params_read: weights, biases and buffers that it reads, also those that it shares with another layer.
        receptive_field: what a cell of its output sees of the network's input; None if that has no fixed form.
        shared_with: the layer whose parameters it uses, which are counted there.
        train_only: whether it runs in training only.
        partial: whether it leaves numbers undeclared, which are then missing here.
        place: where the spec has it: file, line and column.
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


#: fields of a row that add up: what is stored counts for every layer, what is done only for layers that run
STORED = ("weights", "biases", "buffers")
DONE = ("macs", "flops", "activations", "inputs_read", "params_read")


class Totals(NamedTuple, Generic[SizeT_co, PeakT_co]):
    """The numbers of a whole network. All except parameters and buffers leave out training-only layers.

    Attributes:
        weights: trained parameters without biases.
        biases: trained additive terms.
        buffers: stored numbers that are not trained.
        macs: multiply-accumulates for one sample.
        flops: operations for one sample: two for each MAC, and the others.
        param_bytes: weights and biases in bytes.
        activation_bytes: the outputs of all layers together, in bytes, for the whole batch.
        peak_activation_bytes: the most that is alive at once, in the order of the spec; None where it has no closed form.
        bytes_moved: what layers read and write, in bytes, for the whole batch.
        arithmetic_intensity: flops per byte moved, exactly: an integer, or a fraction that ``float`` rounds.
        partial: whether a layer leaves numbers undeclared, so that these are too small.
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
    """Combine consecutive rows into one. Nothing is counted twice, and MACs are those at inference.

    If all rows are training-only, they are counted like the layers themselves.
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
    """Combine all rows of a network into one. Training-only layers contribute only what they store."""
    return Row("", "", (), (), **_sums(rows, [row for row in rows if not row.train_only]))


def _sums(rows: Sequence[Row], run: Sequence[Row]) -> dict[str, Any]:
    sums = {name: sum_of(getattr(row, name) for row in rows) for name in STORED}
    return sums | {name: sum_of(getattr(row, name) for row in run) for name in DONE}


def _twin(path: str, rows: Sequence[Row]) -> str | None:
    """Return the rows whose parameters these rows share, layer by layer."""
    if not rows or rows[0].shared_with is None:
        return None
    twin = rows[0].shared_with.removesuffix(rows[0].path.removeprefix(path))
    return twin if all(row.shared_with == twin + row.path.removeprefix(path) for row in rows) else None
