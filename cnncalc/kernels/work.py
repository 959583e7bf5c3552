"""How kernels compute: the threads that share the work, and a count of multiply-accumulates."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Task = TypeVar("Task")


class Work:
    """The threads, and the count of multiply-accumulates."""

    def __init__(self, threads: int = 1) -> None:
        self.threads = threads
        self.pool = ThreadPoolExecutor(threads - 1) if threads > 1 else None
        self.counts: list[int] = []  # appending is atomic

    @property
    def macs(self) -> int:
        """The multiply-accumulates performed so far."""
        return sum(self.counts)


_CURRENT: ContextVar[Work | None] = ContextVar("work", default=None)


@contextmanager
def working(threads: int = 1) -> Iterator[Work]:
    """Let kernels called inside share their work among this many threads and count their multiplications.

    More than one thread pays off only if BLAS itself uses one.
    """
    work = Work(max(threads, 1))
    token = _CURRENT.set(work)
    try:
        yield work
    finally:
        _CURRENT.reset(token)
        if work.pool is not None:
            work.pool.shutdown()


def threads() -> int:
    """Return the number of threads that share the work."""
    work = _CURRENT.get()
    return work.threads if work is not None else 1


def share(tasks: Sequence[Task], worker: Callable[[Iterator[Task]], None]) -> None:
    """Run ``worker`` in every thread, on an iterator that hands each task to one thread."""
    work = _CURRENT.get()
    queue = iter(tasks)
    if work is None or work.pool is None or len(tasks) < 2:
        worker(queue)
        return
    others = [work.pool.submit(copy_context().run, worker, queue) for _ in range(work.threads - 1)]
    try:
        worker(queue)
    finally:
        for other in others:
            other.result()


def spans(size: int, parts: int) -> list[slice]:
    """Split ``size`` into at most ``parts`` even pieces."""
    parts = max(1, min(parts, size))
    bounds = [size * i // parts for i in range(parts + 1)]
    return [slice(a, b) for a, b in pairwise(bounds)]


def matmul(a: Array, b: Array, out: Array | None = None) -> Array:
    """Return ``a @ b`` and count one multiply-accumulate per triple of indices."""
    result = np.matmul(a, b, out=out)
    tally(result.size * a.shape[-1])
    return result


def multiply(a: Array, b: Array, out: Array) -> Array:
    """Return ``a * b`` and count one multiply-accumulate per element."""
    np.multiply(a, b, out=out)
    tally(out.size)
    return out


def tally(macs: int) -> None:
    work = _CURRENT.get()
    if work is not None:
        work.counts.append(macs)
