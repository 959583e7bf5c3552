"""Rows to a stream as they come: CSV, JSON or Parquet; what is written stays whole if the work stops."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from cnncalc.errors import UsageError

SUFFIXES = {".csv": "csv", ".json": "json", ".parquet": "parquet"}


def format_of(path: str) -> str:
    """The format that a file's name asks for.

    Raises:
        UsageError: none does.
    """
    suffix = Path(path).suffix
    if suffix not in SUFFIXES:
        raise UsageError(f"cannot tell a format from '{path}'; end it with {', '.join(SUFFIXES)}")
    return SUFFIXES[suffix]


def write_csv(stream: TextIO, columns: Sequence[str], chunks: Iterable[list[tuple[Any, ...]]]) -> None:
    """A heading and a line a row, flushed after every chunk."""
    import csv

    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(columns)
    for chunk in chunks:
        writer.writerows(chunk)
        stream.flush()


def write_json(stream: TextIO, columns: Sequence[str], chunks: Iterable[list[tuple[Any, ...]]]) -> None:
    """A list of objects; it is closed even if the work stops."""
    import json

    first = True
    stream.write("[")
    try:
        for chunk in chunks:
            for row in chunk:
                stream.write("\n" if first else ",\n")
                stream.write(json.dumps(dict(zip(columns, row, strict=True)), default=float))
                first = False
            stream.flush()
    finally:
        stream.write("\n]\n")
        stream.flush()


def write_parquet(path: str, columns: Sequence[str], chunks: Iterable[list[tuple[Any, ...]]]) -> None:
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
        for chunk in chunks:
            table = pa.table(dict(zip(columns, map(list, zip(*chunk, strict=True)), strict=True)))
            writer = writer or parquet.ParquetWriter(path, table.schema)
            writer.write_table(table.cast(writer.schema))
    finally:
        if writer is not None:
            writer.close()


@contextmanager
def opened(path: str) -> Iterator[TextIO]:
    """A new text file.

    Raises:
        UsageError: it cannot be written.
    """
    try:
        stream = open(path, "w", encoding="utf-8", newline="")  # noqa: SIM115 - closed below
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror or error}") from None
    with stream:
        yield stream
