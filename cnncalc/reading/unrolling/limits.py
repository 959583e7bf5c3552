"""How much a spec may unroll to, and who watches when that takes long."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextvars import ContextVar

from cnncalc.errors import UsageError

MAX_LAYERS = 20_000
MOST = 1_000_000
VARIABLE = "CNNCALC_MAX_LAYERS"

#: called with what is done, and how much of it so far
Watcher = Callable[[str, int], None]
WATCHER: ContextVar[Watcher | None] = ContextVar("watcher of long work", default=None)
EVERY = 5_000  # layers between two calls


def max_layers() -> int:
    """Return how many layers a network may have: 20,000, or what ``CNNCALC_MAX_LAYERS`` says.

    Raises:
        UsageError: that is not a number from 1 to 1,000,000.
    """
    text = os.environ.get(VARIABLE, "")
    if not text:
        return MAX_LAYERS
    if not text.isdecimal() or not 1 <= int(text[:9]) <= MOST:
        raise UsageError(f"{VARIABLE} is '{text[:40]}', and must be a number from 1 to {MOST:,}")
    return int(text)


def tell(what: str, count: int, every: int = EVERY) -> None:
    """Tell whoever watches how far the work is."""
    if count % every == 0 and (watcher := WATCHER.get()) is not None:
        watcher(what, count)
