"""Every shipped architecture run by torch on the meta device, at its own size and at others."""

import random

import pytest

pytest.importorskip("torch")

from cnncalc.errors import SpecError
from cnncalc.network import build
from cnncalc.reading.text.files import read_spec
from cnncalc.reading.text.shipped import shipped_specs
from tests.oracle.torch_graph import shapes_and_params

SPECS = shipped_specs()
REFUSED = (RuntimeError, ValueError, IndexError)


@pytest.mark.parametrize("name", SPECS)
def test_torch_agrees_at_any_size(name):
    path, variant = SPECS[name]
    network = build(read_spec(str(path))[0], variant or None)
    graph = network.graph()
    shapes, params = shapes_and_params(graph)
    assert shapes == [node.output for node in graph.nodes]
    assert params == network.summary().totals.params

    draw = random.Random(name)
    symbolic = network.summary(free=["H", "W"]) if "H" in network.vars else None
    for _ in range(4):
        size = {"H": draw.randint(1, 340), "W": draw.randint(1, 340)}
        holds = symbolic is None or all(c.holds(size) for c in symbolic.conditions)
        try:
            other = network.graph(set=size)
        except SpecError:
            assert not holds, size
            with pytest.raises(REFUSED):
                shapes_and_params(graph, {"input": (graph.inputs[0].output[0], size["H"], size["W"])})
            continue
        assert holds, size
        if not other.misfits:
            assert shapes_and_params(other)[0] == [node.output for node in other.nodes]
