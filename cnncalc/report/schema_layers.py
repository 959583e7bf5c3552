"""What the JSON Schema says about layer types and their fields.

What a field takes is asked of the field itself: its validator is tried with values of each kind, so
that no rule is written twice.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterable
from typing import Any

from cnncalc.fields import DEFERRED
from cnncalc.layer import Family, Layer
from cnncalc.layers import NORMS
from cnncalc.reading.checking.fields import ACTIVATED, PARAMETERISED
from cnncalc.reading.checking.model import COMMON
from cnncalc.reading.checking.tensors import NAMES as TENSORS
from cnncalc.reading.expressions.words import NAME_PATTERN, REFERENCE_PATTERN
from cnncalc.reading.text.nodes import MAX_SCALAR
from cnncalc.registry import all_types

EXPRESSION = {"type": "string", "minLength": 1, "maxLength": MAX_SCALAR}
NAME = {"type": "string", "pattern": f"^{NAME_PATTERN}$"}
REFERENCE = {"type": "string", "pattern": f"^{REFERENCE_PATTERN}$"}
NUMBER = {"anyOf": [{"type": "number"}, EXPRESSION]}


def typed(types: dict[str, type[Layer]]) -> dict[str, Any]:
    """The names of types; what an item of each may have, and what it must have unless ``defaults`` has it."""

    def each(then: dict[str, dict[str, Any]]) -> dict[str, Any]:
        cases = [{"if": {"properties": {"type": {"const": name}}}, "then": then[name]} for name in then]
        return {"if": {"type": "object", "required": ["type"]}, "then": {"allOf": cases}}

    def named(names: Iterable[str]) -> dict[str, Any]:
        known = ({"const": name, "description": description(types[name])} for name in names)
        return {"anyOf": [*known, {"type": "string"}]}

    names = sorted(types)
    return {
        "type": named(names),
        "bare": named(name for name in names if not required(types[name])),
        "typed": each({name: {"$ref": f"#/$defs/layer.{name}"} for name in types}),
        "starts": {
            "defaultSnippets": [
                snippet(
                    f"{name} ({', '.join(required(cls))})",
                    description(cls),
                    _flow({"type": name, **required(cls)}),
                )
                for name, cls in types.items()
                if required(cls)
            ],
        },
        "complete": each(
            {name: {"required": [*required(cls)]} for name, cls in types.items() if required(cls)}
        ),
    }


def shared_fields(definitions: dict[str, Any]) -> dict[str, Any]:
    """Replace fields that several types have by references to one definition; return these definitions."""
    found: dict[str, dict[str, Any]] = {}
    for name in [name for name in definitions if name.startswith("layer.")]:
        properties = definitions[name]["properties"]
        for key, field in properties.items():
            if not isinstance(field, dict) or len(json.dumps(field)) < 60:
                continue
            same = (label for label, known in found.items() if known == field)
            label = next(same, None) or f"field.{key}" + (f".{name[6:]}" if f"field.{key}" in found else "")
            found[label] = field
            properties[key] = {"$ref": f"#/$defs/{label}"}
    return found


def common() -> dict[str, Any]:
    """Keys that every item may have."""
    references = {"anyOf": [REFERENCE, {"type": "array", "minItems": 1, "items": REFERENCE}]}
    return {
        "name": {**NAME, "description": "The item's name, which is part of its path."},
        "from": {
            **references,
            "description": "The tensor that the item reads; default: the output of the preceding item.",
        },
        "repeat": {
            "anyOf": [{"type": "integer", "minimum": 0}, EXPRESSION],
            "description": "Number of repetitions.",
        },
        "first": {"type": "object", "description": "Fields that differ in the first repetition."},
        "when": {
            "anyOf": [{"type": "boolean"}, EXPRESSION],
            "description": "If false, the item is left out.",
        },
        "train_only": {
            "type": "boolean",
            "description": "An auxiliary head: its parameters count, its MACs do not.",
        },
        "share": {
            **REFERENCE,
            "description": "Repeats the layers of an earlier item with the same parameters.",
        },
    }


def layer(name: str, cls: type[Layer]) -> dict[str, Any]:
    """The fields of a layer type."""
    own = {
        field.alias or key: field_schema(cls, key) for key, field in cls.model_fields.items() if key != "type"
    }
    extra: dict[str, Any] = {key: key != "share" for key in COMMON}
    if cls.family in ACTIVATED:
        extra |= {"norm": {"$ref": "#/$defs/norm"}, "act": {"$ref": "#/$defs/act"}}
    if cls.family is Family.MERGE:
        extra["branches"] = True
    if cls.family in PARAMETERISED:
        extra |= {key: {"$ref": "#/$defs/seldom"} for key in TENSORS if key not in own}
        extra["weight"] = {"$ref": "#/$defs/numbers"}
        if "bias" in own:
            own["bias"] = {"anyOf": [own["bias"], {"$ref": "#/$defs/numbers"}], **_about(cls, "bias")}
    return {
        "title": name,
        "description": description(cls),
        "properties": {**own, **extra},
        "additionalProperties": False,
    }


def attachment(family: Family) -> dict[str, Any]:
    """A norm or activation: a word, a variable or parameter that holds one, or a mapping with type."""
    known = [name for name, cls in all_types().items() if cls.family is family]
    words = sorted({*known, "none", *(NORMS if family is Family.NORM else ())})
    properties = {**dict.fromkeys(COMMON, False), "type": {"enum": words}}
    node = {"type": "object", "required": ["type"], "properties": properties}
    what = "Normalization" if family is Family.NORM else "Activation"
    return {
        "anyOf": [{"enum": words}, NAME, node, {"type": "null"}],
        "description": f"{what} to append; it has a row of its own.",
    }


def required(cls: type[Layer]) -> dict[str, Any]:
    """Fields without a default, and an example of each."""
    fields = cls.model_fields.items()
    return {field.alias or key: cls.about[key].example for key, field in fields if field.is_required()}


def description(cls: type[Layer]) -> str:
    """The first paragraph of the docstring of the type, or of the rule that its ranks share."""
    text = next(c.__doc__ for c in cls.__mro__ if c.__doc__ and c.__module__ == cls.__module__)
    return " ".join(inspect.cleandoc(text).split("\n\n")[0].replace("``", "").split())


def _about(cls: type[Layer], key: str) -> dict[str, Any]:
    field = cls.model_fields[key]
    text, example, unit = cls.about[key]
    about: dict[str, Any] = {"description": f"{text[:-1]} ({unit})." if unit else text}
    if example is not None:
        about["examples"] = [example]
    if not field.is_required() and field.default is not None:
        about["default"] = field.default
    return about


def field_schema(cls: type[Layer], key: str) -> dict[str, Any]:
    """What a field takes, found by trying.

    One schema with several types says more than ``anyOf``: of this, validators say that nothing fits, and editors show
    every part. An editor would insert a list where it sees ``items`` outside ``then``.
    """
    kinds: list[dict[str, Any]] = []

    def takes(value: Any) -> bool:
        return accepts(cls, key, value)

    if takes(True):
        kinds.append({"type": "boolean"})
    least = next((n for n in (-1000, -2, -1, 0, 1) if takes(n)), None)
    if takes(0.5):
        bounds = {"minimum": 0} if not takes(-1) else {}
        kinds.append({"type": "number", **bounds, **({"maximum": 1} if not takes(1.5) else {})})
    elif least is not None:
        kinds.append({"type": "integer"} | ({"minimum": least} if least > -1000 else {}))
    if takes(None):
        kinds.append({"type": "null"})
    words = {"enum": [*cls.words.get(key, ())]}
    if words["enum"] and not kinds:
        return {**words, **_about(cls, key)}
    lists = _lists(takes)
    joined: dict[str, Any] = {
        "type": [*(kind["type"] for kind in kinds), *(["array"] if lists else []), "string"]
    }
    for kind in (*kinds, EXPRESSION):
        joined |= {name: value for name, value in kind.items() if name != "type"}
    if words["enum"]:  # any text may be an expression: these are for editors, which offer them
        joined["anyOf"] = [words, {"not": words}]
    if lists:
        joined |= {"if": {"type": "array"}, "then": lists[0] if len(lists) == 1 else {"anyOf": lists}}
    return {**joined, **_about(cls, key)}


def _lists(takes: Any) -> list[dict[str, Any]]:
    found = []
    lengths = [n for n in range(1, 9) if takes([1] * n) or takes(list(range(n)))]
    if lengths:
        low = next((n for n in (-1, 0, 1) if takes([n, *[1] * (lengths[-1] - 1)])), 0)
        entry: dict[str, Any] = {
            "anyOf": [
                {"type": "number" if takes([0.5] * lengths[-1]) else "integer", "minimum": low},
                EXPRESSION,
            ]
        }
        if takes([None] * lengths[-1]):
            entry["anyOf"].append({"type": "null"})
        found.append({"type": "array", "minItems": lengths[0], "maxItems": lengths[-1], "items": entry})
    pairs = [n for n in range(1, 9) if takes([[1, 1]] * n)]
    if pairs:
        pair = {
            "type": "array",
            "minItems": 2,
            "maxItems": 2,
            "items": {"anyOf": [{"type": "integer", "minimum": 0}, EXPRESSION]},
        }
        found.append({"type": "array", "minItems": pairs[0], "maxItems": pairs[-1], "items": pair})
    return found


def accepts(cls: type[Layer], key: str, value: Any) -> bool:
    """Whether a field takes a value, whatever the other fields are."""
    from pydantic import ValidationError

    name = cls.model_fields[key].alias or key
    others = dict.fromkeys(required(cls), DEFERRED)
    try:
        cls.model_validate({**others, name: value})
    except ValidationError as error:
        return all(detail["loc"][:1] != (name,) for detail in error.errors())
    return True


def snippet(label: str, what: str, body: Any) -> dict[str, Any]:
    """What an editor offers to insert: the YAML language server shows examples that are objects without a name."""
    return {"label": label, "description": what, "body": body}


def _flow(fields: dict[str, Any]) -> str:
    """A mapping in the flow style, with a stop of the tab key at each value that is to be changed."""
    values = {
        key: value if key == "type" else f"${{{stop}:{json.dumps(value)}}}"
        for stop, (key, value) in enumerate(fields.items())
    }
    return f"{{{', '.join(f'{key}: {value}' for key, value in values.items())}}}"
