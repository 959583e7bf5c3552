"""The set of valid sizes against torch on the meta device.

Around its bounds and at random sizes; ``CNNCALC_ALL_SIZES=600`` tries every size up to 600 (hours for the whole zoo).
"""

import os
import random

import pytest

pytest.importorskip("torch")

from cnncalc.analysis.solve import solve
from cnncalc.network import build
from cnncalc.reading.text.files import read_spec
from cnncalc.reading.text.shipped import shipped_specs
from tests.oracle.torch_graph import accepts
from tests.shipped import PATHS

ALL = int(os.environ.get("CNNCALC_ALL_SIZES", "0"))
SPECS = {path.stem: (path, "") for path in PATHS} | {
    name: found for name, found in shipped_specs().items() if ALL or name.endswith(("_b0", "50", "v3_small"))
}


@pytest.mark.parametrize("name", SPECS)
def test_torch_accepts_exactly_the_valid_sizes(name):
    path, variant = SPECS[name]
    network = build(read_spec(str(path))[0], variant or None)
    if "H" not in network.vars:
        return
    valid = solve(network, ["H"]).sets["H"]
    graph = network.graph()
    channels, _, width = graph.inputs[0].output
    draw = random.Random(name)
    least = valid.least()
    near = [least - 1, least, least + 1, valid.nearest(least, step=1)]
    sizes = (
        range(1, ALL + 1) if ALL else [n for n in near if n > 0] + [draw.randint(1, 600) for _ in range(4)]
    )
    fixed = width if width in valid else None  # the layers' other axis stays as it is
    seen = {}
    for size in sizes:
        # the classifier's parameters may follow the size, so the modules are built for it where it is valid
        built = network.graph(set={"H": size}) if size in valid else graph
        taken = accepts(built, {"input": (channels, size, fixed or width)}, seen)
        assert taken == (size in valid), size
