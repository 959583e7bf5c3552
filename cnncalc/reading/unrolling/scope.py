"""Names in scope: those of tensors, which references look up, and those of values, which expressions look up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import copy
from typing import TYPE_CHECKING, Any

from cnncalc.errors import Fix, Problem, did_you_mean
from cnncalc.reading.checking.value import Failed, Value
from cnncalc.reading.expressions.grammar import ExpressionError
from cnncalc.reading.expressions.words import TENSOR_NAMES
from cnncalc.shapes import show

if TYPE_CHECKING:
    from cnncalc.shapes import Shape

Tensor = int | None  # an index into the nodes; None: unknown, because something failed


class Unknown(Exception):
    """The shape of the current tensor is needed, but its layer failed."""


class Env(Mapping[str, Any]):
    """The names in scope of an expression: those of the tensor, the block and the spec."""

    __slots__ = ("params", "shape", "variables")

    def __init__(self, variables: Mapping[str, Any], params: Mapping[str, Any], shape: Shape | None) -> None:
        self.variables, self.params, self.shape = variables, params, shape

    def __getitem__(self, name: str) -> Any:
        if name in self.params:
            return self.params[name]
        if name in TENSOR_NAMES:
            return self.size(name)
        return self.variables[name]

    def size(self, name: str) -> Any:
        if self.shape is None:
            raise Unknown
        index = {"channels": 0, "height": len(self.shape) - 2, "width": len(self.shape) - 1}[name]
        if name != "channels" and index < 1:
            raise ExpressionError(f"the tensor here, {show(self.shape)}, has no {name}", code="C106")
        return self.shape[index]

    def __iter__(self) -> Iterator[str]:
        yield from self.params
        yield from TENSOR_NAMES
        yield from self.variables

    def __len__(self) -> int:
        return sum(1 for _ in self)


class Reference:
    """The value of a block parameter of kind ``layer``."""

    __slots__ = ("tensor",)

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor


class Scope:
    """The names in one group, block or repetition, and the enclosing scope.

    ``params`` are those of the block it is in; ``training`` says that nothing of it runs at inference.
    """

    __slots__ = ("children", "coming", "names", "params", "parent", "path", "skipped", "training")

    def __init__(self, path: str, parent: Scope | None, params: Mapping[str, Any]) -> None:
        self.path, self.parent, self.params = path, parent, params
        self.training: bool = parent is not None and parent.training
        self.names: dict[str, Tensor] = {}
        self.children: dict[str, Scope] = {}
        self.skipped: set[str] = set()
        self.coming: set[str] = set()

    def child(self, key: str, params: Mapping[str, Any] | None = None) -> Scope:
        """A scope inside this one; a block's has parameters of its own."""
        scope = Scope(self.at(key), self, self.params if params is None else params)
        self.children[key] = scope
        return scope

    def holding(self, params: Mapping[str, Any] | None = None, *, training: bool = False) -> Scope:
        """The same scope with other parameters in reach, or for training only."""
        view = copy(self)
        view.params = self.params if params is None else params
        view.training = self.training or training
        return view

    def at(self, key: str) -> str:
        """Return the path of an item in this scope."""
        return f"{self.path}.{key}" if self.path else key

    def outward(self) -> Iterator[Scope]:
        """Yield the scope and the enclosing ones, innermost first."""
        at: Scope | None = self
        while at is not None:
            yield at
            at = at.parent

    def resolve(self, name: Value, current: Tensor) -> Tensor:
        """Return the tensor that a name refers to; the innermost scope takes precedence.

        Raises:
            Failed: no earlier tensor has this name.
        """
        head, *rest = str(name.raw).split(".")
        if head == "prev" and not rest:
            return current
        param = self.params.get(head)
        if isinstance(param, Reference) and not rest:
            return param.tensor
        for scope in self.outward():
            if head in scope.names:
                return scope.descend(name, head, rest)
            if head in scope.skipped:
                message = f"'{head}' is left out here: its 'when' is false"
                raise Failed(Problem("C202", message, name.place))
        raise Failed(self._unknown(name, head))

    def path_of(self, name: str) -> str:
        """Return the path of the item that a name refers to."""
        head, *rest = name.split(".")
        found = next((scope.at(head) for scope in self.outward() if head in scope.names), head)
        return ".".join([found, *rest])

    def descend(self, name: Value, head: str, rest: list[str]) -> Tensor:
        children = self.children
        tensor = self.names[head]
        for step in rest:
            inner = children.get(head)
            if inner is None or step not in inner.names:
                message = f"'{name.raw}': there is no '{step}' in '{head}'"
                if step in ("norm", "act") and step == rest[-1]:
                    meant = str(name.raw).removesuffix(f".{step}")
                    help = f"write '{meant}', which names the tensor after its norm and act"
                    fix = Fix(name.place.mark, meant, keeps_quotes=True)
                    raise Failed(Problem("C202", message, name.place, help=help, fix=fix))
                nearest = did_you_mean(step, list(inner.names) if inner else [])
                raise Failed(Problem("C202", message, name.place, help=nearest))
            tensor, children, head = inner.names[step], inner.children, step
        return tensor

    def _inside(self, name: str) -> Iterator[str]:
        """Paths, from here, of what has this name in a group around or above."""
        head, *rest = name.split(".")
        waiting = [("", scope) for scope in self.outward()]
        while waiting:
            path, scope = waiting.pop(0)
            for key, child in scope.children.items():
                if head in child.names:
                    yield ".".join([path + key, head, *rest])
                waiting.append((f"{path}{key}.", child))

    def _unknown(self, name: Value, head: str) -> Problem:
        known: list[str] = ["prev"]
        for scope in self.outward():
            if head in scope.coming:
                help = "references only go backwards, so that there are no cycles"
                return Problem("C202", f"'{head}' is not above this layer", name.place, help=help)
            known += scope.names
        inside = next(self._inside(str(name.raw)), None)
        nearest = did_you_mean(head, known) or "references go backwards: name a layer above this one"
        if inside:
            nearest = f"it is inside a group: write '{inside}'"
        return Problem("C202", f"there is no layer '{name.raw}' before this one", name.place, help=nearest)
