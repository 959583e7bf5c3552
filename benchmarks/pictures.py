"""Drawing, as whole processes.

python benchmarks/pictures.py
"""

import sys
import tempfile
from pathlib import Path

from measure import compare


def main() -> None:
    cnncalc = [sys.executable, "-m", "cnncalc"]
    with tempfile.TemporaryDirectory() as folder:
        out = lambda name: str(Path(folder) / name)
        compare(
            {
                "cnncalc table vgg16": [*cnncalc, "table", "vgg16"],
                "cnncalc draw vgg16 (at most 1.5x)": [*cnncalc, "draw", "vgg16", "-o", out("v.svg")],
                "cnncalc plot vgg16": [*cnncalc, "plot", "vgg16", "-o", out("p.svg")],
                "cnncalc report vgg16": [*cnncalc, "report", "vgg16", "-o", out("r.html")],
                "cnncalc draw googlenet (3 s)": [*cnncalc, "draw", "googlenet", "-o", out("g.svg")],
            },
            "cnncalc table vgg16",
            7,
        )


if __name__ == "__main__":
    main()
