"""Help for values of the wrong kind."""

from __future__ import annotations

from typing import Any

from cnncalc.reading import foreign, slips
from cnncalc.reading.text.nodes import ListNode, MapNode
from cnncalc.registry import layer_class
from cnncalc.shapes import channels_first


def axes(value: Any) -> str | None:
    """Return a shape whose sizes were given by name: ``{channels: 3, height: 32, width: 32}``."""
    if not isinstance(value, MapNode) or not {"height", "width", "length"} & value.keys():
        return None
    names = [name for name in ("channels", "depth", "height", "width", "length") if name in value]
    return f"[{', '.join(str(value[name])[:40] for name in names)}]"


def of_input(value: Any) -> str | None:
    """Return help for an input that is not a list of sizes."""
    if (
        isinstance(value, ListNode)
        and 1 < len(value) <= 8
        and value[0] in (None, -1, "None", "batch", "N", "B")
    ):
        if len(value) < 4:
            return "every size is a positive integer: [channels, height, width], without the batch"
        return f"the batch is not part of a shape: write [{', '.join(map(str, value[1:]))}]"
    found = slips.sizes(value) if isinstance(value, str) else None
    meant = channels_first(found) if found else None
    return f"write [{', '.join(map(str, meant))}]: a list, the channels first" if meant else None


def of_list(value: Any) -> str | None:
    """Return help for a value that should be a list of layers."""
    if isinstance(value, MapNode):
        key, first = next(iter(value.items()), ("", None))
        if "type" in value or layer_class(key):
            return "begin each item with '- ': - {type: relu}"
        if isinstance(first, MapNode):
            return f"each layer is an item with a name: - {{name: {key[:40]}, type: ...}}"
        if isinstance(first, ListNode):
            return f"each group is an item with a name: - {{name: {key[:40]}, layers: [...]}}"
        return "begin each item with '- '"
    if isinstance(value, str) and value[:1] in "-–—•*":
        return "begin each item with '- ', a hyphen and a space, on a line of its own"
    if isinstance(value, str):
        return f"write a list: [{value[:40]}]"
    return (
        "write its items below it, each on a line that begins with '- ': - {type: relu}"
        if value is None
        else None
    )


def of_item(value: Any) -> str:
    """Return help for a value that should be an item of ``layers``."""
    if isinstance(value, ListNode):
        return "an item is not a list: write its layers one below the other, or as a group {name: ..., layers: [...]}"
    if value is None:
        return "remove the '-', or write a type such as relu after it"
    return "write a type such as relu, or a mapping with 'type'"


def of_reference(value: Any) -> tuple[str, str | None]:
    """Return help for a value that should be the name of a layer, and the text that was certainly meant."""
    if value == -1:
        return "write prev for the preceding layer", "prev"
    if isinstance(value, str) and (meant := slips.listed(value)) is not None:
        return f"write {meant}", meant
    return "give the layer a name, 'name: a', and write that name; prev is the preceding layer", None


def of_branch(value: Any) -> tuple[str, str | None]:
    """Return help for a value that should be a branch, and the text that was certainly meant."""
    if value is None or value in foreign.PASSING:
        return "write [] for a branch that passes the tensor on unchanged", "[]"
    if isinstance(value, str):
        return f"a branch is a list of layers, even if it has only one: [{value[:40]}]", f"[{value}]"
    if isinstance(value, MapNode) and isinstance(value.get("from"), str) and "type" not in value:
        kind = "..." if "layers" in value else foreign.PASSING[0]
        return (
            f"a branch has no 'from', but its first layer may: [{{type: {kind}, from: {value['from'][:40]}}}]",
            None,
        )
    return "a branch is a list of layers, [{...}, {...}], or {when: ..., layers: [...]}", None
