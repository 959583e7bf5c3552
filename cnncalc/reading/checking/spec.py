"""A spec that has passed every check that does not depend on sizes; evaluation starts from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from cnncalc.domain import Domain
from cnncalc.errors import Mark, Source
from cnncalc.reading.checking.parts import Block, Entry
from cnncalc.reading.checking.tensors import Numbers
from cnncalc.reading.checking.value import Value
from cnncalc.reading.text.nodes import MapNode


class Spec(NamedTuple):
    """The content of a spec, with the overrides of one of its variants. Nothing is evaluated, and it never changes."""

    name: str
    description: str
    citation: str  # the key 'source'
    source: Source
    vars: Mapping[str, Value]
    domains: Mapping[str, Domain]  # of the vars that are declared with one
    inputs: Mapping[str, Value]
    layouts: Mapping[str, str]  # of the inputs for which the spec says one
    input_values: Mapping[str, Numbers]
    defaults: MapNode  # fields by type
    blocks: Mapping[str, Block]
    layers: tuple[Entry, ...]
    outputs: tuple[Value, ...]
    expect: MapNode | None
    cases: tuple[tuple[Any, Mark], ...]
    variants: tuple[str, ...]
    root: MapNode
