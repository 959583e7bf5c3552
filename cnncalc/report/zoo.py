"""The list of shipped architectures."""

from __future__ import annotations

import json
from typing import Any

from cnncalc.analysis.zoo import Entry, Zoo
from cnncalc.report import text
from cnncalc.report.table import draw


def render(zoo: Zoo, fmt: str = "simple") -> str:
    """The lists as tables; one that is empty is left out."""
    return "\n\n".join(_table(key, entries, fmt) for key, entries in zoo._asdict().items() if entries)


def as_json(zoo: Zoo) -> str:
    """The lists as JSON; one that is empty is left out."""
    lists = {key: [_data(entry) for entry in entries] for key, entries in zoo._asdict().items() if entries}
    return json.dumps({"schema_version": 1, **lists}, indent=2)


def as_csv(zoo: Zoo) -> str:
    """All entries as CSV; integers are exact."""
    import csv
    import io

    stream = io.StringIO()
    writer = csv.DictWriter(
        stream, ["name", "params", "macs", "input", "source", "title"], lineterminator="\n"
    )
    writer.writeheader()
    writer.writerows(_data(entry) for entries in zoo for entry in entries)
    return stream.getvalue().rstrip("\n")


def _data(entry: Entry) -> dict[str, Any]:
    return {
        "name": entry.name, "params": entry.params, "macs": entry.macs, "input": _inputs(entry),
        "source": entry.source, "title": entry.title,
    }  # fmt: skip


def _inputs(entry: Entry) -> str:
    return ", ".join(map(text.dims, entry.inputs))


def _table(kind: str, entries: tuple[Entry, ...], fmt: str) -> str:
    last = "source" if kind == "architectures" else "title"
    cells = [
        [e.name, f"{e.params:,}", f"{e.macs:,}", _inputs(e), text.escape(_short(getattr(e, last)), fmt)]
        for e in entries
    ]
    headings = ["name", "params", "MACs", "input", last]
    return draw(cells, headings, [False, True, True, False, False], fmt)


def _short(source: str, width: int = 60) -> str:
    return source if len(source) <= width else source[: width - 3].rstrip() + "..."
