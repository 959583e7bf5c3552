"""Work shared among processes, which end with their parent and leave Ctrl-C to it."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing import parent_process
from threading import Thread
from typing import TypeVar

from cnncalc.errors import UsageError
from cnncalc.reading.unrolling.limits import tell

Item = TypeVar("Item")
Result = TypeVar("Result")
CHUNK = 4  # items a process takes at once: what Ctrl-C waits for


def in_processes(work: Callable[[Item], Result], items: Sequence[Item], jobs: int) -> list[Result]:
    """Return the result of ``work`` for every item, in order, computed by ``jobs`` processes.

    Raises:
        UsageError: a process was killed, as the system does when memory runs out.
    """
    sys.audit("cnncalc.processes")  # the cache cannot follow them
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    pool = ProcessPoolExecutor(jobs, initializer=_begin)
    try:
        with _held_interrupts():  # also in the processes, which are born here
            results = pool.map(work, items, chunksize=CHUNK)
        return list(counted(results))
    except BrokenProcessPool:
        raise UsageError(
            "one of the processes was killed, perhaps because memory ran out: try a smaller -j"
        ) from None
    finally:
        with _held_interrupts():
            pool.shutdown(cancel_futures=True)


def counted(results: Iterable[Result]) -> Iterator[Result]:
    """Yield results as they come, and tell whoever watches how many there are."""
    for number, result in enumerate(results, 1):
        yield result
        tell("specs checked", number, every=1)


def _begin() -> None:
    """Set up a new process: ignore Ctrl-C, which reaches all processes, and end when the parent does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@contextmanager
def _held_interrupts() -> Iterator[None]:
    """Defer Ctrl-C until the block is left, if the system supports it (Windows does not)."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
