"""Translates pydantic's errors into our codes and words. Pydantic's own texts never reach a user."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from cnncalc.errors import Fix, Mark, Place, Problem, did_you_mean, nearest
from cnncalc.fields import describe
from cnncalc.reading import slips
from cnncalc.reading.checking import meanings
from cnncalc.reading.checking.model import COMMON, SPEC_KEYS
from cnncalc.reading.foreign import FIELDS, KEYS, NEEDLESS
from cnncalc.reading.text.nodes import ListNode, MapNode

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from cnncalc.reading.checking.value import Value

_Model = TypeVar("_Model", bound=BaseModel)


def intended(name: str, known: list[str]) -> str | None:
    """Return the field that a misspelled or foreign name means."""
    pair = slips.pair(name)
    word = pair[0] if pair else name
    return ours(word, known) or (word if word in known else nearest(word, known))


def ours(name: str, known: Collection[str]) -> str | None:
    """Return our name for a key of another framework."""
    names = (FIELDS.get(name), KEYS.get(name), FIELDS.get(FIELDS.get(name, "")))  # num_output, of linear too
    return next((word for word in names if word in known), None)


#: what fields of layers look like
EXAMPLES = {
    "kernel_size": "kernel_size: 3", "out_channels": "out_channels: 64", "out_features": "out_features: 10",
    "output_size": "output_size: 1", "shape": "shape: [256, 7, 7]", "num_groups": "num_groups: 32",
    "dims": "dims: [1, 2, 0]", "padding": "padding: 1", "output": "output: [64, 7, 7]",
}  # fmt: skip
#: what keys of a spec, a block or a variant look like
OF_SPEC = {
    "input": "input: [3, 224, 224], which is channels, height, width",
    "layers": "'layers:' and below it '- {type: conv2d, out_channels: 64, kernel_size: 3}', one item on each line",
    "blocks": "blocks: {NAME: {params: {c: int}, layers: [...]}}", "params": "params: {c: int, s: 1}",
    "vars": "vars: {H: 224, W: 224}", "expect": "expect: {params: 1000, output: [10]}",
    "variants": "variants: {NAME: {vars: {...}}}", "cases": "cases: [{set: {H: 32}, output: [10]}]",
    "defaults": "defaults: {conv2d: {padding: half}}", "lint": "lint: {ignore: [W209]}", "output": "output: NAME",
}  # fmt: skip


_MESSAGES = {
    "dict_type": "needs a mapping", "model_type": "needs a mapping", "list_type": "needs a list",
    "string_type": "needs a text", "bool_type": "needs true or false", "int_type": "needs an integer",
}  # fmt: skip


def field_names(model: type[BaseModel]) -> set[str]:
    """Return the names of a model's fields in a spec."""
    return {field.alias or name for name, field in model.model_fields.items()}


def validated(
    model: type[_Model],
    data: MapNode,
    place: Place,
    what: str,
    known: Iterable[str] = (),
    *,
    values: Mapping[str, Any] | None = None,
    written: Mapping[str, Value] | None = None,
) -> tuple[_Model | None, list[Problem]]:
    """An instance of ``model``, or the problems that stand in its way. A missing field's stands at ``place``.

    Args:
        model: what is to be made.
        data: what stands in the file.
        place: where that is said to be.
        what: what to call it in messages.
        known: keys beside the model's fields that are known there.
        values: what the data comes to, where that is something else.
        written: the expressions that they come from, by field.
    """
    try:
        return model.model_validate(data if values is None else values), []
    except ValidationError as error:
        names = sorted(field_names(model).union(known))
        details = error.errors(include_url=False, include_context=True)
        extra = [str(d["loc"][-1]) for d in details if d["type"] == "extra_forbidden"]
        meant = {ours for name in extra if (ours := intended(name, names))}
        return None, [
            _one(detail, data, place, names, what)._replace(notes=_comes_to(detail["loc"], written, values))
            for detail in details
            if not (detail["type"] == "missing" and detail["loc"][-1] in meant)  # it is there, misspelt
        ]


def _comes_to(
    loc: tuple[Any, ...], written: Mapping[str, Value] | None, values: Mapping[str, Any] | None
) -> tuple[str, ...]:
    """Return the value of an expression for a message, if it differs from its text."""
    value = (written or {}).get(str(loc[0])) if loc else None
    if value is None or values is None or not isinstance(value.raw, str) or value.raw == str(values[loc[0]]):
        return ()
    return (f"'{value.raw}' is {describe(values[loc[0]])} here",)


def _one(detail: Any, data: MapNode, place: Place, known: list[str], what: str) -> Problem:
    kind, loc, source = detail["type"], detail["loc"], place.source
    node, at, key_at = _walk(data, place.mark, loc)
    last = str(loc[-1]) if loc else ""
    if kind == "missing":
        example = OF_SPEC.get(last) if _is_spec(what) else EXAMPLES.get(last)
        help = f"for example {example}" if example else None
        return Problem("C104", f"{what} needs '{last}'", place, help=help)
    if kind == "extra_forbidden":
        parent, _, _ = _walk(data, place.mark, loc[:-1])
        problem = unknown_field(last, known, what, Place(source, key_at or at), parent)
        help = _of_value(node, last, data, what)
        return problem._replace(help=help, fix=None) if help else problem
    if kind == "cnncalc":
        context = detail["ctx"]
        message = f"'{last}' {context['message']}"
        help = context["help"]
        if not help and last in OF_SPEC and _is_spec(what):
            help = f"for example {OF_SPEC[last]}"
        fix = Fix(at, context["fix"]) if context["fix"] and at.line == at.end_line else None
        return Problem(context["code"], message, Place(source, at), help=help or None, fix=fix)
    message = _MESSAGES.get(kind, "has a value that is not allowed here")
    return Problem("C101", f"'{last}' {message}, got {describe(node)}", Place(source, at))


def _is_spec(what: str) -> bool:
    return what.startswith(("the spec", "block ", "variant "))


def unknown_field(
    name: str, known: list[str], what: str, place: Place, node: MapNode | None = None
) -> Problem:
    """Return the problem for an unknown key, with our name for it or the closest match; ``node`` contains the key."""
    own = [n for n in known if n == "name" or n not in COMMON]
    if own == ["name"]:
        own = [n for n in known if n not in ("type", "share", "first")]
    fix, help, pair = None, NEEDLESS.get(name), slips.pair(name)
    if word := ours(name, known) or (name.lower() if name.lower() in known else None):
        help, fix = _renamed(name, word, what, place, node)
    elif pair and (pair[0] in known or ours(pair[0], known)):
        help = f"write '{pair[0]}: {pair[1][:40]}', with a ':' and a space between them"
        fix = Fix(place.mark, f"{pair[0]}: {pair[1]}")
    elif help is None:
        help = did_you_mean(name, known) or (f"it has {', '.join(own)}" if own else None)
    return Problem("C102", f"{what} has no field '{name[:64]}'", place, help=help, fix=fix)


def _renamed(name: str, word: str, what: str, place: Place, node: MapNode | None) -> tuple[str, Fix | None]:
    """Our name for a field, and the change of the text if nothing but the name differs, or what else is known."""
    help = f"here it is called '{word}'"
    if node is None or name not in node:
        return help, Fix(place.mark, word, keeps_quotes=True)
    if (other := meanings.meaning(what, name, node)) is not None:
        fixes = meanings.converted(node, name, other)
        return f"{help}; {other.advice}", meanings.joined(fixes, place.source) if fixes else None
    if word in node:
        return f"{help}, and '{word}' is given too: keep one of the two", None
    return help, Fix(place.mark, word, keeps_quotes=True)


def _of_value(value: Any, name: str, data: MapNode, what: str) -> str | None:
    """Return help for an unknown key if its value shows what was meant."""
    if what == "the spec" and isinstance(value, MapNode) and value.keys() & {"input", "layers"}:
        return f"the keys of a spec are not indented: move them out of '{name[:40]}'"
    if what == "the spec" and isinstance(value, ListNode) and intended(name, SPEC_KEYS) is None:
        return f"layers go under 'layers', and a group of layers is an item: - {{name: {name[:40]}, layers: [...]}}"
    if what == "the spec" and isinstance(value, str) and ours(name, SPEC_KEYS) == "layers":
        return "what a network is called is its 'name', and its layers go under 'layers'"
    keys = [*data]
    before = keys[keys.index(name) - 1] if keys.index(name) else None
    if value is None and name == "prev":
        return "several names need square brackets: from: [NAME, prev]"
    if value is None and before and name.isdigit() and data[before] == 0:
        return f"decimals have a point: {before}: 0.{name}"
    if value is None and before and name.isdigit():
        return f"several values need square brackets: {before}: [{str(data[before])[:40]}, {name}]"
    return None


def _walk(data: Any, mark: Mark, loc: tuple[Any, ...]) -> tuple[Any, Mark, Mark | None]:
    """Follow a location as far as it exists. Return the node, its mark, and its key's mark."""
    key_at: Mark | None = None
    for step in loc:
        if isinstance(data, MapNode) and step in data:
            data, mark, key_at = data[step], data.values_at[step], data.keys_at[step]
        elif isinstance(data, ListNode) and isinstance(step, int) and step < len(data):
            data, mark, key_at = data[step], data.values_at[step], None
    return data, mark, key_at
