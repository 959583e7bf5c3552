"""Items to a graph: repetitions, blocks and branches unrolled, expressions evaluated.

Expressions may ask for the current tensor's ``channels``, so shapes are worked out on the way. What
fails leaves an unknown tensor behind; what depends on an unknown tensor is passed over in silence,
so that every problem reported is an independent one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from cnncalc import graph
from cnncalc.conditions import Condition, at_least
from cnncalc.dims import Expr, bounds, maximum, symbol
from cnncalc.errors import Place, Problem, SpecError, did_you_mean
from cnncalc.fields import describe, integer
from cnncalc.graph import Demand, Graph, Group, Node
from cnncalc.shapes import show
from cnncalc.spec.document import Mapping as DocumentMapping
from cnncalc.spec.expressions import ExpressionError
from cnncalc.spec.items import TENSOR_NAMES, Attachment, Block, Item, ItemReader
from cnncalc.spec.rational import Rational
from cnncalc.spec.translate import translate
from cnncalc.spec.values import Failed, Value

if TYPE_CHECKING:
    from cnncalc.layer import Layer
    from cnncalc.shapes import Shape
    from cnncalc.spec.tensors import Numbers

MAX_LAYERS = 20_000
MAX_BLOCK_DEPTH = 64

Tensor = int | None  # an index into the nodes; None: unknown, because something failed


class Unknown(Exception):
    """The shape of the current tensor is asked for, but its layer failed."""


class Env(Mapping[str, Any]):
    """Names in reach of an expression: of the tensor, of the block, of the spec."""

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


class Scope:
    """Names of one group, block or repetition, and the scope around it."""

    __slots__ = ("children", "coming", "names", "parent", "path", "skipped")

    def __init__(self, path: str, parent: Scope | None) -> None:
        self.path, self.parent = path, parent
        self.names: dict[str, Tensor] = {}
        self.children: dict[str, Scope] = {}
        self.skipped: set[str] = set()
        self.coming: set[str] = set()

    def child(self, key: str) -> Scope:
        scope = Scope(self.at(key), self)
        self.children[key] = scope
        return scope

    def at(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key


class Expander:
    """Builds the nodes of one network."""

    def __init__(self, reader: ItemReader, variables: Mapping[str, Any]) -> None:
        self.reader = reader
        self.source = reader.source
        self.variables = variables
        self.nodes: list[Node] = []
        self.groups: dict[str, Group] = {}
        self.demands: dict[Condition, Demand] = {}
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []
        self.calls: list[tuple[str, int]] = []  # blocks we are in: name and line of use
        self.items_seen = 0
        self.training = False
        self.sharing: str | None = None
        self.definitions: dict[str, tuple[Item, Mapping[str, Any], Scope]] = {}
        self.by_path: dict[str, int] = {}

    # -- problems

    def add_problem(self, problem: Problem, place: Place) -> None:
        calls = self.calls[:-4:-1]
        notes = tuple(f"in block '{name}', used in line {line}" for name, line in calls)
        if len(self.calls) > len(calls):
            notes += (f"and {len(self.calls) - len(calls)} blocks further out",)
        placed = problem.at(place)
        if notes:
            placed = placed._replace(notes=placed.notes + notes)
        self.problems.append(placed)

    # -- the whole network

    def expand(
        self,
        name: str,
        inputs: Mapping[str, tuple[Shape, Place]],
        items: list[Item],
        outputs: list[Value],
        input_values: Mapping[str, Numbers],
    ) -> Graph:
        root = Scope("", None)
        for input_name, (shape, place) in inputs.items():
            root.names[input_name] = self.append(input_name, None, (), shape, place)
            if input_name in input_values:
                values = {"input": input_values[input_name]}
                self.nodes[-1] = self.nodes[-1]._replace(values=values)
            for size in shape:
                self.demand(at_least(size, 1), len(self.nodes) - 1, "an input has at least one cell")
        if len(inputs) == 1:
            root.names["input"] = 0
        start = 0 if len(inputs) == 1 else -1
        last = self.expand_list(items, root, {}, start)
        ends = self.outputs(outputs, root, last)
        self.refuse_impossible()
        if self.problems:
            raise SpecError(self.problems)
        demands = tuple(self.demands.values())
        warnings = tuple(self.warnings)
        return Graph(name, tuple(self.nodes), tuple(ends), self.groups, demands, warnings, self.variables)

    def refuse_impossible(self) -> None:
        """Conditions that no size of at least what the others ask for can meet."""
        least: dict[str, int] = {}
        for condition in self.demands:
            name = str(condition.left)
            if condition.relation == ">=" and name in self.variables and isinstance(condition.right, int):
                least[name] = max(least.get(name, 0), condition.right)
        for condition, demand in self.demands.items():
            low, high = bounds(condition.left - condition.right, least)
            above = condition.relation == "==" and not condition.modulus and low is not None and low > 0
            if above or (high is not None and high < 0 and not condition.modulus):
                node = self.nodes[demand.node]
                message = f"{node.type}: {demand.reason}; {condition} can never hold"
                self.problems.append(Problem("C301", message, node.place))

    def outputs(self, names: list[Value], root: Scope, last: Tensor) -> list[int]:
        found: list[Tensor] = [last]
        if names:
            found = []
            for name in names:
                try:
                    found.append(self.resolve(name, root, last))
                except Failed as failed:
                    self.problems.append(failed.problem)
        if -1 in found and not self.problems:
            self.problems.append(
                Problem("C204", "the network has several inputs and no layers", where=self.source.name)
            )
        return [i for i in found if i is not None]

    # -- lists and items

    def expand_list(
        self, items: list[Item], scope: Scope, params: Mapping[str, Any], current: Tensor
    ) -> Tensor:
        scope.coming.update(item.key for item in items)
        for item in items:
            try:
                result = self.expand_item(item, scope, params, current)
            except Failed as failed:
                self.add_problem(failed.problem, item.place)
                self.register(item, scope, None)
                result = None
            except Unknown:
                self.register(item, scope, None)
                result = None
            if not item.train_only:
                current = result
        return current

    def expand_item(self, item: Item, scope: Scope, params: Mapping[str, Any], current: Tensor) -> Tensor:
        self.count(item)
        sources = self.sources(item, scope, current, params)
        start = sources[0] if sources and item.cls is None else current
        if item.cls is not None and len(sources) == 1 and item.cls.family != "merge":
            start = sources[0]
        if item.when is not None and not self.truth(item.when, self.env(params, start)):
            scope.skipped.add(item.key)
            return current
        training, self.training = self.training, self.training or item.train_only
        if item.repeat is None:
            result = self.instantiate(item, item.key, scope, params, start, sources)
        else:
            result = self.expand_repeat(item, scope, params, start, sources)
        self.training = training
        self.register(item, scope, result)
        return result

    def sources(self, item: Item, scope: Scope, current: Tensor, params: Mapping[str, Any]) -> list[Tensor]:
        """What ``from`` names."""
        return [self.resolve(v, scope, current, params) for v in item.source_tensor or []]

    def expand_repeat(
        self, item: Item, scope: Scope, params: Mapping[str, Any], current: Tensor, sources: list[Tensor]
    ) -> Tensor:
        assert item.repeat is not None
        times = self.whole(item.repeat, self.env(params, current), least=0, what="'repeat'")
        if times > MAX_LAYERS:
            raise Failed(self.too_many(f"'repeat' is {times:,}").at(item.repeat.place))
        inner = scope.child(item.key)
        for index in range(times):
            self.count(item)
            this = item.first if index == 0 and item.first is not None else item
            if index > 0:  # 'prev' is now the repetition before
                sources = self.sources(item, scope, current, params)
            current = self.instantiate(this, str(index), inner, params, current, sources)
            inner.names[str(index)] = current
        self.group(scope.at(item.key), item.kind, current, item.place)
        return current

    def register(self, item: Item, scope: Scope, result: Tensor) -> None:
        if item.key in scope.names:
            if item.named or result is not None:
                self.add_problem(
                    Problem("C201", f"the name '{item.key}' is used already in this list"), item.place
                )
            return
        scope.names[item.key] = result

    def count(self, item: Item) -> None:
        self.items_seen += 1
        if self.items_seen > MAX_LAYERS:
            self.add_problem(self.too_many("with all blocks and repetitions unrolled"), item.place)
            raise SpecError(self.problems)

    def too_many(self, what: str) -> Problem:
        return Problem("C501", f"more than {MAX_LAYERS:,} layers: {what}", help="use a smaller 'repeat'")

    def group(self, path: str, kind: str, output: Tensor, place: Place) -> None:
        self.groups[path] = Group(path, kind, output if output != -1 else None, place)

    # -- one instance of an item

    def instantiate(
        self,
        item: Item,
        key: str,
        scope: Scope,
        params: Mapping[str, Any],
        current: Tensor,
        sources: list[Tensor],
    ) -> Tensor:
        path = scope.at(key)
        if item.kind == "share":
            return self.expand_share(item, key, scope, params, current)
        self.definitions[path] = (item, params, scope)
        if item.cls is not None:
            return self.expand_layer(item, path, scope, params, current, sources)
        inner = scope.child(key)
        if item.kind in self.reader.blocks:
            result = self.expand_block(item, self.reader.blocks[item.kind], inner, params, current)
        else:
            result = self.expand_list(item.layers or [], inner, params, current)
        self.group(path, item.kind, result, item.place)
        return result

    def expand_block(
        self, item: Item, block: Block, scope: Scope, params: Mapping[str, Any], current: Tensor
    ) -> Tensor:
        if len(self.calls) >= MAX_BLOCK_DEPTH:
            raise Failed(Problem("C503", f"blocks nested deeper than {MAX_BLOCK_DEPTH}"))
        env = self.env(params, current)
        inner: dict[str, Any] = {}
        for name, param in block.params.items():
            value = item.fields.get(name)
            if param.kind == "layer":
                assert value is not None
                assert scope.parent is not None
                inner[name] = Reference(self.resolve(value, scope.parent, current, params))
            elif value is not None:
                inner[name] = self.checked(self.word(value, env, param.kind), param.kind, name, value)
            else:
                assert param.default is not None
                defaults = Env(self.variables, inner, env.shape)
                inner[name] = self.word(param.default, defaults, param.kind)
        self.calls.append((block.name, item.place.mark.line + 1))
        try:
            return self.expand_list(block.items, scope, inner, current)
        finally:
            self.calls.pop()

    def word(self, value: Value, env: Env, kind: str) -> Any:
        """A word, or what the variable of this name holds; an expression's value otherwise."""
        if kind == "str" and isinstance(value.raw, str):
            return env[value.raw] if value.raw in env.params or value.raw in env.variables else value.raw
        return value.evaluate(env)

    def checked(self, found: Any, kind: str, name: str, value: Value) -> Any:
        wrong = None
        if kind == "int" and (isinstance(found, bool) or not isinstance(found, int | Expr)):
            wrong = "an integer"
        elif kind == "number" and isinstance(found, bool | str | list):
            wrong = "a number"
        elif kind == "bool" and not isinstance(found, bool):
            wrong = "true or false"
        elif kind == "str" and not isinstance(found, str | None):
            wrong = "a word"
        if wrong:
            message = f"'{name}' needs {wrong}, got {describe(found)}"
            raise Failed(Problem("C101", message, value.place))
        return found

    # -- sharing weights

    def expand_share(
        self, item: Item, key: str, scope: Scope, params: Mapping[str, Any], current: Tensor
    ) -> Tensor:
        """The layers of an earlier item once more, on another tensor, with the same parameters."""
        assert item.share is not None
        self.resolve(item.share, scope, current, params)
        original = self.path_of(item.share.raw, scope)
        if original not in self.definitions:
            message = f"'share' names a layer, group or block, '{item.share.raw}' is none"
            raise Failed(Problem("C202", message, item.share.place))
        definition, its_params, _ = self.definitions[original]
        outer, self.sharing = self.sharing, original
        before = len(self.nodes)
        try:
            result = self.instantiate(definition, key, scope, its_params, current, [])
        finally:
            self.sharing = outer
        path = scope.at(key)
        for node in self.nodes[before:]:
            twin = self.by_path.get(original + node.path.removeprefix(path))
            self.share_node(node, twin, item)
        return result

    def share_node(self, node: Node, twin: int | None, item: Item) -> None:
        if twin is None or node.layer is None:
            return
        first = self.nodes[twin]
        first_shapes = first.layer.param_shapes(self.shapes(first.inputs)) if first.layer else {}
        if node.layer.param_shapes(self.shapes(node.inputs)) != first_shapes:
            message = f"the weights of {first.path} do not fit this input"
            self.add_problem(Problem("C301", message), item.place)
        root = twin if first.shares is None else first.shares
        self.nodes[node.number] = node._replace(shares=root)

    def path_of(self, name: str, scope: Scope) -> str:
        head, *rest = name.split(".")
        at: Scope | None = scope
        while at is not None and head not in at.names:
            at = at.parent
        path = ".".join([at.at(head) if at else head, *rest])
        if path not in self.definitions:
            path += ".0"
        return path

    # -- layers

    def expand_layer(
        self,
        item: Item,
        path: str,
        scope: Scope,
        params: Mapping[str, Any],
        current: Tensor,
        sources: list[Tensor],
    ) -> Tensor:
        env = self.env(params, current)
        norm = self.attachment(item.norm, env, "norm")
        act = self.attachment(item.act, env, "act")
        inputs: list[Tensor] = [current]
        if item.branches is not None:
            inputs = self.expand_branches(item, scope, params, current)
        elif item.cls is not None and item.cls.family == "merge":
            inputs = sources
        layer, references = self.layer_of(item, env, has_norm=norm is not None)
        inputs += [self.resolve(v, scope, current, params) for v in references]
        tensor = self.add(layer, path, inputs, item, start=current)
        for attached, suffix in ((norm, "norm"), (act, "act")):
            if attached is not None:
                tensor = self.add_attached(attached, f"{path}.{suffix}", tensor, params)
        return tensor

    def expand_branches(
        self, item: Item, scope: Scope, params: Mapping[str, Any], current: Tensor
    ) -> list[Tensor]:
        ends = []
        for branch in item.branches or []:
            if branch.when is None or self.truth(branch.when, self.env(params, current)):
                ends.append(self.expand_list(branch.items, scope, params, current))
        if not ends:
            raise Failed(Problem("C204", "no branch is left: every 'when' is false"))
        return ends

    def attachment(self, attached: Attachment | None, env: Env, family: str) -> Item | None:
        if attached is None or attached.item is not None:
            return attached.item if attached else None
        word = attached.value.raw
        if isinstance(word, str) and word in env:
            word = env[word]
        if word is None or word == "none":
            return None
        mark = attached.value.place.mark
        before = len(self.reader.problems)
        found = self.reader.read_attachment(word, mark, "norm" if family == "norm" else "activation")
        if len(self.reader.problems) > before:
            raise Failed(self.reader.problems.pop())
        return found.item if found else None

    def add_attached(self, item: Item, path: str, tensor: Tensor, params: Mapping[str, Any]) -> Tensor:
        if tensor is None:
            return None
        self.count(item)
        shape = self.nodes[tensor].output
        layer, _ = self.layer_of(item, self.env(params, tensor), has_norm=False)
        if item.kind == "batchnorm":
            from cnncalc.registry import layer_class

            ranked = layer_class(f"batchnorm{max(len(shape) - 1, 1)}d") or type(layer)
            values = layer.model_dump(exclude={"type"})
            layer = ranked.model_validate(values) if type(layer) is not ranked else layer
        return self.add(layer, path, [tensor], item)

    def layer_of(self, item: Item, env: Env, *, has_norm: bool) -> tuple[Layer, list[Value]]:
        """The layer with its fields evaluated, and references to further inputs."""
        if item.prototypes:
            return item.prototypes[has_norm], []
        assert item.cls is not None
        values: dict[str, Any] = {}
        references = []
        for key, value in item.fields.items():
            if key in item.cls.tensor_fields and isinstance(value.raw, str) and value.parsed is None:
                references.append(value)
            else:
                values[key] = value.evaluate(env)
        if has_norm and "bias" in item.cls.model_fields and "bias" not in values:
            values["bias"] = False
        return self.make(item, values), references

    def make(self, item: Item, values: dict[str, Any]) -> Layer:
        from pydantic import ValidationError

        assert item.cls is not None
        try:
            return item.cls.model_validate(values)
        except ValidationError as error:
            assert isinstance(item.node, DocumentMapping)
            mark = item.place.mark
            found = translate(error, item.node, mark, self.source, item.cls.model_fields, item.kind)
            for problem, detail in zip(found, error.errors(), strict=True):
                key = str(detail["loc"][0]) if detail["loc"] else ""
                written = item.fields.get(key)
                notes: tuple[str, ...] = ()
                if written is not None and isinstance(written.raw, str) and written.raw != str(values[key]):
                    notes = (f"'{written.raw}' is {describe(values[key])} here",)
                self.add_problem(problem._replace(notes=notes), item.place)
            raise Unknown from None

    def add(self, layer: Layer, path: str, inputs: list[Tensor], item: Item, start: Tensor = None) -> Tensor:
        if any(i is None for i in inputs):
            return None
        known = [i for i in inputs if i is not None]
        if -1 in known:
            names = ", ".join(n.path for n in self.nodes if n.layer is None)
            raise Failed(Problem("C204", "there are several inputs", help=f"say 'from:' with one of {names}"))
        least, most = layer.arity
        if not least <= len(known) <= (most if most is not None else len(known)):
            raise Failed(Problem("C204", f"{layer.type} takes {least} input(s), got {len(known)}"))
        shapes = self.shapes(tuple(known))
        output, problems, demands = graph.judge(layer, shapes)
        if self.training and problems and problems[0].code == "C302":
            output, problems = self.head_that_does_not_fit(layer, shapes, problems[0], item), []
        for found in problems:
            self.add_problem(self.explained(found, layer, known, start), item.place)
        if output is None:
            return None
        index = self.append(path, layer, tuple(known), output, item.place)
        if item.values:
            self.written_out(index, layer, shapes, item)
        for condition, reason in demands:
            if not self.training:  # a head that is for training only does not run at inference
                self.demand(condition, index, reason)
        return index

    def written_out(self, index: int, layer: Layer, shapes: tuple[Shape, ...], item: Item) -> None:
        """Parameters that the spec gives must have the shapes that the layer's have."""
        wanted = {**layer.param_shapes(shapes), **layer.buffer_shapes(shapes)}
        for name, tensor in item.values.items():
            if name not in wanted:
                help = f"it has {', '.join(wanted)}" if wanted else None
                problem = Problem("C102", f"{layer.type} has no '{name}' here", tensor.place, help=help)
                self.add_problem(problem, tensor.place)
            elif (wrong := tensor.mismatch(wanted[name], name)) is not None:
                self.add_problem(wrong, tensor.place)
        self.nodes[index] = self.nodes[index]._replace(values=item.values)

    def head_that_does_not_fit(
        self, layer: Layer, shapes: tuple[Shape, ...], problem: Problem, item: Item
    ) -> Shape:
        """Nothing of an auxiliary head runs at inference, but its parameters count at any size."""
        message = f"{layer.type}: {problem.message}; its sizes are shown as 1"
        self.warnings.append(Problem("W303", message, item.place))
        return tuple(maximum(size, 1) for size in layer.output_shape(shapes))

    def explained(self, problem: Problem, layer: Layer, inputs: list[int], start: Tensor) -> Problem:
        """Say where each input comes from."""
        merging = layer.family == "merge"
        notes = []
        for number, index in enumerate(inputs, 1):
            node = self.nodes[index]
            line = f" (line {node.place.mark.line + 1})" if node.place else ""
            what = f"branch {number} ends at" if merging else "the input comes from"
            if merging and index == start:
                what = f"branch {number} is what comes in, from"
            notes.append(f"{what} {node.path}{line}: {show(node.output)}")
        message = problem.message
        if not message.startswith(layer.type):
            message = f"{layer.type}: {message}"
        return Problem(problem.code, message, None, tuple(notes), problem.help)

    def append(
        self, path: str, layer: Layer | None, inputs: tuple[int, ...], output: Shape, place: Place
    ) -> int:
        index = len(self.nodes)
        self.nodes.append(Node(index, path, layer, inputs, output, place, self.training))
        self.by_path[path] = index
        return index

    def shapes(self, indices: tuple[int, ...]) -> tuple[Shape, ...]:
        return tuple(self.nodes[i].output for i in indices)

    def demand(self, condition: bool | Condition, node: int, reason: str) -> None:
        if isinstance(condition, Condition) and condition not in self.demands:
            self.demands[condition] = Demand(condition, node, reason)

    # -- values

    def env(self, params: Mapping[str, Any], current: Tensor) -> Env:
        shape = self.nodes[current].output if current is not None and current >= 0 else None
        return Env(self.variables, params, shape)

    def truth(self, value: Value, env: Env) -> bool:
        found = value.evaluate(env)
        if not isinstance(found, bool):
            raise Failed(Problem("C101", f"'when' needs true or false, got {describe(found)}", value.place))
        return found

    def whole(self, value: Value, env: Env, *, least: int, what: str) -> int:
        found = value.evaluate(env)
        if isinstance(found, Expr):
            help = "give the variable a number: the structure depends on it"
            raise Failed(
                Problem("C306", f"{what} depends on a free variable: {found}", value.place, help=help)
            )
        if isinstance(found, Rational | bool) or not isinstance(found, int) or found < least:
            needs = f"an integer of at least {least}"
            raise Failed(Problem("C101", f"{what} needs {needs}, got {describe(found)}", value.place))
        return int(found)

    # -- references

    def resolve(
        self, name: Value, scope: Scope, current: Tensor, params: Mapping[str, Any] | None = None
    ) -> Tensor:
        """The tensor that a name stands for; the nearest enclosing scope wins."""
        head, *rest = str(name.raw).split(".")
        if head == "prev" and not rest:
            return current
        if params and isinstance(params.get(head), Reference) and not rest:
            found: Tensor = params[head].tensor
            return found
        at: Scope | None = scope
        while at is not None:
            if head in at.names:
                return self.descend(name, at, head, rest)
            if head in at.skipped:
                message = f"'{head}' is left out here: its 'when' is false"
                raise Failed(Problem("C202", message, name.place))
            at = at.parent
        raise Failed(self.unknown(name, scope, head))

    def descend(self, name: Value, scope: Scope, head: str, rest: list[str]) -> Tensor:
        names, children = scope.names, scope.children
        tensor = names[head]
        for step in rest:
            inner = children.get(head)
            if inner is None or step not in inner.names:
                known = list(inner.names) if inner else []
                message = f"'{name.raw}': there is no '{step}' in '{head}'"
                raise Failed(Problem("C202", message, name.place, help=did_you_mean(step, known)))
            tensor, children, head = inner.names[step], inner.children, step
        return tensor

    def unknown(self, name: Value, scope: Scope, head: str) -> Problem:
        known: list[str] = ["prev"]
        at: Scope | None = scope
        while at is not None:
            if head in at.coming:
                help = "references go backwards only, so that there are no cycles"
                return Problem("C202", f"'{head}' is not above this layer", name.place, help=help)
            known += at.names
            at = at.parent
        nearest = did_you_mean(head, known) or "references go backwards: name a layer above this one"
        return Problem("C202", f"no layer '{name.raw}' before this one", name.place, help=nearest)


class Reference:
    """The value of a block parameter of kind ``layer``."""

    __slots__ = ("tensor",)

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor


def variables_of(
    written: Mapping[str, Value], given: Mapping[str, Any], free: frozenset[str]
) -> tuple[dict[str, Any], list[Problem]]:
    """Values of ``vars`` in order; later ones may use earlier ones."""
    found: dict[str, Any] = {}
    problems = []
    for name, value in written.items():
        if name in free:
            found[name] = symbol(name, least=1)  # sizes, widths and counts are positive
            continue
        if name in given:
            found[name] = given[name]
            continue
        try:
            found[name] = value.evaluate(found)
        except Failed as failed:
            problems.append(failed.problem)
            found[name] = 1
    return found, problems


def shape_of(value: Value, variables: Mapping[str, Any]) -> Shape:
    """An input's shape."""
    from pydantic_core import PydanticCustomError

    found = value.evaluate(variables)
    if not isinstance(found, list) or not 1 <= len(found) <= 8:
        help = "write [channels, height, width], without the batch"
        message = f"an input needs a list of sizes, got {describe(found)}"
        raise Failed(Problem("C101", message, value.place, help=help))
    parts = value.parsed if isinstance(value.parsed, tuple) else ()
    for size, part in zip(found, parts, strict=True):
        try:
            integer(size, 1)
        except PydanticCustomError as error:
            raise Failed(Problem("C101", f"a size {error.message()}", part.place)) from None
    return tuple(found)
