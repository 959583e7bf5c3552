"""Comma-separated values: raw integers, one line a row, no totals."""

from __future__ import annotations

from typing import Any

from cnncalc.counting.propagate import Report
from cnncalc.reading.expressions.rational import plain
from cnncalc.report import text
from cnncalc.report.rows import COLUMNS, folded, laid_out

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def render(report: Report, columns: list[str], depth: int | None, layout: str) -> str:
    """The rows by the names of their columns; shapes as ``64x112x112``."""
    import csv
    import io

    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(columns)
    for row in folded(report, depth):
        values = [COLUMNS[name].value(row, report) for name in columns]
        writer.writerow([_cell(value, layout) for value in values])
    return stream.getvalue().rstrip("\n")


def _cell(value: Any, layout: str) -> str:
    value = plain(value)
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, tuple):
        return text.dims(laid_out(value, layout)).replace("×", "x")
    found = "" if value is None else text.safe(str(value))
    return f"'{found}" if found.startswith(_FORMULA) else found  # no spreadsheet runs it
