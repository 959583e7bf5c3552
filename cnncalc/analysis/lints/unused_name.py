"""Variables, blocks and parameters of blocks that nothing uses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from cnncalc.analysis.lint import Finding, Subject, lint
from cnncalc.errors import Mark, Place
from cnncalc.reading.text.nodes import ListNode, MapNode

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
PROSE = ("name", "description", "source")


@lint("W306", "unused-name", level="warning", local=True)
def unused_name(subject: Subject) -> Iterator[Finding]:
    """A variable, a block or a parameter of a block that nothing uses.

    **Why it is bad.** Someone will set it and wonder why nothing changes.

    **Example.**

    ```yml
    vars: {scale: 2}
    input: [3, 32, 32]
    layers:
      - relu
    ```

    **Instead.**

    ```yml
    vars: {scale: 2}
    input: [3, 32, 32]
    layers:
      - {type: conv2d, out_channels: 8*scale, kernel_size: 3}
    ```
    """
    root = (
        subject.network.spec.root
    )  # its texts are searched for the name, so that no name in use is reported
    everywhere = _words(root, top=True)
    variables = _mapping(root.get("vars"))
    for name in variables:
        others = MapNode(variables.mark)
        others.update({k: v for k, v in variables.items() if k != name})
        if name not in everywhere | _words(others):
            yield _at(subject, variables, name, f"nothing uses the variable '{name}'")
    blocks = _mapping(root.get("blocks"))
    for name, block in blocks.items():
        if name not in everywhere:
            yield _at(subject, blocks, name, f"nothing uses the block '{name}'")
        params = _mapping(block.get("params"))
        for param in params:
            others = MapNode(params.mark)
            others.update({k: v for k, v in params.items() if k != param})
            if param not in _words(block.get("layers")) | _words(others):
                yield _at(subject, params, param, f"block '{name}' does not use its parameter '{param}'")


def _mapping(node: Any) -> MapNode:
    return node if isinstance(node, MapNode) else MapNode(Mark(0, 0, 0, 0))


def _at(subject: Subject, mapping: MapNode, key: str, message: str) -> Finding:
    place = Place(subject.network.source, mapping.keys_at[key])
    return Finding(message, place, help="remove it, or use it")


def _words(node: Any, *, top: bool = False) -> set[str]:
    """Names in all texts below a node; at the top, of what can use a variable or block."""
    found: set[str] = set()
    if isinstance(node, str):
        return set(_NAME.findall(node))
    if isinstance(node, MapNode):
        for key, value in node.items():
            if top and key in (*PROSE, "vars"):
                continue
            if key == "params" and not top:
                found |= _words(
                    [v for v in value.values() if isinstance(v, str)] if isinstance(value, MapNode) else value
                )
            elif key not in PROSE:
                found |= _words(value)
    elif isinstance(node, ListNode | list):
        for value in node:
            found |= _words(value)
    return found
