"""Items to a graph: repetitions, blocks and branches unrolled, expressions evaluated.

Expressions may ask for the current tensor's ``channels``, so shapes are worked out on the way. What
fails leaves an unknown tensor behind; what depends on an unknown tensor is passed over in silence,
so that every problem reported is an independent one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from cnncalc.conditions import at_least, positive
from cnncalc.dims import Expr
from cnncalc.errors import Place, Problem, SpecError
from cnncalc.fields import Bound, describe, open_bounds, symbolic
from cnncalc.graph import Graph, Group
from cnncalc.reading.checking.parts import Attachment, Block, Item
from cnncalc.reading.checking.problems import translate
from cnncalc.reading.checking.value import Failed, Value
from cnncalc.reading.expressions.grammar import FREE_HELP
from cnncalc.reading.expressions.rational import Rational
from cnncalc.reading.text.nodes import MapNode
from cnncalc.reading.unrolling.assembly import Assembly, Origin
from cnncalc.reading.unrolling.scope import Env, Reference, Scope, Tensor, Unknown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cnncalc.layer import Layer
    from cnncalc.reading.checking.spec import Spec
    from cnncalc.shapes import Shape

MAX_LAYERS = 20_000
MAX_DEPTH = 100  # below what Python's stack bears


class Definition(NamedTuple):
    """What stands at a path, for ``share`` to build it again: paths in the copy are those below ``home``."""

    item: Item
    params: Mapping[str, Any]
    home: str
    repeated: bool = False  # with all its repetitions


class Expander:
    """Unrolls the items of one network into an ``Assembly``."""

    def __init__(self, spec: Spec, variables: Mapping[str, Any]) -> None:
        self.spec = spec
        self.reader = spec.reader
        self.variables = variables
        self.grown = Assembly()
        self.items_seen = 0
        self.depth = 0
        self.definitions: dict[str, Definition] = {}  # by path

    # -- the whole network

    def expand(self, inputs: Mapping[str, tuple[Shape, Place]]) -> Graph:
        """The graph.

        Raises:
            SpecError: with every independent problem.
        """
        grown, root = self.grown, Scope("", None, {})
        for input_name, (shape, place) in inputs.items():
            given = self.spec.input_values.get(input_name)
            values = {} if given is None else {"input": given}
            index = grown.append(input_name, None, (), shape, Origin(place, values))
            root.names[input_name] = index
            for size in shape:
                grown.demand(at_least(size, 1), index, "an input has at least one cell")
        if len(inputs) == 1:
            root.names["input"] = 0
        last = self.expand_list(self.spec.items, root, 0 if len(inputs) == 1 else -1)
        ends = self.outputs(root, last)
        grown.refuse_impossible(self.variables)
        if grown.problems:
            raise SpecError(grown.problems)
        demands, warnings = tuple(grown.demands.values()), tuple(grown.warnings)
        return Graph(
            self.spec.name, tuple(grown.nodes), ends, grown.groups, demands, warnings, self.variables
        )

    def outputs(self, root: Scope, last: Tensor) -> tuple[int, ...]:
        names, problems = self.spec.outputs, self.grown.problems
        found: list[Tensor] = [] if names else [last]
        for name in names:
            try:
                end = root.resolve(name, last)
                if end is not None:
                    self.grown.refuse_heads((end,))
                    found.append(end)
            except Failed as failed:
                problems.append(failed.problem.at(name.place))
        if -1 in found and not problems:
            message = "the network has several inputs and no layers"
            problems.append(Problem("C204", message, where=self.spec.source.name))
        return tuple(i for i in found if i is not None)

    # -- lists and items

    def expand_list(self, items: list[Item], scope: Scope, current: Tensor) -> Tensor:
        scope.coming.update(item.key for item in items)
        for item in items:
            try:
                result = self.expand_item(item, scope, current)
            except Failed as failed:
                self.grown.complain(failed.problem, item.place)
                self.register(item, scope, None)
                result = None
            except Unknown:
                self.register(item, scope, None)
                result = None
            if not item.train_only:
                current = result
        return current

    def expand_item(self, item: Item, scope: Scope, current: Tensor) -> Tensor:
        self.count(item)
        sources = self.sources(item, scope, current)
        start = sources[0] if sources and not item.joins_sources else current
        try:
            if item.when is not None and not self.truth(item.when, self.env(scope, start)):
                scope.skipped.add(item.key)
                return current
            inside = scope.holding(training=True) if item.train_only else scope
            if item.repeat is None:
                result = self.instantiate(item, item.key, inside, start, sources)
            else:
                result = self.expand_repeat(item, item.key, inside, start, sources)
        except (Failed, Unknown):
            self.grown.want(start, *sources)
            raise
        self.register(item, scope, result)
        return result

    def sources(self, item: Item, scope: Scope, current: Tensor) -> list[Tensor]:
        """What ``from`` names."""
        return [scope.resolve(name, current) for name in item.source_tensor or []]

    def expand_repeat(
        self, item: Item, key: str, scope: Scope, current: Tensor, sources: list[Tensor]
    ) -> Tensor:
        assert item.repeat is not None
        times = self.whole(item.repeat, self.env(scope, current), least=0, what="'repeat'")
        if times > MAX_LAYERS:
            raise Failed(_too_many(f"'repeat' is {times:,}").at(item.repeat.place))
        inner, path = scope.child(key), scope.at(key)
        for index in range(times):
            self.count(item)
            this = item.first if index == 0 and item.first is not None else item
            if index > 0 and sources:  # 'prev' is now the repetition before
                sources = self.sources(item, scope, current)
            current = self.instantiate(this, str(index), inner, current, sources)
            inner.names[str(index)] = current
        self.group(path, item, current, times)
        self.definitions[path] = Definition(item, scope.params, path, repeated=True)
        return current

    def register(self, item: Item, scope: Scope, result: Tensor) -> None:
        if item.key not in scope.names:
            scope.names[item.key] = result
        elif item.named or result is not None:
            message = f"the name '{item.key}' is already used in this list"
            self.grown.complain(Problem("C201", message), item.place)

    def count(self, item: Item) -> None:
        self.items_seen += 1
        if self.items_seen > MAX_LAYERS:
            self.grown.complain(_too_many("with all blocks and repetitions unrolled"), item.place)
            raise SpecError(self.grown.problems)

    def group(self, path: str, item: Item, output: Tensor, times: int = 1) -> None:
        known = output if output != -1 else None
        self.grown.groups[path] = Group(path, item.kind, known, item.place, times)

    # -- one instance of an item

    def instantiate(
        self, item: Item, key: str, scope: Scope, current: Tensor, sources: list[Tensor]
    ) -> Tensor:
        if self.depth >= MAX_DEPTH:
            self.grown.complain(_too_deep(), item.place)
            raise SpecError(self.grown.problems)
        path = scope.at(key)
        self.depth += 1
        try:
            if item.kind == "share":
                return self.expand_share(item, key, scope, current)
            if item.cls is not None:
                result = self.expand_layer(item, path, scope, current, sources)
            else:
                result = self.expand_group(item, key, scope, current)
        finally:
            self.depth -= 1
        home = path if item.branches is None else scope.path  # layers of branches stand beside the merge
        self.definitions[path] = Definition(item, scope.params, home)
        return result

    def expand_group(self, item: Item, key: str, scope: Scope, current: Tensor) -> Tensor:
        block = self.reader.blocks.get(item.kind)
        if block is not None:
            result = self.expand_block(item, block, key, scope, current)
        else:
            result = self.expand_list(item.layers or [], scope.child(key), current)
        self.group(scope.at(key), item, result)
        return result

    def expand_block(self, item: Item, block: Block, key: str, scope: Scope, current: Tensor) -> Tensor:
        calls = self.grown.calls
        inner = scope.child(key, self.arguments(item, block, scope, current))
        calls.append((block.name, item.place.mark.line + 1))
        try:
            return self.expand_list(block.items, inner, current)
        finally:
            calls.pop()

    def arguments(self, item: Item, block: Block, scope: Scope, current: Tensor) -> dict[str, Any]:
        """Values of a block's parameters; a default may use those before it."""
        env = self.env(scope, current)
        found: dict[str, Any] = {}
        for name, param in block.params.items():
            value = item.fields.get(name)
            if param.kind == "layer":
                assert value is not None
                found[name] = Reference(scope.resolve(value, current))
            elif value is not None:
                found[name] = self.checked(self.word(value, env, param.kind), param.kind, name, value)
            else:
                assert param.default is not None
                found[name] = self.word(param.default, Env(self.variables, found, env.shape), param.kind)
        return found

    def word(self, value: Value, env: Env, kind: str) -> Any:
        """A word, or what the variable of this name holds; an expression's value otherwise."""
        if kind == "str" and isinstance(value.raw, str):
            return env[value.raw] if value.raw in env.params or value.raw in env.variables else value.raw
        return value.evaluate(env)

    def checked(self, found: Any, kind: str, name: str, value: Value) -> Any:
        wrong = None
        if kind == "int" and symbolic(found) and not isinstance(found, Expr):
            message = f"whether '{name}' is an integer depends on a variable left free: it is {found}"
            raise Failed(Problem("C306", message, value.place, help=FREE_HELP))
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

    def expand_share(self, item: Item, key: str, scope: Scope, current: Tensor) -> Tensor:
        """The layers of an earlier item once more, on another tensor, with the same parameters."""
        assert item.share is not None
        if scope.resolve(item.share, current) is None:
            raise Unknown
        original = self.definitions.get(scope.path_of(item.share.raw))
        if original is None:
            message = f"'share' must name a layer, group or block, and '{item.share.raw}' is not one"
            raise Failed(Problem("C202", message, item.share.place))
        if original.item.joins_sources:
            message = (
                f"'{item.share.raw}' joins the tensors that its 'from' names, but 'share' passes only one"
            )
            help = "share a group that contains this merge, or write the merge again"
            raise Failed(Problem("C204", message, item.share.place, help=help))
        before, path = len(self.grown.nodes), scope.at(key)
        result = self.expand_again(original, key, scope.holding(original.params), current)
        for node in self.grown.nodes[before:]:
            twin = f"{original.home}{node.path.removeprefix(path)}".removeprefix(".")
            self.grown.share(node.number, self.grown.by_path.get(twin), item.place)
        return result

    def expand_again(self, original: Definition, key: str, scope: Scope, current: Tensor) -> Tensor:
        if original.repeated:
            return self.expand_repeat(original.item, key, scope, current, [])
        if original.item.branches is None:
            return self.instantiate(original.item, key, scope, current, [])
        path = scope.at(key)
        result = self.instantiate(original.item, original.item.key, scope.child(key), current, [])
        self.definitions[path] = original._replace(home=path)
        self.group(path, original.item, result)
        return result

    # -- layers

    def expand_layer(
        self, item: Item, path: str, scope: Scope, current: Tensor, sources: list[Tensor]
    ) -> Tensor:
        env = self.env(scope, current)
        norm = self.attachment(item.norm, env, "norm")
        act = self.attachment(item.act, env, "activation")
        inputs = sources if item.joins_sources or len(sources) > 1 else [current]
        if item.branches is not None:
            inputs = self.expand_branches(item, scope, current)
        layer, references, bounds = self.layer_of(item, env, has_norm=norm is not None)
        inputs += [scope.resolve(name, current) for name in references]
        origin = Origin(item.place, item.values, scope.training, item.fields)
        tensor = self.grown.add(layer, path, inputs, origin, start=current)
        self.demand(item, bounds, tensor)
        for attached, suffix in ((norm, "norm"), (act, "act")):
            if attached is not None:
                tensor = self.add_attached(attached, f"{path}.{suffix}", tensor, scope)
        return tensor

    def expand_branches(self, item: Item, scope: Scope, current: Tensor) -> list[Tensor]:
        ends = [
            self.expand_list(branch.items, scope, current)
            for branch in item.branches or []
            if branch.when is None or self.truth(branch.when, self.env(scope, current))
        ]
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
        found = self.reader.read_attachment(word, mark, family)
        if len(self.reader.problems) > before:
            problem = self.reader.problems.pop()
            raise Failed(problem if word is attached.value.raw else problem._replace(fix=None))
        return found.item if found else None

    def add_attached(self, item: Item, path: str, tensor: Tensor, scope: Scope) -> Tensor:
        """A norm or activation after a layer; the rank of a batchnorm follows from the tensor."""
        shape = self.grown.shape(tensor)
        if shape is None:
            return None
        self.count(item)
        layer, _, bounds = self.layer_of(item, self.env(scope, tensor), has_norm=False)
        if item.kind == "batchnorm":
            from cnncalc.registry import layer_class

            ranked = layer_class(f"batchnorm{max(len(shape) - 1, 1)}d") or type(layer)
            if type(layer) is not ranked:
                layer = ranked.model_validate(layer.written())
        origin = Origin(item.place, item.values, scope.training, item.fields)
        result = self.grown.add(layer, path, [tensor], origin)
        self.demand(item, bounds, result)
        return result

    def demand(self, item: Item, bounds: list[Bound], tensor: Tensor) -> None:
        """What a layer's symbolic fields must be at least, wherever the layer stands."""
        for value, least, whole in bounds if tensor is not None else ():
            self.grown.demand(whole, tensor or 0, "a field is an integer")
            for condition in positive(value) if least == 1 else [at_least(value, least)]:
                if condition is False:
                    message = f"{item.kind}: a field must be at least {least}, and {value} never is"
                    self.grown.complain(Problem("C101", message), item.place)
                self.grown.demand(condition, tensor or 0, f"a field is at least {least}")

    def layer_of(self, item: Item, env: Env, *, has_norm: bool) -> tuple[Layer, list[Value], list[Bound]]:
        """The layer with its fields evaluated, references to further inputs, and bounds of symbolic fields."""
        if item.prototypes:
            return item.prototypes[has_norm], [], []
        assert item.cls is not None
        values: dict[str, Any] = {}
        references = []
        for key, value in item.fields.items():
            if key in item.cls.tensor_fields and isinstance(value.raw, str) and value.parsed is None:
                references.append(value)
            else:
                values[key] = value.evaluate(env)
            if key in item.cls.inferring_fields:
                _refuse_computed(value, values[key])
        if has_norm and "bias" in item.cls.model_fields and "bias" not in values:
            values["bias"] = False
        with open_bounds() as bounds:
            layer = self.make(item, values)
        return layer, references, bounds

    def make(self, item: Item, values: dict[str, Any]) -> Layer:
        from pydantic import ValidationError

        assert item.cls is not None
        try:
            return item.cls.model_validate(values)
        except ValidationError as error:
            assert isinstance(item.node, MapNode)
            mark = item.place.mark
            found = translate(error, item.node, mark, self.spec.source, item.cls.model_fields, item.kind)
            for problem, detail in zip(found, error.errors(), strict=True):
                key = str(detail["loc"][0]) if detail["loc"] else ""
                written = item.fields.get(key)
                notes: tuple[str, ...] = ()
                if written is not None and isinstance(written.raw, str) and written.raw != str(values[key]):
                    notes = (f"'{written.raw}' is {describe(values[key])} here",)
                self.grown.complain(problem._replace(notes=notes), item.place)
            raise Unknown from None

    # -- values

    def env(self, scope: Scope, current: Tensor) -> Env:
        return Env(self.variables, scope.params, self.grown.shape(current))

    def truth(self, value: Value, env: Env) -> bool:
        found = value.evaluate(env)
        if not isinstance(found, bool):
            raise Failed(Problem("C101", f"'when' needs true or false, got {describe(found)}", value.place))
        return found

    def whole(self, value: Value, env: Env, *, least: int, what: str) -> int:
        found = value.evaluate(env)
        if symbolic(found):
            message = f"{what} depends on a free variable: {found}"
            raise Failed(Problem("C306", message, value.place, help=FREE_HELP))
        if isinstance(found, Rational | bool) or not isinstance(found, int) or found < least:
            needs = f"an integer of at least {least}"
            raise Failed(Problem("C101", f"{what} needs {needs}, got {describe(found)}", value.place))
        return int(found)


def _refuse_computed(sizes: Value, found: Any) -> None:
    """A size of -1 is worked out only where it is written so: one that comes out as -1 is a mistake.

    Raises:
        Failed: there is one.
    """
    for part, size in zip(sizes.parsed, found, strict=True) if isinstance(sizes.parsed, tuple) else ():
        if part.names() and isinstance(size, int) and size == -1:
            message = f"'{part.raw}' is -1 here, and a size is at least 1"
            help = "write -1 itself for the size that is worked out"
            raise Failed(Problem("C101", message, part.place, help=help))


def _too_deep() -> Problem:
    message = f"nested deeper than {MAX_DEPTH} levels, with all blocks and shared layers unrolled"
    return Problem("C503", message, help="use fewer levels; does a 'share' lead back to itself?")


def _too_many(what: str) -> Problem:
    return Problem("C501", f"more than {MAX_LAYERS:,} layers: {what}", help="use a smaller 'repeat'")
