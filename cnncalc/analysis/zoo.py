"""The shipped architectures and lessons, with their numbers worked out now."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from cnncalc.dims import concrete
from cnncalc.network import build
from cnncalc.reading.text.files import read_spec
from cnncalc.shapes import Shape


class Entry(NamedTuple):
    """One shipped spec at its own size."""

    name: str
    params: int
    macs: int
    inputs: tuple[Shape, ...]
    source: str
    title: str


class Zoo(NamedTuple):
    """What is shipped, or a part of it."""

    architectures: tuple[Entry, ...]
    lessons: tuple[Entry, ...]


def entries(specs: Mapping[str, tuple[Path, str]]) -> tuple[Entry, ...]:
    """The numbers of each. Each file is read once."""
    documents = {path: read_spec(str(path))[0] for path, _ in specs.values()}
    found = []
    for name, (path, variant) in specs.items():
        network = build(documents[path], variant or None)
        report = network.summary()
        params, macs = concrete(report.totals.params), concrete(report.totals.macs)
        inputs = tuple(report.inputs.values())
        found.append(Entry(name, params, macs, inputs, network.citation, network.name))
    return tuple(found)
