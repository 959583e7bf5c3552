"""Units that are alike, as one block with parameters: what differs becomes a parameter, or a multiple of one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from cnncalc.registry import layer_class

LEAST = 2  # layers of a block
#: parameters by the field that they are for
NAMES = {"out_channels": "c", "out_features": "c", "stride": "s", "kernel_size": "k", "groups": "g", "padding": "p",
         "dilation": "d", "act": "act", "norm": "norm", "num_groups": "g", "size": "size", "shape": "shape", "when": "shortcut"}  # fmt: skip
Path = tuple[Any, ...]


class Block(NamedTuple):
    """A block: its items with parameters in place of what differs, and the arguments of each use."""

    body: list[Any]
    params: dict[str, Any]  # names, with their defaults or kinds
    arguments: list[dict[str, Any]]  # of each use


def skeleton(items: Sequence[Any]) -> str:
    """Return what rows of items share that can be one block: types and branches. A branch of one layer may be empty."""
    return json.dumps([_shape(item) for item in items])


def _shape(item: Mapping[str, Any]) -> Any:
    branches = item.get("branches")
    if branches is None:
        return item["type"]
    rows = [
        None if len(branch) < 2 and not any("branches" in x for x in branch) else [_shape(x) for x in branch]
        for branch in branches
    ]
    return [
        item["type"],
        rows
        if any(row is not None for row in rows)
        else [[_shape(x) for x in branch] for branch in branches],
    ]


def aligned(uses: Sequence[list[Any]]) -> list[list[Any]] | None:
    """Return rows of items with the same keys everywhere: defaults are written out, and missing layers are ``Missing``.

    None if the rows do not fit on each other.
    """
    if len({len(use) for use in uses}) > 1:
        return None
    columns = [_aligned(list(column)) for column in zip(*uses, strict=True)]
    if any(column is None for column in columns):
        return None
    return [list(row) for row in zip(*(column for column in columns if column is not None), strict=True)]


def _aligned(items: list[Any]) -> list[Any] | None:
    """Align the items of one place."""
    present = [item for item in items if item is not None]
    if len({item["type"] for item in present}) > 1:
        return None
    keys = list(dict.fromkeys(key for item in present for key in item if key != "branches"))
    found: list[Any] = []
    for item in items:
        source = item if item is not None else dict.fromkeys(keys, ANY)
        found.append({key: source.get(key, _default(present[0]["type"], key, source)) for key in keys})
        found[-1]["type"] = present[0]["type"]
        if item is None:
            found[-1]["when"] = False
            found[-1] |= {"name": present[0]["name"]} if "name" in present[0] else {}
    if len(present) < len(items):
        for item, whole in zip(items, found, strict=True):
            if item is not None:
                whole["when"] = True
    if "branches" not in present[0]:
        return found
    if len(present) < len(items) or len({len(item["branches"]) for item in items}) > 1:
        return None
    for place in range(len(items[0]["branches"])):
        rows = [item["branches"][place] for item in items]
        longest = max(map(len, rows))
        if any(len(row) not in (0, longest) for row in rows) or (
            longest > 1 and any(not row for row in rows)
        ):
            return None
        filled = [row or [None] * longest for row in rows]
        columns = [_aligned(list(column)) for column in zip(*filled, strict=True)]
        if any(column is None for column in columns):
            return None
        for number, whole in enumerate(found):
            whole.setdefault("branches", []).append(
                [column[number] for column in columns if column is not None]
            )
    return found


class _Any:
    """A value that does not matter: the layer is left out there."""

    def __repr__(self) -> str:
        return "any"


ANY = _Any()


def _default(kind: str, key: str, item: Mapping[str, Any]) -> Any:
    """Return what a field is that an item does not have."""
    if key in ("norm", "act"):
        return "none"
    if key == "bias":
        return "norm" not in item
    cls = layer_class(kind)
    field = cls.model_fields.get(key) if cls is not None else None
    value = None if field is None else field.default
    return list(value) if isinstance(value, tuple) else value


def unified(uses: Sequence[list[Any]]) -> Block | None:
    """Return the block of several rows of items of one skeleton; None if they cannot be one."""
    same = aligned(uses)
    if same is None:
        return None
    uses = same
    leaves = [dict(_leaves(use)) for use in uses]
    paths = list(leaves[0])
    if any(list(other) != paths for other in leaves[1:]):
        return None
    columns = {path: [leaf[path] for leaf in leaves] for path in paths}
    varying = {}
    fixed: dict[Path, Any] = {}
    for path, values in columns.items():
        given = [value for value in values if value is not ANY]
        if any(value != given[0] for value in given[1:]):
            varying[path] = values
        elif len(given) < len(values):
            fixed[path] = given[0]
    params: dict[str, list[Any]] = {}
    written: dict[Path, str] = {}
    order = sorted(varying, key=lambda path: (_rank(path), paths.index(path)))
    for path in order:
        values = varying[path]
        if any(isinstance(value, list | dict) or value is None for value in values):
            return None
        written[path] = _known(values, params) or _new(path, values, params)
    body = _tidy(_replaced(uses[0], {**written, **fixed}))
    arguments = [{name: values[i] for name, values in params.items()} for i in range(len(uses))]
    kinds = {name: _declared([v for v in values if v is not ANY]) for name, values in params.items()}
    for each in arguments:
        for name, default in kinds.items():
            if each[name] == default or (each[name] is ANY and default != "int"):
                del each[name]
            elif each[name] is ANY:
                each[name] = 1
    return Block(body, kinds, arguments)


def _rank(path: Path) -> int:
    """Channels first, smallest first: others are multiples of them."""
    return 0 if path[-1] in ("out_channels", "out_features") else 1


def _leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, Mapping):
        for key, each in value.items():
            if key != "name":
                yield from _leaves(each, (*path, key))
    elif isinstance(value, list) and (
        not path or path[-1] == "branches" or any(isinstance(v, dict | list) for v in value)
    ):
        for i, each in enumerate(value):
            yield from _leaves(each, (*path, i))
        yield (*path, "length"), len(value)
    else:
        yield path, value


def _known(values: list[Any], params: Mapping[str, list[Any]]) -> str | None:
    """Return an expression of the parameters so far that has these values in every use."""
    for name, whole in params.items():
        pairs = [(v, k) for v, k in zip(values, whole, strict=True) if v is not ANY and k is not ANY]
        if len(pairs) < sum(v is not ANY for v in values):
            continue
        if all(v == k for v, k in pairs):
            return name
        if not all(type(n) is int and n > 0 for pair in pairs for n in pair):
            continue
        factors = {(v // k if v % k == 0 else None) for v, k in pairs}
        if len(factors) == 1 and None not in factors:
            return f"{factors.pop()}*{name}"
        parts = {(k // v if k % v == 0 else None) for v, k in pairs}
        if len(parts) == 1 and None not in parts:
            return f"{name}//{parts.pop()}"
    return None


def _new(path: Path, values: list[Any], params: dict[str, list[Any]]) -> str:
    key = next((part for part in reversed(path) if isinstance(part, str)), "x")
    plain = NAMES.get(key, re.sub(r"\W", "_", key))
    name, count = plain, 1
    while name in params:
        count += 1
        name = f"{plain}{count}"
    params[name] = values
    return name


def _declared(values: list[Any]) -> Any:
    """Return the default of a parameter: its most frequent value if it is not the size of each use, else its kind."""
    counts = sorted(set(map(str, values)), key=lambda text: -[str(v) for v in values].count(text))
    common = next(v for v in values if str(v) == counts[0])
    if type(common) is int and common > 8:
        return "int"
    return common


def _replaced(value: Any, written: Mapping[Path, str], path: Path = ()) -> Any:
    if path in written:
        return written[path]
    if isinstance(value, Mapping):
        return {
            key: each if key == "name" else _replaced(each, written, (*path, key))
            for key, each in value.items()
        }
    if isinstance(value, list):
        return [_replaced(each, written, (*path, i)) for i, each in enumerate(value)]
    return value


def _tidy(value: Any) -> Any:
    """Leave out what is default everywhere."""
    if isinstance(value, Mapping):
        found = {}
        for key, each in value.items():
            plain = key not in ("type", "name", "branches", "when") and not isinstance(each, str)
            if (
                each is None
                or (plain and each == _default(str(value["type"]), key, value))
                or (key in ("norm", "act") and each == "none")
            ):
                continue
            found[key] = _tidy(each)
        return found
    return [_tidy(each) for each in value] if isinstance(value, list) else value


def conditional(block: Block) -> Block | None:
    """Return the block with the flag of a layer that is sometimes missing as a condition on its channels and stride.

    None if there is no such flag. That the condition means the same is for the caller to prove.
    """
    flags = [name for name in block.params if name.startswith("shortcut")]
    if not flags:
        return None
    body = json.loads(json.dumps(block.body))

    def condition(value: Any) -> None:
        if isinstance(value, dict):
            if value.get("when") in flags:
                parts = [f"channels != {value['out_channels']}"] if "out_channels" in value else []
                if isinstance(value.get("stride"), str):
                    parts.append(f"{value['stride']} != 1")
                value["when"] = " or ".join(parts) or value["when"]
            for each in value.values():
                condition(each)
        elif isinstance(value, list):
            for each in value:
                condition(each)

    condition(body)
    params = {name: kind for name, kind in block.params.items() if name not in flags}
    arguments = [{k: v for k, v in each.items() if k not in flags} for each in block.arguments]
    return Block(body, params, arguments)


def layers_of(items: Any) -> int:
    """Return how many layers items have, with those of their branches and attachments."""
    if isinstance(items, Mapping):
        inner = sum(layers_of(branch) for branch in items.get("branches", []))
        return 1 + inner + ("norm" in items) + ("act" in items)
    return sum(map(layers_of, items)) if isinstance(items, list) else 1
