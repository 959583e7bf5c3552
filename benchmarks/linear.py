"""Cost must grow linearly: 10,000 layers in one spec take at most 12 times as long as 1,000.

python benchmarks/linear.py
"""

import statistics
import time

import cnncalc

LINE = "  - {type: conv2d, out_channels: 64, kernel_size: 3, padding: 1}\n"


def seconds(layers: int) -> float:
    text = "input: [64, 32, 32]\nlayers:\n" + LINE * layers
    start = time.perf_counter()
    report = cnncalc.load(text).summary()
    elapsed = time.perf_counter() - start
    assert len(report) == layers
    return elapsed


def main() -> None:
    seconds(100)
    ratios = []
    for _ in range(7):
        small, large = seconds(1_000), seconds(10_000)
        ratios.append(large / small)
        print(
            f"1,000 layers {small * 1e3:7.1f} ms   10,000 layers {large * 1e3:8.1f} ms   {large / small:5.2f}x"
        )
    print(f"median {statistics.median(ratios):.2f}x (limit 12x)")


if __name__ == "__main__":
    main()
