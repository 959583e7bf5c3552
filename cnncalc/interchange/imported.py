"""What an importer gives: a network, notes, and where its tensors are stored; and the spec that a person reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from cnncalc.graph import Graph
from cnncalc.interchange.flat import unrolled
from cnncalc.interchange.fold import folded
from cnncalc.interchange.writing import as_yaml


class Note(NamedTuple):
    """Something that a reader of the imported network should know."""

    kind: str  # "opaque", "folded", "fixed"
    text: str


class Imported(NamedTuple):
    """A network read from a model, and what was found on the way."""

    graph: Graph
    notes: tuple[Note, ...] = ()
    weights: Mapping[str, Mapping[str, str]] = {}  # by path: a tensor's name, and the name of the stored one
    source: str = ""  # the file and its producer

    @property
    def defaults(self) -> Mapping[str, int]:
        """The sizes of free variables."""
        return self.graph.variables


def written(found: Imported, *, flat: bool = False) -> str:
    """Return the spec of an imported network as text, with what must be known as comments.

    ``flat`` leaves it as the file has it, layer by layer.
    """
    source = [f"# imported from {found.source}"] if found.source else []
    text = (
        as_yaml(unrolled(found.graph, found.defaults)) + "\n" if flat else folded(found.graph, found.defaults)
    )
    return "\n".join([*source, *(f"# {note.text}" for note in found.notes), text])
