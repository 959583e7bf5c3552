"""Rows as they come: a table, CSV, JSON or Parquet; what is written stays whole if the work stops."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from cnncalc.errors import UsageError
from cnncalc.report import text


class Rows(NamedTuple):
    """Many rows in chunks; the first columns are settings, and whether they are valid, the others are numbers."""

    columns: Sequence[str]
    settings: int
    chunks: Iterable[list[tuple[Any, ...]]]


def write_table(rows: Rows, stream: TextIO) -> None:
    """A table for the eye, when all rows are there."""
    from cnncalc.report.table import draw

    stream.write(draw(cells_of(rows), list(rows.columns), [True] * len(rows.columns), "simple") + "\n")


def cells_of(rows: Rows) -> list[list[str]]:
    """What people see of each row."""
    return [
        [*map(_setting, row[: rows.settings]), *map(_number, row[rows.settings :])]
        for chunk in rows.chunks
        for row in chunk
    ]


def _setting(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "-" if value is None else f"{value:,}" if isinstance(value, int) else str(value)


def _number(value: Any) -> str:
    return "-" if value is None else text.count(value)


def write_csv(rows: Rows, stream: TextIO) -> None:
    """A heading and a line a row, flushed after every chunk."""
    import csv

    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(rows.columns)
    for chunk in rows.chunks:
        writer.writerows(chunk)
        stream.flush()


def write_json(rows: Rows, stream: TextIO) -> None:
    """A list of objects; it is closed even if the work stops."""
    import json

    first = True
    stream.write("[")
    try:
        for chunk in rows.chunks:
            for row in chunk:
                stream.write("\n" if first else ",\n")
                stream.write(json.dumps(dict(zip(rows.columns, row, strict=True)), default=float))
                first = False
            stream.flush()
    finally:
        stream.write("\n]\n")
        stream.flush()


def save_csv(rows: Rows, path: str) -> None:
    """A file of CSV."""
    with _opened(path) as stream:
        write_csv(rows, stream)


def save_json(rows: Rows, path: str) -> None:
    """A file of JSON."""
    with _opened(path) as stream:
        write_json(rows, stream)


def save_parquet(rows: Rows, path: str) -> None:
    """A row group a chunk; the file is closed even if the work stops.

    Raises:
        UsageError: pyarrow is not installed.
    """
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError:
        raise UsageError("parquet needs pyarrow: pip install 'cnncalc[parquet]'") from None
    writer = None
    try:
        for chunk in rows.chunks:
            table = pa.table(dict(zip(rows.columns, map(list, zip(*chunk, strict=True)), strict=True)))
            writer = writer or parquet.ParquetWriter(path, table.schema)
            writer.write_table(table.cast(writer.schema))
    finally:
        if writer is not None:
            writer.close()


def _opened(path: str) -> TextIO:
    try:
        return open(path, "w", encoding="utf-8", newline="")
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror or error}") from None


FILES = {".csv": save_csv, ".json": save_json, ".parquet": save_parquet}


def saver(path: str) -> Callable[[Rows, str], None]:
    """The function that writes rows to a file, by the end of its name.

    Raises:
        UsageError: no format is called so.
    """
    suffix = Path(path).suffix
    if suffix not in FILES:
        raise UsageError(f"cannot tell a format from '{path}'; end it with {', '.join(FILES)}")
    return FILES[suffix]
