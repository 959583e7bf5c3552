"""Comma-separated values: raw integers, one line a row, no totals."""

from __future__ import annotations

from typing import Any

from cnncalc.reading.expressions.rational import plain
from cnncalc.report import text
from cnncalc.report.rows import COLUMNS, View

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def render(view: View) -> str:
    """The rows by the names of their columns; shapes as ``64x112x112``."""
    import csv
    import io

    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(view.columns)
    for row in view.rows:
        values = [COLUMNS[name].value(row, view.report) for name in view.columns]
        writer.writerow([_cell(value, view) for value in values])
    return stream.getvalue().rstrip("\n")


def _cell(value: Any, view: View) -> str:
    value = plain(value)
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, tuple):
        return text.dims(view.shape(value)).replace("×", "x")
    found = "" if value is None else text.safe(str(value))
    return f"'{found}" if found.startswith(_FORMULA) else found  # no spreadsheet runs it
