"""Linear layers that run along a side of a map; and how ``check --fix`` inserts the flatten."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from cnncalc.analysis.lint import Finding, Subject, lint
from cnncalc.counting.axes import Role, Roles, roles
from cnncalc.dims import product_of
from cnncalc.errors import Fix, Mark, Source
from cnncalc.graph import Node
from cnncalc.layer import Family
from cnncalc.layers.flatten import Flatten
from cnncalc.reading.checking.parts import type_mark
from cnncalc.reading.text.nodes import ListNode, MapNode
from cnncalc.shapes import axis_names, show

_BLOCK = re.compile(r"[ \t]*(?:- +)+\Z")


@lint("W307", "missing-flatten", level="warning", local=True)
def missing_flatten(subject: Subject) -> Iterator[Finding]:
    """A linear layer that runs along a spatial axis of a map, because there is no flatten before it.

    A linear layer applied at each position is not reported if a `permute` has moved the channels to the end
    (ConvNeXt, transformers). Nor is one that mixes positions after a `permute` (MLP-Mixer). If you intend it without
    a `permute`, silence the lint on the layer's line.

    **Why it is bad.** A linear layer acts on the last axis, as in PyTorch. Without a flatten, that axis is the width
    of the map: the layer has far fewer inputs and parameters than intended, and the channels are never combined.
    PyTorch notices, because `in_features` is required there. You may write `in_features` here too, and it is then
    checked. `cnncalc check --fix` inserts the flatten.

    **Example.**

    ```yml
    input: [1, 28, 28]
    layers:
      - {type: conv2d, out_channels: 16, kernel_size: 3, act: relu}
      - {type: linear, out_features: 10}
    ```

    **Instead.**

    ```yml
    input: [1, 28, 28]
    layers:
      - {type: conv2d, out_channels: 16, kernel_size: 3, act: relu}
      - flatten
      - {type: linear, out_features: 10}
    ```
    """
    graph = subject.graph
    linear = [n for n in graph.nodes if n.layer and n.layer.family is Family.LINEAR and len(n.output) > 1]
    known = roles(graph) if linear else []
    for node in linear:
        before = graph.nodes[node.inputs[0]]
        said = node.layer and any(getattr(node.layer, name) is not None for name in node.layer.claims)
        if said or known[before.number][-1] is not Role.SPACE:
            continue
        x = before.output
        axis = axis_names(len(x) - 1)[-1]
        have, want = (f"{n:,}" if isinstance(n, int) else str(n) for n in (x[-1], product_of(x)))
        message = f"{node.path} runs along the {axis} of {show(x)}, so it has {have} input{'' if have == '1' else 's'}, not {want}"
        help = "put a flatten layer before it; for a linear layer at each position, permute the channels to the end"
        if isinstance(before.layer, Flatten):
            help = "write flatten without start_dim: axes are counted without the batch, 0 is the channels"
        fix = _flatten(subject, node, known) if subject.has_text else None
        yield Finding(message, node.place, (), help, fix)


def _flatten(subject: Subject, node: Node, known: list[Roles]) -> Fix | None:
    """A flatten before the item, if that is what the layer then reads, wherever the item is used."""
    source, place = subject.network.source, node.place
    if place is None or "flatten_" in source.text or subject.network.spec.expect is not None:
        return None  # unnamed ones would be counted anew, or numbers that the author expects would change
    here = [n for n in subject.layers if n.place == place and n.layer and n.layer.family is Family.LINEAR]
    found = _item(subject.network.spec.root, place.mark)
    if found is None or {known[n.inputs[0]][-1] for n in here} - {Role.SPACE, Role.FEATURES}:
        return None
    item, mark = found
    return None if isinstance(item, MapNode) and "from" in item else inserted(source, mark, Flatten().type)


def _item(node: Any, mark: Mark) -> tuple[Any, Mark] | None:
    """The entry of a list whose type stands at a mark, and where it begins."""
    if isinstance(node, ListNode):
        for entry, at in zip(node, node.values_at, strict=True):
            if (type_mark(entry, at) if isinstance(entry, MapNode) else at) == mark:
                return entry, at
    for inner in node.values() if isinstance(node, MapNode) else node if isinstance(node, ListNode) else ():
        if (found := _item(inner, mark)) is not None:
            return found
    return None


def inserted(source: Source, mark: Mark, word: str) -> Fix | None:
    """A bare item before the one at a mark, in the style of the file."""
    line = source.line(mark.line + 1)
    before = line[: mark.column]
    if line[mark.column :].startswith(('"', '{"')):
        word = f'"{word}"'
    here = Mark(mark.line, mark.column, mark.line, mark.column)
    if _BLOCK.match(before):  # a list with dashes: its last dash is this item's
        last = before.rindex("-")
        return Fix(here, f"{word}\n{before[:last].replace('-', ' ')}{before[last:]}")
    if not before.strip():  # within brackets, on a line of its own
        return Fix(here, f"{word},\n{before}")
    return Fix(here, f"{word}, ") if before.rstrip().endswith(("[", ",")) else None
