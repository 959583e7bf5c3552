"""The list of shipped architectures."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from cnncalc.network import build
from cnncalc.reading.text.files import read_spec
from cnncalc.report import text
from cnncalc.report.table import draw


class Entry(NamedTuple):
    """One shipped architecture at its own size."""

    name: str
    params: int
    macs: int
    input: str
    source: str
    title: str


def entries(specs: Mapping[str, tuple[Path, str]]) -> list[Entry]:
    """The numbers of each, worked out now. Each file is read once."""
    documents = {path: read_spec(str(path))[0] for path, _ in specs.values()}
    found = []
    for name, (path, variant) in specs.items():
        network = build(documents[path], variant or None)
        report = network.summary()
        inputs = ", ".join(text.dims(shape) for shape in report.inputs.values())
        params, macs = report.totals.params, report.totals.macs
        assert isinstance(params, int)
        assert isinstance(macs, int)
        found.append(Entry(name, params, macs, inputs, network.citation, network.name))
    return found


def render(architectures: list[Entry], lessons: list[Entry], fmt: str) -> str:
    """The lists as tables, CSV or JSON; integers are exact. One that is empty is left out of tables and JSON."""
    lists = {"architectures": architectures, "lessons": lessons}
    shown = {key: entries for key, entries in lists.items() if entries}
    if fmt == "json":
        import json

        return json.dumps(
            {"schema_version": 1, **{k: [e._asdict() for e in v] for k, v in shown.items()}}, indent=2
        )
    if fmt == "csv":
        import csv
        import io

        stream = io.StringIO()
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerows([Entry._fields, *architectures, *lessons])
        return stream.getvalue().rstrip("\n")
    return "\n\n".join(_table(key, entries, fmt) for key, entries in shown.items())


def _table(kind: str, zoo: list[Entry], fmt: str) -> str:
    last = "source" if kind == "architectures" else "title"
    cells = [
        [e.name, f"{e.params:,}", f"{e.macs:,}", e.input, text.escape(_short(getattr(e, last)), fmt)]
        for e in zoo
    ]
    headings = ["name", "params", "MACs", "input", last]
    return draw(cells, headings, [False, True, True, False, False], fmt)


def _short(source: str, width: int = 60) -> str:
    return source if len(source) <= width else source[: width - 3].rstrip() + "..."
