"""The growing graph: layers are checked on the shapes of their inputs and added to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cnncalc.conditions import Condition, Statement, at_least, positive
from cnncalc.dims import maximum
from cnncalc.errors import Place, Problem
from cnncalc.graph import Demand, Group, Judgment, Node, judge
from cnncalc.layer import Family, as_input
from cnncalc.reading.checking.value import Failed
from cnncalc.reading.unrolling.scope import Tensor
from cnncalc.registry import layer_class
from cnncalc.shapes import channels_first, key_of, show

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Iterable, Mapping

    from cnncalc.fields import Bound
    from cnncalc.layer import Layer
    from cnncalc.reading.checking.tensors import Numbers
    from cnncalc.reading.checking.value import Value
    from cnncalc.shapes import Shape, Shapes


class Origin(NamedTuple):
    """The item that a layer comes from: where it stands, and what it says beside its fields."""

    place: Place
    values: Mapping[str, Numbers] = {}  # parameters written out
    training: bool = False  # of a head that does not run at inference
    fields: Mapping[str, Value] = {}


class Assembly:
    """The nodes, groups, conditions and problems of one network, which are only added to."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.by_path: dict[str, int] = {}
        self.groups: dict[str, Group] = {}
        self.demands: dict[str, Demand] = {}  # by the key of the condition
        self.problems: list[Problem] = []
        self.misfits: list[Problem] = []  # in heads that are for training only
        self.wanted: set[int] = set()  # tensors that would have more readers if all were valid
        self._judged: dict[Hashable, tuple[Layer, Judgment]] = {}  # by layer and shapes of its inputs
        self.calls: list[tuple[str, int]] = []  # blocks we are in: name and line of use

    def shape(self, tensor: Tensor) -> Shape | None:
        """Return the shape of a tensor, if it is known."""
        return self.nodes[tensor].output if tensor is not None and tensor >= 0 else None

    def shapes(self, indices: tuple[int, ...]) -> tuple[Shape, ...]:
        return tuple(self.nodes[i].output for i in indices)

    # -- problems

    def complain(self, problem: Problem, place: Place) -> None:
        """Record a problem, with the blocks in which it occurs."""
        calls = self.calls[:-4:-1]
        notes = tuple(f"in block '{name}', used on line {line}" for name, line in calls)
        if len(self.calls) > len(calls):
            notes += (f"and in {len(self.calls) - len(calls)} more enclosing blocks",)
        placed = problem.at(place)
        self.problems.append(placed._replace(notes=placed.notes + notes) if notes else placed)

    def refuse_impossible(self, variables: Collection[str]) -> None:
        """Report conditions that contradict the lower bounds that the others require."""
        least: dict[str, int] = {}
        for condition, *_ in self.demands.values():
            if isinstance(condition, Condition) and condition.relation == ">=":
                name, bound = str(condition.left), condition.right
                if name in variables and isinstance(bound, int):
                    least[name] = max(least.get(name, 0), bound)
        for demand in self.demands.values():
            condition = demand.condition
            if condition.fails_above(least):
                node = self.nodes[demand.node]
                message = f"{node.type}: {demand.reason}; {condition} can never hold"
                self.problems.append(Problem("C301", message, node.place))

    # -- growing

    def append(
        self, path: str, layer: Layer | None, inputs: tuple[int, ...], output: Shape, origin: Origin
    ) -> int:
        """Append a node without checking it."""
        index = len(self.nodes)
        node = Node(index, path, layer, inputs, output, origin.place, origin.training, None, origin.values)
        self.nodes.append(node)
        self.by_path[path] = index
        return index

    def demand(self, condition: bool | Statement, node: int, reason: str) -> None:
        """Record an undecided condition on free variables."""
        if not isinstance(condition, bool):
            self.demands.setdefault(condition.key, Demand(condition, node, reason))

    def bound(self, kind: str, bounds: Iterable[Bound], tensor: Tensor, place: Place) -> None:
        """Record the minimum values of a layer's symbolic fields, which hold wherever the layer is used."""
        for value, least, whole in bounds if tensor is not None else ():
            self.demand(whole, tensor or 0, "a field is an integer")
            for condition in positive(value) if least == 1 else [at_least(value, least)]:
                if condition is False:
                    message = f"{kind}: a field must be at least {least}, and {value} never is"
                    self.complain(Problem("C101", message), place)
                self.demand(condition, tensor or 0, f"a field is at least {least}")

    def add(
        self, layer: Layer, path: str, inputs: list[Tensor], origin: Origin, start: Tensor = None
    ) -> Tensor:
        """Add a layer if it fits its inputs; ``start`` is the tensor from which a merge's branches start.

        Raises:
            Failed: the layer takes a different number of inputs.
        """
        index = None
        try:
            index = self._added(layer, path, inputs, origin, start)
        finally:
            if index is None:
                self.want(*inputs)
        return index

    def want(self, *tensors: Tensor) -> None:
        """Note that something that is not valid reads tensors."""
        self.wanted.update(i for i in tensors if i is not None and i >= 0)

    def _added(self, layer: Layer, path: str, inputs: list[Tensor], origin: Origin, start: Tensor) -> Tensor:
        known = tuple(i for i in inputs if i is not None)
        if len(known) < len(inputs):
            return None
        self._count_inputs(layer, known)
        if not origin.training:
            self.refuse_heads(known)
        shapes = self.shapes(known)
        places = {name: origin.fields[name].place for name in layer.claims if name in origin.fields}
        output, problems, demands = self.judge(layer, shapes, places)
        if origin.training and problems and problems[0].code == "C302":
            output, problems = self._head_that_does_not_fit(layer, shapes, problems[0], origin.place), []
        elif origin.training and output is not None:  # what a head says of its input is of training only
            self.misfits += (Problem(p.code, f"{layer.type}: {p.message}", p.place) for p in problems)
            problems = []
        for found in problems:
            self.complain(self._explained(found, layer, known, start), origin.place)
        if output is None:
            return None
        if origin.values:
            self._compare_values(layer, shapes, origin.values)
        index = self.append(path, layer, known, output, origin)
        if not origin.training:  # a head that is for training only asks nothing of inference
            for condition, reason in demands:
                self.demand(condition, index, reason)
        return index

    def judge(self, layer: Layer, shapes: Shapes, places: Mapping[str, Place]) -> Judgment:
        """What ``graph.judge`` says of a layer object and shapes: asked once where nothing is wrong."""
        key = id(layer), key_of(shapes)
        if key in self._judged:  # the layer is kept, so that no other gets its id
            return self._judged[key][1]
        found = judge(layer, shapes, places)
        if found[0] is not None and not found[1]:
            self._judged[key] = layer, found
        return found

    def share(self, index: int, twin: int | None, place: Place) -> None:
        """Let a node use the parameters of another."""
        node = self.nodes[index]
        if node.layer is None:
            return
        shapes = node.layer.param_shapes(self.shapes(node.inputs))
        if twin is None:
            if shapes and node.shares is None:
                why = "with this input, the item has other layers"
                self.complain(Problem("C301", f"{node.path} is not among the shared layers: {why}"), place)
            return
        first = self.nodes[twin]
        first_shapes = first.layer.param_shapes(self.shapes(first.inputs)) if first.layer else {}
        if shapes != first_shapes:
            notes = tuple(
                f"{name} is {show(shape)} there, but {show(shapes[name])} here"
                for name, shape in first_shapes.items()
                if name in shapes and shapes[name] != shape
            )
            message = f"the weights of {first.path} do not fit this input"
            self.complain(Problem("C301", message, notes=notes), place)
        self.nodes[index] = node._replace(shares=twin if first.shares is None else first.shares)

    def refuse_heads(self, tensors: tuple[int, ...]) -> None:
        """Refuse inference layers that read the output of a training-only head.

        Raises:
            Failed: a layer does.
        """
        for node in (self.nodes[i] for i in tensors if i >= 0):
            if node.train_only:
                help = "use a tensor from before the head, or remove its 'train_only'"
                message = f"{node.path} is for training only, so it has no output at inference"
                raise Failed(Problem("C204", message, help=help))

    def _count_inputs(self, layer: Layer, inputs: tuple[int, ...]) -> None:
        if -1 in inputs:
            names = ", ".join(n.path for n in self.nodes if n.layer is None)
            raise Failed(Problem("C204", "there are several inputs", help=f"set 'from:' to one of {names}"))
        least, most = layer.arity
        if not least <= len(inputs) <= (most if most is not None else len(inputs)):
            raise Failed(
                Problem(
                    "C204", f"{layer.type} takes {least} input{'' if least == 1 else 's'}, got {len(inputs)}"
                )
            )

    def _compare_values(self, layer: Layer, shapes: tuple[Shape, ...], values: Mapping[str, Numbers]) -> None:
        """Check that parameters given in the spec have the shapes that the layer requires."""
        wanted = {**layer.param_shapes(shapes), **layer.buffer_shapes(shapes)}
        for name, tensor in values.items():
            if name not in wanted:
                help = f"it has {', '.join(wanted)}" if wanted else None
                problem = Problem("C102", f"{layer.type} has no '{name}' here", tensor.place, help=help)
                self.complain(problem, tensor.place)
            elif (wrong := tensor.mismatch(wanted[name], name)) is not None:
                self.complain(wrong, tensor.place)

    def _head_that_does_not_fit(
        self, layer: Layer, shapes: tuple[Shape, ...], problem: Problem, place: Place
    ) -> Shape:
        """Record that a head does not fit, and return a shape for it: its parameters count at any input size."""
        message = f"{layer.type}: {problem.message}; its sizes are shown as 1"
        self.misfits.append(Problem(problem.code, message, place))
        return tuple(maximum(size, 1) for size in layer.output_shape(shapes))

    def _explained(self, problem: Problem, layer: Layer, inputs: tuple[int, ...], start: Tensor) -> Problem:
        """Return the problem with notes that say where each input comes from."""
        merging = layer.family is Family.MERGE
        notes = []
        for number, index in enumerate(inputs, 1):
            node = self.nodes[index]
            line = f" (line {node.place.mark.line + 1})" if node.place else ""
            what = f"branch {number} ends at" if merging else "the input comes from"
            if merging and index == start:
                what = f"branch {number} is the incoming tensor, from"
            notes.append(f"{what} {node.path}{line}: {show(node.output)}")
        help = problem.help
        source = self.nodes[inputs[0]] if inputs else None
        if problem.code == "C305" and source is not None and source.layer is None and layer.rank:
            ranked = f"{layer.type.removesuffix(f'{layer.rank}d')}{len(source.output) - 1}d"
            help = as_input(source.output, layer.rank, ranked if layer_class(ranked) else None) or help
        for node in self.nodes:
            if (
                problem.code in ("C302", "C310")
                and node.layer is None
                and (meant := channels_first(node.output))
            ):
                help = f"{node.path} is {show(node.output)}; channels come first: [{', '.join(map(str, meant))}], or write layout: nhwc"
        message = problem.message
        if not message.startswith(layer.type):
            message = f"{layer.type}: {message}"
        return problem._replace(message=message, notes=tuple(notes), help=help)
