"""What benchmarks share: whole processes timed in turns, and medians of ratios."""

import os
import resource
import statistics
import subprocess
import sys
import time
from typing import NamedTuple

# compiled files must be in place, as they are after an installation
ENVIRONMENT = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
ENVIRONMENT["CNNCALC_NO_CACHE"] = "1"  # cache.py measures what is remembered, all others what is worked out


class Cost(NamedTuple):
    """Wall and processor seconds, and peak memory in MiB, of one process."""

    wall: float
    processor: float
    memory: float


def measured(
    command: list[str], cwd: str | os.PathLike[str] | None = None, codes: tuple[int, ...] = (0,)
) -> Cost:
    """What one process costs, which ends with one of these codes."""
    start = time.perf_counter()
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=cwd, env=ENVIRONMENT
    )
    message = process.stderr.read().decode()
    process.stderr.close()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in codes:
        raise SystemExit(f"{command} failed: {message[-500:]}")
    scale = 1024 if resource.getpagesize() and sys.platform != "darwin" else 1024**2
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / scale)


def run(command: list[str], cwd: str | None = None) -> tuple[float, float]:
    """Wall seconds and peak memory in MiB of one process."""
    cost = measured(command, cwd)
    return cost.wall, cost.memory


def compare(commands: dict[str, list[str]], base: str, rounds: int) -> None:
    """Run all commands in turns; print medians, and the median of each round's ratio to ``base``."""
    for command in commands.values():
        run(command)  # compiled files and the disk's cache
    times = {name: [] for name in commands}
    memory = dict.fromkeys(commands, 0.0)
    for _ in range(rounds):
        for name, command in commands.items():
            wall, peak = run(command)
            times[name].append(wall)
            memory[name] = peak
    print(f"{'process':34} {'ms':>8} {'ratio':>7} {'MiB':>7} {'memory':>7}")
    for name in commands:
        ratio = statistics.median(t / b for t, b in zip(times[name], times[base], strict=True))
        wall = statistics.median(times[name]) * 1000
        print(f"{name:34} {wall:8.1f} {ratio:6.2f}x {memory[name]:7.0f} {memory[name] / memory[base]:6.2f}x")
