"""The forward pass: NumPy kernels against torch eager and ONNX's reference evaluator, two threads each.

    python benchmarks/forward.py

Each side runs in a process of its own, in turns; every ratio is the median over rounds. Needs torch and onnx (the extra
``oracle``). Where torchvision cannot be installed, its networks are built from the same graphs as torch modules.
"""

import statistics
import subprocess
import sys
from pathlib import Path

from measure import ENVIRONMENT, compare

ROOT = Path(__file__).parent.parent
LIMITS = {"vgg16 convolutions": 1.25, "resnet50": 1.6, "mobilenet_v2": 4.0}
OURS = """
import os
os.environ["OPENBLAS_NUM_THREADS"] = "1"
import sys, time
import numpy as np
import cnncalc
from cnncalc.analysis.verify import prepared, stand_in, weights_of
from cnncalc.execute import execute
from cnncalc.kernels.work import working
from cnncalc.weights import Weights
name, only = sys.argv[1:3]
report = cnncalc.load(name).summary()
setup = prepared(report)
kept = {}
for node in report.graph.nodes:
    if node.layer is not None and not node.train_only:
        drawn = weights_of(setup, node)
        kept[node.number] = (drawn.shapes, {n: drawn[n] for n in drawn.shapes})
def weights(node):
    shapes, tensors = kept[node.number]
    return Weights(shapes, "float32", tensors.get, None)
times = []
with working(2) as work:
    for _ in range(12):
        steps = execute(setup.graph, setup.inputs, weights, work, stand_in(setup, 1))
        times.append(sum(s.seconds for s in steps if not only or s.node.type.startswith(only)))
print(sorted(times)[6])
"""
TORCH = """
import sys, time
import torch
torch.set_num_threads(2)
import cnncalc
from tests.oracle.torch_graph import Network
name, only = sys.argv[1:3]
network = Network(cnncalc.load(name).graph()).eval()
x = [torch.randn(1, *n.output) for n in network.graph.inputs]
spent = [0.0]
def before(module, args):
    spent.append(-time.perf_counter())
def after(module, args, out):
    spent[0] += spent.pop() + time.perf_counter()
if only:
    for module in network.modules():
        if isinstance(module, torch.nn.Conv2d):
            module.register_forward_pre_hook(before)
            module.register_forward_hook(after)
times = []
with torch.inference_mode():
    for _ in range(12):
        spent[:] = [0.0]
        start = time.perf_counter()
        network(*x)
        times.append(spent[0] if only else time.perf_counter() - start)
print(sorted(times)[6])
"""
REFERENCE = """
import sys, time
import numpy as np
import torch
import cnncalc
from onnx.reference import ReferenceEvaluator
from tests.oracle.onnx_graph import exported
name = sys.argv[1]
model, feeds = exported(cnncalc.load(name).graph())
session = ReferenceEvaluator(model)
session.run(None, feeds)
start = time.perf_counter()
session.run(None, feeds)
print(time.perf_counter() - start)
"""
WHOLE_TORCH = """
import torch
torch.set_num_threads(2)
from torch import nn
layers, depth = [], 3
for c in (64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0, 512, 512, 512, 0):
    layers += [nn.Conv2d(depth, c, 3, padding=1), nn.ReLU(True)] if c else [nn.MaxPool2d(2, 2)]
    depth = c or depth
model = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(7), nn.Flatten(), nn.Linear(25088, 4096), nn.ReLU(True), nn.Dropout(),
                      nn.Linear(4096, 4096), nn.ReLU(True), nn.Dropout(), nn.Linear(4096, 1000)).eval()
with torch.inference_mode():
    model(torch.randn(1, 3, 224, 224))
"""


def seconds(code: str, *arguments: str) -> float:
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
        env=ENVIRONMENT,
    )
    return float(done.stdout.split()[-1])


def ratio(ours: tuple[str, ...], theirs: tuple[str, ...], rounds: int = 5) -> tuple[float, float, float]:
    pairs = [(seconds(*ours), seconds(*theirs)) for _ in range(rounds)]
    mine, other = (statistics.median(values) for values in zip(*pairs, strict=True))
    return mine, other, statistics.median(a / b for a, b in pairs)


def main() -> None:
    for title, limit in LIMITS.items():
        name, _, part = title.partition(" ")
        only = "conv" if part else ""
        mine, other, times = ratio((OURS, name, only), (TORCH, name, only))
        print(
            f"{title:20} {mine * 1e3:7.1f} ms, torch {other * 1e3:7.1f} ms: {times:.2f}x (at most {limit}x)",
            flush=True,
        )
    compare(
        {
            "cnncalc verify vgg16": [sys.executable, "-m", "cnncalc", "verify", "vgg16", "--threads", "2"],
            "torch: import, build, one forward": [sys.executable, "-c", WHOLE_TORCH],
        },
        "torch: import, build, one forward",
        5,
    )
    print("(at most 0.6x)", flush=True)
    for name in (
        "lenet5",
        "squeezenet1_1",
        "mobilenet_v2",
        "resnet18",
        "densenet121",
        "vgg16",
    ):
        mine, other = seconds(OURS, name, ""), seconds(REFERENCE, name)
        print(
            f"{name:20} {mine * 1e3:7.1f} ms, ONNX reference {other * 1e3:9.1f} ms: {other / mine:.1f}x faster",
            flush=True,
        )


if __name__ == "__main__":
    main()
