"""Closed forms: a million settings in one call, the price of symbols, and solving every shipped architecture.

python benchmarks/closed_form.py
"""

import statistics
import time

import numpy as np

import cnncalc
from cnncalc.analysis.solve import input_variables, solve
from cnncalc.network import build
from cnncalc.reading.text.files import read_spec
from cnncalc.reading.text.shipped import shipped_specs

SETTINGS = 1_000_000


def clock(function, repeats=5):
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main() -> None:
    net = cnncalc.load("mobilenet_v1")
    function = net.compile("params", "macs", free=["H", "W", "w"])
    draw = np.random.default_rng(0)
    values = [
        draw.integers(32, 513, SETTINGS),
        draw.integers(32, 513, SETTINGS),
        draw.integers(5, 41, SETTINGS) / 20,  # width multipliers from 0.25 to 2
    ]
    params, macs = function(*values)
    for i in range(20):
        report = net.summary(set={n: v[i].item() for n, v in zip(("H", "W", "w"), values, strict=True)})
        assert (params[i], macs[i]) == (report.totals.params, report.totals.macs)
    together = clock(lambda: function(*values), 3)
    each = clock(lambda: net.summary(set={"H": 160, "W": 192, "w": 2}))
    print(
        f"{SETTINGS:,} settings in {together:.2f} s; a summary takes {each * 1e3:.2f} ms: {each * SETTINGS / together:,.0f}x"
    )

    resnet = cnncalc.load("resnet152")
    numeric, symbolic = clock(resnet.summary, 9), clock(lambda: resnet.summary(free=["H", "W"]), 9)
    print(
        f"resnet152: symbolic {symbolic * 1e3:.1f} ms, numeric {numeric * 1e3:.1f} ms: {symbolic / numeric:.1f}x (at most 5x)"
    )

    slowest = ("", 0.0)
    for name, (path, variant) in shipped_specs().items():
        network = build(read_spec(str(path))[0], variant or None)
        if input_variables(network):
            slowest = max(
                slowest, (name, clock(lambda network=network: solve(network), 1)), key=lambda pair: pair[1]
            )
    print(f"solve: the slowest is {slowest[0]}, {slowest[1]:.2f} s (at most 1 s)")


if __name__ == "__main__":
    main()
