"""Activation memory: the tensors alive while each layer runs, the peak, and the execution order with the lowest peak.

A tensor is alive from the layer that creates it to the last one that reads it; while a layer runs, its inputs
and its output are alive. ``in_place`` lets a layer that keeps a shape write into an input that dies
there (activations, normalizations, sums), and reshapes share memory: the convention of Lin et al.,
"MCUNet", 2020. Arenas, fragmentation and what kernels need besides are left out.
"""

from __future__ import annotations

import heapq
from functools import cached_property
from typing import NamedTuple

from cnncalc.counting.propagate import Report
from cnncalc.dims import Dim, concrete, product_of
from cnncalc.graph import Graph, Node
from cnncalc.layer import Elementwise
from cnncalc.merge import Broadcasting

MAX_STATES = 20_000
MAX_WAITS = 2_000_000  # candidates for the next layer, over all states found; wide networks have many
IN_PLACE = (Elementwise, Broadcasting)
#: number of parameter-sized tensors that each optimizer keeps
OPTIMIZERS = {"sgd": 0, "momentum": 1, "adam": 2}


class Moment(NamedTuple):
    """A running layer and the tensors alive meanwhile, by path, in elements of one sample."""

    path: str
    alive: dict[str, int]

    @property
    def elements(self) -> int:
        return sum(self.alive.values())


class Schedule:
    """An execution order, its moments, and what is known about better orders."""

    def __init__(self, problem: _Problem, steps: list[int], *, peak: int, bound: int, optimal: bool) -> None:
        self._problem, self._steps = problem, steps
        self.peak = peak  #: largest number of elements alive at once
        self.bound = bound  #: lower bound of the peak over all orders
        self.optimal = (
            optimal  #: whether it is proven to be optimal: all orders were considered, or the bound is met
        )

    @cached_property
    def moments(self) -> tuple[Moment, ...]:
        """The tensors alive while each layer runs."""
        return self._problem.moments(self._steps)

    @property
    def order(self) -> list[str]:
        """The paths of the layers in execution order."""
        return [self._problem.nodes[i].path for i in self._steps]

    def peaks(self, count: int = 3) -> list[Moment]:
        """Return the moments with the most elements alive; of equal ones, the earlier come first."""
        return sorted(self.moments, key=lambda moment: -moment.elements)[:count]


class Training(NamedTuple):
    """The estimated bytes of a training step; see ``training``."""

    params: int
    gradients: int
    optimizer: int
    activations: int

    @property
    def total(self) -> int:
        return sum(self)


class _Problem:
    """Tensors as bits of a number, so that a state of the execution is one integer."""

    def __init__(self, graph: Graph, *, in_place: bool) -> None:
        self.nodes = [node for node in graph.nodes if not node.train_only]
        self.index = {node.number: i for i, node in enumerate(self.nodes)}
        self.sizes = [concrete(product_of(node.output)) for node in self.nodes]
        self.inputs = [tuple(self.index[i] for i in dict.fromkeys(node.inputs)) for node in self.nodes]
        #: inputs whose memory could hold the result
        self.hosts = [
            [j for j in inputs if self.sizes[j] == size] if in_place and _in_place(node) else []
            for node, inputs, size in zip(self.nodes, self.inputs, self.sizes, strict=True)
        ]
        #: the readers of each tensor; outputs of the network have an extra reader that never runs
        self.readers = [0] * len(self.nodes)
        for i, inputs in enumerate(self.inputs):
            for j in inputs:
                self.readers[j] |= 1 << i
        self.never = 1 << len(self.nodes)
        for number in graph.outputs:
            self.readers[self.index[number]] |= self.never

    @cached_property
    def needs(self) -> list[int]:
        """Return the tensors that each layer reads."""
        return [sum([1 << j for j in inputs]) for inputs in self.inputs]

    def dying(self, i: int, done: int) -> list[int]:
        """Return the inputs of a layer that are not needed after it has run."""
        waiting = ~(done | 1 << i)
        return [j for j in self.inputs[i] if not self.readers[j] & waiting]

    def host(self, i: int, dying: list[int]) -> int | None:
        """Return the input whose memory a layer reuses for its result."""
        for j in self.hosts[i]:
            if j in dying:
                return j
        return None

    def step(self, i: int, done: int, alive: int) -> tuple[int, int]:
        """Return the elements alive while a layer runs, and after it."""
        dying = self.dying(i, done)
        made = alive + self.sizes[i]
        during = made if self.host(i, dying) is None else alive
        freed = sum([self.sizes[j] for j in dying])
        return during, made - freed if self.readers[i] else alive - freed

    def peak(self, order: list[int]) -> int:
        """Most elements alive at once."""
        done = alive = most = 0
        for i in order:
            during, alive = self.step(i, done, alive)
            done |= 1 << i
            most = max(most, during)
        return most

    def moments(self, order: list[int]) -> tuple[Moment, ...]:
        """Return the tensors alive while each layer of an order runs."""
        found, done = [], 0
        alive: dict[str, int] = {}
        for i in order:
            dying = self.dying(i, done)
            host = self.host(i, dying)
            during = dict(alive)
            if host is not None:
                del during[self.nodes[host].path]
            during[self.nodes[i].path] = self.sizes[i]
            found.append(Moment(self.nodes[i].path, during))
            done |= 1 << i
            alive[self.nodes[i].path] = self.sizes[i]
            for j in dying if self.readers[i] else (*dying, i):
                del alive[self.nodes[j].path]
        return tuple(found)

    def bound(self) -> int:
        """Return a lower bound of the peak: the largest number of elements that a single layer needs."""
        least = 0
        for i, inputs in enumerate(self.inputs):
            overwrites = any(self.readers[j] < self.never for j in self.hosts[i])
            own = 0 if overwrites else self.sizes[i]
            least = max(least, own + sum([self.sizes[j] for j in inputs]))
        return least

    def best(self, below: int) -> tuple[list[int] | None, bool]:
        """Return an order with the lowest peak, if it is below the given one, and whether all orders were considered.

        Peaks up to the bound are all alike, so that the search goes deep where nothing is at stake.
        """
        start = given = floor = 0
        for i in (i for i, node in enumerate(self.nodes) if node.layer is None):
            during, given = self.step(i, start, given)
            start |= 1 << i
            floor = max(floor, during)
        after_it: list[list[int]] = [[] for _ in self.nodes]
        for i, inputs in enumerate(self.inputs):
            for j in inputs:
                after_it[j].append(i)
        ready = tuple(i for i, needs in enumerate(self.needs) if needs and not needs & ~start)
        floor = max(floor, self.bound())
        heap = [(floor, 0, start, given, ready)]
        came: dict[int, tuple[int, int]] = {start: (-1, 0)}
        least = {start: floor}
        settled: set[int] = set()
        everything = (1 << len(self.nodes)) - 1
        waits = 0
        while heap and len(settled) < MAX_STATES and waits < MAX_WAITS:
            peak, depth, done, alive, ready = heapq.heappop(heap)
            if done in settled:
                continue
            settled.add(done)
            if done == everything:
                return self.path(came, done), True
            only = next((i for i in ready if self.only_helps(i)), None)
            for i in ready if only is None else (only,):
                after = done | 1 << i
                during, rest = self.step(i, done, alive)
                highest = max(peak, during)
                if highest < below and after not in settled and highest < least.get(after, highest + 1):
                    least[after] = highest
                    came[after] = (done, i)
                    freed = tuple(j for j in after_it[i] if not self.needs[j] & ~after)
                    waiting = tuple(j for j in ready if j != i) + freed
                    waits += len(waiting)
                    heapq.heappush(heap, (highest, depth - 1, after, rest, waiting))
        return None, not heap

    def only_helps(self, i: int) -> bool:
        """Return whether a step can only help: it overwrites everything that it reads, and nothing else reads it."""
        return len(self.inputs[i]) == len(self.hosts[i]) == 1 and self.readers[self.hosts[i][0]] == 1 << i

    def path(self, came: dict[int, tuple[int, int]], done: int) -> list[int]:
        order: list[int] = []
        while came[done][0] != -1:
            done, i = came[done]
            order.append(i)
        inputs = [i for i, node in enumerate(self.nodes) if node.layer is None]
        return inputs + order[::-1]


def _in_place(node: Node) -> bool:
    """Return whether a layer of this type can overwrite its input."""
    return isinstance(node.layer, IN_PLACE) or (node.layer is not None and node.layer.view)


def schedule(graph: Graph, *, in_place: bool = False) -> Schedule:
    """Return the execution order of the spec.

    Raises:
        DimError: a size is symbolic.
    """
    return _own(_Problem(graph, in_place=in_place))


def _own(problem: _Problem) -> Schedule:
    steps = list(range(len(problem.nodes)))
    peak, bound = problem.peak(steps), problem.bound()
    return Schedule(problem, steps, peak=peak, bound=bound, optimal=peak == bound)


def best_schedule(graph: Graph, *, in_place: bool = False) -> Schedule:
    """Return the execution order with the lowest peak if it can be found, and otherwise that of the spec.

    All orders are considered, as sets of completed layers, up to a limit on the number of sets.
    """
    problem = _Problem(graph, in_place=in_place)
    own = _own(problem)
    if own.optimal:
        return own
    steps, proven = problem.best(own.peak)
    if steps is None:
        own.optimal = proven
        return own
    return Schedule(problem, steps, peak=problem.peak(steps), bound=own.bound, optimal=proven)


def training(report: Report, *, optimizer: str = "sgd") -> Training:
    """Estimate the bytes of a training step.

    Counted are the parameters, a gradient for each, what the optimizer keeps for each (SGD nothing, with momentum one
    number, Adam two), and every layer's output, kept once for the backward pass, training-only heads
    included. Nothing is recomputed or computed in place; temporary buffers and copies in other types are not counted.

    Raises:
        DimError: a size is symbolic.
    """
    params = concrete(report.totals.param_bytes)
    kept = sum(concrete(row.activations) for row in report) + sum(
        concrete(product_of(shape)) for shape in report.inputs.values()
    )
    return Training(params, params, OPTIMIZERS[optimizer] * params, bytes_of(kept, report))


def bytes_of(elements: Dim, report: Report) -> int:
    """Convert elements of one sample to bytes for the report's batch and dtype."""
    return concrete(report.scale.tensors(elements))
