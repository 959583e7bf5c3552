"""``cnncalc check --watch``: check again whenever a spec or a settings file changes, until Ctrl-C."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

import click

from cnncalc.errors import CnncalcError, UsageError

SUFFIXES = (".yaml", ".yml", ".json", ".toml")


def watch(work: Callable[[], int], paths: Sequence[str]) -> int:
    """Do the work now and after each change of a spec or of settings in the paths' folders; what goes wrong is said.

    Raises:
        UsageError: standard input is to be watched, or the library that watches files is not installed.
    """
    if "-" in paths:
        raise UsageError("--watch cannot watch standard input")
    try:
        from watchfiles import watch as changes
    except ImportError:
        raise UsageError("--watch needs watchfiles: pip install 'cnncalc[watch]'") from None
    folders = {path if os.path.isdir(path) else os.path.dirname(path) or "." for path in paths or (".",)}
    watched = sorted(folder for folder in folders if os.path.isdir(folder))
    _once(work)
    for _ in changes(*watched, watch_filter=lambda _, path: path.endswith(SUFFIXES)):
        click.clear()
        _once(work)
    return 130  # ended by Ctrl-C


def _once(work: Callable[[], int]) -> None:
    try:
        work()
    except CnncalcError as error:
        click.echo(f"error: {error}", err=True)
    click.echo("watching for changes; Ctrl-C ends", err=True)
