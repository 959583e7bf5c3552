"""Lints about names that are written and never used."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from cnncalc.analysis.lints import Subject, lint
from cnncalc.errors import Mark, Place, Problem
from cnncalc.reading.text.nodes import ListNode, MapNode

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
PROSE = ("name", "description", "source")
REFERRING = ("from", "output", "share", "expect")


@lint("W306", local=True)
def unused_name(subject: Subject) -> Iterator[Problem]:
    """Texts of the spec are searched for the name, so that nothing in use is called unused."""
    root = subject.network.spec.root
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


def references(node: Any, *, within: bool = False) -> set[str]:
    """Names of layers that a ``from``, ``output``, ``share`` or ``expect`` anywhere below a node refers to."""
    found: set[str] = set()
    if isinstance(node, str):
        return set(_NAME.findall(node)) if within else found
    if isinstance(node, MapNode):
        for key, value in node.items():
            found |= references(key, within=within) if isinstance(key, str) else set()
            found |= references(value, within=within or key in REFERRING)
    elif isinstance(node, ListNode | list):
        for value in node:
            found |= references(value, within=within)
    return found


def _mapping(node: Any) -> MapNode:
    return node if isinstance(node, MapNode) else MapNode(Mark(0, 0, 0, 0))


def _at(subject: Subject, mapping: MapNode, key: str, message: str) -> Problem:
    place = Place(subject.network.source, mapping.keys_at[key])
    return Problem("W306", message, place, help="remove it, or use it")


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
            elif key not in ("name", "description", "source"):
                found |= _words(value)
    elif isinstance(node, ListNode | list):
        for value in node:
            found |= _words(value)
    return found
