"""YAML, read from the events of PyYAML's parser (libyaml where it is there).

Scalars are those of the YAML 1.2 core schema, less octal and hex. Anchors, aliases, tags, merge keys,
empty keys and further documents are errors. Every version of libyaml gets the same answers. PyYAML's own
parser, where libyaml is missing, differs in oddities only: it takes ``{a:[1]}`` and no tab at a line's end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import yaml

from cnncalc.errors import Fix, Mark, Source, SpecError
from cnncalc.reading import slips
from cnncalc.reading.expressions.operations import FUNCTIONS
from cnncalc.reading.text.nodes import MAX_SCALAR, Builder, ListNode, MapNode, integer, problem

_PLAIN = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
    ".nan": float("nan"), ".NaN": float("nan"), ".NAN": float("nan"),
    ".inf": float("inf"), ".Inf": float("inf"), ".INF": float("inf"),
    "+.inf": float("inf"), "-.inf": float("-inf"), "-.Inf": float("-inf"),
}  # fmt: skip
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_AMBIGUOUS = re.compile(r"[-+]?(0[0-9_]+|0[xob][0-9a-fA-F_]+|[0-9]+(_[0-9]+)+|[0-9]+(:[0-5]?[0-9])+)\Z")

_TOO_DEEP = "exceeded maximum nesting depth"


def read_into(source: Source, builder: Builder) -> None:
    """Feed a YAML text to the builder."""
    loader: Any = getattr(yaml, "CLoader", yaml.Loader)
    try:
        _consume(yaml.parse(source.text, Loader=loader), source, builder)
    except yaml.MarkedYAMLError as error:
        if error.problem == _TOO_DEEP:
            _refuse_depth(source, error.problem_mark, loader)
        from cnncalc.reading.text.yaml_help import explain

        at = error.problem_mark or error.context_mark
        line, column = (at.line, at.column) if at is not None else (0, 0)
        slip = explain(source.text, Mark(line, column, line, column + 1))
        raise problem(source, "C001", f"not valid YAML: {slip.message}", slip.mark, slip.help) from None
    except (yaml.YAMLError, RecursionError) as error:
        raise problem(source, "C001", f"not valid YAML: {error}", None) from None


def _refuse_depth(source: Source, at: Any, loader: Any) -> None:
    """From 0.2.6 on libyaml stops at 1,000 levels, before it hands out what comes before them: read that alone."""
    with suppress(yaml.YAMLError):
        _consume(yaml.parse(source.text[: at.index], Loader=loader), source, Builder(source))


def _consume(events: Iterator[Any], source: Source, builder: Builder) -> None:
    flow = 0
    documents = 0
    for event in events:
        kind = type(event)
        if kind in (yaml.StreamStartEvent, yaml.StreamEndEvent, yaml.DocumentEndEvent):
            continue
        mark = _mark(event)
        if kind is yaml.DocumentStartEvent:
            documents += 1
            if documents > 1:
                raise problem(source, "C004", "a second document in one file", mark)
            continue
        if kind is yaml.AliasEvent:
            help = f"quote it if it is an expression; for repetition use 'blocks' (*{event.anchor})"
            raise problem(source, "C004", "aliases are not part of the spec format", mark, help)
        if kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            flow -= flow > 0
            builder.close(mark)
            continue
        if event.anchor is not None:
            raise problem(source, "C004", "anchors are not part of the spec format", mark, "use 'blocks'")
        if event.tag is not None:
            raise problem(source, "C004", f"the tag {event.tag} is not part of the spec format", mark)
        if kind is yaml.ScalarEvent:
            _scalar(event, mark, source, builder, in_flow=flow > 0)
            continue
        if builder.expects_key():
            help = "write a name before the ':', not a list or mapping"
            raise problem(source, "C001", "a key must be a plain name", mark, help)
        flow += bool(flow or event.flow_style)
        builder.open(MapNode(mark) if kind is yaml.MappingStartEvent else ListNode(mark))


def _mark(event: Any) -> Mark:
    start, end = event.start_mark, event.end_mark
    return Mark(start.line, start.column, end.line, end.column)


def _scalar(event: Any, mark: Mark, source: Source, builder: Builder, *, in_flow: bool) -> None:
    text: str = event.value
    if len(text) > MAX_SCALAR:
        raise problem(source, "C502", f"a text of more than {MAX_SCALAR:,} characters", mark)
    plain = event.implicit[0]
    if builder.expects_key():
        if not text and plain:
            raise problem(source, "C001", "a key must not be empty", builder.stack[-1].mark)
        if text == "<<" and plain:
            raise problem(
                source, "C004", "merge keys are not part of the spec format", mark, "use 'defaults'"
            )
        if plain and text.startswith("-"):
            message = "not valid YAML: a space is missing after '-'"
            raise problem(source, "C001", message, mark, "begin each item of a list with '- '")
        builder.key(text, mark)
        return
    if not plain:
        builder.value(text, mark)
        return
    if in_flow and text.count("(") > text.count(")"):
        raise _split_at_a_comma(text, mark, source)
    builder.value(_resolve(text, mark, source), mark)


def _split_at_a_comma(text: str, mark: Mark, source: Source) -> SpecError:
    """In brackets a comma ends a value, also one between round brackets."""
    line = source.line(mark.line + 1)[mark.column :]
    whole = line[: line.find(")") + 1] or f"{text}, ...)"
    call = slips.call(whole)
    if (meant := slips.listed(whole)) is not None:
        message, help = (
            f"'{whole[:40]}' is not a list: lists are written in square brackets",
            f"write {meant}",
        )
    elif call and call[0] not in FUNCTIONS:
        message, help, meant = (
            f"'{whole[:40]}' is not an expression",
            "fields are given by name: {type: ..., stride: 2}",
            "",
        )
    else:
        message, meant = "an expression with a comma needs quotes here", f'"{whole}"'
        help = f"in {{...}} and [...] a comma ends the value: write {meant}"
    fix = None
    if meant and whole.count("(") == whole.count(")") and re.match(r"\s*[,}\]]", line[len(whole) :]):
        fix = Fix(Mark(mark.line, mark.column, mark.line, mark.column + len(whole)), meant)
    if fix is not None:
        mark = fix.mark
    return problem(source, "C105", message, mark, help, fix)


def _resolve(text: str, mark: Mark, source: Source) -> Any:
    """The value of a plain scalar by the YAML 1.2 core schema, less its octal and hex forms."""
    if text in _PLAIN:
        return _PLAIN[text]
    if text[0] not in "+-.0123456789":
        return text
    if _INTEGER.match(text):
        return integer(text, mark, source)
    if _AMBIGUOUS.match(text):
        message = f"'{text}' is read differently by different YAML parsers"
        plain = slips.plain_number(text)
        help = (
            f"write {plain}" if plain else "write a plain decimal number, or put it in quotes if it is text"
        )
        raise problem(source, "C005", message, mark, help, Fix(mark, plain) if plain else None)
    return float(text) if _FLOAT.match(text) else text
