"""An ONNX graph as a network: constants are folded, shapes follow from the rules of layers, and what has no rule is declared.

Shapes that the file states are compared with the derived ones and never used in their place, but for operators without
a rule.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from cnncalc.dims import Dim, DimError, Expr, product_of, substitute, symbol
from cnncalc.errors import SpecError
from cnncalc.graph import Graph
from cnncalc.interchange.builder import Builder
from cnncalc.interchange.imported import Imported, Note
from cnncalc.interchange.onnx.constants import evaluate
from cnncalc.interchange.onnx.model import Model, Operation, Size
from cnncalc.interchange.onnx.patterns import fused
from cnncalc.interchange.refusal import Refused, unreadable
from cnncalc.interchange.values import BATCH, Constant, Numbers, Tensor, Value, Weight, constant, for_one
from cnncalc.layer import Layer
from cnncalc.shapes import Shape, show


class Importer:
    """Turns the nodes of one graph into layers, at given sizes of its inputs."""

    def __init__(
        self, model: Model, inputs: Mapping[str, Sequence[Dim]], defaults: Mapping[str, int]
    ) -> None:
        self.model = model
        self.builder = Builder(model.name, defaults)
        self.values: dict[str, Value] = {}
        self.scopes: dict[int, str] = {}  # by node of the network
        self.uses: dict[tuple[str, ...], int] = {}  # layers by their stored tensors
        self.notes: list[Note] = []
        self.readers: dict[str, list[str]] = {}  # operators, by what they read
        for operation in model.operations:
            for name in operation.inputs:
                self.readers.setdefault(name, []).append(operation.op)
        self.opaque_ops: Counter[str] = Counter()
        for name, stored in model.initializers.items():
            array = model.array(stored) if stored.data_type in (6, 7, 9) or stored.size == 1 else None
            if array is not None:
                self.values[name] = Constant(np.array(array.tolist(), dtype=object).reshape(stored.dims))
            else:
                self.values[name] = Weight(stored.dims, {name: stored.size}, name)
        for name, shape in inputs.items():
            label = _plain(name) if len(inputs) > 1 else "input"
            self.values[name] = Tensor(self.builder.input(label, shape))
            self.scopes[len(self.builder.nodes) - 1] = label

    @classmethod
    def best(cls, model: Model) -> Imported:
        """Return the network with free sizes if it agrees with the one at the file's sizes, and that one otherwise.

        Raises:
            SpecError: a node cannot be read, or a shape is not the one that the file states.
        """
        sizes, free = input_sizes(model)
        fixed = cls(model, sizes, {}).run()
        if not free or any(note.kind == "opaque" for note in fixed.notes):
            return fixed
        symbolic = {
            name: [symbol(free[name][i], least=1) if i in free[name] else n for i, n in enumerate(shape)]
            for name, shape in sizes.items()
        }
        defaults = {
            free[name][i]: n for name, shape in sizes.items() for i, n in enumerate(shape) if i in free[name]
        }
        try:
            open_ = cls(model, symbolic, defaults).run()
        except SpecError:
            return fixed
        return open_ if _same_at(open_.graph, fixed.graph, defaults) else fixed

    def run(self) -> Imported:
        """Return the network.

        Raises:
            SpecError: a node cannot be read, or its shape is not the one that the file states.
        """
        for node in fused(self.model.operations, self.model.outputs, self.model.initializers, self._known):
            try:
                found = self._outputs(node)
            except (Refused, DimError) as error:
                help = error.help if isinstance(error, Refused) else None
                raise unreadable(self.model.name, f"{node}: {error}", help) from None
            for name, value in zip(node.outputs, found, strict=False):
                self.values[name] = value
                self._compare(node, name, value)
        ends = [self.values.get(name) for name in self.model.outputs]
        tensors = [end.number for end in ends if isinstance(end, Tensor)]
        if not tensors:
            raise unreadable(self.model.name, "no output of the graph depends on its inputs")
        self._name_layers()
        graph = self.builder.graph(list(dict.fromkeys(tensors)))
        self.notes += [
            Note("opaque", f"{count} × {op} without a rule: opaque") for op, count in self.opaque_ops.items()
        ]
        weights = {graph.nodes[number].path: names for number, names in self.builder.weights.items()}
        source = f"{_printable(self.model.name)} ({_printable(self.model.producer) or 'ONNX'}, operator set {self.model.opset})"
        return Imported(graph, tuple(self.notes), weights, source)

    def _known(self, name: str) -> Numbers | None:
        """Return the numbers of a constant, for patterns."""
        value = self.values.get(name)
        return value.numbers if isinstance(value, Constant) else None

    def _outputs(self, node: Operation) -> list[Value]:
        from cnncalc.interchange.onnx.rules import RULES

        given = [self.values[name] for name in node.inputs if name in self.values]
        if any(name and name not in self.values for name in node.inputs):
            missing = next(name for name in node.inputs if name and name not in self.values)
            raise Refused(f"nothing gives its input '{missing[:80]}'")
        if node.op == "Shape" and isinstance(given[0], Tensor | Weight):
            sizes = self.sizes(given[0])
            return [constant(sizes[node.get("start", 0) : node.get("end", len(sizes))])]
        if node.op == "Size" and isinstance(given[0], Tensor | Weight):
            return [constant(product_of(self.sizes(given[0])))]
        if all(isinstance(value, Constant) for value in given) and not node.domain and node.op != "Linear":
            arrays = [self._known(name) if name else None for name in node.inputs]
            return [Constant(each) for each in evaluate(node, arrays)]
        if not any(isinstance(value, Tensor) for value in given):
            from cnncalc.interchange.onnx.parameters import derived

            return derived(self, node)
        before = len(self.builder.nodes)
        try:
            rule = RULES.get((node.domain, node.op) if node.domain else node.op)
            if rule is None:
                raise Refused(f"{node.op} has no rule")
            found = rule(self, node)
        except Refused as error:
            del self.builder.nodes[before:]
            found = self.opaque(node, error)
        for number in range(before, len(self.builder.nodes)):
            self.scopes[number] = self.scopes.get(number) or self.scope(node)
        return found if isinstance(found, list) else [found]

    # ------------------------------------------------------------------ what rules ask for

    def tensor(self, node: Operation, place: int) -> Tensor:
        value = self.value(node, place)
        if not isinstance(value, Tensor):
            raise Refused(f"input {place} is not a tensor of the network")
        return value

    def value(self, node: Operation, place: int) -> Value | None:
        """Return an input of a node; None if it is left out."""
        name = node.inputs[place] if place < len(node.inputs) else ""
        return self.values[name] if name else None

    def weight(self, node: Operation, place: int) -> Weight | None:
        value = self.value(node, place)
        if isinstance(value, Constant):  # a stored tensor of one element, or a kernel that is written out
            name = node.inputs[place]
            stored = self.model.initializers.get(name)
            shape = value.numbers.shape if stored is None else stored.dims
            return Weight(shape, {name: value.numbers.size}, name if stored is not None else None, alias=name)
        if value is not None and not isinstance(value, Weight):
            raise Refused(f"input {place} is not a parameter")
        return value

    def numbers(self, node: Operation, place: int) -> Numbers | None:
        """Return an input that must be known; None if it is left out.

        Raises:
            Refused: it is computed from the network's values.
        """
        value = self.value(node, place)
        if value is None:
            return None
        if isinstance(value, Weight) and value.stored is not None and value.turned is None:
            array = self.model.array(self.model.initializers[value.stored])
            if array is not None:
                return np.array(array.tolist(), dtype=object)
        if not isinstance(value, Constant):
            raise Refused(f"input {place} is not a constant")
        return value.numbers

    def listed(self, node: Operation, place: int) -> list[Any] | None:
        """Return the numbers of a known input in a row; None if it is left out."""
        found = self.numbers(node, place)
        return None if found is None else list(np.ravel(found))

    def sizes(self, value: Value) -> list[Any]:
        """Return the shape as the graph sees it, with the batch."""
        if isinstance(value, Tensor):
            shape = self.builder.shape(value.number)
            return (
                list(shape) if value.batch is None else [*shape[: value.batch], BATCH, *shape[value.batch :]]
            )
        return list(value.shape if isinstance(value, Weight) else value.numbers.shape)

    def shape(self, tensor: Tensor) -> Shape:
        """Return the shape of one sample."""
        return self.builder.shape(tensor.number)

    def rank(self, tensor: Tensor) -> int:
        """Return the number of axes in the graph, the batch included."""
        return len(self.shape(tensor)) + (tensor.batch is not None)

    def axis(self, tensor: Tensor, axis: int) -> int:
        """Return an axis of the graph as one of the sample.

        Raises:
            Refused: it is the batch's.
        """
        found = axis % self.rank(tensor)
        if found == tensor.batch:
            raise Refused("it works along the batch")
        return found - (tensor.batch is not None and found > tensor.batch)

    def add(
        self,
        kind: str,
        inputs: Sequence[Tensor],
        node: Operation,
        weights: Mapping[str, Weight | None] | None = None,
        **fields: Any,
    ) -> Tensor:
        """Add a layer.

        Args:
            kind: the layer type.
            inputs: the tensors that it reads, all with the batch in front, or none.
            node: where it comes from.
            weights: its stored tensors by name; their sizes are compared with what the rule says.
            fields: of the layer type.
        """
        given = {name: weight for name, weight in (weights or {}).items() if weight is not None}
        stored = tuple(weight.key for weight in given.values())
        shares = (
            self.uses.get((kind, *stored))
            if given and all(stored) and any(size > 1 for size in next(iter(given.values())).shape[1:])
            else None
        )
        number = self.builder.add(kind, [t.number for t in inputs], node.name, shares=shares, **fields)
        made = self.builder.nodes[number]
        assert made.layer is not None
        shapes = tuple(self.builder.shape(i) for i in made.inputs)
        have = {**made.layer.param_shapes(shapes), **made.layer.buffer_shapes(shapes)}
        if weights is not None and have.keys() != given.keys():
            named = ", ".join(sorted(have.keys() ^ given.keys()))
            raise Refused(f"{kind} and the node differ in {named}")
        for name, weight in given.items():
            size = product_of(have.get(name, (0,)))
            if size != weight.size and not (isinstance(size, Expr) and _claims(made.layer)):
                raise Refused(f"{name} has {weight.size:,} elements, and {kind} has {size} here")
        if given:
            self.builder.weights[number] = {
                name: weight.stored for name, weight in given.items() if weight.stored
            }
            self.uses.setdefault((kind, *stored), number)
            self.scopes[number] = _module(given, self.scope(node))
        return Tensor(number, inputs[0].batch if inputs else 0)

    def opaque(self, node: Operation, reason: Refused) -> list[Value]:
        """Declare a node that has no rule: its shape as the file states it, its parameters counted.

        Raises:
            Refused: the file does not state its shape.
        """
        tensors = [v for name in node.inputs if isinstance(v := self.values.get(name), Tensor)]
        parts: dict[str, int] = {}
        for name in node.inputs:
            if isinstance(value := self.values.get(name), Weight):
                parts |= value.parts
        found: list[Value] = []
        for place, name in enumerate(node.outputs):
            if not name:
                found.append(constant([]))
                continue
            shape, batched = self._stated(name, reason)
            params = sum(parts.values()) if place == 0 else 0
            number = self.builder.add(
                "opaque", [t.number for t in tensors], node.name, output=list(shape), params=params
            )
            found.append(Tensor(number, 0 if batched else None))
        self.opaque_ops[
            f"{node.op}: {reason.why}" if reason.why != f"{node.op} has no rule" else node.op
        ] += 1
        return found

    def _stated(self, name: str, reason: Refused) -> tuple[list[int], bool]:
        stated = self.model.stated.get(name)
        if any(
            isinstance(size, Expr)
            for node in self.builder.nodes
            if node.layer is None
            for size in node.output
        ):
            raise Refused(f"{reason.why}, and its shape is known at one size only", reason.help)
        if stated is None or not all(isinstance(size, int) for size in stated[1:]):
            raise Refused(
                f"{reason.why}, and the file does not state its shape",
                "run onnx.shape_inference, and save the model",
            )
        batched = bool(stated) and (not isinstance(stated[0], int) or stated[0] == 1)
        shape = stated[1:] if batched else stated
        return [int(size) for size in shape if size is not None] or [1], batched

    # ------------------------------------------------------------------ checks and names

    def _compare(self, node: Operation, name: str, value: Value) -> None:
        """Compare a derived shape with the stated one.

        Raises:
            SpecError: they differ.
        """
        stated = self.model.stated.get(name)
        if stated is None or not isinstance(value, Tensor) or node.op == "Expand":
            return
        have = [for_one(size) for size in self.sizes(value)]
        pairs = enumerate(zip(have, stated, strict=False))
        if len(have) != len(stated) or any(_differ(*pair) for axis, pair in pairs if axis != value.batch):
            text = "×".join(str(size or "?") for size in stated)
            why = f"{node}: the shape of '{name[:80]}' is {show(tuple(have))} by its rule, and {text} in the file"
            raise unreadable(self.model.name, why, "this is a bug in cnncalc, or the file is damaged")

    def scope(self, node: Operation) -> str:
        """Return the path of the module that a node stands in."""
        if node.scopes:
            return next((scope for scope in reversed(node.scopes[:-1] or node.scopes) if scope), "")
        return _torchscript(node.name)

    def _name_layers(self) -> None:
        """Name layers by their modules: a module of one layer is that layer, others hold theirs."""
        scopes = [self.scopes.get(number, "") for number in range(len(self.builder.nodes))]
        counts = Counter(scopes)
        inner = {scope[:i] for scope in scopes for i, c in enumerate(scope) if c == "."}
        paths = []
        for node, scope in zip(self.builder.nodes, scopes, strict=True):
            alone = scope and counts[scope] == 1 and scope not in inner
            paths.append(scope if alone else f"{scope}.{node.type}".lstrip("."))
        self.builder.name_all(paths)


#: sizes of axes that a file leaves open, by the number of axes of a sample
OPEN = {1: 1024, 2: 1024, 3: 224, 4: 32}
AXES = {2: {1: "L"}, 3: {1: "H", 2: "W"}, 4: {1: "D", 2: "H", 3: "W"}}


def input_sizes(model: Model) -> tuple[dict[str, list[int]], dict[str, dict[int, str]]]:
    """Return the shapes of the inputs for one sample, and the axes of each that may be free with their variables.

    Raises:
        SpecError: an input has no shape.
    """
    sizes: dict[str, list[int]] = {}
    for name, dims in model.inputs.items():
        if dims is None or not dims:
            raise unreadable(
                model.name,
                f"the input '{_printable(name)[:80]}' has no shape",
                "state it, or run onnx.shape_inference",
            )
        sizes[name] = [
            size if isinstance(size, int) else OPEN.get(len(dims) - 1, 8) for size in dims[1:]
        ] or [1]
    images = [name for name, shape in sizes.items() if len(shape) in AXES]
    free = {name: AXES[len(sizes[name])] if name in images and len(sizes) == 1 else {} for name in sizes}
    return sizes, free


def _same_at(graph: Graph, fixed: Graph, setting: Mapping[str, int]) -> bool:
    """Return whether a network with free sizes is, at a setting, the one that was imported at it."""
    if len(graph.nodes) != len(fixed.nodes):
        return False
    for one, two in zip(graph.nodes, fixed.nodes, strict=True):
        if one.type != two.type or one.inputs != two.inputs:
            return False
        if tuple(substitute(size, setting) for size in one.output) != two.output:
            return False
    return all(demand.condition.holds(setting) for demand in graph.demands)


def _claims(layer: Layer) -> bool:
    """Return whether a layer states the size of its input: that of a stored tensor, where the derived one is free."""
    return any(getattr(layer, name) is not None for name in layer.claims)


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text)


def _differ(have: Any, stated: Size) -> bool:
    return isinstance(have, int) and isinstance(stated, int) and have != stated


def _plain(name: str) -> str:
    return name.rsplit("::", 1)[-1].strip("/") or "input"


def _torchscript(name: str) -> str:
    """Return the module of a name such as ``/layer1/layer1.0/conv1/Conv``: each part may repeat the parts before it."""
    if not name.startswith("/"):
        return name.rpartition("/")[0].replace("/", ".")
    path = ""
    for part in name.split("/")[1:-1]:
        path = (
            part
            if path and part.startswith(f"{path.rpartition('.')[2]}.") and not path.count(".")
            else _joined(path, part)
        )
    return path


def _joined(path: str, part: str) -> str:
    last = path.rpartition(".")[2]
    if last and part.startswith(f"{last}."):
        return f"{path}{part[len(last) :]}"
    for start in range(len(path)):
        if (start == 0 or path[start - 1] == ".") and part.startswith(path[start:] + "."):
            return path[:start] + part
    return f"{path}.{part}" if path else part


def _module(weights: Mapping[str, Weight], scope: str) -> str:
    """Return the module whose tensors these are: ``layer1.0.conv1`` of ``layer1.0.conv1.weight``."""
    for weight in weights.values():
        name = weight.stored or ""
        module, _, own = name.rpartition(".")
        if module and own in ("weight", "bias", "gamma", "beta", "kernel") and "::" not in name:
            return module
    return scope
