"""Random layers of any type. The values of a field are those that the field's own check accepts.

Nobody lists fields here: what a field may hold follows from its annotation. The kind of its values says which
candidates there are, and the checks of the layer type decide among them.
"""

from __future__ import annotations

import types
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import permutations, product
from random import Random
from typing import Any, Union, get_args, get_origin

from cnncalc.dims import Dim, Expr
from cnncalc.layer import Family, Layer

COUNTS = (1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 4, 4, 5, 6, 8, 0, -1, -2)
NUMBERS = (0.0, 1e-5, 0.25, 0.5, 1.0, 2.0, 3.0)
SIZES = (1, 2, 3, 5, 8, 9)


def random_spec(draw: Random, cls: type[Layer]) -> dict[str, Any]:
    """Return a spec of one layer of a type, on a small input with as many axes as the type may take."""
    rank = cls.rank or draw.choice([0, 1, 2, 3])
    shape = [draw.choice([4, 8]), *(draw.choice(SIZES) for _ in range(rank))]
    return {"input": shape, "layers": [random_item(draw, cls, shape)]}


def random_item(draw: Random, cls: type[Layer], shape: Sequence[Any] = (4,)) -> dict[str, Any]:
    """Return an item of a spec whose input has this shape; a type that joins tensors gets the same one several times."""
    least, most = cls.arity
    item = {"type": cls.model_fields["type"].default, **random_fields(draw, cls, shape)}
    count = draw.randint(max(least, 1), 3) if most is None else least
    if count > 1 or cls.family is Family.MERGE:
        item["from"] = ["input"] * count
    return item


def random_fields(draw: Random, cls: type[Layer], shape: Sequence[Any] = (4,)) -> dict[str, Any]:
    """Return values for the required fields of a layer type, and for some of the others.

    Raises:
        LookupError: a field has no values; see ``values``.
    """
    fields = {}
    for name, field in cls.model_fields.items():
        key = field.alias or name
        if name == "type" or not (field.is_required() or draw.random() < 0.4):
            continue
        if name in cls.claims and draw.random() < 0.8:
            fields[key] = shape[cls.claims[name].axis]
        else:
            fields[key] = draw.choice(values(cls, name))
    return fields


@cache
def values(cls: type[Layer], name: str) -> tuple[Any, ...]:
    """Return values that a field of a layer type accepts; small ones stand there several times.

    Raises:
        LookupError: its check accepts nothing that was tried. Give the field words (``words``), an annotation that says
            what it holds, or an example.
    """
    field = cls.model_fields[name]
    tried = [*cls.words.get(name, ()), *_candidates(field.annotation, cls.rank)]
    found = tuple(value for value in tried if accepts(cls, name, value))
    if not any(value != field.default for value in found):
        found += (cls.about[name].example,) if cls.about[name].example is not None else ()
    if not any(value is not None and value != field.default for value in found):
        raise LookupError(
            f"no values for the field '{name}' of {cls.__name__}, which holds {field.annotation}"
        )
    return found


def accepts(cls: type[Layer], name: str, value: Any) -> bool:
    """Return whether a field of a layer type accepts a value, beside examples of the required fields."""
    given = {f.alias or n: cls.about[n].example for n, f in cls.model_fields.items() if f.is_required()}
    try:
        cls.model_validate({**given, cls.model_fields[name].alias or name: value})
    except ValueError:
        return False
    return True


def _candidates(annotation: Any, rank: int) -> Iterator[Any]:
    """Yield what a field with this annotation may hold, and more."""
    if annotation is Any:
        yield from (*COUNTS, *_lists(rank), *_pairs(rank))
    elif get_origin(annotation) in (Union, types.UnionType):
        for part in get_args(annotation):
            yield from _candidates(part, rank) if part not in (Expr, type(None)) else ()
    elif get_origin(annotation) is tuple:
        nested = any(get_origin(part) is tuple for part in get_args(annotation))
        yield from (*COUNTS, *(_pairs(rank) if nested else _lists(rank)))
    elif annotation in _PLAIN:
        yield from _PLAIN[annotation]


_PLAIN: dict[Any, tuple[Any, ...]] = {bool: (True, False), int: COUNTS, float: NUMBERS, Dim: COUNTS, str: ()}


def _lists(rank: int) -> Iterator[list[Any]]:
    """Yield lists of sizes, one for each axis if the type has a rank: in some -1 or null stands for a size."""
    for length in (rank,) if rank else (1, 2, 3, 4):
        some = Random(length)
        yield from ([some.choice((1, 2, 3, 5)) for _ in range(length)] for _ in range(4))
        yield from ([some.choice((1, 2, 4, None)) for _ in range(length)] for _ in range(4))
        yield from ([*[some.choice((1, 2, 4)) for _ in range(length - 1)], -1] for _ in range(3))
        yield from map(list, permutations(range(length)))


def _pairs(rank: int) -> Iterator[list[list[int]]]:
    """Yield lists of pairs [before, after], one for each axis."""
    for length in (rank,) if rank else (1, 2, 3):
        yield from ([list(pair)] * length for pair in product((0, 1, 2), repeat=2))
        some = Random(length)
        yield from ([[some.randint(0, 1), some.randint(0, 2)] for _ in range(length)] for _ in range(4))
