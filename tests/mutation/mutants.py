"""The mutants of a source file: mutmut's operators, and a few that this code asks for, as changed texts.

What no rule depends on is left out: annotations, docstrings, prose of messages, and the upper and lower
case of words.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import libcst as cst
from libcst.metadata import MetadataWrapper, ParentNodeProvider, PositionProvider
from mutmut.mutation.mutators import mutation_operators, operator_string

#: names of the field that are easily taken for one another
TWINS = [
    ("minimum", "maximum"), ("min", "max"), ("any", "all"), ("before", "after"), ("low", "high"),
    ("first", "last"), ("firsts", "lasts"), ("kernel", "extent"), ("lower", "upper"), ("gcd", "lcm"),
    ("gt", "ge"), ("inputs", "output"),
]  # fmt: skip
SWAPPED = {**dict(TWINS), **{b: a for a, b in TWINS}}
NAMING = (cst.Param, cst.AssignTarget, cst.AnnAssign, cst.FunctionDef)
RAISED = re.compile(r"(Error|Failed|Problem|Requirement|invalid|_advice|show)$")
ALIAS = re.compile(
    r"^[A-Z]\w*[a-z]\w* = (tuple\[|Literal|Sequence|Callable|Annotated|NDArray|TypeVar|Any$|str \||[\w ]+\|)"
)
WORD = re.compile(r"^[\"'][\w<>=+*/%-]{1,20}[\"']$")


class Mutant(NamedTuple):
    """One change of one file; ``key`` names it for as long as its function has the same lines."""

    path: str
    line: int
    last_line: int
    key: str
    code: str


def mutants_of(path: Path, name: str) -> list[Mutant]:
    """Every mutant that still is Python."""
    text = path.read_text()
    wrapper = MetadataWrapper(cst.parse_module(text))
    visitor = _Visitor(wrapper.module)
    wrapper.visit(visitor)
    lines = text.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    found, seen, codes = [], Counter(), {text}
    for scope, position, replacement in visitor.found:
        begin = starts[position.start.line - 1] + position.start.column
        end = starts[position.end.line - 1] + position.end.column
        code = text[:begin] + replacement + text[end:]
        if code in codes or not _compiles(code):
            continue
        codes.add(code)
        first, last = starts[position.start.line - 1], starts[position.end.line]
        old, new = _flat(text[first:last]), _flat(code[first : last + len(code) - len(text)])
        key = f"{name} {scope}: {old} -> {new}"
        seen[key] += 1
        key += f" #{seen[key]}" if seen[key] > 1 else ""
        found.append(Mutant(name, position.start.line, position.end.line, key, code))
    return found


def _flat(lines: str) -> str:
    """Without comments and line breaks, so that a key outlives them."""
    return " ".join(re.sub(r"(?m)(^|\s)#:? .*$", "", lines).split())


def _compiles(code: str) -> bool:
    try:
        compile(code, "mutant", "exec")
    except SyntaxError:
        return False
    return True


class _Visitor(cst.CSTVisitor):
    METADATA_DEPENDENCIES = (PositionProvider, ParentNodeProvider)

    def __init__(self, module: cst.Module) -> None:
        self.module = module
        self.scope: list[str] = []
        self.found: list[tuple[str, cst.metadata.CodeRange, str]] = []

    def on_visit(self, node: cst.CSTNode) -> bool:
        if isinstance(
            node,
            cst.Annotation | cst.Import | cst.ImportFrom | cst.Raise | cst.FormattedString | cst.Decorator,
        ):
            return False
        if isinstance(node, cst.Assign) and ALIAS.match(self.module.code_for_node(node)):
            return False
        if isinstance(node, cst.If) and "TYPE_CHECKING" in self.module.code_for_node(node.test):
            return False
        if (
            isinstance(node, cst.Call)
            and isinstance(node.func, cst.Name)
            and node.func.value in ("isinstance", "len")
        ):
            return False
        if isinstance(node, cst.Arg) and node.keyword is not None and node.keyword.value == "strict":
            return False  # of zip: a guard
        if isinstance(node, cst.FunctionDef | cst.ClassDef):
            self.scope.append(node.name.value)
        for changed in self._changes(node):
            position = self.get_metadata(PositionProvider, node, None)
            if position is not None:
                self.found.append((".".join(self.scope) or "module", position, self._text(node, changed)))
        return True

    def on_leave(self, original_node: cst.CSTNode) -> None:
        if isinstance(original_node, cst.FunctionDef | cst.ClassDef):
            self.scope.pop()

    def _text(self, node: cst.CSTNode, changed: cst.CSTNode) -> str:
        if not isinstance(changed, cst.BaseExpression):
            return self.module.code_for_node(changed)
        if type(node) is type(changed):
            return self.module.code_for_node(changed.with_changes(lpar=(), rpar=()))
        return f"({self.module.code_for_node(changed)})"

    def _changes(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        for kind, operator in mutation_operators:
            if not isinstance(node, kind):
                continue
            if operator is operator_string:
                if WORD.match(self.module.code_for_node(node)):
                    yield from list(operator(node))[:1]
            elif not (isinstance(node, cst.Call) and self._is_message(node)):
                yield from (changed for changed in operator(node) if not _strictness(node, changed))
        yield from _further(node, self.get_metadata(ParentNodeProvider, node, None))

    def _is_message(self, node: cst.Call) -> bool:
        return RAISED.search(self.module.code_for_node(node.func)) is not None


def _strictness(node: cst.CSTNode, changed: cst.CSTNode) -> bool:
    """Whether a call differs in the keyword ``strict`` alone."""
    if not isinstance(node, cst.Call) or not isinstance(changed, cst.Call):
        return False
    gone = [arg for arg in node.args if arg not in changed.args]
    return [arg.keyword.value for arg in gone if arg.keyword is not None] == ["strict"]


def _further(node: cst.CSTNode, parent: cst.CSTNode | None) -> Iterator[cst.CSTNode]:
    """What mutmut lacks: operands and conditions left out, numbers less one, twins taken for one another."""
    if isinstance(node, cst.BooleanOperation):
        yield from (node.left, node.right)
    elif isinstance(node, cst.Integer):
        if node.evaluated_value:
            yield node.with_changes(value=str(node.evaluated_value - 1))
    elif isinstance(node, cst.Name) and node.value in SWAPPED and not isinstance(parent, NAMING):
        yield node.with_changes(value=SWAPPED[node.value])
    elif isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.FloorDivide):
        yield node.left
    elif isinstance(node, cst.UnaryOperation) and isinstance(node.operator, cst.Minus):
        yield node.expression
    elif isinstance(node, cst.Tuple | cst.List | cst.Set) and 1 < len(node.elements) < 5:
        for i in range(len(node.elements)):
            rest = [*node.elements[:i], *node.elements[i + 1 :]]
            yield node.with_changes(elements=rest)
    if isinstance(parent, cst.If | cst.CompIf) and node is parent.test:
        yield from (cst.Name("False"), cst.Name("True"))
