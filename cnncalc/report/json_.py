"""The report as JSON, schema version 1. Integers are exact; symbolic sizes are strings."""

from __future__ import annotations

from typing import Any

from cnncalc.counting.propagate import Report
from cnncalc.counting.quantities import COUNTING_RULE
from cnncalc.counting.rows import Row
from cnncalc.dims import Dim
from cnncalc.report.rows import folded, laid_out
from cnncalc.shapes import Shape

SCHEMA_VERSION = 1


def render(report: Report, depth: int | None, layout: str) -> str:
    """The whole report as a JSON text."""
    import json

    return json.dumps(as_dict(report, depth, layout), indent=2, ensure_ascii=True)


def as_dict(report: Report, depth: int | None = None, layout: str = "nchw") -> dict[str, Any]:
    """The report as plain data."""

    def shape(value: Shape) -> list[Any]:
        return [_size(d) for d in laid_out(value, layout)]

    totals = report.totals
    return {
        "schema_version": SCHEMA_VERSION,
        "name": report.name,
        "input": {name: shape(value) for name, value in report.inputs.items()},
        "output": {name: shape(value) for name, value in report.outputs.items()},
        "batch": report.batch,
        "dtype": report.dtype,
        "layout": layout,
        "counting_rule": COUNTING_RULE,
        "free": {n: {"text": grid.text()} | grid.as_dict() for n, grid in report.graph.free.items()},
        "conditions": [str(condition) for condition in report.conditions],
        "layers": [_row(row, shape) for row in folded(report, depth)],
        "totals": {
            "weights": _size(totals.weights),
            "biases": _size(totals.biases),
            "params": _size(totals.params),
            "buffers": _size(totals.buffers),
            "macs": _size(totals.macs),
            "flops": _size(totals.flops),
            "param_bytes": _size(totals.param_bytes),
            "activation_bytes": _size(totals.activation_bytes),
            "peak_activation_bytes": _size(totals.peak_activation_bytes),
            "partial": totals.partial,
        },
    }


def _size(value: Dim | None) -> Any:
    return value if value is None or isinstance(value, int) else str(value)


def _row(row: Row, shape: Any) -> dict[str, Any]:
    field = row.receptive_field
    names = ("size", "stride", "padding")
    return {
        "path": row.path,
        "type": row.type,
        "inputs": list(row.inputs),
        "output": shape(row.output),
        "weights": _size(row.weights),
        "biases": _size(row.biases),
        "params": _size(row.params),
        "buffers": _size(row.buffers),
        "macs": _size(row.macs),
        "flops": _size(row.flops),
        "receptive_field": field
        and {n: [_size(d) for d in part] for n, part in zip(names, field[:3], strict=True)}
        | ({} if field.aligned else {"aligned": False}),
        "shared_with": row.shared_with,
        "train_only": row.train_only,
    }
