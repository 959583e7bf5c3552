"""The fields of a layer. Names are checked now; values are checked now if they are literals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnncalc.fields import DEFERRED, FLAG_WORDS, describe
from cnncalc.layer import WEIGHTED, Family
from cnncalc.reading.checking import item_help, tensors
from cnncalc.reading.checking.model import COMMON
from cnncalc.reading.checking.parts import Attachment, Branch, LayerItem
from cnncalc.reading.checking.problems import field_names, unknown_field, validated
from cnncalc.reading.checking.value import Failed, Value
from cnncalc.reading.text.nodes import ListNode, MapNode
from cnncalc.registry import known_class

if TYPE_CHECKING:
    from cnncalc.errors import Place
    from cnncalc.layer import Layer
    from cnncalc.reading.checking.context import Context

#: families of layers that take a norm and an activation
ACTIVATED = (*WEIGHTED, Family.MERGE)
#: families of layers whose parameters may be written out
PARAMETERISED = (*WEIGHTED, Family.NORM, Family.ACTIVATION, Family.OTHER)


def check_defaults(context: Context) -> None:
    """Check that every entry of ``defaults`` is a layer type with fields of that type."""
    for name, node in context.defaults.items():
        cls = known_class(name)
        if cls is None:
            problem = item_help.unknown_type(name, context.place(context.defaults.keys_at[name]), ())
            context.problems.append(problem._replace(message=f"unknown layer type '{name[:64]}'"))
        elif not isinstance(node, MapNode):
            at = context.defaults.values_at[name]
            context.problem("C101", f"needs a mapping of fields, got {describe(node)}", at)
        else:
            known = sorted(field_names(cls) | _attachments(cls))
            for key in node:
                if key not in known or key == "type":
                    place = context.place(node.keys_at[key])
                    context.problems.append(unknown_field(key, known, name, place, node))


def with_defaults(context: Context, kind: str, node: MapNode) -> MapNode:
    """Return the keys of an item, completed by the default fields of its type."""
    defaults = context.defaults.get(kind)
    return node.over(defaults) if isinstance(defaults, MapNode) else node


def read_layer(
    context: Context,
    kind: str,
    cls: type[Layer],
    node: MapNode,
    place: Place,
    norm: Attachment = None,
    act: Attachment = None,
    branches: tuple[Branch, ...] | None = None,
) -> LayerItem:
    """Return a layer from the keys of its item, with defaults."""
    shared = {*COMMON, *_attachments(cls), *(("branches",) if cls.family is Family.MERGE else ())}
    own, values = _written_out(context, node.without(shared), cls)
    fields, probe = _compiled(context, own, cls, place)
    layer, problems = validated(cls, own, place, kind, shared, values=probe)
    context.problems.extend(problems)
    literal = None
    if (
        layer is not None
        and not fields.keys() & {*cls.tensor_fields}
        and all(value.constant for value in fields.values())
    ):
        unbiased = norm is not None and "bias" in cls.model_fields and "bias" not in fields
        literal = (layer, layer.model_copy(update={"bias": False}) if unbiased else layer)
    return LayerItem(place, kind, cls, own, fields, values, norm, act, branches, literal)


def _attachments(cls: type[Layer]) -> set[str]:
    return {"norm", "act"} if cls.family in ACTIVATED else set()


def _compiled(
    context: Context, own: MapNode, cls: type[Layer], place: Place
) -> tuple[dict[str, Value], dict[str, Any]]:
    """Return the values by field, and the part of them that the layer's own checks can see now."""
    fields: dict[str, Value] = {}
    probe: dict[str, Any] = {}
    known = field_names(cls)
    for key, raw in own.items():
        at = own.values_at[key]
        if key in cls.tensor_fields and isinstance(raw, str) and not context.is_number(raw):
            fields[key] = context.reference(raw, at) or Value(None, place)
            continue
        if key not in known:
            probe[key] = raw
            continue
        words = cls.words.get(key, ())
        if isinstance(raw, str) and raw.lower() in FLAG_WORDS and raw not in context.names:
            words = (*words, raw)  # no name, but YAML 1.1's true or false: the field's check says so
        value = context.value(raw, at, words)
        if value is not None:
            fields[key] = value
        probe[key] = DEFERRED if value is None else value.probe()
    return fields, probe


def _written_out(
    context: Context, own: MapNode, cls: type[Layer]
) -> tuple[MapNode, dict[str, tensors.Numbers]]:
    """Return the fields without the parameters that are written out, and these parameters."""
    written = [
        key
        for key in tensors.NAMES
        if key in own and (key not in cls.model_fields or isinstance(own[key], ListNode))
    ]
    if not written or cls.family not in PARAMETERISED:
        return own, {}
    values = {}
    for key in written:
        try:
            values[key] = tensors.read_numbers(own[key], own.values_at[key], context.source)
        except Failed as failed:
            context.problems.append(failed.problem)
    fields = own.without(written)
    if "bias" in written and "bias" in cls.model_fields:
        fields.put("bias", True, own.keys_at["bias"], own.values_at["bias"])
    return fields, values
