"""Small groups of nodes that are one layer: exporters take activations and normalizations apart.

A pattern is a tree of operators that ends in the layer's output. ``X`` is a tensor of the network, ``W``, ``B``
and ``EPS`` are parameters or constants, and a number is a constant of that value. What stands inside must not be read by anyone else.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from cnncalc.interchange.onnx.model import Operation

X = "X"
COMMUTES = {"Mul", "Add", "Max", "Min"}
Pattern = Any
Known = Callable[[str], Any]


def _gelu() -> list[Pattern]:
    erf = ("Add", ("Erf", ("Div", X, math.sqrt(2))), 1.0)
    other = ("Add", ("Erf", ("Mul", X, math.sqrt(0.5))), 1.0)
    return [
        p
        for e in (erf, other)
        for p in (("Mul", ("Mul", X, e), 0.5), ("Mul", ("Mul", X, 0.5), e), ("Mul", X, ("Mul", e, 0.5)))
    ]


def _tanh_gelu() -> list[Pattern]:
    cube = [("Pow", X, 3.0), ("Mul", X, ("Mul", X, X)), ("Mul", ("Mul", X, X), X)]
    inner = [("Mul", ("Add", X, ("Mul", c, 0.044715)), math.sqrt(2 / math.pi)) for c in cube]
    outer = [("Add", ("Tanh", i), 1.0) for i in inner]
    return [p for o in outer for p in (("Mul", ("Mul", X, 0.5), o), ("Mul", ("Mul", X, o), 0.5))]


def _layernorm() -> list[Pattern]:
    centered = ("Sub", X, ("ReduceMean", X))
    variances = [("ReduceMean", ("Pow", centered, 2.0)), ("ReduceMean", ("Mul", centered, centered))]
    scaled = [("Div", centered, ("Sqrt", ("Add", v, "EPS"))) for v in variances]
    return [p for s in scaled for p in (("Add", ("Mul", s, "W"), "B"), ("Mul", s, "W"), s)]


_CLIPPED = ("Clip", ("Add", X, 3.0), 0.0, 6.0)
#: what a pattern becomes, with the names of its further inputs in their order
PATTERNS: list[tuple[str, tuple[str, ...], Pattern]] = [
    *(("LayerNorm", ("W", "B", "EPS"), p) for p in _layernorm()),
    *(("Gelu", (), p) for p in _gelu()),
    *(("TanhGelu", (), p) for p in _tanh_gelu()),
    ("Silu", (), ("Mul", X, ("Sigmoid", X))),
    ("HardSwish", (), ("Mul", X, ("HardSigmoid", X))),
    ("HardSwish", (), ("Div", ("Mul", X, _CLIPPED), 6.0)),
    ("HardSwish", (), ("Mul", X, ("Div", _CLIPPED, 6.0))),
    ("HardSigmoid6", (), ("Div", _CLIPPED, 6.0)),
    ("Mish", (), ("Mul", X, ("Tanh", ("Softplus", X)))),
    ("Linear", ("W", "B"), ("Add", ("MatMul", X, "W"), "B")),
    ("Scale", ("W", "B"), ("Add", ("Mul", X, "W"), "B")),
]
_PARAMETERS = ("W", "B", "EPS")


def fused(
    operations: Sequence[Operation], outputs: Sequence[str], stored: Collection[str], known: Known
) -> Iterator[Operation]:
    """Yield the nodes in their order, with every pattern as one node; inner nodes of patterns are left out.

    ``stored`` are the names of stored tensors, and ``known`` gives the numbers of those that are constants.
    """
    made = {name: node for node in operations for name in node.outputs if name}
    readers = Counter(name for node in operations for name in node.inputs) + Counter(outputs)
    fixed: dict[str, float | None] = {}
    still = set(stored)  # what does not depend on the network's inputs
    known_sizes: set[str] = set()  # what depends on the shapes of tensors only
    for node in operations:
        if all(name in still for name in node.inputs if name):
            still.update(node.outputs)
        elif node.op in ("Shape", "Size") or all(
            name in still or name in known_sizes for name in node.inputs if name
        ):
            known_sizes.update(node.outputs)

    def number(name: str) -> float | None:
        if name not in fixed:
            node = made.get(name)
            value = node.get("value") if node is not None and node.op == "Constant" else known(name)
            if value is None and node is not None and node.op == "Constant":
                value = node.get("value_float")
            fixed[name] = float(np.ravel(value)[0]) if value is not None and np.size(value) == 1 else None
        return fixed[name]

    graph = _Graph(made, still, known_sizes, number)
    replaced: dict[int, Operation] = {}
    inner: set[int] = set()
    for node in reversed(operations):
        if node.number in inner or node.domain:
            continue
        for op, further, pattern in PATTERNS:
            if pattern[0] != node.op:
                continue
            found = _match(pattern, node, graph, {})
            if found is None:
                continue
            bound, used = found
            nodes = {n.number: n for n in used}
            names = {name for n in nodes.values() if n is not node for name in n.outputs}
            if any(readers[name] != sum(n.inputs.count(name) for n in nodes.values()) for name in names):
                continue
            inputs = (bound[X], *(bound.get(name, "") for name in further))
            attributes = _kept(nodes.values())
            replaced[node.number] = node._replace(op=op, inputs=inputs, attributes=attributes)
            inner |= nodes.keys() - {node.number}
            break
    for node in operations:
        if node.number not in inner:
            yield replaced.get(node.number, node)


def _kept(nodes: Any) -> Mapping[str, Any]:
    """Return the attributes of reductions, which say along which axes a normalization works."""
    reductions = [node for node in nodes if node.op == "ReduceMean"]
    return {"reduction": reductions[0]} if reductions else {}


class _Graph(NamedTuple):
    made: Mapping[str, Operation]  # by each of its outputs
    still: Collection[str]
    sizes: Collection[str]
    number: Callable[[str], float | None]


Found = tuple[dict[str, str], list[Operation]]


def _match(pattern: Pattern, node: Operation, graph: _Graph, bound: dict[str, str]) -> Found | None:
    """Match a node against a pattern; return the names that stand for its inputs, and the nodes it is made of."""
    op, *parts = pattern
    if node.op != op or node.domain:
        return None
    orders = [parts, parts[::-1]] if op in COMMUTES and len(parts) == 2 else [parts]
    for order in orders:
        found: Found | None = (bound, [node])
        for part, name in zip(order, node.inputs, strict=False):
            assert found is not None
            found = _part(part, name, graph, found)
            if found is None:
                break
        if found is not None and len(node.inputs) >= len(parts):
            return found
    return None


def _part(part: Pattern, name: str, graph: _Graph, found: Found) -> Found | None:
    bound, used = found
    if isinstance(part, float):
        value = graph.number(name)
        return found if value is not None and math.isclose(value, part, rel_tol=1e-3) else None
    if isinstance(part, str):
        if name in graph.sizes or (part in _PARAMETERS) != (name in graph.still):
            return None
        return ({**bound, part: name}, used) if bound.get(part, name) == name else None
    if name not in graph.made:
        return None
    below = _match(part, graph.made[name], graph, bound)
    return below and (below[0], used + below[1])
