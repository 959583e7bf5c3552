"""The library's face: networks and answers that show themselves.

What they hold is made below, in ``network``, ``counting`` and ``analysis``, and what shows them in ``report``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from cnncalc import network
from cnncalc.analysis import diff as comparing
from cnncalc.analysis import explain as explaining
from cnncalc.analysis import solve as solving
from cnncalc.counting import propagate
from cnncalc.errors import UsageError
from cnncalc.reading.text.files import read_any

if TYPE_CHECKING:
    import os

    from cnncalc.analysis.closed_form import Compiled
    from cnncalc.analysis.verify import Verification
    from cnncalc.errors import Problem


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


class Network(network.Network):
    """A spec that has passed every check that needs no sizes. Immutable."""

    def summary(
        self,
        *,
        free: Iterable[str] = (),
        set: Mapping[str, Any] | None = None,
        over: Mapping[str, Sequence[Any] | str] | None = None,
        batch: int = 1,
        dtype: str = "float32",
    ) -> Report:
        """Shapes, parameters and MACs of every layer and in total.

        Args:
            free: names of ``vars`` that stay symbolic; sizes are then expressions in them.
            set: values for ``vars`` instead of their defaults.
            over: variables that stay symbolic, and the numbers each stands for: ``{"w": "0.25:2:0.05"}``, or a list.
            batch: samples in a batch; it multiplies activations, nothing else.
            dtype: float64, float32, float16, bfloat16 or int8, for sizes in bytes.

        Raises:
            SpecError: a layer does not fit its input, or an expression has no value.
            UsageError: a variable or dtype is unknown.
        """
        return Report.of(super().summary(free=free, set=set, over=over, batch=batch, dtype=dtype))

    def compile(
        self,
        *numbers: str,
        free: Sequence[str] = (),
        set: Mapping[str, Any] | None = None,
        over: Mapping[str, Sequence[Any] | str] | None = None,
        batch: int = 1,
    ) -> Compiled[Any]:
        """A function from values of free variables to numbers of the network, by closed forms.

        Args:
            numbers: ``"params"``, ``"macs"``, ``"output"``, any other total, ``"peak_activations"``
                (elements), or ``"PATH.macs"`` for one layer. A ratio is rounded to the nearest float.
            free: names of ``vars``, the function's arguments in this order.
            set: values for other ``vars``.
            over: the numbers that a variable stands for; those that ``free`` does not name come after it.
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
            threads: to share the work among; more than one pays where BLAS itself runs in one.

        Raises:
            SpecError: a layer does not fit its input.
            UsageError: an input or a weight is missing, of another shape, or not finite.
        """
        from cnncalc.analysis.verify import prepared, verified

        report = self.summary(set=set, batch=batch)
        setup = prepared(report, seed=seed, dtype=dtype, inputs=inputs, weights=weights)
        return verified(report, setup, threads=threads)


class Report(propagate.Report):
    """The numbers of a network at one setting: ``rows`` in execution order, and ``totals``."""

    @classmethod
    def of(cls, report: propagate.Report) -> Report:
        """The same numbers, with this face."""
        return cls(report.graph, report.rows, report.totals, batch=report.batch, dtype=report.dtype)

    @cached_property
    def warnings(self) -> tuple[Problem, ...]:
        """Signs that the numbers are not those the author means, unless the spec silences them."""
        from cnncalc.analysis.doubts import doubts_about

        return doubts_about(self.graph)

    def to_dict(self) -> dict[str, Any]:
        """The report as plain data: what ``cnncalc table --format json`` prints."""
        from cnncalc.report.json_ import as_dict
        from cnncalc.report.rows import View

        return as_dict(View(self))

    def to_csv(self) -> str:
        """The rows as CSV, exact to the last digit."""
        from cnncalc.report.csv_ import render
        from cnncalc.report.rows import View

        return render(View(self))

    def to_pandas(self) -> Any:
        """The rows as a ``pandas.DataFrame``; symbolic sizes are strings.

        Raises:
            UsageError: pandas is not installed.
        """
        try:
            import pandas as pd
        except ImportError:
            raise UsageError("to_pandas needs pandas: pip install pandas") from None
        return pd.DataFrame(self.to_dict()["layers"])

    def __repr__(self) -> str:
        return f"<Report {self.name}: {len(self.rows)} layers, {self.totals.params} params, {self.totals.macs} MACs>"

    def __str__(self) -> str:
        """What ``cnncalc table`` prints."""
        from cnncalc.report.rows import View
        from cnncalc.report.table import render

        return render(View(self))

    def _repr_html_(self) -> str:
        """What notebooks show."""
        from cnncalc.report.page import table

        return table(self)


class Solution(solving.Solution):
    """Valid values by variable; ``coupled`` are conditions that relate several of them."""

    __slots__ = ()

    def __str__(self) -> str:
        """What ``cnncalc solve`` prints."""
        from cnncalc.report import solution

        return solution.as_text(self)


class Diff(comparing.Diff):
    """All changes; ``same`` counts layers that have none."""

    __slots__ = ()

    def __str__(self) -> str:
        """What ``cnncalc diff`` prints."""
        from cnncalc.report import difference

        return difference.as_table(self)


class Explanation(explaining.Explanation):
    """A layer's inputs and output, and the lines that lead from one to the other."""

    __slots__ = ()

    def __str__(self) -> str:
        """What ``cnncalc explain`` prints."""
        from cnncalc.report import explanation

        return explanation.as_text(self)


def solve(
    network: network.Network,
    names: Sequence[str] = (),
    *,
    where: str | Iterable[str] = (),
    set: Mapping[str, Any] | None = None,
    over: Mapping[str, Sequence[Any] | str] | None = None,
) -> Solution:
    """The exact set of values for which the network is valid, and ``where`` holds.

    Args:
        network: what to solve.
        names: variables to solve for, or one; by default those of ``over``, or of the input's shape.
        where: a condition, or several, such as ``output == [512, 7, 7]``, ``params <= 5M``, ``stem.output[1] % 2 == 0``.
        set: values for the other variables.
        over: the numbers that a variable may be, instead of its domain: ``{"w": "0.25:2:0.05"}``, or a list.

    Raises:
        SpecError: no value is valid, or the structure depends on a variable.
        UsageError: a name is not a variable, or a condition cannot be read.
        DimError: a condition cannot be decided.
    """
    return Solution(*solving.solve(network, names, where=where, set=set, over=over))


def diff(before: propagate.Report, after: propagate.Report) -> Diff:
    """Compare two networks, each at its setting.

    Raises:
        UsageError: a free variable stands for different numbers in the two networks.
    """
    return Diff(*comparing.diff(before, after))


def explain(report: propagate.Report, path: str) -> Explanation:
    """The derivation of one layer's numbers.

    Raises:
        UsageError: there is no such layer; the message names the nearest.
    """
    return Explanation(*explaining.explain(report, path))
