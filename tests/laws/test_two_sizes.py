"""Heights and widths together: what ``solve`` and ``table`` say of both, against every pair up to 200."""

import random

import numpy as np
import pytest

import cnncalc
from cnncalc.analysis.solve import solve
from cnncalc.errors import SpecError
from tests.shipped import PATHS

SIDE = 200
HEIGHTS, WIDTHS = (axis.ravel() for axis in np.mgrid[1 : SIDE + 1, 1 : SIDE + 1].astype(object))
AT = {"H": HEIGHTS, "W": WIDTHS}


def everywhere(statements):
    """Where all of several statements hold, for every pair."""
    valid = np.ones(len(HEIGHTS), dtype=bool)
    for statement in statements:
        valid &= np.asarray(statement.holds(AT), dtype=bool)
    return valid


def said(found):
    """Where the answer of ``solve`` says that it holds."""
    valid = everywhere(reason.condition for reason in found.coupled)
    for name, values in found.sets.items():
        good = np.array([False, *(n in values for n in range(1, SIDE + 1))])
        valid &= good[AT[name].astype(int)]
    return valid


def works(net, height, width):
    try:
        net.graph(set={"H": height, "W": width})
    except SpecError:
        return False
    return True


def agree(net, settings, where=()):
    """Solve for both, and hold the answer against the demands everywhere and against fresh runs at some pairs."""
    report = net.summary(free=["H", "W"])
    demands = [demand.condition for demand in report.graph.demands]
    assert np.array_equal(everywhere(demands), everywhere(report.conditions))
    found = solve(net, ["H", "W"])
    answer = said(found)
    assert np.array_equal(everywhere(demands), answer)
    for height, width in settings:
        assert works(net, height, width) == answer[(height - 1) * SIDE + width - 1], (height, width)
    return found


def network(*layers, channels=3):
    return cnncalc.load({"vars": {"H": 64, "W": 64}, "input": [channels, "H", "W"], "layers": list(layers)})


def pool(size):
    return {"type": "maxpool2d", "kernel_size": size}


@pytest.mark.parametrize(
    ("layers", "texts"),
    [
        ([pool(16), {"type": "reshape", "shape": [3, "width"]}], ["16 <= H <= 31", "W >= 16"]),
        ([{"type": "reshape", "shape": [3, "H//2", 2, "W//2", 2]}],
         ["H >= 2 and H % 2 == 0", "W >= 2 and W % 2 == 0"]),
        ([pool(4), {"type": "conv2d", "out_channels": 4, "kernel_size": 8}, "flatten"], ["H >= 32", "W >= 32"]),
        ([pool(8), {"type": "flatten", "start_dim": 1}, {"type": "slice", "axis": 1, "stop": 1}], ["H >= 8", "W >= 8"]),
        ([{"type": "pixel_unshuffle", "downscale_factor": 2}, {"type": "flatten"}],
         ["H >= 2 and H % 2 == 0", "W >= 2 and W % 2 == 0"]),
        ([{"type": "permute", "dims": [0, 2, 1], "name": "turned"}, {"type": "add", "from": ["input", "turned"]}],
         ["H >= 1", "W >= 1", "H == W or H == 1 or W == 1"]),
        ([{"type": "crop", "size": ["min(H, W)", "min(H, W)"]}, {"type": "pixel_unshuffle", "downscale_factor": 3}],
         ["H >= 3", "W >= 3", "(min(H, W)) % 3 == 0"]),
        ([{"type": "crop", "size": [8, 8]}, {"type": "upsample", "size": ["min(H, 20)", "max(W, 12)"]}],
         ["H >= 8", "W >= 8"]),
        ([{"type": "reshape", "shape": [3, "W", "H", "W"]}], ["H >= 1", "W == 1"]),
    ],
)  # fmt: skip
def test_the_headline_is_what_trying_finds(layers, texts):
    draw = random.Random(str(texts))
    pairs = [(draw.randint(1, 40), draw.randint(1, 40)) for _ in range(40)]
    pairs += [(draw.randint(1, SIDE), draw.randint(1, SIDE)) for _ in range(20)]
    found = agree(network(*layers), pairs)
    shown = [values.text(name) for name, values in found.sets.items()]
    assert [*shown, *(str(reason.condition) for reason in found.coupled)] == texts


SHIPPED = {path.stem: str(path) for path in PATHS if {"H", "W"} <= cnncalc.load(str(path)).vars.keys()}


@pytest.mark.parametrize("name", SHIPPED)
def test_every_pair_of_sizes_of_a_shipped_network(name):
    found = agree(cnncalc.load(SHIPPED[name]), [])
    assert found.coupled == []


@pytest.mark.slow
@pytest.mark.parametrize("name", SHIPPED)
def test_fresh_runs_of_a_shipped_network(name):
    draw = random.Random(name)
    agree(cnncalc.load(SHIPPED[name]), [(draw.randint(1, SIDE), draw.randint(1, SIDE)) for _ in range(60)])


@pytest.mark.parametrize(
    ("where", "texts"),
    [
        (["H == W and macs <= 300M"], ["1 <= H <= 160", "1 <= W <= 160", "H == W"]),
        (["H == 2*W", "macs <= 300M"], ["2 <= H <= 224 and H % 2 == 0", "1 <= W <= 112", "H == 2*W"]),
        (["W == 64 and macs <= 300M"], ["1 <= H <= 404", "W == 64"]),
        (["output == [1000]", "H <= 7", "W*H >= 40"], ["1 <= H <= 7", "W >= 6", "H*W >= 40"]),
    ],
)
def test_wishes_about_both(where, texts):
    net = cnncalc.load("mobilenet_v1")
    found = solve(net, ["H", "W"], where=where)
    shown = [values.text(name) for name, values in found.sets.items()]
    assert [*shown, *(str(reason.condition) for reason in found.coupled)] == texts
    conditions = [reason.condition for reason in (*found.reasons, *found.coupled)]
    assert np.array_equal(everywhere(conditions), said(found))


def test_budgets_are_what_trying_finds():
    net = cnncalc.load("mobilenet_v1")
    macs = net.compile("macs", free=["H", "W"])
    assert [side for side in range(1, 400) if macs(side, side) <= 300_000_000] == list(range(1, 161))
    assert [side for side in range(1, 600) if macs(side, 64) <= 300_000_000] == list(range(1, 405))
    found = solve(net, ["H", "W"], where="macs <= 300M and H >= 300")
    assert {name: values.text(name) for name, values in found.sets.items()} == {
        "H": f"300 <= H <= {max(n for n in range(1, 2_500) if macs(n, 1) <= 300_000_000)}",
        "W": f"1 <= W <= {max(n for n in range(1, 400) if macs(300, n) <= 300_000_000)}",
    }
