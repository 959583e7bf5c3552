"""What is cached: ``table vgg16`` against the imports it saves, ``check`` of 1,000 specs against ``ruff check``.

    python benchmarks/cache.py [rounds]

Both sides of each ratio run in turns, after each has filled its cache.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from measure import ENVIRONMENT

COPIES = 1_000
FLOOR = "import click, pydantic, yaml, tabulate; from pydantic import BaseModel"
CNNCALC = "import sys; from cnncalc.__main__ import main; sys.exit(main())"
PYTHON = '''"""Scaling."""


def scaled(values: list[int], factor: int = {number}) -> list[int]:
    """The values, scaled."""
    return [value * factor for value in values]
'''
SPEC = """\
name: Number {number}
input: [3, 16, 16]
layers:
  - {{type: conv2d, out_channels: 64, kernel_size: 3, padding: half, norm: batch, act: relu, repeat: 12}}
  - global_avgpool
  - {{type: linear, out_features: {number}}}
"""


def ratio(
    ours: list[str], theirs: list[str], cwd: Path, cache: Path, rounds: int
) -> tuple[float, float, float]:
    """The median of ratios, and both medians in milliseconds."""
    environment = {**ENVIRONMENT, "CNNCALC_NO_CACHE": "", "CNNCALC_CACHE_DIR": str(cache)}
    times: list[tuple[float, float]] = []
    for number in range(rounds + 3):  # the first fill caches
        pair = []
        for command in (ours, theirs):
            start = time.perf_counter()
            subprocess.run(command, cwd=cwd, env=environment, capture_output=True, check=True)
            pair.append((time.perf_counter() - start) * 1000)
        if number >= 3:
            times.append((pair[0], pair[1]))
    one, two = zip(*times, strict=True)
    return statistics.median(a / b for a, b in times), statistics.median(one), statistics.median(two)


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    cnncalc = [sys.executable, "-P", "-c", CNNCALC]
    with tempfile.TemporaryDirectory() as name:
        root, cache = Path(name), Path(name, "cache")
        for number in range(1, COPIES + 1):
            for folder, suffix, text in (("specs", "yaml", SPEC), ("code", "py", PYTHON)):
                path = root / folder / f"m{number:04}.{suffix}"
                path.parent.mkdir(exist_ok=True)
                path.write_text(text.format(number=number))
        time.sleep(2.5)  # files that have just changed are read, whatever their times say
        table, floor = [*cnncalc, "table", "vgg16"], [sys.executable, "-P", "-c", FLOOR]
        found, ours, theirs = ratio(table, floor, root, cache, rounds)
        print(
            f"table vgg16 / imports of click, pydantic, yaml, tabulate: {found:.2f}x ({ours:.1f} ms, {theirs:.1f} ms)"
        )
        check, ruff = [*cnncalc, "check", str(root / "specs")], ["ruff", "check", str(root / "code")]
        ruff[0] = str(Path(sys.executable).with_name("ruff"))
        found, ours, theirs = ratio(check, ruff, root, cache, rounds)
        print(
            f"check of {COPIES} specs / ruff check of as many files: {found:.2f}x ({ours:.1f} ms, {theirs:.1f} ms)"
        )


if __name__ == "__main__":
    main()
