"""What a fuzzer calls: any bytes as a spec must end in a report or in problems with places, soon."""

import contextlib
import io
import time

from cnncalc.analysis.check import Options, check_text, fixed
from cnncalc.errors import CnncalcError
from cnncalc.network import build
from cnncalc.report import problems, table
from cnncalc.report.findings import FORMATS, Findings, renderer
from cnncalc.report.rows import DEFAULT_COLUMNS
from cnncalc.spec.load import read_text

SECONDS = 8.0  # for eight passes over the input, and instrumentation
ALL = Options(select=("W",), budgets={"params": 10**6, "peak_activation_bytes": 10**6})


def one_input(data: bytes) -> None:
    """Raises what no user may see: any exception but ours, or too many seconds."""
    text = data.decode("utf-8", "replace")
    start = time.perf_counter()
    result = check_text(text, "fuzz.yaml", ALL)
    for problem in result.problems:
        problems.one(problem)
    findings = Findings([result])
    for name in FORMATS:
        renderer(name)(findings).encode()
    with contextlib.suppress(CnncalcError):
        network = build(read_text(text, "fuzz.yaml"))
        report = network.summary()
        table.render(report, "simple", list(DEFAULT_COLUMNS), None, "nchw")
        free = [n for n in ("H", "W") if n in network.vars]
        if free:
            network.summary(free=free)
    fixed(text, "fuzz.yaml", lambda t, n: check_text(t, n, ALL))
    took = time.perf_counter() - start
    if took > SECONDS:
        raise TimeoutError(f"{took:.1f} s")


def quietly(data: bytes) -> None:
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        one_input(data)
