"""The document's own fields, as pydantic models. Layers are elsewhere: one class a type."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, PlainValidator

from cnncalc.domain import KINDS
from cnncalc.errors import did_you_mean
from cnncalc.fields import describe, invalid
from cnncalc.reading.checking.instead import of_list
from cnncalc.reading.slips import listed
from cnncalc.reading.text.nodes import ListNode, MapNode

#: keys that every item of ``layers`` may have
COMMON = ("name", "type", "from", "repeat", "first", "when", "train_only", "share")
PARAM_KINDS = ("int", "number", "bool", "str", "layer")


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    raise invalid(f"needs a text, got {describe(value)}")


def _mapping(value: Any) -> MapNode:
    if isinstance(value, MapNode):
        return value
    raise invalid(f"needs a mapping, got {describe(value)}")


def _list(value: Any) -> ListNode:
    if isinstance(value, ListNode):
        return value
    raise invalid(f"needs a list, got {describe(value)}")


def _layers(value: Any) -> ListNode:
    if isinstance(value, ListNode):
        return value
    raise invalid(f"needs a list, got {describe(value)}", of_list(value))


def _version(value: Any) -> int:
    if isinstance(value, bool) or value != 1:
        raise invalid(f"must be 1 for this version of cnncalc, got {describe(value)}")
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
AnyMapping = Annotated[MapNode, PlainValidator(_mapping)]
AnyList = Annotated[ListNode, PlainValidator(_list)]
Layers = Annotated[ListNode, PlainValidator(_layers)]
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
