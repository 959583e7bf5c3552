"""What a forward pass found, for people and programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnncalc.analysis.verify import Check, Verification
from cnncalc.report import text
from cnncalc.report.json_ import SCHEMA_VERSION
from cnncalc.report.table import draw

if TYPE_CHECKING:
    from cnncalc.kernels.work import Array

HEADINGS = ["layer", "type", "output", "params", "MACs", "ms", "MB", "verdict"]


def verdict(check: Check) -> str:
    """``ok``, what differs, or why it did not run."""
    good = "ok" if check.finite else "ok, but NaN or infinite"
    return check.note or "; ".join(check.differences) or good


def as_text(found: Verification) -> str:
    """A table with a verdict per layer, and the sum of it."""
    right = [False, False, False, True, True, True, True, False]
    table = draw(cells_of(found), HEADINGS, right, "simple")
    values = [part for check in found.checks if check.values is not None for part in _values(check)]
    return "\n".join([text.safe(found.report.name), table, "", *values, *_summary(found)])


def cells_of(found: Verification) -> list[list[str]]:
    """The cells of the table, a row for each layer."""
    return [
        [
            check.row.path,
            check.row.type,
            text.dims(check.output) if check.output is not None else "",
            text.count(check.params),
            text.count(check.macs),
            f"{check.seconds * 1000:.1f}",
            f"{check.bytes / 1e6:.1f}",
            verdict(check),
        ]
        for check in found.checks
    ]


def _values(check: Check) -> list[str]:
    import numpy as np

    assert check.values is not None
    lines = [f"{check.row.path}:"]
    for sample in check.values:
        shown = np.array2string(
            sample, precision=4, suppress_small=True, floatmode="maxprec", max_line_width=100
        )
        lines += [f"  {line}".rstrip() for line in shown.splitlines()]
    return [*lines, ""]


def _summary(found: Verification) -> list[str]:
    checks, report = found.checks, found.report
    ran = [check for check in checks if not check.note]
    wrong = [check for check in ran if not check.agrees]
    params, macs = sum(c.params for c in ran if c.row.shared_with is None), sum(c.macs for c in ran)
    if wrong:
        first = f"{len(wrong)} of {len(ran)} layers disagree with the computed numbers"
    else:
        which = f"All {len(ran)} layers agree" if len(ran) != 1 else "The layer agrees"
        first = f"{which}: output shapes, {params:,} params, {macs:,} MACs"
    lines = [first + (f"; {len(checks) - len(ran)} did not run" if len(ran) < len(checks) else "")]
    if found.reached is not None:
        lines.append(
            f"Receptive fields of {found.reached} layers agree with those found by perturbing the input"
        )
    memory = f"; the process took at most {text.size(found.memory)}" if found.memory is not None else ""
    lines.append(f"Batch {report.batch}; {found.seconds:.2f} s in layers{memory}")
    return lines


def as_json(found: Verification) -> str:
    """The same data as JSON."""
    import json

    return json.dumps(as_dict(found), indent=2, ensure_ascii=True)


def as_dict(found: Verification) -> dict[str, Any]:
    """The checks as plain data, schema version 1."""
    report, checks = found.report, found.checks
    return {
        "schema_version": SCHEMA_VERSION,
        "name": report.name,
        "input": {name: list(shape) for name, shape in report.inputs.items()},
        "batch": report.batch,
        "seed": found.setup.seed,
        "dtype": found.setup.dtype,
        "agrees": found.agrees,
        "layers": [_layer(check) for check in checks],
        "totals": {
            "params": sum(c.params for c in checks if c.row.shared_with is None),
            "macs": sum(c.macs for c in checks),
            "seconds": round(found.seconds, 6),
            "peak_bytes": max((c.bytes for c in checks), default=0),
        },
    }


def _layer(check: Check) -> dict[str, Any]:
    return {
        "path": check.row.path,
        "type": check.row.type,
        "output": None if check.output is None else list(check.output),
        "derived_output": list(check.row.output),
        "params": check.params,
        "macs": check.macs,
        "seconds": round(check.seconds, 6),
        "bytes": check.bytes,
        "ran": not check.note,
        "finite": check.finite,
        "differences": list(check.differences),
        "values": _plain(check.values),
    }


def _plain(values: Array | None) -> Any:
    return None if values is None else values.tolist()
