"""The norm and the activation that follow a layer: ``norm: batch``, ``act: {type: elu, alpha: 0.5}``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnncalc.errors import Fix, did_you_mean
from cnncalc.fields import describe
from cnncalc.layer import Family
from cnncalc.layers import NORMS
from cnncalc.reading.checking import item_help, meanings
from cnncalc.reading.checking.context import Context
from cnncalc.reading.checking.fields import read_layer, with_defaults
from cnncalc.reading.checking.model import COMMON
from cnncalc.reading.checking.parts import Attachment, LayerItem, type_mark
from cnncalc.reading.checking.value import Failed, Value
from cnncalc.reading.text.nodes import MapNode
from cnncalc.registry import all_types, known_class, layer_class

if TYPE_CHECKING:
    from cnncalc.errors import Mark
    from cnncalc.reading.checking.spec import Spec


def read_attachment(context: Context, raw: Any, mark: Mark, family: Family) -> Attachment:
    """Return the norm or activation that follows a layer, or the name of a variable or parameter that holds it."""
    if isinstance(raw, str) and raw in context.names:
        return Value(raw, context.place(mark))
    return None if raw in (None, "none") else _read(context, raw, mark, family)


def named(word: Any, written: Value, family: Family, spec: Spec) -> LayerItem | None:
    """Return the norm or activation named by the value of a variable or parameter.

    Raises:
        Failed: it is not the name of one.
    """
    if word in (None, "none"):
        return None
    context = Context.top(spec.source, spec.vars, spec.defaults)
    item = _read(context, word, written.place.mark, family)
    if context.problems:
        raise Failed(context.problems[-1]._replace(fix=None))
    return item


def _read(context: Context, raw: Any, mark: Mark, family: Family) -> LayerItem | None:
    node = MapNode.of("type", raw, mark) if isinstance(raw, str) else raw
    word = node.get("type") if isinstance(node, MapNode) else None
    if not isinstance(word, str):
        key, example = ("norm", "norm: batch") if family is Family.NORM else ("act", "act: relu")
        message = f"'{key}' needs a type, or a mapping with 'type', got {describe(raw)}"
        context.problem("C101", message, mark, f"for example {example}; '{key}: none' leaves it out")
        return None
    for key in node:
        if key in COMMON and key != "type":
            message = f"'{key}' is a key of items: a norm or an activation takes only the fields of its type"
            help = "give it to the layer, or write the norm or activation as an item of its own"
            context.problem("C102", message, node.keys_at[key], help)
    name = NORMS.get(word, word) if family is Family.NORM else word
    ranked = name != word and layer_class(name) is None  # its rank follows from the tensor
    kind = f"{name}2d" if ranked else name
    cls = known_class(kind)
    if cls is None or cls.family is not family:
        _unknown(context, word, node, family)
        return None
    place = context.place(type_mark(node, mark))
    item = read_layer(context, kind, cls, with_defaults(context, kind, node), place)
    return item._replace(kind=name) if ranked else item  # its rank follows from the tensor


def _unknown(context: Context, word: str, node: MapNode, family: Family) -> None:
    known = [name for name, cls in all_types().items() if cls.family is family]
    known += NORMS if family is Family.NORM else []
    ours, fix, mark = item_help.attachable(word, known, family), None, node.values_at["type"]
    help = f"here it is called '{ours}'" if ours else did_you_mean(word, known)
    help = help or f"choose from {', '.join(known)}; 'none' omits it"
    if ours and meanings.faithful(word, node):
        fix = Fix(mark, ours, keeps_quotes=True)
    elif ours:
        help = f"{help}; {meanings.difference(word) or 'its fields mean something else here'}"
    wanted = "normalization" if family is Family.NORM else "activation"
    context.problem("C103", f"unknown {wanted} '{word[:64]}'", mark, help, fix)
