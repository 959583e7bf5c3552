"""What changed between two folders of specs: one table, then the details of each that changed."""

from __future__ import annotations

import json
from typing import Any

from cnncalc.analysis.diff import NUMBERS, Diff, FolderDiff
from cnncalc.counting.quantities import QUANTITIES
from cnncalc.report import difference, text
from cnncalc.report.json_ import SCHEMA_VERSION
from cnncalc.report.table import draw

LONGEST = 60_000  # bytes of Markdown; GitHub refuses a comment of more than 65,536 characters


def as_table(found: FolderDiff) -> str:
    """The changes, for a terminal."""
    parts = [
        _summary(found, "simple"),
        *(f"{text.safe(path)}\n{difference.as_table(d)}" for path, d in _detailed(found)),
    ]
    return "\n\n".join(parts)


def as_markdown(found: FolderDiff) -> str:
    """The changes, for a pull request: details fold, and what would be too long for a comment is left out."""
    parts = [f"### {_title(found, 'github')}", _summary(found, "github")]
    room = LONGEST - sum(len(part.encode("utf-8", "backslashreplace")) for part in parts)
    details = _detailed(found)
    for number, (path, each) in enumerate(details):
        name, body = text.escape(path, "github"), difference.as_markdown(each)
        block = f"<details><summary>{name}</summary>\n\n{body}\n\n</details>"
        room -= len(block.encode("utf-8", "backslashreplace")) + 2
        if room < 0:
            parts.append(f"The details of {len(details) - number:,} more are not shown.")
            break
        parts.append(block)
    return "\n\n".join(parts)


def as_json(found: FolderDiff) -> str:
    """All of it, for programs."""
    data: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "before": text.unicode(found.before),
        "after": text.unicode(found.after),
        "networks": [{"path": text.unicode(path), **difference.as_dict(each)} for path, each in found.diffs],
        "errors": [{"path": text.unicode(path), "message": text.unicode(why)} for path, why in found.errors],
    }
    return json.dumps(data, indent=2, ensure_ascii=True)


def _detailed(found: FolderDiff) -> list[tuple[str, Diff]]:
    """The networks that are on both sides and differ; of new and removed ones the table says enough."""
    return [(path, d) for path, d in found.changed if d.before.graph.nodes and d.after.graph.nodes]


def _title(found: FolderDiff, fmt: str) -> str:
    return text.escape(f"{found.before} -> {found.after}", fmt)


def _summary(found: FolderDiff, fmt: str) -> str:
    same = len(found.diffs) - len(found.changed)
    last = f"{_networks(len(found.changed))} changed, {same:,} the same" + (
        f", {len(found.errors):,} not compared" if found.errors else ""
    )
    if not found.changed:
        return f"{last}."
    headings = ["", "network", *(QUANTITIES[name].heading for name in NUMBERS for _ in range(2)), "layers"]
    cells = [_row(path, each, fmt) for path, each in found.changed]
    return f"{draw(cells, headings, [False, False, *[True] * (2 * len(NUMBERS)), False], fmt)}\n\n{last}."


def _row(path: str, found: Diff, fmt: str) -> list[str]:
    kind = "+" if not found.before.graph.nodes else "-" if not found.after.graph.nodes else "~"
    totals = {total.name: total for total in found.totals}
    cells = []
    for name in NUMBERS:
        total = totals[name]
        cells += [difference.number(total.after if kind != "-" else total.before), difference.share(total)]
    counts = {
        mark: sum(change.kind == word for change in found.changes) for word, mark in difference.MARKS.items()
    }
    layers = " ".join(f"{mark}{count}" for mark, count in counts.items() if count)
    return [kind, text.escape(path, fmt), *cells, layers]


def _networks(count: int) -> str:
    return f"{count:,} network{'' if count == 1 else 's'}"
