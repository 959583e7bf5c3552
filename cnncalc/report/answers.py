"""JSON Schemas (2020-12) of what commands print with ``--format json``, by command; every answer says its version.

A number that is counted is an entry of ``QUANTITIES``, and so it enters the schemas by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cnncalc.analysis.diff import NUMBERS
from cnncalc.counting.quantities import ITEM_BYTES, QUANTITIES
from cnncalc.domain import Grid
from cnncalc.report.json_ import SCHEMA_VERSION
from cnncalc.report.schema import DIALECT

Schema = dict[str, Any]

TEXT: Final[Schema] = {"type": "string"}
WHOLE: Final[Schema] = {"type": "integer"}
REAL: Final[Schema] = {"type": "number"}
TRUTH: Final[Schema] = {"type": "boolean"}
#: integers are exact; what depends on a free variable is its closed form as text
SIZE: Final[Schema] = {"type": ["integer", "string"]}
COUNT: Final[Schema] = {"type": ["integer", "number", "string", "null"]}


def schema_of(command: str) -> Schema:
    """Return the schema of a command's JSON.

    Raises:
        KeyError: the command prints none.
    """
    head = {"$schema": DIALECT, "title": f"cnncalc {command}, schema version {SCHEMA_VERSION}"}
    return head | ANSWERS[command]


def _object(properties: Mapping[str, Schema], *optional: str) -> Schema:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": [name for name in properties if name not in optional],
        "properties": dict(properties),
    }


def _answer(properties: Mapping[str, Schema], *optional: str) -> Schema:
    return _object({"schema_version": {"const": SCHEMA_VERSION}, **properties}, *optional)


def _list(of: Schema) -> Schema:
    return {"type": "array", "items": of}


def _by_name(of: Schema) -> Schema:
    return {"type": "object", "additionalProperties": of}


def _or_null(of: Schema) -> Schema:
    return {"anyOf": [of, {"type": "null"}]}


SHAPE = _list(SIZE)
SHAPES = _by_name(SHAPE)
_VALUE: Schema = {"type": ["number", "string"]}
_END: Schema = {"type": ["number", "null"]}
DOMAIN = _object(
    {"text": TEXT, "from": _END, "to": _END, "step": _END, "values": _list(REAL)},
    "from",
    "to",
    "step",
    "values",
)
_OWN = [quantity.name for quantity in QUANTITIES.values() if quantity.of is not None]
_FIELD = _object({"size": SHAPE, "stride": _list(_VALUE), "padding": SHAPE, "aligned": TRUTH}, "aligned")
_ROW: dict[str, Schema] = {
    "path": TEXT,
    "type": TEXT,
    "inputs": _list(TEXT),
    "output": SHAPE,
    **dict.fromkeys(_OWN, COUNT),
    "receptive_field": _or_null(_FIELD),
    "shared_with": {"type": ["string", "null"]},
    "train_only": TRUTH,
}
_TABLE = _answer(
    {
        "name": TEXT,
        "input": SHAPES,
        "output": SHAPES,
        "batch": WHOLE,
        "dtype": {"enum": [*ITEM_BYTES]},
        "layout": {"enum": ["nchw", "nhwc"]},
        "counting_rule": TEXT,
        "free": _by_name(DOMAIN),
        "conditions": _list(TEXT),
        "layers": _list(_object(_ROW)),
        "totals": _object({**dict.fromkeys(QUANTITIES, COUNT), "partial": TRUTH}),
    }
)
_STEP = _object({"what": TEXT, "rule": TEXT, "numbers": TEXT, "result": SIZE, "note": TEXT})
_LAYER = _answer(
    {
        "layer": TEXT,
        "type": TEXT,
        "inputs": _list(SHAPE),
        "output": SHAPE,
        "summary": TEXT,
        "validity": TEXT,
        "steps": _list(_STEP),
    }
)
_PART = _object({"name": TEXT, "layers": WHOLE, "output": SHAPE, "params": SIZE, "macs": SIZE})
_SHARE = _object({"layer": TEXT, "share": REAL})
_MOMENT = _object({"layer": TEXT, "bytes": WHOLE, "alive": _by_name(WHOLE)})
_MEMORY = _object(
    {
        "in_place": TRUTH,
        "peaks": _list(_MOMENT),
        "least_peak_bytes": WHOLE,
        "least_is_proven": TRUTH,
        "best_order": _list(TEXT),
        "training": _object(
            {
                "optimizer": TEXT,
                **dict.fromkeys(("total", "params", "gradients", "optimizer_state", "activations"), WHOLE),
            }
        ),
    }
)
_NETWORK = _answer(
    {
        "name": TEXT,
        "input": SHAPES,
        "output": SHAPES,
        "batch": WHOLE,
        "dtype": {"enum": [*ITEM_BYTES]},
        "parts": _list(_PART),
        "totals": _by_name(COUNT),
        "largest": _by_name(_list(_SHARE)),
        "receptive_field": _or_null(_object({"layer": TEXT, **_FIELD["properties"]}, "aligned")),
        "memory": _or_null(_MEMORY),
        "validity": TEXT,
    }
)
_REASON = _object(
    {
        "condition": TEXT,
        "layer": {"type": ["string", "null"]},
        "line": {"type": ["integer", "null"]},
        "reason": TEXT,
    }
)
_PIECE = _object({"low": _END, "high": _END, "modulus": WHOLE, "residues": _list(WHOLE)})
_SCALE = Grid._fields[0]  # numbers are integers divided by it
_NEAREST = _object(dict.fromkeys(("equal", "below", "above"), _END))
_VALID = _object(
    {
        "text": TEXT,
        "least": _END,
        "pieces": _list(_PIECE),
        _SCALE: WHOLE,
        "domain": DOMAIN,
        "nearest": _NEAREST,
    },
    "nearest",
)
_SOLUTION = _answer(
    {"name": TEXT, "variables": _by_name(_VALID), "derived": _list(_REASON), "coupled": _list(_REASON)}
)
_POSITION: Schema = {"type": ["integer", "null"]}
_PROBLEM = _object(
    {
        "code": TEXT,
        "rule": TEXT,
        "severity": {"enum": ["error", "warning", "info"]},
        "file": TEXT,
        **dict.fromkeys(("line", "column", "end_line", "end_column"), _POSITION),
        "message": TEXT,
        "notes": _list(TEXT),
        "help": {"type": ["string", "null"]},
        "fixable": TRUTH,
    }
)
_EXPECTATION = _object(
    {"name": TEXT, "met": TRUTH, "actual": REAL, "max": REAL, "left": REAL}, "actual", "max", "left"
)
_FINDINGS = _answer(
    {
        "summary": _object(dict.fromkeys(("error", "warning", "info"), WHOLE)),
        "specs": _list(
            _object(
                {
                    "file": TEXT,
                    "networks": WHOLE,
                    "problems": _list(_PROBLEM),
                    "expectations": _list(_EXPECTATION),
                }
            )
        ),
    }
)
_TOTAL = _object(
    {"before": COUNT, "after": COUNT, "difference": COUNT, "relative": {"type": ["number", "null"]}}
)
_CHANGED = _or_null(_object({"path": TEXT, "type": TEXT, "output": SHAPE, **dict.fromkeys(NUMBERS, COUNT)}))
_CHANGE = _object(
    {
        "kind": TEXT,
        "before": _CHANGED,
        "after": _CHANGED,
        "fields": _list(_object({"field": TEXT, "before": {}, "after": {}})),
    }
)
_NAME: Schema = {"type": ["string", "null"]}
_DIFFERENCE: dict[str, Schema] = {
    "before": _NAME,
    "after": _NAME,
    "free": _by_name(DOMAIN),
    "totals": _by_name(_TOTAL),
    "same": WHOLE,
    "changes": _list(_CHANGE),
}
_FOLDERS = _answer(
    {
        "before": TEXT,
        "after": TEXT,
        "networks": _list(
            _object({"path": TEXT, "schema_version": {"const": SCHEMA_VERSION}, **_DIFFERENCE})
        ),
        "errors": _list(_object({"path": TEXT, "message": TEXT})),
    }
)
_CHECK = _object(
    {
        "path": TEXT,
        "type": TEXT,
        "output": _or_null(_list(WHOLE)),
        "derived_output": _list(WHOLE),
        "params": WHOLE,
        "macs": WHOLE,
        "seconds": REAL,
        "bytes": WHOLE,
        "ran": TRUTH,
        "finite": TRUTH,
        "differences": _list(TEXT),
        "values": {},
    }
)
_VERIFICATION = _answer(
    {
        "name": TEXT,
        "input": _by_name(_list(WHOLE)),
        "batch": WHOLE,
        "seed": WHOLE,
        "dtype": TEXT,
        "agrees": TRUTH,
        "layers": _list(_CHECK),
        "totals": _object({"params": WHOLE, "macs": WHOLE, "seconds": REAL, "peak_bytes": WHOLE}),
    }
)
_ENTRY = _object(
    {**dict.fromkeys(("name", "input", "source", "title"), TEXT), "params": COUNT, "macs": COUNT}
)
_ZOO = _answer({"architectures": _list(_ENTRY), "lessons": _list(_ENTRY)}, "architectures", "lessons")
_PAGE = _object(dict.fromkeys(("code", "name", "level", "text", "summary"), TEXT))

ANSWERS: Final[Mapping[str, Schema]] = {
    "table": _TABLE,
    "explain": {"anyOf": [_LAYER, _NETWORK]},
    "solve": _SOLUTION,
    "sweep": _list(_by_name({"type": ["number", "string", "boolean", "null"]})),
    "check": _FINDINGS,
    "rule": {"anyOf": [_PAGE, _list(_PAGE)]},
    "diff": {"anyOf": [_answer(_DIFFERENCE), _FOLDERS]},
    "verify": _VERIFICATION,
    "zoo": _ZOO,
}
