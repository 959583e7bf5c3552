"""A JSON Schema (2020-12) of specs, for editors.

What a field takes is asked of the field itself: its validator is tried with values of each kind, so
that no rule is written twice. Layer types are told apart by if/then, because an editor can then say
what is wrong with this layer; ``oneOf`` would only say that none of 65 fits.
"""

from __future__ import annotations

import inspect
import json
from typing import Any

from cnncalc.analysis.expect import WORDS
from cnncalc.analysis.rules import rules
from cnncalc.counting.quantities import ITEM_BYTES, QUANTITIES
from cnncalc.domain import KINDS
from cnncalc.fields import DEFERRED
from cnncalc.layer import Family, Layer
from cnncalc.layers import NORMS
from cnncalc.reading.checking.fields import ACTIVATED, PARAMETERISED
from cnncalc.reading.checking.inputs import LAYOUTS
from cnncalc.reading.checking.model import COMMON, PARAM_KINDS
from cnncalc.reading.checking.tensors import NAMES as TENSORS
from cnncalc.reading.expressions.words import NAME_PATTERN, REFERENCE_PATTERN
from cnncalc.reading.text.nodes import MAX_SCALAR
from cnncalc.registry import all_types

DIALECT = "https://json-schema.org/draft/2020-12/schema"
EXAMPLE = """{
    "name": "Small net", "vars": {"H": 32, "W": 32}, "input": [3, "H", "W"],
    "layers": [{"type": "conv2d", "out_channels": 8, "kernel_size": 3, "padding": "half", "act": "relu"},
               "global_avgpool", {"type": "linear", "out_features": 10}],
    "expect": {"params": 314}
}"""
EXPRESSION = {"type": "string", "minLength": 1, "maxLength": MAX_SCALAR}
NAME = {"type": "string", "pattern": f"^{NAME_PATTERN}$"}
REFERENCE = {"type": "string", "pattern": f"^{REFERENCE_PATTERN}$"}
NUMBER = {"anyOf": [{"type": "number"}, EXPRESSION]}


def schema() -> dict[str, Any]:
    """The whole schema."""
    types = all_types()
    definitions: dict[str, Any] = {f"layer.{name}": layer(name, cls) for name, cls in types.items()}
    for blocks in (False, True):
        for defaults in (False, True):
            definitions |= items(types, blocks=blocks, defaults=defaults)
    definitions["numbers"] = {
        "description": "Numbers in nested lists.", "type": "array", "minItems": 1,
        "items": {"anyOf": [{"type": "number"}, {"$ref": "#/$defs/numbers"}]},
    }  # fmt: skip
    definitions["expectation"] = expectation()
    definitions |= {"norm": attachment(Family.NORM), "act": attachment(Family.ACTIVATION), **typed(types)}
    definitions |= _shared_fields(definitions)
    return {
        "$schema": DIALECT,
        "$id": "https://cnncalc.dev/schema/1/spec.json",
        "description": "A convolutional network for cnncalc: https://pypi.org/project/cnncalc",
        "type": "object",
        "required": ["input", "layers"],
        "additionalProperties": False,
        "properties": top(types),
        "allOf": [_branch(blocks, defaults) for blocks in (False, True) for defaults in (False, True)],
        "defaultSnippets": [_snippet("a spec", "a network with two layers", json.loads(EXAMPLE))],
        "$defs": definitions,
    }


def _snippet(label: str, what: str, body: Any) -> dict[str, Any]:
    """What an editor offers to insert: the YAML language server shows examples that are objects without a name."""
    return {"label": label, "description": what, "body": body}


def _suffix(*, blocks: bool, defaults: bool) -> str:
    return ("_blocks" if blocks else "") + ("_defaults" if defaults else "")


def _branch(blocks: bool, defaults: bool) -> dict[str, Any]:
    """What items may be depends on whether the spec has blocks, whose names are types, and defaults."""

    def given(key: str, *, there: bool) -> dict[str, Any]:
        return {"required": [key]} if there else {"not": {"required": [key]}}

    listed = {"$ref": f"#/$defs/list{_suffix(blocks=blocks, defaults=defaults)}"}
    then: dict[str, Any] = {"properties": {"layers": listed}}
    if blocks:
        body = {"type": "object", "properties": {"layers": listed}}
        then["properties"]["blocks"] = {"type": "object", "additionalProperties": body}
    return {"if": {"allOf": [given("blocks", there=blocks), given("defaults", there=defaults)]}, "then": then}


def top(types: dict[str, type[Layer]]) -> dict[str, Any]:
    """Properties of the document."""
    text = {"type": "string"}
    shape = {
        "type": "array",
        "minItems": 1,
        "maxItems": 8,
        "items": {"anyOf": [{"type": "integer", "minimum": 1}, EXPRESSION]},
    }
    laid_out = {
        "description": "A shape, and the order of its sizes: channels first (nchw) or last (nhwc).",
        "type": "object", "required": ["shape"], "additionalProperties": False,
        "properties": {"shape": shape, "layout": {"enum": list(LAYOUTS)}},
    }  # fmt: skip
    default = {"type": ["number", "boolean", "string", "array"]}
    bound = {"anyOf": [{"type": "number"}, EXPRESSION]}
    variable = {"anyOf": [default, {
        "type": "object", "required": ["default"], "additionalProperties": False,
        "properties": {
            "default": {**default, "description": "The value unless another is given."}, "description": text,
            "type": {"enum": list(KINDS), "description": "The type, if the default does not show it."},
            "from": {**bound, "description": "The smallest value."}, "to": {**bound, "description": "The largest value."},
            "step": {**bound, "description": "The distance between values."},
            "multiple_of": {**bound, "description": "A number of which every value is a multiple."},
            "values": {"type": "array", "minItems": 1, "description": "All allowed values."},
        },
    }]}  # fmt: skip
    lints = [rule for rule in rules() if rule.code.startswith("W")]
    words = [*(rule.code for rule in lints), *(rule.name for rule in lints)]
    block = {
        "type": "object", "required": ["layers"], "additionalProperties": False,
        "properties": {"description": text, "params": {
            "description": "Maps each param to its default, or to a kind, which makes it required.", "type": "object", "propertyNames": NAME,
            "additionalProperties": {"anyOf": [{"enum": list(PARAM_KINDS)}, {"type": ["number", "boolean", "string", "null", "array"]}]},
        }, "layers": {"type": "array"}},
    }  # fmt: skip
    variant = {
        "type": "object", "additionalProperties": False,
        "properties": {"name": text, "source": text, "vars": {"type": "object", "additionalProperties": default},
                       "expect": {"$ref": "#/$defs/expectation"}},
    }  # fmt: skip
    case = {**expectation(), "properties": {
        **expectation()["properties"], "set": {"type": "object"}, "fails": {"type": "boolean"}, "name": text}}  # fmt: skip
    return {
        "name": {**text, "description": "The network's name."},
        "description": {**text, "description": "Free text."},
        "source": {**text, "description": "The paper or page that describes the network."},
        "version": {"const": 1, "description": "Version of this format."},
        "input": {"description": "[channels, height, width] without the batch, or shapes by name.",
                  "anyOf": [shape, laid_out, {"type": "object", "propertyNames": NAME, "additionalProperties": {"anyOf": [shape, laid_out]}}],
                  "defaultSnippets": [
                      _snippet("[3, 224, 224]", "an RGB image", [3, 224, 224]), _snippet("[3, H, W]", "with variables", [3, "H", "W"]),
                      _snippet("channels last", "a shape in the order of Keras", {"shape": [224, 224, 3], "layout": "nhwc"})]},
        "input_values": {"description": "Numbers for the input, for 'cnncalc verify'.",
                         "anyOf": [{"$ref": "#/$defs/numbers"}, {"type": "object", "additionalProperties": {"$ref": "#/$defs/numbers"}}]},
        "output": {"description": "The layers whose outputs are the network's outputs; default: the last layer.",
                   "anyOf": [REFERENCE, {"type": "array", "minItems": 1, "items": REFERENCE}]},
        "vars": {"description": "Variables and their defaults; a default may use earlier variables.", "type": "object",
                 "propertyNames": NAME, "additionalProperties": variable,
                 "defaultSnippets": [_snippet("H, W", "sizes of the input", {"H": 224, "W": 224})]},
        "defaults": {"description": "Default fields by layer type; an item's own fields take precedence.", "type": "object",
                     "propertyNames": {"enum": list(types)}, "additionalProperties": {"type": "object"}},
        "blocks": {"description": "Reusable layers; their names are types.", "type": "object", "propertyNames": NAME,
                   "additionalProperties": block},
        "layers": {"description": "The network, in order.", "type": "array"},
        "variants": {"description": "Members of a family, selected by file.yaml@name.", "type": "object", "additionalProperties": variant},
        "expect": {"$ref": "#/$defs/expectation"},
        "cases": {"description": "Settings with their own expectations.", "type": "array", "items": case},
        "lint": {"description": "Lints to ignore in this file.", "type": "object", "additionalProperties": False,
                 "properties": {"ignore": {"type": "array", "items": {"anyOf": [{"enum": words}, {"pattern": r"^W\d{0,3}$"}]}}}},
    }  # fmt: skip


def expectation() -> dict[str, Any]:
    """What ``expect`` may say."""
    bounds: dict[str, Any] = {"min": NUMBER, "max": NUMBER, "approx": NUMBER}
    number = {"anyOf": [NUMBER, {"type": "object", "additionalProperties": False, "properties": bounds}]}
    memory = {"anyOf": [NUMBER, {"type": "object", "additionalProperties": False,
                                 "properties": {**bounds, "dtype": {"enum": list(ITEM_BYTES)}}}]}  # fmt: skip
    numbers = {q.name: memory if q.scaled else number for q in QUANTITIES.values()} | {
        "receptive_field": number
    }
    shape = {"type": "array", "items": NUMBER}
    of_layer = {"type": "object", "additionalProperties": False,
                "properties": {key: value for key, value in {**numbers, "output": shape}.items() if key in WORDS.layer}}  # fmt: skip
    return {
        "description": "Expected numbers: exact, or {min, max, approx}. 5M and 320KiB are allowed.",
        "type": "object", "additionalProperties": False,
        "properties": {**numbers, "output": shape,
                       "layers": {"type": "object", "additionalProperties": of_layer},
                       "divisible_by": {"type": "object", "additionalProperties": {"type": "integer", "minimum": 1}}},
        "defaultSnippets": [_snippet("a budget", "numbers and bounds", {"params": {"max": "5M"}, "macs": {"max": "4.2G"}})],
    }  # fmt: skip


# ----------------------------------------------------------------------------------------- items


def items(types: dict[str, type[Layer]], *, blocks: bool, defaults: bool) -> dict[str, Any]:
    """A list of items, and an item: text, layer, group or shared layers."""
    suffix = _suffix(blocks=blocks, defaults=defaults)
    listed, branch = {"$ref": f"#/$defs/list{suffix}"}, {"$ref": f"#/$defs/branch{suffix}"}
    bare = [name for name, cls in types.items() if defaults or not required(cls)]
    known: dict[str, Any] = {"$ref": "#/$defs/type"}
    either: dict[str, Any] = {"anyOf": [known, NAME]} if blocks else known
    group: dict[str, Any] = {
        "properties": {**{key: key != "share" for key in COMMON}, "layers": True},
        "additionalProperties": False,
        "required": ["layers"],
    }
    shared: dict[str, Any] = {
        "properties": dict.fromkeys(COMMON, True),
        "additionalProperties": False,
        "required": ["share"],
    }
    untyped = {"if": {"not": {"required": ["type"]}},
               "then": {"if": {"required": ["share"]}, "then": shared, "else": group}}  # fmt: skip
    mapping = {
        "type": "object",
        "properties": {**common(), "type": either, "layers": listed, "branches": {
            "description": "Lists of items, each of which starts from the current tensor.", "type": "array", "items": branch}},
        "allOf": [{"$ref": "#/$defs/typed"}, *([] if defaults else [{"$ref": "#/$defs/complete"}]), untyped],
    }  # fmt: skip
    text = {"type": "string", **({"anyOf": [{"enum": bare}, NAME]} if blocks else {"enum": bare})}
    conditional = {"type": "object", "additionalProperties": False,
                   "properties": {"when": {"anyOf": [{"type": "boolean"}, EXPRESSION]}, "layers": listed}}  # fmt: skip
    return {
        f"list{suffix}": {"type": "array", "items": {"$ref": f"#/$defs/item{suffix}"}},
        f"item{suffix}": {
            "type": ["string", "object"],
            "if": {"type": "string"},
            "then": text,
            "else": mapping,
        },
        f"branch{suffix}": {
            "type": ["array", "object"],
            "if": {"type": "array"},
            "then": listed,
            "else": conditional,
        },
    }


def typed(types: dict[str, type[Layer]]) -> dict[str, Any]:
    """The names of types; what an item of each may have, and what it must have unless ``defaults`` has it."""

    def of(name: str, then: dict[str, Any]) -> dict[str, Any]:
        return {"if": {"properties": {"type": {"const": name}}, "required": ["type"]}, "then": then}

    names = sorted(types)
    return {
        "type": {"enum": names, "enumDescriptions": [description(types[name]) for name in names]},
        "typed": {
            "allOf": [of(name, {"$ref": f"#/$defs/layer.{name}"}) for name in types],
            "defaultSnippets": [
                _snippet(name, description(cls), {"type": name, **required(cls)})
                for name, cls in types.items()
            ],
        },
        "complete": {
            "allOf": [
                of(name, {"required": [*required(cls)]}) for name, cls in types.items() if required(cls)
            ]
        },
    }


def _shared_fields(definitions: dict[str, Any]) -> dict[str, Any]:
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
        extra |= {key: {"$ref": "#/$defs/numbers"} for key in TENSORS if key not in own}
        if "bias" in own:
            own["bias"] = {"anyOf": [own["bias"], {"$ref": "#/$defs/numbers"}], **_about(cls, "bias")}
    return {
        "title": name,
        "description": description(cls),
        "properties": {"type": {"const": name}, **own, **extra},
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
    """What a field takes, found by trying."""
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
    kinds += _lists(takes)
    if takes(None):
        kinds.append({"type": "null"})
    words = cls.words.get(key)
    if words:
        kinds.append({"enum": list(words)})
    if not words or len(kinds) > 1:
        kinds.append(EXPRESSION)
    return {**_any_of(kinds), **_about(cls, key)}


def _any_of(kinds: list[dict[str, Any]]) -> dict[str, Any]:
    """Return one schema for several. Those of different JSON types need no ``anyOf``, which editors show as several."""
    names = [kind.get("type") for kind in kinds]
    if not all(isinstance(name, str) for name in names) or len(set(names)) < len(names):
        return kinds[0] if len(kinds) == 1 else {"anyOf": kinds}
    joined = {key: value for kind in kinds for key, value in kind.items()}
    return joined | {"type": names[0] if len(names) == 1 else names}


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
