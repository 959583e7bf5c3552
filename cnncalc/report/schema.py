"""A JSON Schema (2020-12) of specs, for editors.

Layer types are told apart by if/then, because an editor can then say
what is wrong with this layer; ``oneOf`` would only say that none of 65 fits.
"""

from __future__ import annotations

import inspect
import json
from typing import Any

from cnncalc.analysis.expect import WORDS
from cnncalc.analysis.rules import rules
from cnncalc.counting.quantities import ITEM_BYTES, QUANTITIES
from cnncalc.counting.rows import Totals
from cnncalc.domain import KINDS
from cnncalc.layer import Family, Layer
from cnncalc.reading.checking.inputs import LAYOUTS
from cnncalc.reading.checking.model import COMMON, PARAM_KINDS
from cnncalc.registry import all_types
from cnncalc.report.schema_layers import (
    EXPRESSION,
    NAME,
    NUMBER,
    REFERENCE,
    attachment,
    common,
    layer,
    required,
    shared_fields,
    snippet,
    typed,
)

DIALECT = "https://json-schema.org/draft/2020-12/schema"
EXAMPLE = """{
    "name": "Small net", "vars": {"H": 32, "W": 32}, "input": [3, "H", "W"],
    "layers": [{"type": "conv2d", "out_channels": 8, "kernel_size": 3, "padding": "half", "act": "relu"},
               "global_avgpool", {"type": "linear", "out_features": 10}],
    "expect": {"params": 314}
}"""


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
    definitions["seldom"] = {**definitions["numbers"], "doNotSuggest": True}
    definitions |= expectations()
    definitions |= {"norm": attachment(Family.NORM), "act": attachment(Family.ACTIVATION), **typed(types)}
    definitions |= shared_fields(definitions)
    return {
        "$schema": DIALECT,
        "$id": "https://cnncalc.dev/schema/1/spec.json",
        "description": "A convolutional network for cnncalc: https://pypi.org/project/cnncalc",
        "type": "object",
        "required": ["input", "layers"],
        "additionalProperties": False,
        "properties": top(types),
        "allOf": [_branch(blocks, defaults) for blocks in (False, True) for defaults in (False, True)],
        "defaultSnippets": [snippet("a spec", "a network with two layers", json.loads(EXAMPLE))],
        "$defs": definitions,
    }


def _refuse(unless: dict[str, Any]) -> dict[str, Any]:
    """Refuse what does not fit; what fits is said elsewhere, with descriptions, or editors would show every choice."""
    return {"if": {"not": unless}, "then": unless}


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
        "title": "variable", "type": "object", "required": ["default"], "additionalProperties": False,
        "properties": {
            "default": {**default, "description": "The value unless another is given."},
            "description": {**text, "description": "What it is."},
            "type": {"enum": list(KINDS), "description": "The type, if the default does not show it."},
            "from": {**bound, "description": "The smallest value."}, "to": {**bound, "description": "The largest value."},
            "step": {**bound, "description": "The distance between values."},
            "multiple_of": {**bound, "description": "A number of which every value is a multiple."},
            "values": {"type": "array", "minItems": 1, "description": "All allowed values."},
        },
    }]}  # fmt: skip
    lints = [rule for rule in rules() if rule.code.startswith("W")]
    words = {"enum": [*(rule.code for rule in lints), *(rule.name for rule in lints)],
             "enumDescriptions": [*(rule.name for rule in lints), *(rule.code for rule in lints)]}  # fmt: skip
    block = {
        "title": "block", "type": "object", "required": ["layers"], "additionalProperties": False,
        "properties": {"description": {**text, "description": "What it is."}, "params": {
            "description": "Maps each param to its default, or to a kind, which makes it required.", "type": "object", "propertyNames": NAME,
            "additionalProperties": {"anyOf": [{"enum": list(PARAM_KINDS)}, {"type": ["number", "boolean", "string", "null", "array"]}]},
        }, "layers": {"type": "array", "description": "What the block consists of, in order."}},
    }  # fmt: skip
    variant = {
        "type": "object", "additionalProperties": False,
        "properties": {"name": text, "source": text, "vars": {"type": "object", "additionalProperties": default},
                       "expect": {"$ref": "#/$defs/expectation"}},
    }  # fmt: skip
    expected = expectations()["expectation"]
    case = {**expected, "properties": {
        **expected["properties"], "set": {"type": "object"}, "fails": {"type": "boolean"}, "name": text}}  # fmt: skip
    return {
        "name": {**text, "description": "The network's name."},
        "description": {**text, "description": "Free text."},
        "source": {**text, "description": "The paper or page that describes the network."},
        "version": {"const": 1, "description": "Version of this format."},
        "input": {"description": "[channels, height, width] without the batch, or shapes by name.",
                  "anyOf": [shape, laid_out, {"type": "object", "propertyNames": NAME, "additionalProperties": {"anyOf": [shape, laid_out]}}],
                  "defaultSnippets": [
                      snippet("[3, 224, 224]", "an RGB image", "[3, 224, 224]"), snippet("[3, H, W]", "with variables", "[3, H, W]"),
                      snippet("channels last", "a shape in the order of Keras", "{shape: [224, 224, 3], layout: nhwc}")]},
        "input_values": {"description": "Numbers for the input, for 'cnncalc verify'.",
                         "anyOf": [{"$ref": "#/$defs/numbers"}, {"type": "object", "additionalProperties": {"$ref": "#/$defs/numbers"}}]},
        "output": {"description": "The layers whose outputs are the network's outputs; default: the last layer.",
                   "anyOf": [REFERENCE, {"type": "array", "minItems": 1, "items": REFERENCE}]},
        "vars": {"description": "Variables and their defaults; a default may use earlier variables.", "type": "object",
                 "propertyNames": NAME, "additionalProperties": variable,
                 "defaultSnippets": [snippet("H, W", "sizes of the input", {"H": 224, "W": 224})]},
        "defaults": {"description": "Default fields by layer type; an item's own fields take precedence.", "type": "object",
                     "propertyNames": {"enum": list(types)}, "additionalProperties": {"type": "object"}},
        "blocks": {"description": "Reusable layers; their names are types.", "type": "object", "propertyNames": NAME,
                   "additionalProperties": block},
        "layers": {"description": "The network, in order.", "type": "array"},
        "variants": {"description": "Members of a family, selected by file.yaml@name.", "type": "object", "additionalProperties": variant},
        "expect": {"$ref": "#/$defs/expectation"},
        "cases": {"description": "Settings with their own expectations.", "type": "array", "items": case},
        "lint": {"description": "Lints to ignore in this file.", "type": "object", "additionalProperties": False,
                 "properties": {"ignore": {"type": "array", "items": {"anyOf": [words, {"pattern": r"^W\d{0,3}$"}]}}}},
    }  # fmt: skip


def expectations() -> dict[str, Any]:
    """What ``expect`` may say."""
    bounds: dict[str, Any] = {
        "min": {**NUMBER, "description": "The smallest number allowed."},
        "max": {**NUMBER, "description": "The largest number allowed."},
        "approx": {**NUMBER, "description": "The number, as rounded in a paper."},
    }
    of_bytes = {
        **bounds,
        "dtype": {"enum": list(ITEM_BYTES), "description": "The data type that is counted."},
    }
    headings = {name: f"{quantity.heading}." for name, quantity in QUANTITIES.items()}
    meaning = headings | attributes(Totals) | {"params": "weights and biases.", "receptive_field": "the size of the largest receptive field of a cell of the output."}  # fmt: skip
    numbers = {
        name: {"$ref": f"#/$defs/{'bytes' if name in QUANTITIES and QUANTITIES[name].scaled else 'number'}",
               "description": meaning[name][0].upper() + meaning[name][1:]}
        for name in (*QUANTITIES, "receptive_field")
    }  # fmt: skip
    shape = {
        "type": "array",
        "items": NUMBER,
        "description": "The shape of the output, [channels, height, width].",
    }
    words = {**numbers, "output": shape}
    of_layer = {"type": "object", "additionalProperties": False,
                "properties": {key: value for key, value in words.items() if key in WORDS.layer}}  # fmt: skip
    whole = {
        "description": "Expected numbers: exact, or {min, max, approx}. 5M and 320KiB are allowed.",
        "type": "object", "additionalProperties": False,
        "properties": {**words,
                       "layers": {"type": "object", "description": "Expected numbers by the path of a layer or group.",
                                  "additionalProperties": of_layer},
                       "divisible_by": {"type": "object", "description": "A divisor for each variable.",
                                        "additionalProperties": {"type": "integer", "minimum": 1}}},
        "defaultSnippets": [snippet("a budget", "numbers and bounds", {"params": {"max": "5M"}, "macs": {"max": "4.2G"}})],
    }  # fmt: skip
    return {"expectation": whole, "number": _bounded(bounds), "bytes": _bounded(of_bytes)}


def _bounded(bounds: dict[str, Any]) -> dict[str, Any]:
    return {
        "anyOf": [
            NUMBER,
            {"type": "object", "additionalProperties": False, "properties": bounds},
        ]
    }


def attributes(cls: type[Any]) -> dict[str, str]:
    """The attributes that a docstring lists, with their meanings."""
    listed = inspect.cleandoc(cls.__doc__ or "").partition("Attributes:\n")[2]
    pairs = (line.strip().partition(": ") for line in listed.splitlines() if ": " in line)
    return {name: meaning for name, _, meaning in pairs}


# ----------------------------------------------------------------------------------------- items


def items(types: dict[str, type[Layer]], *, blocks: bool, defaults: bool) -> dict[str, Any]:
    """A list of items, and an item: text, layer, group or shared layers."""
    suffix = _suffix(blocks=blocks, defaults=defaults)
    listed, branch = {"$ref": f"#/$defs/list{suffix}"}, {"$ref": f"#/$defs/branch{suffix}"}
    bare = [name for name, cls in types.items() if defaults or not required(cls)]
    known = {"enum": sorted(types)}
    wrong = _refuse({"properties": {"type": known}})
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
        "properties": {**common(), "type": {"$ref": "#/$defs/type"}, "layers": listed, "branches": {
            "description": "Lists of items, each of which starts from the current tensor.", "type": "array", "items": branch}},
        "allOf": [{"$ref": "#/$defs/typed"}, *([] if defaults else [{"$ref": "#/$defs/complete"}]),
                  *([] if blocks else [wrong]), untyped],
    }  # fmt: skip
    text = NAME if blocks else _refuse({"enum": bare})
    conditional = {"type": "object", "additionalProperties": False,
                   "properties": {"when": {"anyOf": [{"type": "boolean"}, EXPRESSION]}, "layers": listed}}  # fmt: skip
    return {
        f"list{suffix}": {"type": "array", "items": {"$ref": f"#/$defs/item{suffix}"}},
        f"item{suffix}": {
            "type": ["string", "object"],
            "anyOf": [
                {
                    "allOf": [
                        {"$ref": f"#/$defs/{'type' if defaults else 'bare'}"},
                        {"$ref": "#/$defs/starts"},
                    ]
                },
                {"type": "object"},
            ],
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
