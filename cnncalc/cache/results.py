"""What ``check`` found in a spec is remembered for its text and the options: of a thousand specs those that changed are checked."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from typing import Any

from cnncalc.analysis.check import Options, Result
from cnncalc.analysis.expect import Outcome, Room
from cnncalc.cache.runs import Cache
from cnncalc.cache.states import READ
from cnncalc.cache.store import read_regular
from cnncalc.errors import CnncalcError, Fix, Mark, Place, Problem, Rule, Source
from cnncalc.reading.text.files import raw_text


def checked(
    references: Sequence[str],
    options: Callable[[str], Options],
    cache: Cache | None,
    work: Callable[[Sequence[str]], list[Result]],
) -> list[Result]:
    """The results of specs, in their order; ``work`` is given those that are not known."""
    if cache is None:
        return work(references)
    names: dict[str, str] = {}
    known: dict[str, Result] = {}
    for reference in references:
        data = _bytes(reference)
        if data is None:
            continue
        names[reference] = _name(cache, reference, data, options(reference))
        payload = cache.store.get(names[reference])
        found = payload and _decoded(payload, reference, data)
        if found:
            known[reference] = found
    missing = [reference for reference in references if reference not in known]
    fresh = dict(zip(missing, work(missing), strict=True)) if missing else {}
    for reference, result in fresh.items():
        if reference in names and (data := _bytes(reference)) is not None:
            name, payload = names[reference], _encoded(result)
            same = name == _name(cache, reference, data, options(reference))
            if same and _decoded(payload, reference, data) == result:
                cache.store.put(name, payload)
    return [(known | fresh)[reference] for reference in references]


def _bytes(reference: str) -> bytes | None:
    """The bytes of a file that is named literally; other references mean what they mean today."""
    try:
        literal = reference != "-" and os.path.isfile(reference)
        data = read_regular(reference, READ) if literal else None
    except (OSError, ValueError):
        return None
    return data if data is None or len(data) <= READ else None


def _name(cache: Cache, reference: str, data: bytes, options: Options) -> str:
    asked = repr(options._replace(warn_as_error=False))
    return cache.name(
        b"check", reference.encode("utf-8", "surrogatepass"), asked.encode("utf-8", "surrogatepass"), data
    )


# --------------------------------------------------------------------------------------- results as JSON

KINDS = {kind.__name__: kind for kind in (Result, Outcome, Room, Problem, Place, Mark, Fix, Rule)}


def _encoded(result: Result) -> bytes:
    return json.dumps(_plain(result)).encode()


def _plain(value: Any) -> Any:
    """A value for JSON; sources without their text, which is the spec's, or the result is not remembered."""
    if isinstance(value, Source):
        return {"Source": [value.name]}
    if type(value).__name__ in KINDS:
        return {type(value).__name__: list(map(_plain, value))}
    return list(map(_plain, value)) if isinstance(value, tuple) else value


def _decoded(payload: bytes, reference: str, data: bytes) -> Result | None:
    """The result that was encoded; None if it is not one."""
    try:
        source = b'{"Source"' in payload
        found = _value(json.loads(payload), raw_text(data, reference)[0] if source else "")
    except (ValueError, TypeError, KeyError, CnncalcError):
        return None
    return found if isinstance(found, Result) else None


def _value(plain: Any, text: str) -> Any:
    if isinstance(plain, list):
        return tuple(_value(each, text) for each in plain)
    if not isinstance(plain, dict):
        return plain
    ((name, fields),) = plain.items()
    return Source(fields[0], text) if name == "Source" else KINDS[name](*_value(fields, text))
