"""Mutation testing of the rules: ``python tests/mutation/run.py [-h]``; needs ``pip install -e ".[mutation]"``.

A mutant that no test notices and that is not in ``equivalent.txt`` is printed, and makes the run fail.

Each mutant lives in a forked process. The parent has imported everything and knows from coverage which
tests reach which lines, so that a child has only to exchange the code of one function and run those tests,
the most telling first. Changes outside functions (fields, constants) are imported afresh by the child. A child
that uses far more processor time than its tests should is counted as killed.
"""

from __future__ import annotations

import argparse
import functools
import gc
import importlib.abc
import importlib.util
import json
import os
import resource
import signal
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent
TARGETS = [
    "cnncalc/window.py", "cnncalc/shapes.py", "cnncalc/analysis/memory.py",
    "cnncalc/layers", "cnncalc/kernels", "cnncalc/counting", "cnncalc/dims.py", "cnncalc/conditions.py",
    "cnncalc/integers.py",
]  # fmt: skip
TESTS = ["tests/unit", "tests/laws", "tests/golden/test_receptive_field.py", "tests/diagnostics"]
WARM = [
    "numpy",
    "hypothesis",
    "pydantic",
    "yaml",
    "click",
    "tabulate",
    "json",
    "decimal",
    "concurrent.futures.thread",
]
PLAIN = ["-q", "--assert=plain", "-p", "no:cacheprovider", "-p", "no:randomly", "--no-header"]
KILLED, SURVIVED, UNREACHED, TIMED_OUT = "killed", "survived", "unreached", "timed out"


def main() -> int:
    options = arguments()
    os.chdir(ROOT)
    os.environ |= {"CNNCALC_EXPLORE": "1", "CNNCALC_EXAMPLES": "0.5", "OPENBLAS_NUM_THREADS": "1"}
    sys.path[:0] = [str(ROOT), str(HERE)]
    from mutants import mutants_of

    mutants = [m for path in files(options.targets or TARGETS) for m in mutants_of(path, str(path))]
    results = Path(options.results)
    known = known_results(results)
    if options.survivors:
        mutants = [m for m in mutants if known.get(m.key) != KILLED]
    if options.match:
        mutants = [m for m in mutants if options.match in m.key]
    if options.resume:
        mutants = [m for m in mutants if m.key not in known]
    mutants = mutants[:: options.every]
    if options.list:
        print(*(m.key for m in mutants), sep="\n")
        return 0
    allowed = equivalent()
    if not options.survivors:
        mutants = [m for m in mutants if m.key not in allowed]
    print(f"{len(mutants):,} mutants", flush=True)
    for module in WARM:
        importlib.import_module(module)
    import pytest
    from hypothesis import Phase, settings

    settings.register_profile(
        "mutation", derandomize=True, phases=(Phase.explicit, Phase.generate), deadline=None, database=None
    )
    settings.load_profile("mutation")
    report, later = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(report)
        plugin = InPlace(mutants, options, results, later)
        pytest.main([*options.tests, *PLAIN], plugins=[plugin])
        os._exit(0)
    os.close(later)
    with os.fdopen(report) as stream:
        left = dict(map(json.loads, stream))
    os.waitpid(child, 0)
    afresh([m for m in mutants if m.key in left], left, options, results)
    return summary(results, {m.key for m in mutants}, allowed)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("targets", nargs="*", help="files or folders to mutate (default: all rules)")
    parser.add_argument("--tests", nargs="+", default=TESTS, help="tests that may notice")
    parser.add_argument("--budget", type=float, default=10, help="processor seconds of tests for one mutant")
    parser.add_argument("--slowest", type=float, default=3, help="leave out tests that take more seconds")
    parser.add_argument("--results", default="/tmp/cnncalc-mutants.jsonl", help="where results are kept")
    parser.add_argument(
        "--survivors", action="store_true", help="only what was not killed, by the kept results"
    )
    parser.add_argument("--resume", action="store_true", help="only what has no kept result")
    parser.add_argument("--match", help="only mutants whose line in the listing contains this text")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only every N-th mutant")
    parser.add_argument("--list", action="store_true", help="list the mutants and run nothing")
    return parser.parse_args()


def files(targets: Iterable[str]) -> Iterator[Path]:
    for target in map(Path, targets):
        yield from sorted(target.rglob("*.py")) if target.is_dir() else [target]


def known_results(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    return {key: outcome for key, outcome, *_ in map(json.loads, path.read_text().splitlines())}


def equivalent() -> dict[str, str]:
    """Mutants that change nothing anyone can see, with the reason: the comment above them."""
    found, reason = {}, ""
    for line in (HERE / "equivalent.txt").read_text().splitlines():
        if line.startswith("#"):
            reason = line.removeprefix("#").strip()
        elif line.strip():
            found[line.strip()] = reason
    return found


def keep(results: Path, key: str, outcome: str, by: str, spent: float) -> None:
    with results.open("a") as stream:
        print(json.dumps([key, outcome, by, round(spent, 2)]), file=stream)


# ---------------------------------------------------------------------------- code exchanged in place


class InPlace:
    """A pytest plugin that runs the tests once to see what they reach, then mutant after mutant in forks."""

    def __init__(self, mutants: list[Any], options: argparse.Namespace, results: Path, later: int) -> None:
        self.mutants, self.options, self.results, self.later = mutants, options, results, later
        self.failed = ""

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed:
            self.failed = report.nodeid

    def pytest_runtestloop(self, session: Any) -> bool:
        items = {item.nodeid: item for item in session.items}
        seconds, reached = self.reached(items)
        kills: Counter[str] = Counter()
        functions = functions_by_file()
        originals = {
            p: compile(Path(p).read_text(), str(ROOT / p), "exec") for p in {m.path for m in self.mutants}
        }
        with os.fdopen(self.later, "w") as later:
            for number, mutant in enumerate(self.mutants):
                lines = range(mutant.line, mutant.last_line + 1)
                tests = set().union(*(reached.get((mutant.path, n), ()) for n in lines))
                pairs = changed_functions(
                    originals[mutant.path], compile(mutant.code, str(ROOT / mutant.path), "exec")
                )
                if pairs is None:
                    whole = set().union(*(names for (p, _), names in reached.items() if p == mutant.path))
                    print(
                        json.dumps([mutant.key, self.chosen(whole or set(items), seconds, kills)]), file=later
                    )
                    continue
                if not pairs:
                    continue
                chosen = self.chosen(tests, seconds, kills)
                began = time.monotonic()
                outcome, by = UNREACHED, ""
                if chosen:
                    limit = 3 + 5 * sum(seconds[t] for t in chosen)
                    outcome, by = in_fork(
                        limit, self.judge, mutant, pairs, functions, [items[t] for t in chosen]
                    )
                kills[by] += bool(by)
                keep(self.results, mutant.key, outcome, by, time.monotonic() - began)
                if outcome in (SURVIVED, UNREACHED) or number % 200 == 0:
                    print(
                        f"{number}: {outcome}: {mutant.line}: {mutant.key}", file=sys.__stderr__, flush=True
                    )
        return True

    def chosen(self, tests: Iterable[str], seconds: dict[str, float], kills: Counter[str]) -> list[str]:
        """Tests within the budget, by how many mutants they killed for their time."""
        order = sorted(tests, key=lambda t: (-(kills[t] + 1) / (seconds[t] + 0.01), t))
        found, spent = [], 0.0
        for test in order:
            if spent + seconds[test] <= self.options.budget:
                spent += seconds[test]
                found.append(test)
        return found

    def reached(self, items: dict[str, Any]) -> tuple[dict[str, float], dict[tuple[str, int], set[str]]]:
        """Seconds that each test takes, and the tests that run a line."""
        from coverage import Coverage

        wanted = {str(ROOT / m.path) for m in self.mutants}
        seconds: dict[str, float] = {}
        coverage = Coverage(data_file=None, include=sorted(wanted), config_file=False)
        for item in list(items.values()):
            began = time.process_time()
            coverage.start()
            coverage.switch_context(item.nodeid)
            run(item)
            coverage.stop()
            seconds[item.nodeid] = time.process_time() - began
            if self.failed or seconds[item.nodeid] > self.options.slowest:
                why = (
                    "it fails without any mutant" if self.failed else f"it takes {seconds[item.nodeid]:.1f} s"
                )
                print(f"left out: {item.nodeid}: {why}", file=sys.__stderr__, flush=True)
                del items[item.nodeid]
            self.failed = ""
        print(f"{len(items)} tests, {sum(seconds.values()):.0f} s", file=sys.__stderr__, flush=True)
        data = coverage.get_data()
        reached: dict[tuple[str, int], set[str]] = defaultdict(set)
        for path in wanted:
            for line, names in data.contexts_by_lineno(path).items():
                reached[str(Path(path).relative_to(ROOT)), line] |= {n for n in names if n in items}
        return seconds, reached

    def judge(self, mutant: Any, pairs: list[Any], functions: dict[str, list[Any]], items: list[Any]) -> str:
        for old, new in pairs:
            exchanged = [
                f
                for f in functions[str(ROOT / mutant.path)]
                if same(f.__code__, old) and f.__code__.co_firstlineno == old.co_firstlineno
            ]
            for function in exchanged:
                function.__code__ = new
        for cached in [o for o in gc.get_objects() if isinstance(o, functools._lru_cache_wrapper)]:
            cached.cache_clear()
        self.failed = ""
        for item in items:
            run(item)
            if self.failed:
                return self.failed
        return ""


def run(item: Any) -> None:
    item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)


def functions_by_file() -> dict[str, list[FunctionType]]:
    found = defaultdict(list)
    for thing in gc.get_objects():
        if type(thing) is FunctionType:
            found[thing.__code__.co_filename].append(thing)
    return found


def changed_functions(old: CodeType, new: CodeType) -> list[tuple[CodeType, CodeType]] | None:
    """Pairs of functions' code that differ; None where what runs at import differs."""
    if not same(old, new, deep=False):
        return None
    inner = [[c for c in code.co_consts if isinstance(c, CodeType)] for code in (old, new)]
    found: list[tuple[CodeType, CodeType]] = []
    for a, b in zip(*inner, strict=True):
        if same(a, b):
            continue
        if a.co_flags & 2 and a.co_name not in (
            "<listcomp>",
            "<setcomp>",
            "<dictcomp>",
            "<genexpr>",
        ):  # a function
            if a.co_freevars != b.co_freevars:
                return None
            found.append((a, b))
            continue
        more = changed_functions(a, b)
        if more is None:
            return None
        found += more
    return found


def same(a: CodeType, b: CodeType, *, deep: bool = True) -> bool:
    """Whether code does the same, wherever it stands in its file."""
    fields = (
        "co_name",
        "co_code",
        "co_names",
        "co_varnames",
        "co_freevars",
        "co_cellvars",
        "co_flags",
        "co_argcount",
    )
    if any(getattr(a, f) != getattr(b, f) for f in fields) or len(a.co_consts) != len(b.co_consts):
        return False
    for x, y in zip(a.co_consts, b.co_consts, strict=True):
        if isinstance(x, CodeType) and isinstance(y, CodeType):
            if deep and not same(x, y):
                return False
        elif repr(x) != repr(y):
            return False
    return True


# -------------------------------------------------------------------------------------- imported afresh


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives one module the text of a mutant."""

    def __init__(self, path: str, code: str) -> None:
        self.path, self.code = path, code
        self.name = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    def find_spec(self, name: str, path: Any, target: Any = None) -> Any:
        if name != self.name:
            return None
        inside = [str(ROOT / Path(self.path).parent)] if self.path.endswith("__init__.py") else None
        spec = importlib.util.spec_from_loader(
            name, self, origin=str(ROOT / self.path), is_package=inside is not None
        )
        if inside is not None:
            spec.submodule_search_locations = inside
        return spec

    def exec_module(self, module: Any) -> None:
        module.__file__ = str(ROOT / self.path)
        exec(compile(self.code, module.__file__, "exec"), module.__dict__)


class FirstFailure:
    nodeid = ""

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed and not self.nodeid:
            self.nodeid = report.nodeid


def afresh(
    mutants: list[Any], tests: dict[str, list[str]], options: argparse.Namespace, results: Path
) -> None:
    print(f"{len(mutants):,} outside functions", flush=True)
    for mutant in mutants:
        began = time.monotonic()
        outcome, by = in_fork(30 + 3 * options.budget, import_and_judge, mutant, tests[mutant.key])
        keep(results, mutant.key, outcome, by, time.monotonic() - began)
        if outcome == SURVIVED:
            print(f"{outcome}: {mutant.line}: {mutant.key}", file=sys.__stderr__, flush=True)


def import_and_judge(mutant: Any, tests: list[str]) -> str:
    import pytest

    sys.meta_path.insert(0, Finder(mutant.path, mutant.code))
    seen = FirstFailure()
    code = pytest.main(["-x", *PLAIN, *tests], plugins=[seen])
    return seen.nodeid or ("" if code == 0 else "import")


def in_fork(limit: float, judge: Any, *given: Any) -> tuple[str, str]:
    """What a child found that may use so many processor seconds: killed, by which test."""
    end, begin = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(end)
        resource.setrlimit(resource.RLIMIT_CPU, (int(limit) + 1, int(limit) + 1))
        resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30))
        signal.alarm(int(limit * 10) + 10)
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        sys.setrecursionlimit(min(sys.getrecursionlimit(), 3000))
        try:
            by = judge(*given)
        except BaseException as error:  # noqa: BLE001
            by = f"{type(error).__name__}"
        os.write(begin, (by or "-").encode())
        os._exit(0)
    os.close(begin)
    with os.fdopen(end, "rb") as stream:
        by = stream.read().decode()
    os.waitpid(child, 0)
    if not by:
        return TIMED_OUT, ""
    return (SURVIVED, "") if by == "-" else (KILLED, by)


def summary(results: Path, run: set[str], allowed: dict[str, str]) -> int:
    known = {key: outcome for key, outcome in known_results(results).items() if key in run}
    counts = Counter(known.values())
    left = [key for key, outcome in known.items() if outcome in (SURVIVED, UNREACHED) and key not in allowed]
    print(*(f"{known[key]}: {key}" for key in left), sep="\n")
    print(", ".join(f"{counts[o]:,} {o}" for o in (KILLED, TIMED_OUT, SURVIVED, UNREACHED)))
    print(f"{len(allowed):,} are known to be equivalent (equivalent.txt), {len(left):,} are not")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
