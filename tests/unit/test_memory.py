"""Liveness, peaks and orders of execution: by hand, from the literature, and against all orders."""

import random
from itertools import permutations

import pytest

import cnncalc
from cnncalc.analysis import memory
from cnncalc.analysis.memory import best_schedule, schedule, training


def graph(layers, size=(4, 8, 8)):
    return cnncalc.load({"input": list(size), "layers": layers}).graph()


def test_resnet50_as_mcunets_authors_count_it():
    report = cnncalc.load("resnet50").summary()
    found = schedule(report.graph, in_place=True)

    assert found.peak * 4 == 7_225_344 == 4 * (64 + 256 + 256) * 56**2
    (peak, *_) = found.peaks(3)
    assert peak.path.startswith("layer1.0.")
    assert sorted(peak.alive.values()) == [64 * 56**2, 256 * 56**2, 256 * 56**2]
    assert schedule(report.graph).peak * 4 == report.totals.peak_activation_bytes


@pytest.mark.parametrize("name", ["vgg16", "googlenet", "unet_padded", "densenet121", "inception_v3"])
def test_the_default_is_what_the_table_says(name):
    report = cnncalc.load(name).summary()
    found = schedule(report.graph)
    assert found.peak * 4 == report.totals.peak_activation_bytes
    assert [p.elements for p in found.peaks(3)] == sorted((m.elements for m in found.moments), reverse=True)[
        :3
    ]
    assert found.bound <= best_schedule(report.graph).peak <= found.peak


def test_a_chain_by_hand():
    conv = {"type": "conv2d", "out_channels": 8, "kernel_size": 3, "padding": 1}
    found = schedule(graph([conv, "relu", {"type": "maxpool2d", "kernel_size": 2}, "flatten"]))
    assert [m.elements for m in found.moments] == [256, 256 + 512, 1024, 512 + 128, 256]
    found = schedule(graph([conv, "relu", {"type": "maxpool2d", "kernel_size": 2}, "flatten"]), in_place=True)
    assert [m.elements for m in found.moments] == [256, 768, 512, 640, 128]


def test_views_share_memory():
    for view in ({"type": "reshape", "shape": [8, 32]}, "flatten"):
        g = graph(["relu", view])
        assert [m.elements for m in schedule(g, in_place=True).moments] == [256, 256, 256]
        assert [m.elements for m in schedule(g).moments] == [256, 512, 512]
        assert len(schedule(graph(["relu"] * 5)).peaks()) == 3


def test_a_tensor_that_is_read_again_is_not_overwritten():
    layers = [
        {"type": "relu", "name": "a"},
        {"type": "tanh", "name": "b"},
        {"type": "add", "from": ["a", "b"]},
    ]
    found = schedule(graph(layers), in_place=True)
    assert [m.elements for m in found.moments] == [256, 256, 512, 512]


def test_outputs_are_kept_to_the_end():
    layers = [{"type": "conv2d", "name": "a", "out_channels": 8, "kernel_size": 1}, {"type": "maxpool2d", "name": "b", "kernel_size": 2},
              {"type": "maxpool2d", "name": "c", "kernel_size": 2}]  # fmt: skip
    g = cnncalc.load({"input": [4, 8, 8], "output": ["a", "c"], "layers": layers}).graph()
    assert [m.elements for m in schedule(g).moments] == [256, 768, 640, 512 + 128 + 32]
    assert schedule(g).moments[-1].alive == {"a": 512, "b": 128, "c": 32}


def test_a_better_order():
    wide = {"type": "conv2d", "out_channels": 64, "kernel_size": 1}
    narrow = {"type": "conv2d", "out_channels": 2, "kernel_size": 1}
    pool = {"type": "maxpool2d", "kernel_size": 2}
    layers = [{"type": "concat", "branches": [[wide, pool], [wide, pool, narrow]]}]
    found, best = schedule(graph(layers)), best_schedule(graph(layers))
    assert best.optimal
    assert best.peak < found.peak
    assert sorted(best.order) == sorted(found.order)


def test_the_way_to_a_state_is_the_best_that_was_found():
    """The same layers can run in two orders, and the worse one is found last: p, q, b, a needs 17 and p, q, a, b 19."""
    layers = [
        {"type": "conv2d", "name": name, "from": source, "out_channels": channels, "kernel_size": 1}
        for name, source, channels in (("q", "input", 3), ("b", "q", 8), ("p", "input", 1), ("a", "p", 8))
    ]
    g = graph([*layers, {"type": "add", "from": ["a", "b"]}], (10, 1, 1))
    best = best_schedule(g, in_place=True)
    assert (schedule(g, in_place=True).peak, best.peak) == (21, 17)
    assert max(moment.elements for moment in best.moments) == 17


def random_graph(draw):
    layers, names = [], ["input"]
    for number in range(draw.randint(2, 5)):
        name = f"n{number}"
        if draw.random() < 0.4 and len(names) > 1:
            layers.append({"type": "concat", "name": name, "from": draw.sample(names, 2)})
        else:
            layers.append({"type": draw.choice(["conv2d", "relu"]), "name": name, "from": draw.choice(names)})
            if layers[-1]["type"] == "conv2d":
                layers[-1] |= {"out_channels": draw.choice([1, 4, 16]), "kernel_size": 1}
        names.append(name)
    layers.append({"type": "concat", "name": "end", "from": names[-2:]})
    return graph(layers, (2, 2, 2))


def test_best_orders_are_best_of_all():
    draw, better = random.Random(3), 0
    for _ in range(60):
        g = random_graph(draw)
        for in_place in (False, True):
            from cnncalc.analysis.memory import _Problem

            problem = _Problem(g, in_place=in_place)
            peaks = []
            for tail in permutations(range(1, len(problem.nodes))):
                done, fits = 1, True
                for i in tail:
                    fits &= not problem.needs[i] & ~done
                    done |= 1 << i
                if fits:
                    peaks.append(max(m.elements for m in problem.moments([0, *tail])))
                    assert peaks[-1] == problem.peak([0, *tail])
            found = best_schedule(g, in_place=in_place)
            assert found.optimal
            assert found.peak == min(peaks)
            assert found.bound <= found.peak
            better += found.peak < schedule(g, in_place=in_place).peak
    assert better > 3


def test_training_is_the_sum_of_its_parts():
    report = cnncalc.load("vgg16").summary(batch=2)
    sgd, momentum, adam = (training(report, optimizer=name) for name in ("sgd", "momentum", "adam"))
    assert training(report) == sgd
    assert sgd.params == sgd.gradients == 4 * 138357544
    assert (sgd.optimizer, momentum.optimizer, adam.optimizer) == (0, sgd.params, 2 * sgd.params)
    assert sgd.activations == report.totals.activation_bytes + 2 * 4 * 3 * 224 * 224
    assert adam.total == 4 * sgd.params + sgd.activations


def test_the_search_is_bounded_by_the_layers_that_could_be_next(monkeypatch):
    """Wide networks have many at every step: the states would fill the memory long before there are too many."""
    conv = lambda channels: {"type": "conv2d", "out_channels": channels, "kernel_size": 1}
    layers = [{"type": "concat", "branches": [[conv(30)], *[[conv(40), conv(1)]] * 5]}]
    wide = graph(layers)
    assert best_schedule(wide).peak < schedule(wide).peak
    monkeypatch.setattr(memory, "MAX_WAITS", 20)
    found = best_schedule(wide)
    assert not found.optimal
    assert found.peak == schedule(wide).peak
