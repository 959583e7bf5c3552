"""A report that can be printed, displayed and exported."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from cnncalc.counting import propagate
from cnncalc.counting.rows import PeakT_co, SizeT_co
from cnncalc.errors import UsageError

if TYPE_CHECKING:
    from cnncalc.errors import Problem


class Report(propagate.Report[SizeT_co, PeakT_co]):
    """The numbers of a network at one setting.

    ``len(report)`` is the number of its layers, and iteration gives their rows in execution order;
    ``report["layer3.conv1"]`` is the row of a layer, or the sum over a group, block or repeated item.
    ``print(report)`` prints what ``cnncalc table`` prints, and notebooks display a table. All sizes are of type
    ``int`` if no variable is free (``Report[int, int]``), and otherwise ``int | Expr``.

    Attributes:
        name: the name of the network.
        rows: a ``Row`` for each layer, in execution order.
        totals: the ``Totals`` of the network.
        inputs: shapes of the inputs by name, without the batch.
        outputs: shapes of the outputs by the path of their layer.
        output: the shape of the output; a ``UsageError`` if there are several.
        batch: samples in a batch.
        dtype: the data type for sizes in bytes.
        free: names of the variables that are symbolic.
        conditions: what free variables must satisfy.
        validity: a sentence that states for which values of them the numbers hold; empty without free variables.
    """

    @classmethod
    def of(cls, report: propagate.Report[SizeT_co, PeakT_co]) -> Self:
        """Return a report with the same numbers."""
        return cls(report.graph, report.rows, report.totals, batch=report.batch, dtype=report.dtype)

    @cached_property
    def warnings(self) -> tuple[Problem, ...]:
        """Warnings that the numbers are probably not the ones you want, unless the spec suppresses them."""
        from cnncalc.analysis.doubts import doubts_about

        return doubts_about(self.graph)

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain data: what ``cnncalc table --format json`` prints."""
        from cnncalc.report.json_ import as_dict
        from cnncalc.report.rows import View

        return as_dict(View(self))

    def to_csv(self) -> str:
        """Return the rows as CSV, exact to the last digit."""
        from cnncalc.report.csv_ import render
        from cnncalc.report.rows import View

        return render(View(self))

    def to_pandas(self) -> Any:
        """Return the rows as a ``pandas.DataFrame``; symbolic sizes are strings.

        Raises:
            UsageError: pandas is not installed.
        """
        return data_frame(self.to_dict()["layers"])

    def __repr__(self) -> str:
        return f"<Report {self.name}: {len(self.rows)} layers, {self.totals.params} params, {self.totals.macs} MACs>"

    def __str__(self) -> str:
        """Return the text that ``cnncalc table`` prints."""
        from cnncalc.report.rows import View
        from cnncalc.report.table import render

        return render(View(self))

    def _repr_html_(self) -> str:
        """Return the HTML that notebooks display."""
        from cnncalc.report.page import table

        return table(self)


def data_frame(rows: list[dict[str, Any]]) -> Any:
    """Rows as a ``pandas.DataFrame``.

    Raises:
        UsageError: pandas is not installed.
    """
    try:
        import pandas as pd
    except ImportError:
        raise UsageError("to_pandas needs pandas: pip install pandas") from None
    return pd.DataFrame(rows)
