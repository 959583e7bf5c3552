"""A line on standard error that says how far long work is, for people who watch: nothing where it is no terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from cnncalc.reading.unrolling.limits import WATCHER

AFTER = 2.0  # seconds of silence
EVERY = 0.1  # seconds between two lines


@contextmanager
def watched() -> Iterator[None]:
    """Show the progress of what runs inside, after two seconds; the line is gone at the end."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield
        return
    start = last = time.monotonic()
    shown = 0

    def show(what: str, count: int) -> None:
        nonlocal last, shown
        now = time.monotonic()
        if now - start < AFTER or now - last < EVERY:
            return
        text = f"{count:,} {what}"
        sys.stderr.write("\r" + text.ljust(shown))
        sys.stderr.flush()
        last, shown = now, len(text)

    token = WATCHER.set(show)
    try:
        yield
    finally:
        WATCHER.reset(token)
        if shown:
            sys.stderr.write("\r" + " " * shown + "\r")
            sys.stderr.flush()
