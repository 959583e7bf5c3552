"""Items to a graph: repetitions, blocks and branches unrolled, expressions evaluated.

Expressions may ask for the current tensor's ``channels``, so shapes are worked out on the way. What
fails leaves an unknown tensor behind; items that depend on an unknown tensor are skipped silently,
so that every problem reported is an independent one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from cnncalc.conditions import at_least
from cnncalc.errors import Place, Problem, SpecError
from cnncalc.fields import Bound
from cnncalc.graph import Graph, Group
from cnncalc.layer import Family
from cnncalc.reading.checking.parts import (
    BlockItem,
    Branch,
    Entry,
    GroupItem,
    Item,
    LayerItem,
    SharedItem,
)
from cnncalc.reading.checking.value import Failed, Value
from cnncalc.reading.unrolling.assembly import Assembly, Origin
from cnncalc.reading.unrolling.layers import Layers
from cnncalc.reading.unrolling.limits import MOST, max_layers, tell
from cnncalc.reading.unrolling.scope import Env, Scope, Tensor, Unknown
from cnncalc.reading.unrolling.values import arguments, times, truth

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cnncalc.layer import Layer
    from cnncalc.reading.checking.spec import Spec
    from cnncalc.shapes import Shape

MAX_DEPTH = 100  # below what Python's stack bears


class Definition(NamedTuple):
    """What stands at a path, for ``share`` to build it again: paths in the copy are those below ``home``."""

    of: Entry | Item  # an entry with all its repetitions
    key: str
    params: Mapping[str, Any]
    home: str


class Expander:
    """Unrolls the items of one network into an ``Assembly``."""

    def __init__(self, spec: Spec, variables: Mapping[str, Any]) -> None:
        self.spec = spec
        self.variables = variables
        self.grown = Assembly()
        self.items_seen, self.most = 0, max_layers()
        self.depth = 0
        self.definitions: dict[str, Definition] = {}  # by path
        self.layers = Layers(spec)

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
        last = self.expand_list(self.spec.layers, root, 0 if len(inputs) == 1 else -1)
        ends = self.outputs(root, last)
        grown.refuse_impossible(self.variables)
        if grown.problems:
            raise SpecError(grown.problems)
        demands, misfits = tuple(grown.demands.values()), tuple(grown.misfits)
        return Graph(self.spec.name, tuple(grown.nodes), ends, grown.groups, demands, misfits, self.variables)

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

    # -- lists and their entries

    def expand_list(self, entries: tuple[Entry, ...], scope: Scope, current: Tensor) -> Tensor:
        scope.coming.update(entry.key for entry in entries)
        for entry in entries:
            try:
                result = self.expand_entry(entry, scope, current)
            except Failed as failed:
                self.grown.complain(failed.problem, entry.item.place)
                self.register(entry, scope, None)
                result = None
            except Unknown:
                self.register(entry, scope, None)
                result = None
            if not entry.train_only:
                current = result
        return current

    def expand_entry(self, entry: Entry, scope: Scope, current: Tensor) -> Tensor:
        if entry.repeat is None:
            self.count(entry.item)
        sources = self.sources(entry, scope, current)
        start = sources[0] if sources and not _joins_sources(entry.item) else current
        try:
            if entry.when is not None and not truth(entry.when, self.env(scope, start)):
                scope.skipped.add(entry.key)
                return current
            inside = scope.holding(training=True) if entry.train_only else scope
            if entry.repeat is None:
                result = self.instantiate(entry.item, entry.key, inside, start, sources)
            else:
                result = self.expand_repeat(entry, entry.repeat, entry.key, inside, start, sources)
        except (Failed, Unknown):
            self.grown.want(start, *sources)
            raise
        self.register(entry, scope, result)
        return result

    def sources(self, entry: Entry, scope: Scope, current: Tensor) -> list[Tensor]:
        """Return the tensors that ``from`` names."""
        return [scope.resolve(name, current) for name in entry.sources]

    def expand_repeat(
        self, entry: Entry, repeat: Value, key: str, scope: Scope, current: Tensor, sources: list[Tensor]
    ) -> Tensor:
        count = times(repeat, self.env(scope, current))
        if count > self.most:
            raise Failed(_too_many(self.most, f"'repeat' is {count:,}").at(repeat.place))
        inner, path = scope.child(key), scope.at(key)
        for index in range(count):
            self.count(entry.item)
            this = entry.first if index == 0 and entry.first is not None else entry.item
            if index > 0 and sources:  # 'prev' is now the repetition before
                sources = self.sources(entry, scope, current)
            current = self.instantiate(this, str(index), inner, current, sources)
            inner.names[str(index)] = current
        self.group(path, entry.item, current, count)
        self.definitions[path] = Definition(entry, key, scope.params, path)
        return current

    def register(self, entry: Entry, scope: Scope, result: Tensor) -> None:
        if entry.key not in scope.names:
            scope.names[entry.key] = result
        elif entry.named or result is not None:
            message = f"the name '{entry.key}' is already used in this list"
            self.grown.complain(Problem("C201", message), entry.item.place)

    def count(self, item: Item) -> None:
        self.items_seen += 1
        tell("layers unrolled", self.items_seen)
        if self.items_seen > self.most:
            self.grown.complain(_too_many(self.most, "with all blocks and repetitions unrolled"), item.place)
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
        path = home = scope.at(key)
        self.depth += 1
        try:
            match item:
                case SharedItem():
                    return self.expand_share(item, key, scope, current)
                case LayerItem():
                    result = self.expand_layer(item, path, scope, current, sources)
                    home = path if item.branches is None else scope.path  # theirs stand beside the merge
                case BlockItem():
                    result = self.expand_block(item, key, scope, current)
                case GroupItem():
                    result = self.expand_list(item.entries, scope.child(key), current)
        finally:
            self.depth -= 1
        if not isinstance(item, LayerItem):
            self.group(path, item, result)
        self.definitions[path] = Definition(item, key, scope.params, home)
        return result

    def expand_block(self, item: BlockItem, key: str, scope: Scope, current: Tensor) -> Tensor:
        calls, block = self.grown.calls, self.spec.blocks[item.kind]
        env = self.env(scope, current)
        inner = scope.child(key, arguments(item, block, scope, current, env))
        calls.append((block.name, item.place.mark.line + 1))
        try:
            return self.expand_list(block.entries, inner, current)
        finally:
            calls.pop()

    def expand_share(self, item: SharedItem, key: str, scope: Scope, current: Tensor) -> Tensor:
        """Repeat the layers of an earlier item on another tensor, with the same parameters."""
        name, at = item.share.raw, item.share.place
        if scope.resolve(item.share, current) is None:
            raise Unknown
        original = self.definitions.get(scope.path_of(name))
        if original is None:
            message = f"'share' must name a layer, group or block, and '{name}' is not one"
            raise Failed(Problem("C202", message, at))
        if _joins_sources(original.of.item if isinstance(original.of, Entry) else original.of):
            message = f"'{name}' joins the tensors that its 'from' names, but 'share' passes only one"
            help = "share a group that contains this merge, or write the merge again"
            raise Failed(Problem("C204", message, at, help=help))
        before, path = len(self.grown.nodes), scope.at(key)
        result = self.expand_again(original, key, scope.holding(original.params), current)
        for node in self.grown.nodes[before:]:
            twin = f"{original.home}{node.path.removeprefix(path)}".removeprefix(".")
            self.grown.share(node.number, self.grown.by_path.get(twin), item.place)
        return result

    def expand_again(self, original: Definition, key: str, scope: Scope, current: Tensor) -> Tensor:
        of, path = original.of, scope.at(key)
        if isinstance(of, Entry):
            assert of.repeat is not None
            return self.expand_repeat(of, of.repeat, key, scope, current, [])
        if not isinstance(of, LayerItem) or of.branches is None:
            return self.instantiate(of, key, scope, current, [])
        result = self.instantiate(of, original.key, scope.child(key), current, [])
        self.definitions[path] = original._replace(home=path)
        self.group(path, of, result)
        return result

    # -- layers

    def expand_layer(
        self, item: LayerItem, path: str, scope: Scope, current: Tensor, sources: list[Tensor]
    ) -> Tensor:
        env = self.env(scope, current)
        norm = self.layers.attached(item.norm, env, Family.NORM)
        act = self.layers.attached(item.act, env, Family.ACTIVATION)
        inputs = sources if item.joins_sources or len(sources) > 1 else [current]
        if item.branches is not None:
            inputs = self.expand_branches(item.branches, scope, current)
        layer, references, bounds = self.layer(item, env, has_norm=norm is not None)
        inputs += [scope.resolve(name, current) for name in references]
        origin = Origin(item.place, item.values, scope.training, item.fields)
        tensor = self.grown.add(layer, path, inputs, origin, start=current)
        self.grown.bound(item.kind, bounds, tensor, item.place)
        for follows, suffix in ((norm, "norm"), (act, "act")):
            if follows is not None:
                tensor = self.add_attached(follows, f"{path}.{suffix}", tensor, scope)
        return tensor

    def expand_branches(self, branches: tuple[Branch, ...], scope: Scope, current: Tensor) -> list[Tensor]:
        ends = [
            self.expand_list(branch.entries, scope, current)
            for branch in branches
            if branch.when is None or truth(branch.when, self.env(scope, current))
        ]
        if not ends:
            raise Failed(Problem("C204", "no branch is left: every 'when' is false"))
        return ends

    def add_attached(self, item: LayerItem, path: str, tensor: Tensor, scope: Scope) -> Tensor:
        """Add the norm or activation after a layer; the rank that its kind leaves open follows from the tensor."""
        shape = self.grown.shape(tensor)
        if shape is None:
            return None
        self.count(item)
        layer, _, bounds = self.layer(item, self.env(scope, tensor))
        origin = Origin(item.place, item.values, scope.training, item.fields)
        result = self.grown.add(self.layers.ranked(layer, item, shape), path, [tensor], origin)
        self.grown.bound(item.kind, bounds, result, item.place)
        return result

    def layer(
        self, item: LayerItem, env: Env, *, has_norm: bool = False
    ) -> tuple[Layer, tuple[Value, ...], tuple[Bound, ...]]:
        """The layer, the tensors that its fields name, and bounds of symbolic fields."""
        layer, references, bounds, problems = self.layers.made(item, env, has_norm=has_norm)
        for problem in problems:
            self.grown.complain(problem, item.place)
        if layer is None:
            raise Unknown
        return layer, references, bounds

    def env(self, scope: Scope, current: Tensor) -> Env:
        return Env(self.variables, scope.params, self.grown.shape(current))


def _joins_sources(item: Item) -> bool:
    return isinstance(item, LayerItem) and item.joins_sources


def _too_deep() -> Problem:
    message = f"nested deeper than {MAX_DEPTH} levels, with all blocks and shared layers unrolled"
    return Problem("C503", message, help="use fewer levels; does a 'share' lead back to itself?")


def _too_many(most: int, what: str) -> Problem:
    help = f"use a smaller 'repeat', or allow more with --max-layers (up to {MOST:,})"
    return Problem("C501", f"more than {most:,} layers: {what}", help=help)
