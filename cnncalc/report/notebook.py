"""Answers as HTML tables, which notebooks show."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from cnncalc.report import difference, rows_out, text, verification
from cnncalc.report.solution import because
from cnncalc.report.table import draw
from cnncalc.shapes import show

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnncalc.analysis.check import Result
    from cnncalc.analysis.diff import Diff
    from cnncalc.analysis.explain import Explanation
    from cnncalc.analysis.solve import Solution
    from cnncalc.analysis.verify import Verification

MOST = 200  # rows; more are counted


def solution(found: Solution) -> str:
    """The valid values of each variable, and what they follow from."""
    cells = [[name, valid.text(name)] for name, valid in found.sets.items()]
    derived = [[because(reason)] for reason in (*found.coupled, *found.reasons)]
    return "\n".join([
        _title(found.report.name),
        _table(["variable", "valid"], cells),
        *([_table(["derived from"], derived)] if derived else []),
    ])  # fmt: skip


def diff(found: Diff) -> str:
    """The totals and the layers that changed."""
    return difference.as_html(found)


def explanation(found: Explanation) -> str:
    """The steps to a layer's numbers."""
    inputs = " and ".join(map(show, found.inputs))
    cells = [[line.what, line.rule, line.numbers, text.count(line.result)] for line in found.lines]
    return "\n".join([
        _title(f"{found.row.path} ({found.row.type}): {inputs} -> {show(found.row.output)}"),
        *(f"<p>{_h(part)}</p>" for part in (found.summary, found.validity) if part),
        _table(["", "rule", "numbers", "result"], cells, "result"),
    ])  # fmt: skip


def verified(found: Verification) -> str:
    """The verdict on each layer."""
    checks = [[*cells[:5], verdict] for *cells, verdict in verification.cells_of(found)]
    headings = [*verification.HEADINGS[:5], verification.HEADINGS[-1]]
    return "\n".join([_title(found.report.name), _table(headings, checks, "params", "MACs")])


def findings(found: Result) -> str:
    """The problems by their places."""
    cells = [[str(p.position[1] or ""), p.severity, p.code, p.message, p.help or ""] for p in found.problems]
    said = "" if cells else "<p>No problems.</p>"
    return "\n".join([_title(found.name), _table(["line", "", "code", "problem", "help"], cells, "line") if cells else said])  # fmt: skip


def sweep(columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> str:
    """The first rows of a grid."""
    first = rows_out.Rows(columns, columns.index("valid") + 1, [list(rows[:MOST])])
    return _table(columns, rows_out.cells_of(first), *columns, count=len(rows))


def _title(name: str) -> str:
    return f"<h4>{_h(name)}</h4>" if name else ""


def _table(headings: Sequence[str], cells: Sequence[Sequence[str]], *numeric: str, count: int = 0) -> str:
    """Cells as a table; a sentence below it says how many rows it leaves out."""
    shown = [[text.safe(cell) for cell in row] for row in cells[:MOST]]
    table = draw(shown, list(headings), [name in numeric for name in headings], "html")
    count = max(count, len(cells))
    return table if count <= MOST else f"{table}\n<p>The first {MOST} of {count:,} rows.</p>"


def _h(value: str) -> str:
    return escape(text.safe(value), quote=True)
