"""The report as JSON, schema version 1. Integers are exact; symbolic sizes are strings."""

from __future__ import annotations

from typing import Any

from cnncalc.counting.quantities import COUNTING_RULE, QUANTITIES, Scale
from cnncalc.counting.rows import Row
from cnncalc.reading.expressions.rational import plain
from cnncalc.report.rows import View
from cnncalc.shapes import Shape

SCHEMA_VERSION = 1


def render(view: View) -> str:
    """The whole report as a JSON text."""
    import json

    return json.dumps(as_dict(view), indent=2, ensure_ascii=True)


def as_dict(view: View) -> dict[str, Any]:
    """The report as plain data."""
    report = view.report

    def shape(value: Shape) -> list[Any]:
        return [plain(d) for d in view.shape(value)]

    return {
        "schema_version": SCHEMA_VERSION,
        "name": report.name,
        "input": {name: shape(value) for name, value in report.inputs.items()},
        "output": {name: shape(value) for name, value in report.outputs.items()},
        "batch": report.batch,
        "dtype": report.dtype,
        "layout": view.layout,
        "counting_rule": COUNTING_RULE,
        "free": {n: {"text": grid.text()} | grid.as_dict() for n, grid in report.graph.free.items()},
        "conditions": [str(condition) for condition in report.conditions],
        "layers": [_row(row, shape, report.scale) for row in view.rows],
        "totals": {
            **{name: plain(report.number(name)) for name in QUANTITIES},
            "partial": report.totals.partial,
        },
    }


def _row(row: Row, shape: Any, scale: Scale) -> dict[str, Any]:
    return {
        "path": row.path,
        "type": row.type,
        "inputs": list(row.inputs),
        "output": shape(row.output),
        **{q.name: plain(q.value(row, scale)) for q in QUANTITIES.values() if q.of is not None},
        "receptive_field": field_of(row),
        "shared_with": row.shared_with,
        "train_only": row.train_only,
    }


def field_of(row: Row) -> Any:
    """Return a receptive field as plain data; None if it has no fixed form."""
    field, names = row.receptive_field, ("size", "stride", "padding")
    return field and (
        {n: [plain(d) for d in part] for n, part in zip(names, field[:3], strict=True)}
        | ({} if field.aligned else {"aligned": False})
    )
