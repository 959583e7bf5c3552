"""What receptive fields and memory add to the summary of the whole zoo.

    python benchmarks/memory.py

The summary without them, with them, and with the search for a better order of execution, in turns in one process.
"""

import statistics
import time
from contextlib import ExitStack
from unittest.mock import patch

import cnncalc
from cnncalc.analysis.memory import best_schedule
from cnncalc.counting import propagate, quantities
from cnncalc.reading.text.shipped import shipped_specs


def seconds(graphs, *, fields: bool, search: bool) -> float:
    with ExitStack() as stack:
        if not fields:
            nothing = {"receptive_fields": lambda graph: [None] * len(graph.nodes)}
            stack.enter_context(patch.multiple(propagate, **nothing))
            peak = quantities.QUANTITIES["peak_activation_bytes"]._replace(largest=lambda graph: [0])
            stack.enter_context(
                patch.multiple(propagate, QUANTITIES={**quantities.QUANTITIES, peak.name: peak})
            )
        start = time.perf_counter()
        for network in graphs:
            report = network.summary()
            if search:
                best_schedule(report.graph, in_place=True)
        return time.perf_counter() - start


def main() -> None:
    graphs = [cnncalc.load(name) for name in shipped_specs()]
    seconds(graphs, fields=True, search=True)
    bare, full, searched = [], [], []
    for _ in range(7):
        bare.append(seconds(graphs, fields=False, search=False))
        full.append(seconds(graphs, fields=True, search=False))
        searched.append(seconds(graphs, fields=True, search=True))
    for title, times in (
        ("receptive fields and peak memory", full),
        ("and the search for a better order", searched),
    ):
        added = statistics.median(a / b - 1 for a, b in zip(times, bare, strict=True))
        print(
            f"{len(graphs)} summaries in {statistics.median(bare):.2f} s; {title} add {added:.0%} (at most 50 %)"
        )


if __name__ == "__main__":
    main()
