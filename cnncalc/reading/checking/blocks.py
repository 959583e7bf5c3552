"""Reusable blocks: their parameters, and the arguments where they are used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnncalc.errors import Fix, Problem
from cnncalc.fields import describe
from cnncalc.reading.checking.model import COMMON, PARAM_KINDS, BlockModel
from cnncalc.reading.checking.parts import Block, BlockItem, GroupItem, LayerItem, Param
from cnncalc.reading.checking.problems import intended, unknown_field, validated
from cnncalc.reading.checking.value import Failed, Value, compile_value
from cnncalc.reading.expressions.words import is_name
from cnncalc.reading.text.nodes import ListNode, MapNode
from cnncalc.registry import layer_class

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cnncalc.errors import Mark, Place
    from cnncalc.reading.checking.context import Context
    from cnncalc.reading.checking.parts import Entry

#: of arguments, by kind of parameter
EXAMPLES = {"int": "{}: 64", "number": "{}: 0.5", "bool": "{}: true", "str": "{}: relu", "layer": "{}: NAME"}
#: what others call the kinds
KINDS_MEANT = {"integer": "int", "float": "number", "boolean": "bool", "string": "str", "text": "str"}


def read_headers(context: Context, blocks: MapNode) -> tuple[Context, dict[str, ListNode]]:
    """Return a context with all blocks, still empty so that they may use each other in any order, and their layers."""
    found: dict[str, Block] = {}
    bodies: dict[str, ListNode] = {}
    for name, node in blocks.items():
        at = blocks.keys_at[name]
        context.check_name(name, at)
        if layer_class(name) is not None or name == "group":
            context.problem("C107", f"'{name}' is already a layer type", at, "give the block another name")
        if not isinstance(node, MapNode):
            help = f"for example {name[:40]}: {{params: {{c: int}}, layers: [...]}}"
            context.problem("C101", f"block '{name}' needs a mapping, got {describe(node)}", at, help)
            continue
        model, problems = validated(BlockModel, node, context.place(node.mark), f"block '{name}'")
        context.problems.extend(problems)
        if model is not None:
            params = {} if model.params is None else _params(context, model.params)
            found[name], bodies[name] = Block(name, context.place(at), params), model.layers
    return context._replace(blocks=found, broken=frozenset(blocks.keys() - found.keys())), bodies


def _params(context: Context, params: MapNode) -> dict[str, Param]:
    found: dict[str, Param] = {}
    for name, default in params.items():
        context.check_name(name, params.keys_at[name])
        if name in COMMON:
            message = f"'{name}' is a key of every item and cannot name a parameter"
            context.problem("C107", message, params.keys_at[name], "choose another name")
        if (param := _param(context, default, params.values_at[name], found)) is not None:
            found[name] = param
    return found


def _param(context: Context, default: Any, mark: Mark, before: Iterable[str]) -> Param | None:
    """Return a kind or a default: a literal, an expression in earlier parameters, or a word such as relu."""
    place = context.place(mark)
    if isinstance(default, str) and default in PARAM_KINDS:
        return Param(default)
    if isinstance(default, str) and default in KINDS_MEANT:
        kind = KINDS_MEANT[default]
        message, fix = f"'{default}' is not a kind of parameter", Fix(mark, kind, keeps_quotes=True)
        context.problem("C101", message, mark, f"write {kind}", fix)
        return Param("any", Value(1, place))
    try:
        value = compile_value(default, mark, context.source, context.names.union(before))
    except Failed as failed:
        if is_name(default):
            return Param("str", Value(default, place))
        context.problems.append(failed.problem)
        return None
    kind = "bool" if isinstance(default, bool) else "str" if default is None else "any"
    return Param(kind, value)


def read_use(context: Context, block: Block, node: MapNode, place: Place) -> BlockItem:
    """Return a use of a block, with its arguments."""
    found = {}
    given = [key for key in node if key not in COMMON]
    for key in given:
        if key in block.params:
            value = _argument(context, node[key], node.values_at[key], block.params[key])
            if value is not None:
                found[key] = value
            continue
        at, known = context.place(node.keys_at[key]), [*block.params, *COMMON]
        problem = unknown_field(key, known, f"block '{block.name}'", at)
        if not block.params:
            problem = problem._replace(help=f"declare it in the block: params: {{{key[:40]}: int}}")
        context.problems.append(problem)
    meant = {intended(key, [*block.params]) for key in given if key not in block.params}
    for name, param in block.params.items():
        if param.default is None and name not in node and name not in meant:
            argument = EXAMPLES.get(param.kind, "{}: ...").format(name)
            help = f"for example {{type: {block.name}, {argument}}}"
            context.problem("C104", f"block '{block.name}' needs '{name}'", place.mark, help)
    return BlockItem(place, block.name, found)


def _argument(context: Context, raw: Any, mark: Mark, param: Param) -> Value | None:
    if param.kind == "layer":
        return context.reference(raw, mark)
    if param.kind != "str":
        return context.value(raw, mark)
    if isinstance(raw, str) or raw is None:
        return Value(raw, context.place(mark))
    context.problem("C101", f"needs a word, got {describe(raw)}", mark)
    return None


def recursion(blocks: Mapping[str, Block]) -> list[Problem]:
    """Return a problem for each block that contains itself, directly or indirectly."""
    problems = []
    uses = {name: _used(block.entries) for name, block in blocks.items()}
    for name, block in blocks.items():
        chain, seen = [(name, [name])], {name}
        while chain:
            current, path = chain.pop()
            if name in uses[current]:
                loop = " -> ".join([*path, name])
                problems.append(Problem("C203", f"the block contains itself: {loop}", block.place))
                break
            for used in sorted(uses[current] - seen):
                seen.add(used)
                chain.append((used, [*path, used]))
    return problems


def _used(entries: Iterable[Entry]) -> set[str]:
    """Yield the blocks that are used in a list, at any depth."""
    found: set[str] = set()
    for item, *_ in entries:
        if isinstance(item, BlockItem):
            found.add(item.kind)
        elif isinstance(item, GroupItem):
            found |= _used(item.entries)
        elif isinstance(item, LayerItem):
            for branch in item.branches or ():
                found |= _used(branch.entries)
    return found
