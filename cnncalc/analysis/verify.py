"""The cross-check: a real forward pass, in which every array is compared with the computed numbers.

The kernels know nothing of the rules, and count the multiplications they do: an independent witness.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from cnncalc.counting.liveness import live_sets
from cnncalc.counting.propagate import Report
from cnncalc.counting.quantities import ITEM_BYTES
from cnncalc.counting.rows import Row
from cnncalc.dims import Expr, concrete
from cnncalc.errors import Problem, SpecError, UsageError, did_you_mean
from cnncalc.execute import StandIn, Step, execute
from cnncalc.graph import Graph, Node
from cnncalc.kernels.work import Array, working
from cnncalc.shapes import show
from cnncalc.weights import Weights, draw_for, draw_input

PART = 4 << 20  # elements of a weight that is read in parts
DTYPES = ("float32", "float64")
SCRATCH = 64 << 20  # what kernels lay out at once, at most
INTERPRETER = 60 << 20  # Python, NumPy and BLAS themselves


class Check(NamedTuple):
    """The check of one layer: what was computed, what was found, and how they differ."""

    row: Row
    output: tuple[int, ...] | None  # without the batch; None: it did not run
    params: int
    macs: int
    seconds: float
    bytes: int
    differences: tuple[str, ...]
    values: Array | None = None  # a copy, where asked for and small
    note: str = ""
    finite: bool = True

    @property
    def agrees(self) -> bool:
        return not self.differences


class Setup(NamedTuple):
    """What a forward pass is run on."""

    graph: Graph
    seed: int
    dtype: str
    inputs: Mapping[str, Array]
    given: Mapping[str, Array]  # weights by PATH.name; if empty, they are random

    def __repr__(self) -> str:
        return f"<Setup of {self.graph!r}: {self.dtype}, seed {self.seed}>"


class Verification(NamedTuple):
    """All checks of a forward pass, and the network's outputs ``(N, C, *spatial)`` by path."""

    checks: tuple[Check, ...]
    outputs: Mapping[str, Array]
    report: Report
    setup: Setup
    reached: int | None = None  # layers whose receptive field agrees with what perturbed inputs reach
    memory: int | None = None  # bytes that the process took at most, where the system says

    @property
    def agrees(self) -> bool:
        """Whether every array agrees with the computed numbers."""
        return all(check.agrees for check in self.checks)

    @property
    def seconds(self) -> float:
        """Time spent in layers."""
        return sum(check.seconds for check in self.checks)


def verified(
    report: Report, setup: Setup, *, threads: int = 1, keep_values: int = 0, keep_outputs: bool = True,
    watch: Callable[[Check], None] = lambda check: None,
) -> Verification:  # fmt: skip
    """Run everything; see ``verify``. ``watch`` is given each check as it is made."""
    checks, outputs = [], {}
    for check, output in verify(report, setup, threads=threads, keep_values=keep_values):
        checks.append(check)
        watch(check)
        if output is not None and keep_outputs:
            outputs[check.row.path] = output
    return Verification(tuple(checks), outputs, report, setup)


def prepared(
    report: Report, *, seed: int = 0, dtype: str = "float32", inputs: Mapping[str, Any] | None = None,
    weights: Mapping[str, Any] | None = None,
) -> Setup:  # fmt: skip
    """Everything checked before anything runs.

    Raises:
        UsageError: a size is symbolic; the dtype is unknown; an input or a weight is missing, of
            another shape, not numeric or not finite.
    """
    if dtype not in DTYPES:
        raise UsageError(f"a forward pass runs in {' or '.join(DTYPES)}, not '{dtype}'")
    if not 0 <= seed < 2**63:
        raise UsageError("the seed must be an integer of at least 0")
    if any(isinstance(n, Expr) for node in report.graph.nodes for n in node.output):
        raise UsageError(f"a forward pass needs numbers: give {', '.join(report.free)} a value")
    arrays = _inputs(report, seed, dtype, dict(inputs or {}))
    if weights is not None:
        _check_weights(report.graph, weights)
    return Setup(report.graph, seed, dtype, arrays, dict(weights or {}))


def _inputs(report: Report, seed: int, dtype: str, given: dict[str, Any]) -> dict[str, Array]:
    arrays = {}
    for node in report.graph.inputs:
        shape = (report.batch, *map(concrete, node.output))
        written = node.values.get("input")
        if node.path in given:
            arrays[node.path] = _input(given.pop(node.path), shape, dtype, node.path)
        elif written is not None:
            wrong = written.mismatch(node.output, "input_values")
            if wrong is not None:
                raise SpecError([wrong])
            single = np.asarray(written.values, dtype)
            arrays[node.path] = np.repeat(single[None], report.batch, 0)
        else:
            arrays[node.path] = draw_input(shape, dtype, seed, node.path)
    if given:
        name = next(iter(given))
        help = did_you_mean(name, report.inputs) or f"it has {', '.join(report.inputs)}"
        raise UsageError(f"the network has no input '{name}'; {help}")
    return arrays


def _input(array: Any, shape: tuple[int, ...], dtype: str, name: str) -> Array:
    array = np.asarray(array)
    if array.shape not in (shape, shape[1:]) or (array.shape == shape[1:] and shape[0] != 1):
        last = array.shape in ((shape[0], *shape[2:], shape[1]), (*shape[2:], shape[1]))
        advice = "; arrays have their channels first, whatever the spec's layout" if last else ""
        message = f"{name} must have the shape {show(shape)} (batch first), but the array has {show(array.shape) or 'no axes'}"
        raise UsageError(message + advice)
    return _numbers(array, dtype, name).reshape(shape)


def _numbers(array: Array, dtype: str, name: str) -> Array:
    if array.dtype.kind not in "fiub":
        raise UsageError(f"{name} must hold real numbers, but holds {array.dtype}")
    if not np.isfinite(array).all():
        raise UsageError(f"{name} holds NaN or infinity")
    found: Array = np.array(array, dtype)  # a copy: layers may write into it
    return found


def tensor_shapes(graph: Graph, node: Node) -> dict[str, tuple[int, ...]]:
    """Shapes of the parameters and buffers of one layer."""
    assert node.layer is not None
    inputs = graph.shapes_into(node)
    shapes = {**node.layer.param_shapes(inputs), **node.layer.buffer_shapes(inputs)}
    return {name: tuple(map(concrete, shape)) for name, shape in shapes.items()}


def _check_weights(graph: Graph, weights: Mapping[str, Any]) -> None:
    wanted = {
        f"{node.path}.{name}": shape
        for node in graph.nodes
        if _runs(node) and node.shares is None
        for name, shape in tensor_shapes(graph, node).items()
        if name not in node.values
    }
    shapes = weights.shapes if hasattr(weights, "shapes") else {k: np.shape(v) for k, v in weights.items()}
    unused = [n for n in shapes if n not in wanted and not n.endswith("num_batches_tracked")]
    for name, shape in wanted.items():
        if name not in shapes:
            help = did_you_mean(name, unused) or f"there are {len(shapes)} tensors"
            raise UsageError(f"the weights do not include '{name}' ({show(shape)}); {help}")
        if tuple(shapes[name]) != shape:
            raise UsageError(
                f"'{name}' in the weights must have the shape {show(shape)}, but has {show(shapes[name])}"
            )
    heads = {n.path for n in graph.nodes if n.train_only}
    for name in unused:
        if name.rpartition(".")[0] not in heads:
            help = did_you_mean(name, wanted) or ""
            raise UsageError(f"the weights include '{name}', which no layer has; {help}".rstrip("; "))


def _runs(node: Node) -> bool:
    return node.layer is not None and node.layer.runs and not node.train_only


def weights_of(setup: Setup, node: Node) -> Weights:
    """Return the tensors of a node: those in the spec, else the given ones, else random ones."""
    graph = setup.graph
    assert node.layer is not None
    owner = node if node.shares is None else graph.nodes[node.shares]
    assert owner.layer is not None

    def source(name: str) -> Array | None:
        if name in owner.values:
            found: Array = np.asarray(owner.values[name].values, setup.dtype)
            return found
        key = f"{owner.path}.{name}"
        return _numbers(setup.given[key], setup.dtype, key) if setup.given else None

    draw = draw_for(owner.layer, graph.shapes_into(owner), owner.output, setup.seed, owner.path)
    return Weights(tensor_shapes(graph, node), setup.dtype, source, draw)


def stand_in(setup: Setup, batch: int) -> StandIn:
    """Random numbers for what cannot be computed, in the declared shape."""

    def made(node: Node) -> Array:
        shape = (batch, *map(concrete, node.output))
        return draw_input(shape, setup.dtype, setup.seed, node.path)

    return made


def estimate(report: Report, dtype: str) -> int:
    """Bytes that a forward pass needs at most, about: from the shapes alone.

    Activations alive at once and as much again as the largest of them (padding, an intermediate
    result), the weights of the largest layer except linear ones, which are created in parts, and temporary buffers.
    """
    item = ITEM_BYTES[dtype]
    alive = max(map(concrete, live_sets(report.graph)), default=0)
    largest = max((math.prod(map(concrete, node.output)) for node in report.graph.nodes), default=0)
    held = 0
    for node in report.graph.nodes:
        if _runs(node):
            sizes = [math.prod(shape) for shape in tensor_shapes(report.graph, node).values()]
            in_parts = node.layer is not None and node.layer.in_parts
            held = max(held, sum(min(size, PART) if in_parts else size for size in sizes))
    return (alive + largest) * report.batch * item + held * item + SCRATCH + INTERPRETER


def verify(
    report: Report, setup: Setup, *, threads: int = 1, keep_values: int = 0
) -> Iterator[tuple[Check, Array | None]]:
    """Run every layer and compare it with its row. Yield the checks, with the network's outputs as they are computed.

    Args:
        report: the report to check, without free variables.
        setup: from ``prepared``.
        threads: to share the work among; more than one pays where BLAS itself runs in one.
        keep_values: copy outputs of at most so many elements into the checks.
    """
    rows = {row.path: row for row in report.rows}
    wanted = set(report.outputs)
    skipped = [node for node in report.graph.nodes if node.layer is not None and node.train_only]
    with working(threads) as work, np.errstate(over="ignore", invalid="ignore"):
        steps = execute(
            setup.graph,
            setup.inputs,
            lambda node: weights_of(setup, node),
            work,
            stand_in(setup, report.batch),
        )
        for step in steps:
            check = _check(rows[step.node.path], step, report.batch, keep_values)
            yield check, (step.array.copy() if step.node.path in wanted else None)
    for node in skipped:
        row = rows[node.path]
        yield Check(row, None, 0, 0, 0.0, 0, (), note="training only, not run"), None


def _check(row: Row, step: Step, batch: int, keep_values: int) -> Check:
    shape = step.array.shape
    if step.weights is None:
        note = "opaque, not run; replaced by random numbers"
        return Check(row, tuple(shape[1:]), 0, 0, 0.0, step.bytes, (), note=note)
    differences = []
    if shape != (batch, *row.output):
        differences.append(f"output is {show(shape[1:])}, expected {show(row.output)}")
    params = 0
    for name, derived in step.weights.shapes.items():
        actual = step.weights.delivered(name)
        if actual != derived:
            found = "never used" if actual is None else show(actual)
            differences.append(f"{name} is {found}, expected {show(derived)}")
        if not name.startswith("running_"):
            params += math.prod(actual) if actual else 0
    counted = concrete(row.params) if row.shared_with is None else params
    if params != counted:
        differences.append(f"{params:,} params used, expected {counted:,}")
    macs = step.macs // batch if step.macs % batch == 0 else step.macs
    if macs != row.macs:
        differences.append(f"{macs:,} MACs performed, expected {row.macs:,}")
    small = step.array.size <= keep_values
    return Check(
        row, tuple(shape[1:]), params, macs, step.seconds, step.bytes, tuple(differences),
        step.array.copy() if small else None, finite=bool(np.isfinite(step.array).all()),
    )  # fmt: skip


def as_problem(check: Check) -> Problem:
    """A disagreement at the place of its layer."""
    message = f"{check.row.path} ({check.row.type}): " + "; ".join(check.differences)
    help = "either a rule or a kernel of cnncalc is wrong: please report it with the spec"
    return Problem("C403", message, check.row.place, help=help)
