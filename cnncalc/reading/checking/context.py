"""The context of a part of a spec: the names in scope and the list of problems."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from cnncalc.errors import Fix, Mark, Place, Problem, Source
from cnncalc.fields import describe
from cnncalc.reading.checking import instead
from cnncalc.reading.checking.value import Failed, Value, compile_value
from cnncalc.reading.expressions.words import TENSOR_NAMES, is_reference, wrong_name

if TYPE_CHECKING:
    from cnncalc.reading.checking.parts import Block
    from cnncalc.reading.text.nodes import MapNode


class Context(NamedTuple):
    """The names in scope, at the top level or in a block. Problems are collected, so that one run finds all of them."""

    source: Source
    names: frozenset[str]  # of variables, parameters and sizes of the tensor
    defaults: MapNode  # fields by type
    problems: list[Problem]
    blocks: Mapping[str, Block] = {}  # never changed
    broken: frozenset[str] = frozenset()  # blocks that cannot be read
    tensors: frozenset[str] = frozenset()  # parameters that stand for layers

    @classmethod
    def top(cls, source: Source, variables: Iterable[str], defaults: MapNode) -> Context:
        return cls(source, frozenset((*variables, *TENSOR_NAMES)), defaults, [])

    def within(self, block: Block) -> Context:
        """Return a context with the parameters of a block in scope."""
        tensors = frozenset(name for name, param in block.params.items() if param.kind == "layer")
        return self._replace(names=self.names | block.params.keys(), tensors=tensors)

    def is_number(self, name: str) -> bool:
        """Return whether a name stands for a number here, and not for a layer."""
        return name in self.names and name not in self.tensors

    def place(self, mark: Mark) -> Place:
        return Place(self.source, mark)

    def problem(
        self, code: str, message: str, mark: Mark, help: str | None = None, fix: Fix | None = None
    ) -> None:
        self.problems.append(Problem(code, message, Place(self.source, mark), help=help, fix=fix))

    def check_name(self, name: Any, mark: Mark) -> None:
        if (problem := wrong_name(name, Place(self.source, mark))) is not None:
            self.problems.append(problem)

    def value(self, raw: Any, mark: Mark, words: tuple[str, ...] = ()) -> Value | None:
        """Return a literal or an expression in the names in scope."""
        try:
            return compile_value(raw, mark, self.source, self.names, words)
        except Failed as failed:
            self.problems.append(failed.problem)
            return None

    def reference(self, raw: Any, mark: Mark) -> Value | None:
        """Return a reference to a layer."""
        if is_reference(raw):
            return Value(raw, Place(self.source, mark))
        help, meant = instead.of_reference(raw)
        message = f"a reference is the name of a layer, got {describe(raw)}"
        self.problem("C202", message, mark, help, Fix(mark, meant) if meant else None)
        return None
