"""The table as text, in every tabulate format."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from threading import Lock
from typing import Any

from cnncalc.counting.propagate import Report
from cnncalc.counting.quantities import COUNTING_RULE
from cnncalc.counting.rows import Row
from cnncalc.report import text
from cnncalc.report.rows import COLUMNS, View

#: formats that do not keep leading blanks: paths are whole there, not a tree
FLAT = frozenset(text.ESCAPES) | {
    "html", "latex", "latex_booktabs", "latex_longtable", "tsv", "asciidoc", "orgtbl", "rst",
}  # fmt: skip
WIDTH = 100
_SET = Lock()  # tabulate's setting is the process's: one thread at a time changes it


def render(view: View, fmt: str = "simple") -> str:
    """Return the table with its totals and, below it, what was counted and how."""
    report, columns, rows = view.report, view.columns, view.rows
    tree = fmt not in FLAT and columns[0] == "layer"
    cells = [_cells(row, view, fmt) for row in rows]
    if tree:
        cells = _as_tree(rows, cells, report)
    numeric = [COLUMNS[name].quantity is not None for name in columns]
    cells.append(_total_row(report, columns))
    headings = [COLUMNS[name].heading for name in columns]
    table = draw(cells, headings, numeric, fmt, keep_blanks=tree)
    return "\n".join([*_title(report, fmt), table, *_footer(report, columns, fmt)])


def draw(
    cells: list[list[str]], headings: list[str], numeric: list[bool], fmt: str, *, keep_blanks: bool = False
) -> str:
    """Return cells as a table in a tabulate format, with numbers aligned to the right."""
    import tabulate

    with _SET:
        padding, tabulate.MIN_PADDING = tabulate.MIN_PADDING, 0  # no argument exists; 0 fits 100 columns
        try:
            return tabulate.tabulate(
                cells,
                headers=headings,
                tablefmt=fmt,
                disable_numparse=True,
                preserve_whitespace=keep_blanks,
                colalign=["right" if n else "left" for n in numeric],
            )
        finally:
            tabulate.MIN_PADDING = padding


def _cells(row: Row, view: View, fmt: str) -> list[str]:
    cells = []
    for name in view.columns:
        value: Any = COLUMNS[name].value(row, view.report)
        if isinstance(value, tuple):
            cells.append(text.escape(text.dims(view.shape(value)), fmt))
        elif COLUMNS[name].quantity is not None:
            cells.append(_number(row, name, value))
        else:
            cells.append(text.escape("" if value is None else str(value), fmt))
    return cells


def _number(row: Row, name: str, value: Any) -> str:
    if row.shared_with is not None and name == "params":
        return "shared"
    return text.count(value)


def _as_tree(rows: list[Row], cells: list[list[str]], report: Report) -> list[list[str]]:
    """Indent names below their groups; each group has a line of its own."""
    lines: list[list[str]] = []
    shown: tuple[str, ...] = ()
    for row, cell in zip(rows, cells, strict=True):
        *parents, _ = parts = row.path.split(".")
        groups = 0
        while groups < len(parents) and ".".join(parents[: groups + 1]) in report.graph.groups:
            groups += 1
        lines.extend(
            ["  " * depth + parents[depth], *[""] * (len(cell) - 1)]
            for depth in range(groups)
            if shown[: depth + 1] != tuple(parents[: depth + 1])
        )
        shown = tuple(parents[:groups])
        name = ".".join(parts[groups:])
        note = f" (shared with {row.shared_with})" if row.shared_with else ""
        lines.append(["  " * groups + name + note, *cell[1:]])
    return lines


def _total_row(report: Report, columns: Sequence[str]) -> list[str]:
    cells = []
    for name in columns:
        quantity = COLUMNS[name].quantity
        cells.append("" if quantity is None else text.count(report.number(quantity.name)))
    if COLUMNS[columns[0]].quantity is None:
        cells[0] = "total"
    return cells


def _title(report: Report, fmt: str) -> list[str]:
    return _paragraph([report.name], fmt) if report.name else []


def _footer(report: Report, columns: Sequence[str], fmt: str) -> list[str]:
    totals = report.totals
    named = len(report.inputs) > 1
    inputs = ", ".join(
        f"{name} {text.dims(shape)}" if named else text.dims(shape) for name, shape in report.inputs.items()
    )
    lines = [
        (
            f"Params {text.count(totals.params)} (weights {text.count(totals.weights)}, biases "
            f"{text.count(totals.biases)}); buffers {text.count(totals.buffers)}"
        ),
        *(
            [f"MACs {text.count(totals.macs)}; flops {text.count(totals.flops)}"]
            if isinstance(totals.macs, int)
            else [f"MACs {totals.macs}", f"flops {totals.flops}"]
        ),
        (
            f"Input {inputs}; batch {report.batch}; parameters {text.size(totals.param_bytes)}, all "
            f"activations {text.size(totals.activation_bytes)} ({report.dtype}, MB = 10^6 bytes)"
        ),
        f"Counted: {COUNTING_RULE}.",
    ]
    lines += [f"{q.rule}." for name in columns if (q := COLUMNS[name].quantity) is not None and q.rule]
    if any(row.train_only for row in report):
        lines.append("Training-only layers are included in params, but not in MACs and flops.")
    if totals.partial:
        lines.append("Partial: an opaque layer does not declare params, macs or flops; they count as 0.")
    if report.free:
        lines.append(report.validity)
    paragraph = _paragraph(lines, fmt)
    return ["", *paragraph] if paragraph else []


def _paragraph(lines: list[str], fmt: str) -> list[str]:
    """Return lines of prose for a format, with long lines wrapped."""
    if fmt == "tsv":
        return []
    if fmt in ("html", "unsafehtml"):
        return [f"<p>{text.escape(line, 'unsafehtml')}</p>" for line in lines]
    if fmt.startswith("latex"):
        return [f"% {text.safe(line)}" for line in lines]
    if fmt in ("github", "pipe", "rst"):
        return [part for line in lines for part in (text.escape(line, fmt), "")]
    return [part for line in lines for part in _wrapped(text.safe(line))]


def _wrapped(line: str) -> list[str]:
    """Return lines of at most ``WIDTH`` characters, without breaks inside brackets."""
    bound = re.sub(r"\([^()]*\)", lambda m: m[0].replace(" ", "\0"), line)
    parts = textwrap.wrap(bound, WIDTH, break_long_words=False, break_on_hyphens=False)
    return [part.replace("\0", " ") for part in parts]
