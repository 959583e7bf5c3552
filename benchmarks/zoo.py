"""The whole zoo summarized in one process, against torch's meta device; and one large network, warm.

    python benchmarks/zoo.py

With torch (the extra ``oracle``): the same networks built as torch modules on the meta device and run once to trace
their shapes. Each side pays its own imports.
"""

import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
OURS = """
import time; start = time.perf_counter()
from cnncalc.network import build
from cnncalc.reading.text.files import read_spec
from cnncalc.reading.text.shipped import shipped_specs
specs = shipped_specs()
documents = {path: read_spec(str(path))[0] for path, _ in specs.values()}
reports = [build(documents[path], variant or None).summary() for path, variant in specs.values()]
print(len(reports), time.perf_counter() - start)
"""
TORCH = """
import time; start = time.perf_counter()
import torch
seconds = time.perf_counter() - start
from cnncalc.network import build
from cnncalc.reading.text.files import read_spec
from cnncalc.reading.text.shipped import shipped_specs
from tests.oracle.torch_graph import shapes_and_params
graphs = [build(read_spec(str(path))[0], variant or None).graph() for path, variant in shipped_specs().values()]
start = time.perf_counter()
for graph in graphs:
    shapes_and_params(graph)
print(len(graphs), seconds + time.perf_counter() - start)
"""


def seconds(code: str) -> float:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    count, elapsed = done.stdout.split()
    print(f"  {count} networks in {float(elapsed):.2f} s")
    return float(elapsed)


def main() -> None:
    seconds(OURS)
    ours = [seconds(OURS) for _ in range(3)]
    try:
        import torch  # noqa: F401
    except ImportError:
        print("torch is not installed")
    else:
        theirs = [seconds(TORCH) for _ in range(3)]
        print(
            f"torch meta / cnncalc: {statistics.median(theirs) / statistics.median(ours):.1f}x (at least 10x)"
        )
    import cnncalc

    times = []
    for _ in range(15):
        start = time.perf_counter()
        cnncalc.load("resnet152").summary()
        times.append(time.perf_counter() - start)
    print(f"resnet152 from file to report, warm: {statistics.median(times) * 1e3:.1f} ms (at most 60 ms)")


if __name__ == "__main__":
    main()
