"""``cnncalc check``: every shipped spec; 1,000 copies of a large one, against check-jsonschema with our schema.

    python benchmarks/check.py

check-jsonschema validates the form alone; cnncalc also expands, propagates shapes, counts, and runs expectations and lints.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from measure import ENVIRONMENT

ROOT = Path(__file__).parent.parent
COPIES = 1_000


def seconds(command: list[str], cwd: Path = ROOT) -> float:
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=ENVIRONMENT, check=False)
    if done.returncode:
        raise SystemExit(done.stdout[-500:] + done.stderr[-500:])
    return time.perf_counter() - start


def large() -> str:
    """150 layers, written out one by one: a ResNet-50 without its blocks."""
    lines = ["name: written out", "input: [3, 64, 64]", "layers:"]
    for i in range(50):
        lines += [
            f"  - {{type: conv2d, name: conv{i}, out_channels: 64, kernel_size: 3, padding: 1, bias: false}}",
            f"  - {{type: batchnorm2d, name: norm{i}}}",
            f"  - {{type: relu, name: relu{i}}}",
        ]
    return "\n".join([*lines, "expect: {output: [64, 64, 64]}", ""])


def main() -> None:
    cnncalc = [sys.executable, "-m", "cnncalc"]
    times = [seconds([*cnncalc, "check", "specs"]) for _ in range(5)]
    print(f"every shipped spec and variant, one process: {statistics.median(times):.2f} s", flush=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        text = large()
        for number in range(COPIES):
            (folder / f"m{number:04}.yaml").write_text(text)
        seconds([*cnncalc, "schema", "-o", str(folder / "schema.json")])
        ours: dict[int, list[float]] = {1: [], 2: []}
        theirs = []
        files = sorted(p.name for p in folder.glob("m*.yaml"))
        for _ in range(int(os.environ.get("CNNCALC_ROUNDS", "3"))):
            for jobs, found in ours.items():
                found.append(seconds([*cnncalc, "check", ".", "-j", str(jobs)], folder))
            command = [sys.executable, "-m", "check_jsonschema", "--schemafile", "schema.json", *files]
            theirs.append(seconds(command, folder))
        for jobs, found in ours.items():
            print(
                f"{COPIES} specs of 150 layers, {jobs} process(es): {COPIES / statistics.median(found):.0f} specs/s",
                flush=True,
            )
        print(f"check-jsonschema, form alone: {COPIES / statistics.median(theirs):.0f} specs/s")
        ratio = statistics.median(b / a for a, b in zip(ours[1], theirs, strict=True))
        print(f"check-jsonschema / cnncalc, one process each: {ratio:.1f}x (above 1: we are faster)")


if __name__ == "__main__":
    main()
