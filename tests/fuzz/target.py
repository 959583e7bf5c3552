"""What a fuzzer calls: any bytes as a spec must end in a report or in problems with places, soon."""

import contextlib
import io
import sys
import time

from cnncalc import Network, load
from cnncalc.analysis.check import Options, check_text, fixed
from cnncalc.analysis.diff import diff
from cnncalc.analysis.explain import explain
from cnncalc.analysis.overview import overview
from cnncalc.analysis.perturb import differences, perturbed
from cnncalc.analysis.solve import solve
from cnncalc.analysis.verify import prepared, verified
from cnncalc.counting.propagate import Report
from cnncalc.dims import DimError
from cnncalc.errors import CnncalcError, SpecError, UsageError
from cnncalc.interchange.flat import unrolled
from cnncalc.network import build
from cnncalc.reading.expressions.bounds import Bound
from cnncalc.reading.text.files import read_text
from cnncalc.report import features, page, problems, spec
from cnncalc.report.findings import Findings
from cnncalc.report.formats import FORMATS
from cnncalc.report.rows import View

SECONDS = 8.0  # for eight passes over the input
MEASURED = 5  # times as long where coverage looks on
SMALL = 2 * 10**6  # MACs and bytes
OTHER = load("lenet5").summary()
BUDGETS = tuple(Bound(name, "<=", 10**6) for name in ("params", "peak_activation_bytes"))
ALL = Options(select=("W",), budgets=BUDGETS)


def in_every_format(name: str, answer: object) -> None:
    """An answer in each of its formats."""
    for render in FORMATS[name].values():
        render(answer)


def every_answer(network: Network, report: Report) -> None:
    """What commands say of a network that holds; and unrolled, it is the same network."""
    in_every_format("table", View(report))
    page.render(report)
    if not report.free:
        features.draw(report, None)
    in_every_format("overview", overview(report))
    for row in report.rows[:3] + report.rows[-3:]:
        in_every_format("explanation", explain(report, row.path))
    in_every_format("difference", diff(OTHER, report))
    defaults = network.graph().variables if report.free else {}
    flat = spec.as_yaml(unrolled(report.graph, {name: defaults[name] for name in report.free}))
    try:
        again = str(build(read_text(flat, "unrolled.yaml")).summary(free=list(report.free)).totals)
    except CnncalcError as error:
        again = f"{error}"
    if again != str(report.totals):
        raise AssertionError(f"unrolled: {again} instead of {report.totals}")


def run_it(report: Report) -> None:
    """A forward pass, and perturbed inputs, of what is small enough for many of them."""
    if report.totals.macs + report.totals.activation_bytes + report.totals.param_bytes > SMALL:
        return
    setup = prepared(report)
    wrong = [check for check in verified(report, setup).checks if not check.agrees]
    with contextlib.suppress(UsageError):  # several inputs
        wrong += [seen for seen in perturbed(report, setup) if differences(report, seen)]
    if wrong:
        raise AssertionError(f"verify: {wrong[0]}")


def agrees(network: Network, report: Report) -> None:
    """With variables free a network has the numbers that it has with them set, wherever it is valid."""
    grids = report.graph.free
    for at in (0, 1, 2, -1):
        values = {n: grid.points or range(grid.low or 0, 9) for n, grid in grids.items()}
        setting = {n: grids[n].value(some[at % len(some)]) for n, some in values.items() if some}
        if len(setting) < len(grids):
            return
        position = {g.symbol_name(n): g.position(setting[n]) for n, g in grids.items()}
        holds = all(condition.holds(position) for condition in report.conditions)
        try:
            fresh = network.summary(set=setting)
        except SpecError:
            fresh = None
        if holds is not (fresh is not None):
            raise AssertionError(f"{setting} is {'not ' * holds}valid, but: {report.validity}")
        if fresh is not None:
            found = network.compile("params", "macs", free=list(setting))(**setting)
            if found != (fresh.totals.params, fresh.totals.macs):
                raise AssertionError(f"{setting}: {found} instead of {fresh.totals}")


def questions(network: Network, free: list[str]) -> None:
    """What is asked of sizes in symbols: one number is asked for that the spec has by itself."""
    if not free:
        return
    report = network.summary(free=free)
    every_answer(network, report)
    agrees(network, report)
    in_every_format("solution", solve(network, free)._replace(near=300))
    own = network.summary().totals
    in_every_format(
        "solution",
        solve(network, free, where=f"params <= {own.params} and macs >= {own.macs // 2}")._replace(near=300),
    )


def mended(text: str, name: str) -> None:
    """What is mended once needs no second time."""
    once, _ = fixed(text, name, lambda t, n: check_text(t, n, ALL))
    twice, count = fixed(once, name, lambda t, n: check_text(t, n, ALL))
    if twice != once:
        raise AssertionError(f"mended twice: {count} more")


def one_input(data: bytes) -> None:
    """Raises what no user may see: any exception but ours, or too many seconds."""
    text = data.decode("utf-8", "replace")
    start = time.process_time()
    result = check_text(text, "fuzz.yaml", ALL)
    for problem in result.problems:
        problems.one(problem)
    findings = Findings([result])
    for render in FORMATS["findings"].values():
        render(findings).encode()
    with contextlib.suppress(CnncalcError):
        network = Network(build(read_text(text, "fuzz.yaml")).spec)
        report = network.summary()
        every_answer(network, report)
        run_it(report)
        for free in {("H", "W", "c", "w"), tuple(network.vars)[:3]}:
            with contextlib.suppress(CnncalcError, DimError):
                questions(network, [name for name in free if name in network.vars])
    mended(text, "fuzz.json" if text.lstrip().startswith("{") else "fuzz.yaml")
    took = time.process_time() - start
    if took > SECONDS * (MEASURED if sys.gettrace() else 1):
        raise TimeoutError(f"{took:.1f} s")


def quietly(data: bytes) -> None:
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        one_input(data)
