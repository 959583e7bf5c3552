"""Drawing, as whole processes: against ``table``, and networks that are hard to lay out.

python benchmarks/pictures.py
"""

import json
import random
import sys
import tempfile
from pathlib import Path

from measure import compare, measured

CNNCALC = [sys.executable, "-m", "cnncalc"]
SECONDS, MEBIBYTES = 10, 300  # for any network, drawn or refused
CONV = {"type": "conv2d", "out_channels": 4, "kernel_size": 3, "padding": 1}


def dense(count):
    """Each convolution reads all before it."""
    layers = [{**CONV, "name": "c0"}, {**CONV, "name": "c1"}]
    for i in range(2, count):
        layers += [{"type": "concat", "from": [f"c{j}" for j in range(i)]}, {**CONV, "name": f"c{i}"}]
    return layers


def acyclic(count, inputs, reach, seed=1):
    """Each layer reads some of the last before it."""
    draw = random.Random(seed)
    layers = [{"type": "relu", "name": "x0"}]
    for i in range(1, count):
        near = range(max(0, i - reach), i)
        names = [f"x{j}" for j in draw.sample(near, min(inputs, len(near)))]
        layers.append({"type": "add", "from": names, "name": f"x{i}"})
    return layers


def skips(count, *, crossing):
    """As many skips, nested or one across the other."""
    layers = [{**CONV, "out_channels": 3, "name": f"a{i}"} for i in range(count)]
    order = range(count - 1) if crossing else range(count - 1, 0, -1)
    return [*layers, *({"type": "add", "from": ["prev", f"a{i}"]} for i in order)]


def nested(depth):
    layers = ["relu"] * 100
    for _ in range(depth):
        layers = [{"name": "inner", "layers": [*layers, *["relu"] * 20]}]
    return layers


INPUTS = {f"i{k}": [3, 8, 8] for k in range(1000)}
HARD = {
    "dense block, 399 layers": (dense(200), None),
    "the same in a group": ([{"name": "block", "layers": dense(200)}], None),
    "dense block, 25,000 edges": (dense(223), None),
    "chain of 10,000": (["relu"] * 10_000, None),
    "chain of 590": ([CONV] * 590, None),
    "2,000 branches": ([{"type": "add", "branches": [["relu"]] * 2000}], None),
    "590 branches": ([{"type": "add", "branches": [[CONV]] * 590}], None),
    "1,000 inputs": ([{"type": "add", "from": list(INPUTS)}], INPUTS),
    "28 levels deep": (nested(28), None),
    "280 nested skips": (skips(280, crossing=False), None),
    "280 crossing skips": (skips(280, crossing=True), None),
    "random, 41 inputs": (acyclic(599, 41, 599), None),
    "random, 60 of the last 80": (acyclic(400, 60, 80), None),
    "random, 3 inputs": (acyclic(599, 3, 599), None),
}


def hard(folder):
    print(
        f"\n{'processor s and MiB: most 10 and 300':34}{'graph.svg':>14}{'features.svg':>14}{'.png':>14}{'.mmd':>14}{'report':>14}"
    )
    spec = folder / "spec.json"
    for name, (layers, inputs) in HARD.items():
        spec.write_text(json.dumps({"input": inputs or [3, 8, 8], "layers": layers}))
        ways = [
            *(["draw", "--view", view, "-o", f"p.{end}"] for view, end in (("graph", "svg"), ("features", "svg"), ("graph", "png"))),
            ["draw", "-o", "p.mmd"],
            ["report", "-o", "p.html"],
        ]  # fmt: skip
        cells = []
        for command, *options in ways:
            cost = measured([*CNNCALC, command, str(spec), *options], cwd=folder, codes=(0, 2))
            over = cost.processor > SECONDS or cost.memory > MEBIBYTES
            cells.append(f"{cost.processor:7.1f} {cost.memory:4.0f}{'!' if over else ' '}")
        print(f"{name:34}" + "".join(f"{cell:>14}" for cell in cells), flush=True)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        out = lambda file: str(folder / file)
        compare(
            {
                "cnncalc table vgg16": [*CNNCALC, "table", "vgg16"],
                "cnncalc draw vgg16 (at most 1.5x)": [*CNNCALC, "draw", "vgg16", "-o", out("v.svg")],
                "cnncalc plot vgg16": [*CNNCALC, "plot", "vgg16", "-o", out("p.svg")],
                "cnncalc report vgg16": [*CNNCALC, "report", "vgg16", "-o", out("r.html")],
                "cnncalc draw googlenet (3 s)": [*CNNCALC, "draw", "googlenet", "-o", out("g.svg")],
            },
            "cnncalc table vgg16",
            7,
        )
        hard(folder)


if __name__ == "__main__":
    main()
