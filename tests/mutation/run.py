"""Mutation testing of the rules: ``python tests/mutation/run.py [-h]``; needs ``pip install -e ".[mutation]"``.

A mutant that no test notices and that is not in ``equivalent.txt`` is printed, and makes the run fail.

One process judges mutants one after another: it exchanges the code of the functions that a mutant changes, runs
the tests that reach the changed lines, the most telling first, and puts the code back. A test that takes far more
processor time than it should counts as failed. If the process dies, or if its state is spoiled (the test that
failed still fails once the code is back), a new one takes over. Mutants that change what runs at import
(fields, constants) have a process each.
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
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

from functions import changed_functions, twins

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent
TARGETS = [
    "cnncalc/window.py", "cnncalc/pooling.py", "cnncalc/shapes.py", "cnncalc/dims.py", "cnncalc/conditions.py", "cnncalc/integers.py",
    "cnncalc/layers", "cnncalc/kernels", "cnncalc/counting/axes.py", "cnncalc/counting/liveness.py",
    "cnncalc/counting/propagate.py", "cnncalc/counting/receptive_field.py", "cnncalc/counting/rows.py",
    "cnncalc/analysis/memory.py",
]  # fmt: skip
TESTS = [
    "tests/unit",
    "tests/laws",
    "tests/golden/test_receptive_field.py",
    "tests/golden/test_bytes_moved.py",
    "tests/diagnostics",
]
WARM = [
    "numpy",
    "hypothesis",
    "pydantic",
    "yaml",
    "click",
    "tabulate",
    "decimal",
    "concurrent.futures.thread",
]
PLAIN = ["-q", "--assert=plain", "-p", "no:cacheprovider", "-p", "no:randomly", "--no-header"]
LIMITS = {resource.RLIMIT_AS: 6 << 30, resource.RLIMIT_CORE: 0}
DECLARING = "test_what_types"  # tables of what classes say of themselves, which reach no line of a function
KILLED, EQUIVALENT, SURVIVED = "killed", "equivalent", "survived"


def main() -> int:
    options = arguments()
    os.chdir(ROOT)
    os.environ |= {"CNNCALC_EXPLORE": "1", "CNNCALC_EXAMPLES": "0.5", "OPENBLAS_NUM_THREADS": "1"}
    sys.path[:0] = [str(ROOT), str(HERE)]
    from mutants import mutants_of

    allowed, results = equivalent(), Results(Path(options.results))
    every = [m for path in files(options.targets or TARGETS) for m in mutants_of(path, str(path))]
    found = [m for m in every if options.match in m.key and (not options.survivors or results.left(m))]
    found = found[:: options.every]
    if options.list:
        print(*(m.key for m in found), sep="\n")
        return 0
    asked = [m for m in found if m.key not in allowed or options.equivalent]
    for module in WARM:
        importlib.import_module(module)
    in_place, outside = [], {}
    for reply in in_fork(lambda say: collected(InPlace(asked, options, say), options.tests)):
        if isinstance(reply[1], list):
            outside[reply[0]] = reply[1]
        else:
            in_place.append(results.keep(*reply))
    print(f"{len(in_place):,} in place, {len(outside):,} outside functions", flush=True)
    for mutant in asked:
        if mutant.key in outside:
            judge = functools.partial(judge_afresh, mutant, outside[mutant.key])
            results.keep(*next(in_fork(judge, 60 + 5 * options.budget), (mutant.key, "the process died")))
    gone = [] if options.targets else sorted(allowed - {m.key for m in every})
    print(*(f"not a mutant any more: {key}" for key in gone), sep="\n", end="\n" if gone else "")
    return max(table(found, allowed, results), bool(gone))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("targets", nargs="*", help="files or folders to mutate (default: all rules)")
    add("--tests", nargs="+", default=TESTS, help="tests that may notice")
    add("--budget", type=float, default=5, help="processor seconds of tests for one mutant")
    add("--slowest", type=float, default=2, help="leave out tests that take more seconds")
    add("--results", default="/tmp/cnncalc-mutants.jsonl", help="where results are kept")
    add("--survivors", action="store_true", help="only what was not killed, by the kept results")
    add("--equivalent", action="store_true", help="judge what equivalent.txt lists, too")
    add("--match", default="", help="only mutants whose line in the listing contains this text")
    add("--every", type=int, default=1, metavar="N", help="only every N-th mutant")
    add("--list", action="store_true", help="list the mutants and run nothing")
    return parser.parse_args()


def files(targets: Iterable[str]) -> Iterator[Path]:
    for target in map(Path, targets):
        yield from sorted(target.rglob("*.py")) if target.is_dir() else [target]


def module_name(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def equivalent() -> set[str]:
    """Mutants that change nothing anyone can see; the comment above them says why."""
    lines = (HERE / "equivalent.txt").read_text().splitlines()
    return {line.strip() for line in lines if line.strip() and not line.startswith("#")}


class Results:
    """What killed each mutant; empty for survivors. Lines of a file, so that a stopped run has not run for nothing."""

    def __init__(self, path: Path) -> None:
        self.path, self.by = path, dict[str, str]()
        if path.exists():
            self.by = dict(map(json.loads, path.read_text().splitlines()))

    def keep(self, key: str, by: str) -> str:
        self.by[key] = by
        with self.path.open("a") as stream:
            print(json.dumps([key, by]), file=stream)
        if not by:
            print(f"survived: {key}", flush=True)
        return by

    def left(self, mutant: Any) -> bool:
        return not self.by.get(mutant.key)


def table(mutants: list[Any], allowed: set[str], results: Results) -> int:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for mutant in mutants:
        outcome = EQUIVALENT if mutant.key in allowed else KILLED if results.by.get(mutant.key) else SURVIVED
        counts[mutant.path][outcome] += 1
    counts["all"] = sum(counts.values(), Counter())
    print(f"{'':40}{'mutants':>12}{KILLED:>12}{EQUIVALENT:>12}{SURVIVED:>12}")
    for path, count in counts.items():
        row = (count.total(), count[KILLED], count[EQUIVALENT], count[SURVIVED])
        print(f"{path:40}" + "".join(f"{number:12,}" for number in row))
    return min(counts["all"][SURVIVED], 1)


def in_fork(work: Callable[[Callable[..., None]], None], seconds: float = 0) -> Iterator[list[Any]]:
    """What a child process says, until it ends; so many processor seconds at most."""
    end, begin = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(end)
        for limit, value in LIMITS.items():
            resource.setrlimit(limit, (value, value))
        signal.setitimer(signal.ITIMER_PROF, seconds)
        stream = os.fdopen(begin, "w", buffering=1)
        try:
            work(lambda *reply: print(json.dumps(reply), file=stream))
        finally:
            os._exit(0)
    os.close(begin)
    with os.fdopen(end) as stream:
        yield from map(json.loads, stream)
    os.waitpid(child, 0)


def silenced() -> None:
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)


# ---------------------------------------------------------------------------- code exchanged in place


class TooLong(BaseException):
    """A test that a mutant keeps busy."""


def too_long(*_: Any) -> None:
    raise TooLong


def collected(plugin: Any, tests: list[str]) -> None:
    import pytest
    from hypothesis import Phase, settings

    phases = (Phase.explicit, Phase.generate)
    settings.register_profile("mutation", derandomize=True, phases=phases, deadline=None, database=None)
    settings.load_profile("mutation")
    pytest.main([*tests, *PLAIN], plugins=[plugin])


class InPlace:
    """A pytest plugin that runs each test once to see what it reaches, then judges mutant after mutant."""

    def __init__(self, mutants: list[Any], options: argparse.Namespace, say: Callable[..., None]) -> None:
        self.mutants, self.options, self.say = mutants, options, say
        self.seconds: dict[Any, float] = {}
        self.reached: dict[tuple[str, int], set[Any]] = defaultdict(set)
        self.kills: Counter[Any] = Counter()

    def pytest_runtestloop(self, session: Any) -> bool:
        self.trace(session.items)
        paths = {m.path for m in self.mutants}
        self.originals = {p: compile(Path(p).read_text(), str(ROOT / p), "exec") for p in paths}
        self.functions, self.caches = defaultdict(list), []
        for thing in gc.get_objects():
            if isinstance(thing, FunctionType):
                self.functions[thing.__code__.co_filename].append(thing)
            elif isinstance(thing, functools._lru_cache_wrapper):
                self.caches.append(thing)
        signal.signal(signal.SIGVTALRM, too_long)
        named = {item.nodeid: item for item in self.seconds}
        start, suspect = 0, -1
        while start < len(self.mutants):
            for key, by in in_fork(functools.partial(self.judge, start)):
                self.say(key, by)
                self.kills[named.get(str(by))] += 1
                start += 1
            if start < len(self.mutants) and suspect == start:
                self.say(self.mutants[start].key, "the process died")
                start += 1
            suspect = start
        return True

    def trace(self, items: list[Any]) -> None:
        """Seconds that each test takes, and the tests that run a line."""
        from coverage import Coverage

        wanted = sorted({str(ROOT / m.path) for m in self.mutants})
        coverage = Coverage(data_file=None, include=wanted, config_file=False)
        for number, item in enumerate(items):
            coverage.start()
            coverage.switch_context(str(number))
            began, failed = time.process_time(), fails(item)
            took = time.process_time() - began
            coverage.stop()
            if failed or took > self.options.slowest:
                print(
                    f"left out: {item.nodeid}: {failed or f'{took:.1f} s'}", file=sys.__stderr__, flush=True
                )
            else:
                self.seconds[item] = took
        data = coverage.get_data()
        for path in wanted:
            for line, numbers in data.contexts_by_lineno(path).items():
                names = {items[int(n)] for n in numbers if n} & self.seconds.keys()
                self.reached[str(Path(path).relative_to(ROOT)), line] |= names
        print(
            f"{len(self.seconds)} tests, {sum(self.seconds.values()):.0f} s", file=sys.__stderr__, flush=True
        )

    def judge(self, start: int, say: Callable[..., None]) -> None:
        """Says of one mutant after another which test kills it; ends where the state is spoiled."""
        silenced()
        sys.setrecursionlimit(3000)
        for mutant in self.mutants[start:]:
            new = compile(mutant.code, str(ROOT / mutant.path), "exec")
            pairs = changed_functions(self.originals[mutant.path], new)
            if pairs is None:
                say(mutant.key, [t.nodeid for t in self.chosen(mutant)])
                continue
            lines = range(mutant.line, mutant.last_line + 1)
            tests = self.chosen(mutant, lines)
            functions = self.functions[str(ROOT / mutant.path)]
            changed = [
                (f, f.__code__, new) for old, new in pairs for f in functions if twins(f.__code__, old)
            ]
            self.exchange((f, new) for f, _, new in changed)
            killer = next((t for t in tests if self.fails(t)), None)
            self.exchange((f, old) for f, old, _ in changed)
            if killer is not None and self.fails(killer):
                return
            self.kills[killer] += 1
            say(mutant.key, killer.nodeid if killer is not None else "" if pairs else "nothing changes")

    def exchange(self, pairs: Iterable[tuple[FunctionType, CodeType]]) -> None:
        for function, code in pairs:
            function.__code__ = code
        for cache in self.caches:
            cache.cache_clear()

    def fails(self, item: Any) -> str:
        """How a test fails; the process dies if it does not come back at all."""
        limit = 0.3 + 10 * self.seconds[item]
        signal.setitimer(signal.ITIMER_PROF, 2 + 5 * limit)
        signal.setitimer(signal.ITIMER_VIRTUAL, limit, 0.1)
        try:
            found = fails(item)
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        except BaseException as error:  # noqa: BLE001 (an alarm, while a test was left)
            found = repr(error)
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        return found

    def chosen(self, mutant: Any, lines: Iterable[int] = ()) -> list[Any]:
        """Tests that reach a mutant, or any line of its file, by how many they killed for their time: all of the
        files that import its module, and others within the budget."""
        name = module_name(mutant.path)
        reached = [
            tests
            for (path, n), tests in self.reached.items()
            if path == mutant.path and (not lines or n in lines)
        ]
        near = {
            test for test in self.seconds if imports(test.module, name) or test.name.startswith(DECLARING)
        }
        worth = {
            test: (test in near, (self.kills[test] + 1) / (self.seconds[test] + 0.005))
            for test in set().union(*reached, () if lines else near)
        }
        found, spent = [], 0.0
        for test in sorted(worth, key=lambda t: (worth[t], t.nodeid), reverse=True):
            spent += 0 if worth[test][0] else self.seconds[test]
            if spent <= self.options.budget:
                found.append(test)
        return found


@functools.cache
def imports(module: Any, name: str) -> bool:
    return any(
        name in (getattr(v, "__module__", ""), getattr(v, "__name__", "")) for v in vars(module).values()
    )


def fails(item: Any) -> str:
    """How a test fails: without pytest's report, which takes longer than most tests."""
    from _pytest.tmpdir import tmppath_result_key
    from pytest import skip

    item.stash[tmppath_result_key] = {}
    try:
        item._initrequest()
        item.session._setupstate.setup(item)
        item.runtest()
    except skip.Exception:
        return ""
    except BaseException as error:  # noqa: BLE001
        return type(error).__name__
    finally:
        item.session._setupstate.teardown_exact(None)
    return ""


# -------------------------------------------------------------------------------------- imported afresh


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives one module the text of a mutant."""

    def __init__(self, path: str, code: str) -> None:
        self.path, self.code = ROOT / path, code
        self.name = module_name(path)

    def find_spec(self, name: str, path: Any, target: Any = None) -> Any:
        if name != self.name:
            return None
        inside = [str(self.path.parent)] if self.path.name == "__init__.py" else None
        return importlib.util.spec_from_file_location(
            name, self.path, loader=self, submodule_search_locations=inside
        )

    def exec_module(self, module: Any) -> None:
        exec(compile(self.code, module.__file__, "exec"), module.__dict__)


class FirstFailure:
    nodeid = ""

    def pytest_runtest_logreport(self, report: Any) -> None:
        self.nodeid = self.nodeid or (report.nodeid if report.failed else "")


def judge_afresh(mutant: Any, tests: list[str], say: Callable[..., None]) -> None:
    import pytest

    silenced()
    sys.meta_path.insert(0, Finder(mutant.path, mutant.code))
    seen = FirstFailure()
    code = pytest.main(["-x", *PLAIN, *tests], plugins=[seen])
    say(mutant.key, seen.nodeid or ("" if code == 0 else "import"))


if __name__ == "__main__":
    sys.exit(main())
