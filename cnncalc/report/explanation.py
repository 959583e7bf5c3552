"""Derivations of one layer's numbers, as text or Markdown."""

from __future__ import annotations

import textwrap
from typing import Any

from cnncalc.analysis.explain import Explanation
from cnncalc.layer import Line
from cnncalc.reading.expressions.rational import plain
from cnncalc.report import text
from cnncalc.report.json_ import SCHEMA_VERSION
from cnncalc.report.latex import formula
from cnncalc.shapes import show

WIDTH = 100


def as_text(found: Explanation) -> str:
    """One layer, for a terminal."""
    lines = [
        _head(found),
        *textwrap.wrap(text.safe(found.summary), WIDTH),
        *([f"{found.validity}."] if found.validity else []),
        "",
    ]
    width = max((len(line.what) for line in found.lines), default=0)
    for line in found.lines:
        lines.append(f"{line.what:{width}}  {line.rule}")
        result = f" = {text.count(line.result)}" if str(line.result) != line.numbers else ""
        lines.append(f"{'':{width}}  = {line.numbers}{result}")
        if line.note:
            lines.append(f"{'':{width}}  ({line.note})")
    return "\n".join(lines)


def as_markdown(found: Explanation) -> str:
    """One layer, in Markdown with LaTeX."""
    lines = [f"### {text.escape(_head(found), 'github')}", "", text.escape(found.summary, "github"), ""]
    lines += [f"{found.validity}.", ""] if found.validity else []
    for line in found.lines:
        lines.append(f"- **{line.what}**: {line.rule}")
        lines.append(f"  {_equation(line)}")
        if line.note:
            lines.append(f"  ({line.note})")
    return "\n".join(lines)


def as_json(found: Explanation) -> str:
    """One layer, as JSON."""
    import json

    return json.dumps(as_dict(found), indent=2, ensure_ascii=True)


def as_dict(found: Explanation) -> dict[str, Any]:
    """One layer as plain data, schema version 1."""
    steps = [line._asdict() | {"result": plain(line.result)} for line in found.lines]
    return {
        "schema_version": SCHEMA_VERSION,
        "layer": found.row.path,
        "type": found.row.type,
        "inputs": [[plain(size) for size in shape] for shape in found.inputs],
        "output": [plain(size) for size in found.row.output],
        "summary": found.summary,
        "validity": found.validity,
        "steps": steps,
    }


def _equation(line: Line) -> str:
    """The numbers put in, and the result; as it stands in specs where it is too long for LaTeX."""
    sides = dict.fromkeys((line.numbers, str(line.result)))
    try:
        return f"$${' = '.join(dict.fromkeys(map(formula, sides)))}$$"
    except ValueError:
        return f"`{' = '.join(sides)}`"


def _head(found: Explanation) -> str:
    given = " and ".join(show(shape) for shape in found.inputs)
    return f"{found.row.path} ({found.row.type}): {given} -> {show(found.row.output)}"
