"""Pydantic's findings in our codes and words. Pydantic's own text never reaches a user."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from cnncalc.errors import Fix, Mark, Place, Problem, Source, did_you_mean, nearest
from cnncalc.fields import describe
from cnncalc.spec.document import Mapping, Sequence
from cnncalc.spec.foreign import FIELDS, NEEDLESS
from cnncalc.spec.model import COMMON

if TYPE_CHECKING:
    from collections.abc import Iterable

_Model = TypeVar("_Model", bound=BaseModel)


def intended(name: str, known: list[str]) -> str | None:
    """The field that a misspelt or foreign name means."""
    ours = FIELDS.get(name)
    return ours if ours in known else nearest(name, known)


_MESSAGES = {
    "dict_type": "needs a mapping", "model_type": "needs a mapping", "list_type": "needs a list",
    "string_type": "needs a text", "bool_type": "needs true or false", "int_type": "needs an integer",
}  # fmt: skip


def translate(
    error: ValidationError, data: Any, mark: Mark, source: Source, known: Iterable[str], what: str
) -> list[Problem]:
    """Problems with places, from a failed validation of ``data`` (which stands at ``mark``).

    ``known`` are the field names of the model, ``what`` is how to call the thing in a message.
    """
    names = sorted(known)
    details = error.errors(include_url=False, include_context=True)
    extra = [str(d["loc"][-1]) for d in details if d["type"] == "extra_forbidden"]
    meant = {ours for name in extra if (ours := intended(name, names))}
    return [
        _one(detail, data, mark, source, names, what)
        for detail in details
        if not (detail["type"] == "missing" and detail["loc"][-1] in meant)  # it is there, misspelt
    ]


def _one(detail: Any, data: Any, mark: Mark, source: Source, known: list[str], what: str) -> Problem:
    kind, loc = detail["type"], detail["loc"]
    node, at, key_at = _walk(data, mark, loc)
    last = str(loc[-1]) if loc else ""
    if kind == "missing":
        return Problem("C104", f"{what} needs '{last}'", Place(source, mark))
    if kind == "extra_forbidden":
        return unknown_field(last, known, what, Place(source, key_at or at))
    if kind == "cnncalc":
        context = detail["ctx"]
        message = f"'{last}' {context['message']}"
        fix = Fix(at, context["fix"]) if context["fix"] and at.line == at.end_line else None
        return Problem("C101", message, Place(source, at), help=context["help"] or None, fix=fix)
    message = _MESSAGES.get(kind, "has a value that is not allowed here")
    return Problem("C101", f"'{last}' {message}, got {describe(node)}", Place(source, at))


def unknown_field(name: str, known: list[str], what: str, place: Place) -> Problem:
    """A key that does not belong: with our name for it, or the nearest one."""
    own = [n for n in known if n == "name" or n not in COMMON]
    if own == ["name"]:
        own = [n for n in known if n not in ("type", "share", "first")]
    fix, help = None, NEEDLESS.get(name)
    if name in FIELDS and FIELDS[name] in known:
        help = f"here it is called '{FIELDS[name]}'"
        fix = Fix(place.mark, FIELDS[name], keeps_quotes=True)
    elif help is None:
        help = did_you_mean(name, known) or (f"it has {', '.join(own)}" if own else None)
    return Problem("C102", f"{what} has no field '{name[:64]}'", place, help=help, fix=fix)


def _walk(data: Any, mark: Mark, loc: tuple[Any, ...]) -> tuple[Any, Mark, Mark | None]:
    """Follow a location as far as the data has it: node, its mark, and its key's mark."""
    key_at: Mark | None = None
    for step in loc:
        if isinstance(data, Mapping) and step in data:
            data, mark, key_at = data[step], data.values_at[step], data.keys_at[step]
        elif isinstance(data, Sequence) and isinstance(step, int) and step < len(data):
            data, mark, key_at = data[step], data.values_at[step], None
    return data, mark, key_at


def validated(
    model: type[_Model], data: Mapping, source: Source, what: str, known: Iterable[str] = ()
) -> tuple[_Model | None, list[Problem]]:
    """An instance of ``model``, or the problems that stand in its way."""
    try:
        return model.model_validate(data), []
    except ValidationError as error:
        names = {field.alias or name for name, field in model.model_fields.items()} | set(known)
        return None, translate(error, data, data.mark, source, names, what)
