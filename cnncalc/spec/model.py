"""The document's own fields, as pydantic models. Layers are elsewhere: one class a type."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, PlainValidator

from cnncalc.domain import KINDS
from cnncalc.errors import Place, Problem, did_you_mean
from cnncalc.fields import describe, invalid
from cnncalc.spec.document import Mapping, Sequence
from cnncalc.spec.slips import listed, of_list

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}\Z")
#: words that expressions and references use themselves, and what for
RESERVED = {
    **{size: f"the {size} of the current tensor" for size in ("channels", "height", "width")},
    "input": "the network's input",
    "prev": "the item before",
    **dict.fromkeys(("and", "or", "not", "if", "else", "true", "false", "True", "False"), "a word of expressions"),
    **dict.fromkeys(("min", "max", "ceil", "floor", "round", "abs", "len", "make_divisible"), "a function"),
}  # fmt: skip
#: keys that every item of ``layers`` may have
COMMON = ("name", "type", "from", "repeat", "first", "when", "train_only", "share")
PARAM_KINDS = ("int", "number", "bool", "str", "layer")


def wrong_name(name: Any, place: Place) -> Problem | None:
    """What is wrong with a name of a variable, block, parameter, layer or input; None if nothing is."""
    if not isinstance(name, str) or not NAME.match(name):
        help = "a name has at most 64 letters, digits and underscores, and does not begin with a digit"
        meant = re.sub(r"[^A-Za-z0-9]+", "_", name) if isinstance(name, str) else ""
        if NAME.match(meant) and meant not in RESERVED:
            help = f"write {meant}: {help}"
        return Problem("C107", f"{describe(name)} is not a valid name", place, help=help)
    if name in RESERVED:
        message = f"the name '{name}' is reserved: it means {RESERVED[name]}"
        return Problem("C107", message, place, help="choose another name")
    return None


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    raise invalid(f"needs a text, got {describe(value)}")


def _mapping(value: Any) -> Mapping:
    if isinstance(value, Mapping):
        return value
    raise invalid(f"needs a mapping, got {describe(value)}")


def _list(value: Any) -> Sequence:
    if isinstance(value, Sequence):
        return value
    raise invalid(f"needs a list, got {describe(value)}")


def _layers(value: Any) -> Sequence:
    if isinstance(value, Sequence):
        return value
    raise invalid(f"needs a list, got {describe(value)}", of_list(value))


def _version(value: Any) -> int:
    if isinstance(value, bool) or value != 1:
        raise invalid(f"must be 1 for this cnncalc, got {describe(value)}")
    return 1


def _names(value: Any) -> list[str]:
    if isinstance(value, str) and (meant := listed(value)) is not None:
        raise invalid(
            f"needs the name of a layer, or a list of names, got {describe(value)}", f"write {meant}", meant
        )
    names = value if isinstance(value, list) else [value]
    if not names or any(not isinstance(n, str) for n in names):
        raise invalid(f"needs the name of a layer, or a list of names, got {describe(value)}")
    return names


def _kind(value: Any) -> str:
    if isinstance(value, str) and value in KINDS:
        return value
    raise invalid(f"needs one of {', '.join(KINDS)}, got {describe(value)}", did_you_mean(str(value), KINDS))


Text = Annotated[str, PlainValidator(_text)]
AnyMapping = Annotated[Mapping, PlainValidator(_mapping)]
AnyList = Annotated[Sequence, PlainValidator(_list)]
Layers = Annotated[Sequence, PlainValidator(_layers)]
Names = Annotated[list[str], PlainValidator(_names)]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class SpecModel(_Model):
    """The top level of a spec."""

    name: Text = ""
    description: Text = ""
    source: Text = ""
    version: Annotated[int, PlainValidator(_version)] = 1
    input: Any
    input_values: Any = None
    output: Names | None = None
    vars: AnyMapping | None = None
    defaults: AnyMapping | None = None
    blocks: AnyMapping | None = None
    layers: Layers
    variants: AnyMapping | None = None
    expect: AnyMapping | None = None
    cases: AnyList | None = None
    lint: AnyMapping | None = None


class VariableModel(_Model):
    """A variable with a domain: ``{default: 1.0, from: 0.25, to: 2.0, step: 0.05}``."""

    description: Text = ""
    default: Any
    type: Annotated[str | None, PlainValidator(_kind)] = None
    start: Annotated[Any, Field(alias="from")] = None
    to: Any = None
    step: Any = None
    multiple_of: Any = None
    values: AnyList | None = None


#: keys of a spec
SPEC_KEYS = [*SpecModel.model_fields]


class BlockModel(_Model):
    """A reusable stretch of layers with parameters."""

    description: Text = ""
    params: AnyMapping | None = None
    layers: Layers


class VariantModel(_Model):
    """What one member of a family changes."""

    name: Text = ""
    source: Text = ""
    vars: AnyMapping | None = None
    expect: AnyMapping | None = None
