"""Networks: read from a spec, summarized, compiled and run."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, overload

from cnncalc import network
from cnncalc.api.reports import Report
from cnncalc.interchange.files import read_any

if TYPE_CHECKING:
    from cnncalc.analysis.closed_form import Compiled
    from cnncalc.api.answers import Verification
    from cnncalc.counting.quantities import Count
    from cnncalc.dims import Dim

    Over = Mapping[str, Sequence[Any] | str]


def load(source: str | os.PathLike[str] | Mapping[str, Any]) -> Network:
    """Read a network from a path, a shipped name, the text of a spec, or a dict.

    Args:
        source: ``"specs/vgg16.yaml"``, ``"resnet.yaml@resnet18"``, ``"vgg16"``, YAML or JSON text
            (recognized by a line break or a leading ``{``), or a dict with the keys of a spec.

    Raises:
        SpecError: with every problem found, each with file, line and column.
        UsageError: there is no such file.
    """
    document, variant = read_any(source)
    return Network(network.build(document, variant).spec)


def from_onnx(model: str | os.PathLike[str] | bytes) -> Network:
    """Read a network from an ONNX file, or from its bytes; weights and external files are not read.

    ``load`` takes the path of a model file, too. Sizes of the input are free variables where the graph allows it. An
    operator without a rule is ``opaque``, with the shape that the file states, and totals are ``partial`` then.

    Raises:
        SpecError: the file is damaged, or a node cannot be imported.
    """
    from cnncalc.errors import Source
    from cnncalc.interchange import onnx
    from cnncalc.interchange.imported import written
    from cnncalc.reading.text.files import YAML, read

    name = "<bytes>" if isinstance(model, bytes) else os.fspath(model)
    found = onnx.imported(model, name) if isinstance(model, bytes) else onnx.read(name)
    return Network(network.build(read(Source(name, written(found)), YAML)).spec)


class Network(network.Network):
    """A spec that has passed every check that does not depend on sizes. Immutable."""

    @overload
    def summary(
        self, *, set: Mapping[str, Any] | None = None, batch: int = 1, dtype: str = "float32"
    ) -> Report[int, int]: ...
    @overload
    def summary(
        self,
        *,
        free: Iterable[str] = (),
        set: Mapping[str, Any] | None = None,
        over: Over | None = None,
        batch: int = 1,
        dtype: str = "float32",
    ) -> Report[Dim, Dim | None]: ...
    def summary(
        self,
        *,
        free: Iterable[str] = (),
        set: Mapping[str, Any] | None = None,
        over: Over | None = None,
        batch: int = 1,
        dtype: str = "float32",
    ) -> Report[Any, Any]:
        """Return the shapes, parameters and MACs of every layer and in total.

        Args:
            free: names of ``vars`` that stay symbolic; sizes are then expressions in them.
            set: values for ``vars`` instead of their defaults.
            over: variables that stay symbolic, and the values of each: ``{"w": "0.25:2:0.05"}``, or a list.
            batch: batch size; it multiplies activations and nothing else.
            dtype: float64, float32, float16, bfloat16 or int8, for sizes in bytes.

        Raises:
            SpecError: a layer does not fit its input, or an expression has no value.
            UsageError: a variable or dtype is unknown.
        """
        return Report.of(super().summary(free=free, set=set, over=over, batch=batch, dtype=dtype))

    @overload
    def compile(
        self,
        number: Count,
        /,
        *,
        free: Sequence[str] = (),
        set: Mapping[str, Any] | None = None,
        over: Over | None = None,
        batch: int = 1,
    ) -> Compiled[int]: ...
    @overload
    def compile(
        self,
        number: Literal["output"],
        /,
        *,
        free: Sequence[str] = (),
        set: Mapping[str, Any] | None = None,
        over: Over | None = None,
        batch: int = 1,
    ) -> Compiled[tuple[int, ...]]: ...
    @overload
    def compile(
        self,
        number: str,
        second: str,
        /,
        *more: str,
        free: Sequence[str] = (),
        set: Mapping[str, Any] | None = None,
        over: Over | None = None,
        batch: int = 1,
    ) -> Compiled[tuple[Any, ...]]: ...
    @overload
    def compile(
        self,
        *numbers: str,
        free: Sequence[str] = (),
        set: Mapping[str, Any] | None = None,
        over: Over | None = None,
        batch: int = 1,
    ) -> Compiled[Any]: ...
    def compile(
        self,
        *numbers: str,
        free: Sequence[str] = (),
        set: Mapping[str, Any] | None = None,
        over: Over | None = None,
        batch: int = 1,
    ) -> Compiled[Any]:
        """Compile closed forms into a function from values of free variables to numbers of the network.

        Args:
            numbers: ``"params"``, ``"macs"``, ``"output"``, any other total, ``"peak_activations"``
                (elements), or ``"PATH.macs"`` for one layer. A ratio is rounded to the nearest float.
            free: names of ``vars``, the function's arguments in this order.
            set: values for other ``vars``.
            over: the values of a variable. Variables that ``free`` does not name become further arguments.
            batch: samples in a batch.

        Returns:
            A function of numbers, or of NumPy arrays that broadcast together. It gives one value for one number,
            else a tuple; ``output`` is a tuple of sizes. A value for which the formulas do not hold is a ValueError.

        Raises:
            SpecError: the structure depends on a variable in ``free``.
            UsageError: a number or variable is unknown.
        """
        from cnncalc.analysis.closed_form import Compiled

        names = tuple(dict.fromkeys([*([free] if isinstance(free, str) else free), *(over or ())]))
        return Compiled(self.summary(free=names, set=set, over=over, batch=batch), numbers, names)

    def verify(
        self,
        *,
        set: Mapping[str, Any] | None = None,
        batch: int = 1,
        seed: int = 0,
        dtype: str = "float32",
        inputs: Mapping[str, Any] | None = None,
        weights: Mapping[str, Any] | None = None,
        threads: int = 1,
    ) -> Verification:
        """Run the network with NumPy and compare every array with the computed shapes, parameters and MACs.

        Args:
            set: values for ``vars`` instead of their defaults.
            batch: samples in a batch.
            seed: the seed for random inputs and weights.
            dtype: ``"float32"`` or ``"float64"``, the data type of the computation.
            inputs: arrays ``(N, C, *spatial)`` by input name, instead of random ones.
            weights: arrays by ``PATH.weight``, ``PATH.bias``, ..., instead of random ones.
            threads: number of threads. More than one pays off only if BLAS itself uses one.

        Raises:
            SpecError: a layer does not fit its input.
            UsageError: an input or a weight is missing, of another shape, or not finite.
        """
        from cnncalc.analysis.verify import prepared, verified
        from cnncalc.api.answers import Verification

        report = self.summary(set=set, batch=batch)
        setup = prepared(report, seed=seed, dtype=dtype, inputs=inputs, weights=weights)
        return Verification(*verified(report, setup, threads=threads))
