"""What changed between two networks, as a table, Markdown for a pull request, or JSON."""

from __future__ import annotations

from typing import Any

from cnncalc.analysis.diff import NUMBERS, Change, Diff, Total
from cnncalc.counting.quantities import QUANTITIES, Number
from cnncalc.counting.rows import Row
from cnncalc.dims import Dim
from cnncalc.reading.expressions.rational import Rational, plain
from cnncalc.report import text
from cnncalc.report.json_ import SCHEMA_VERSION
from cnncalc.report.table import draw
from cnncalc.shapes import show

SHOWN = 200  # layers; more are counted


def as_table(found: Diff) -> str:
    """The changes, for a terminal."""
    return _document(found, "simple")


def as_markdown(found: Diff) -> str:
    """The changes, for a pull request."""
    return _document(found, "github")


def as_html(found: Diff) -> str:
    """The changes, for a notebook."""
    return _document(found, "html")


def _document(found: Diff, fmt: str) -> str:
    title = (
        f"{found.before.name} -> {found.after.name}"
        if found.before.name != found.after.name
        else found.after.name
    )
    parts = [_heading(title, fmt), "", _totals(found, fmt), ""]
    parts += [part for sentence in _validity(found) for part in (_paragraph(sentence, fmt), "")]
    if not found.changes:
        return "\n".join([*parts, _paragraph(f"No layer differs ({found.same} are the same).", fmt)])
    cells = [_cells(change, fmt) for change in found.changes[:SHOWN]]
    headings = ["", "layer", "what changed", "output", *(QUANTITIES[name].heading for name in NUMBERS)]
    parts.append(draw(cells, headings, [*[False] * 4, *[True] * len(NUMBERS)], fmt))
    kinds = {kind: sum(c.kind == kind for c in found.changes) for kind in ("added", "removed", "changed")}
    counted = ", ".join(f"{count} {kind}" for kind, count in kinds.items() if count)
    more = f"; the first {SHOWN} are shown" if len(found.changes) > SHOWN else ""
    return "\n".join([*parts, "", _paragraph(f"{counted}, {found.same} the same{more}.", fmt)])


def _heading(title: str, fmt: str) -> str:
    marks = {"github": "### {}", "html": "<h4>{}</h4>"}
    return marks.get(fmt, "{}").format(_escaped(title, fmt))


def _paragraph(sentence: str, fmt: str) -> str:
    return f"<p>{_escaped(sentence, fmt)}</p>" if fmt == "html" else _escaped(sentence, fmt)


def _escaped(prose: str, fmt: str) -> str:
    return text.escape(prose, "unsafehtml" if fmt == "html" else fmt)


def _validity(found: Diff) -> list[str]:
    """For which values of free variables each of the two holds: in one sentence where that is the same."""
    one, two = found.before.validity, found.after.validity
    if one == two:
        return [f"{one}."] if one else []
    return [
        f"{when}: {said[:1].lower()}{said[1:]}." for when, said in (("Before", one), ("After", two)) if said
    ]


def _totals(found: Diff, fmt: str) -> str:
    rows = [
        [QUANTITIES[t.name].heading, number(t.before), number(t.after), _signed(t.difference), share(t)]
        for t in found.totals
        if t.before != t.after or t.name in NUMBERS
    ]
    outputs = [", ".join(map(show, report.outputs.values())) for report in (found.before, found.after)]
    if outputs[0] != outputs[1]:
        rows.append(["output", *outputs, "", ""])
    return draw(rows, ["total", "before", "after", "change", ""], [False, True, True, True, True], fmt)


def share(total: Total) -> str:
    """By what part a total changed."""
    return "" if total.relative is None else f"{total.relative:+.2%}" if total.relative else ""


def number(value: Number | None) -> str:
    """A number with thousands separators."""
    return "-" if value is None else text.count(value)


def _signed(value: Number | None) -> str:
    if isinstance(value, int):
        return f"{value:+,}" if value else ""
    return "" if value is None else f"{value:+,.2f}" if isinstance(value, Rational) else str(value)


MARKS = {"added": "+", "removed": "-", "changed": "~"}


def _cells(change: Change, fmt: str) -> list[str]:
    one, two = change.before, change.after
    row = two or one
    assert row is not None
    what = ", ".join(f"{key}: {_safe(old, fmt)} -> {_safe(new, fmt)}" for key, old, new in change.fields)
    return [
        MARKS[change.kind],
        _pair(one and text.escape(one.path, fmt), two and text.escape(two.path, fmt)),
        what or (row.type if change.kind != "changed" else ""),
        _pair(one and show(one.output), two and show(two.output)),
        *(_count(change, name) for name in NUMBERS),
    ]


def _safe(value: Any, fmt: str) -> str:
    return text.escape(_value(value), fmt)


def _value(value: Any) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_value, value))}]"
    return (
        {True: "true", False: "false", None: "none"}.get(value, str(value))
        if isinstance(value, bool | None)
        else str(value)
    )


def _pair(one: str | None, two: str | None) -> str:
    if one is None or two is None or one == two:
        return two or one or ""
    return f"{one} -> {two}"


def _count(change: Change, name: str) -> str:
    def of(row: Row | None) -> Dim:
        value: Dim = getattr(row, name) if row is not None else 0
        return value

    difference = of(change.after) - of(change.before)
    return _signed(difference)


def as_json(found: Diff) -> str:
    """The same data as JSON."""
    import json

    return json.dumps(as_dict(found), indent=2, ensure_ascii=True)


def as_dict(found: Diff) -> dict[str, Any]:
    """The changes as plain data."""
    return {
        "schema_version": SCHEMA_VERSION,
        "before": found.before.name if found.before.graph.nodes else None,
        "after": found.after.name if found.after.graph.nodes else None,
        "free": {
            name: {"text": grid.text()} | grid.as_dict()
            for name, grid in {**found.before.graph.free, **found.after.graph.free}.items()
        },
        "totals": {
            t.name: {
                "before": plain(t.before),
                "after": plain(t.after),
                "difference": plain(t.difference),
                "relative": t.relative,
            }
            for t in found.totals
        },
        "same": found.same,
        "changes": [_as_data(change) for change in found.changes],
    }


def _as_data(change: Change) -> dict[str, Any]:
    def row(of: Row | None) -> Any:
        if of is None:
            return None
        return {
            "path": of.path,
            "type": of.type,
            "output": [plain(n) for n in of.output],
            **{name: plain(getattr(of, name)) for name in NUMBERS},
        }

    fields = [{"field": key, "before": _value(old), "after": _value(new)} for key, old, new in change.fields]
    return {"kind": change.kind, "before": row(change.before), "after": row(change.after), "fields": fields}
