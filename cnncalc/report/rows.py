"""Which rows a report shows, and which columns: shared by all its formats."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from cnncalc.counting.propagate import Report
from cnncalc.counting.quantities import QUANTITIES, Quantity
from cnncalc.counting.rows import Row, fold
from cnncalc.errors import UsageError, did_you_mean
from cnncalc.shapes import Shape

LAYOUTS = ("nchw", "nhwc")


class Column(NamedTuple):
    """A column: its heading, its value for a row, and the quantity that it shows, if it is one."""

    heading: str
    value: Callable[[Row, Report], Any]
    quantity: Quantity | None = None


def _column(quantity: Quantity) -> Column:
    return Column(quantity.heading, lambda row, report: quantity.value(row, report.scale), quantity)


COLUMNS: dict[str, Column] = {
    "layer": Column("layer", lambda row, _: row.path),
    "path": Column("path", lambda row, _: row.path),
    "type": Column("type", lambda row, _: row.type),
    "inputs": Column("inputs", lambda row, _: ", ".join(row.inputs)),
    "output": Column("output", lambda row, _: row.output),
    **{quantity.name: _column(quantity) for quantity in QUANTITIES.values() if quantity.of is not None},
    "receptive_field": Column(
        "receptive field", lambda row, _: row.receptive_field.size if row.receptive_field else None
    ),
    "shared_with": Column("shared with", lambda row, _: row.shared_with or ""),
    "line": Column("line", lambda row, _: row.place.mark.line + 1 if row.place else ""),
}
DEFAULT_COLUMNS = ("layer", "type", "output", "weights", "biases", "params", "macs")


class View(NamedTuple):
    """What is shown of a report: which columns, how deep, and in which order the sizes of a shape stand."""

    report: Report
    columns: Sequence[str] = DEFAULT_COLUMNS
    depth: int | None = None
    layout: str = "nchw"

    @property
    def rows(self) -> list[Row]:
        """The rows, folded to the depth."""
        return folded(self.report, self.depth)

    def shape(self, shape: Shape) -> Shape:
        """A shape in the order that is asked for."""
        return laid_out(shape, self.layout)


def choose_columns(names: str | None) -> list[str]:
    """Names of columns from a comma-separated text.

    Raises:
        UsageError: there is no such column.
    """
    if names is None:
        return list(DEFAULT_COLUMNS)
    chosen = [name.strip().lower() for name in names.split(",") if name.strip()]
    for name in chosen:
        if name not in COLUMNS:
            help = did_you_mean(name, COLUMNS) or f"choose from {', '.join(COLUMNS)}"
            raise UsageError(f"unknown column '{name}'; {help}")
    if not chosen:
        raise UsageError(f"no column is named; choose from {', '.join(COLUMNS)}")
    return chosen


def folded(report: Report, depth: int | None) -> list[Row]:
    """Rows with everything below ``depth`` levels of the path summed up."""
    if depth is None:
        return list(report.rows)
    stretches: dict[str, list[Row]] = {}
    for row in report.rows:
        stretches.setdefault(".".join(row.path.split(".")[:depth]), []).append(row)
    return [_fold(report, path, rows) for path, rows in stretches.items()]


def _fold(report: Report, path: str, rows: list[Row]) -> Row:
    if len(rows) == 1 and rows[0].path == path:
        return rows[0]
    group = report.graph.groups.get(path)
    kind = group.type if group is not None else rows[0].type
    output = rows[-1].output
    if group is not None and group.output is not None:
        output = report.graph.nodes[group.output].output
    return fold(path, kind, rows, output)


def laid_out(shape: Shape, layout: str) -> Shape:
    """A shape in the asked order: channels first, or last."""
    return (*shape[1:], shape[0]) if layout == "nhwc" and len(shape) > 1 else shape
