"""``cnncalc clean``."""

from __future__ import annotations

import click

from cnncalc.cache.runs import chosen
from cnncalc.cache.store import Store
from cnncalc.errors import UsageError


@click.command("clean")
@click.option("--cache-dir", metavar="DIR", help="Directory of the cache.")
def command(cache_dir: str | None) -> int:
    """Delete the cache: the results of earlier runs of table, diff, draw and check.

    \b
    cnncalc clean
    cnncalc clean --cache-dir .cnncalc_cache
    """
    folder = chosen(cache_dir or "")
    if folder is None:
        return 0
    try:
        count = Store(folder).clean()
    except OSError as error:
        raise UsageError(f"cannot clean {folder}: {error.strerror or error}") from None
    click.echo(f"removed {count:,} entries from {folder}", err=True)
    return 0
