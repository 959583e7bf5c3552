"""Memory over random networks against a simulation that asks, at each step, for each tensor, who still reads it."""

import random
from functools import cache

import pytest

import cnncalc
from cnncalc.analysis import memory
from cnncalc.analysis.memory import best_schedule, bytes_of, schedule, training
from cnncalc.counting.liveness import live_sets
from cnncalc.dims import DimError

IN_PLACE = {"relu", "batchnorm2d", "add", "multiply", "flatten", "reshape", "dropout"}


def random_network(draw, side=4):
    """With tensors that are read twice by one layer, by several layers or by none, and heads for training."""
    names = ["a", "b"] if draw.random() < 0.3 else ["input"]
    shape = [2, side, side]
    spec = {"input": dict.fromkeys(names, shape) if len(names) > 1 else shape, "layers": []}
    for number in range(draw.randint(2, 7)):
        kind = draw.choice(
            ["conv2d", "conv2d", "relu", "batchnorm2d", "add", "multiply", "concat", "maxpool2d"]
        )
        layer = {"type": kind, "name": f"n{number}", "from": draw.choice(names)}
        if kind in ("add", "multiply", "concat"):
            layer["from"] = [draw.choice(names) for _ in range(draw.randint(1, 3))]
        elif kind == "conv2d":
            layer |= {"out_channels": draw.choice([1, 1, 2, 8]), "kernel_size": 1}
        elif kind == "reshape":
            layer |= {"shape": [-1, side, side]}
        elif kind == "maxpool2d":
            layer |= {"kernel_size": 3, "stride": 1, "padding": 1}
        if draw.random() < 0.15:
            layer["train_only"] = True
        else:
            names.append(f"n{number}")
        spec["layers"].append(layer)
    kept = [layer["name"] for layer in spec["layers"]]
    if kept and draw.random() < 0.7:
        spec["output"] = draw.sample(kept, draw.randint(1, min(3, len(kept))))
    return spec


def random_reports(count):
    draw = random.Random(5)
    while count:
        try:
            side = 4 if count % 2 else 1  # of one cell, so that peaks may differ by one element
            yield cnncalc.load(random_network(draw, side)).summary(batch=draw.choice([1, 3]))
            count -= 1
        except cnncalc.SpecError:
            continue


def elements(shape):
    total = 1
    for size in shape:
        total *= size
    return total


def step(graph, node, done, *, in_place):
    """Tensors that are alive while a layer runs."""
    nodes = [n for n in graph.nodes if not n.train_only]

    def needed(number, done):
        return number in graph.outputs or any(number in n.inputs for n in nodes if n.number not in done)

    alive = {number for number in done if needed(number, done)} | {node.number}
    size = elements(node.output)
    for number in dict.fromkeys(node.inputs) if in_place and node.type in IN_PLACE else ():
        if elements(graph.nodes[number].output) == size and not needed(number, done | {node.number}):
            return alive - {number}
    return alive


def simulated(graph, *, in_place):
    """For each layer its path, and what is alive while it runs."""
    done, found = frozenset(), []
    for node in graph.nodes:
        if not node.train_only:
            alive = step(graph, node, done, in_place=in_place)
            found.append((node.path, {graph.nodes[n].path: elements(graph.nodes[n].output) for n in alive}))
            done |= {node.number}
    return found


def least_peak(graph, *, in_place):
    """Of all orders that begin with the inputs."""
    nodes = [n for n in graph.nodes if not n.train_only]

    @cache
    def peak(done):
        ready = [n for n in nodes if n.number not in done and done.issuperset(n.inputs)]
        return min((max(cost(n, done), peak(done | {n.number})) for n in ready), default=0)

    def cost(node, done):
        return sum(elements(graph.nodes[n].output) for n in step(graph, node, done, in_place=in_place))

    done, most = frozenset(), 0
    for node in (n for n in nodes if n.layer is None):
        most = max(most, cost(node, done))
        done |= {node.number}
    return max(most, peak(done))


def least(graph, *, in_place):
    """What the layer that needs most needs for itself."""
    most = 0
    for node in graph.nodes:
        if node.train_only:
            continue
        inputs = set(node.inputs)
        own = elements(node.output)
        hosts = [i for i in inputs if elements(graph.nodes[i].output) == own and i not in graph.outputs]
        overwrites = in_place and node.type in IN_PLACE and hosts
        most = max(most, sum(elements(graph.nodes[i].output) for i in inputs) + (0 if overwrites else own))
    return most


@pytest.mark.parametrize("in_place", [False, True])
def test_what_is_alive_is_what_somebody_still_reads(in_place):
    for report in random_reports(120):
        graph = report.graph
        expected = simulated(graph, in_place=in_place)
        found = schedule(graph, in_place=in_place)
        assert [(m.path, m.alive) for m in found.moments] == expected
        assert found.order == [path for path, _ in expected]
        sums = [sum(alive.values()) for _, alive in expected]
        assert found.peak == max(sums)
        assert found.bound == least(graph, in_place=in_place)
        assert found.optimal == (found.peak == found.bound)
        assert [m.elements for m in found.peaks(2)] == sorted(sums, reverse=True)[:2]
        best = best_schedule(graph, in_place=in_place)
        assert best.bound == found.bound
        assert best.peak == max(m.elements for m in best.moments) == least_peak(graph, in_place=in_place)
        assert best.peak < found.peak or best.order == found.order
        assert best.optimal
        assert sorted(best.order) == sorted(found.order)


def test_the_table_and_training_count_every_tensor_once():
    for report in random_reports(80):
        sums = [sum(alive.values()) for _, alive in simulated(report.graph, in_place=False)]
        assert live_sets(report.graph) == sums
        assert (
            report.totals.peak_activation_bytes == 4 * report.batch * max(sums) == bytes_of(max(sums), report)
        )
        needs = training(report, optimizer="adam")
        params = 4 * sum(row.params for row in report)
        kept = sum(elements(node.output) for node in report.graph.nodes)
        assert tuple(needs) == (params, params, 2 * params, 4 * report.batch * kept)
        assert needs.total == 4 * params + 4 * report.batch * kept


SIDES = [{"type": "concat", "branches": [
    [{"type": "conv2d", "out_channels": 64, "kernel_size": 1}, {"type": "maxpool2d", "kernel_size": 2}],
    [{"type": "conv2d", "out_channels": 64, "kernel_size": 1}, {"type": "maxpool2d", "kernel_size": 2},
     {"type": "conv2d", "out_channels": 2, "kernel_size": 1}]]}]  # fmt: skip


def test_a_search_that_is_given_up_says_so(monkeypatch):
    graph = cnncalc.load({"input": [4, 8, 8], "layers": SIDES}).graph()
    best = best_schedule(graph)
    assert best.optimal
    monkeypatch.setattr(memory, "MAX_STATES", 2)
    given_up = best_schedule(graph)
    assert not given_up.optimal
    assert given_up.order == schedule(graph).order
    assert given_up.peak > best.peak


def test_an_order_that_cannot_be_bettered_is_proven():
    """The bound is not met, and all orders were considered."""
    layers = [
        {"type": "conv2d", "name": "a", "out_channels": 8, "kernel_size": 1},
        {"type": "conv2d", "name": "b", "out_channels": 8, "kernel_size": 1, "from": "input"},
        {"type": "conv2d", "name": "c", "out_channels": 8, "kernel_size": 1, "from": "input"},
        {"type": "concat", "from": ["a", "b"], "name": "d"},
        {"type": "conv2d", "name": "e", "out_channels": 1, "kernel_size": 1},
        {"type": "concat", "from": ["e", "c"]},
    ]
    graph = cnncalc.load({"input": [8, 4, 4], "layers": layers}).graph()
    own, best = schedule(graph), best_schedule(graph)
    assert own.peak > own.bound
    assert not own.optimal
    assert best.optimal


def test_symbolic_sizes_have_no_schedule():
    report = cnncalc.load({"vars": {"H": 8}, "input": [4, "H", 8], "layers": ["relu"]}).summary(free="H")
    assert report.totals.peak_activation_bytes is None
    for answer in (
        lambda: schedule(report.graph),
        lambda: training(report),
        lambda: bytes_of(report.output[1], report),
    ):
        with pytest.raises(DimError):
            answer()
