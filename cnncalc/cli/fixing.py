"""``cnncalc check --fix`` and ``--diff``: rewrite files, or show how they would change."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import click

from cnncalc.cli.common import write

if TYPE_CHECKING:
    from cnncalc.analysis.check import Options, Result


class Text(NamedTuple):
    """A text that may be rewritten: its name, and a function that encodes a changed text like the original."""

    name: str
    text: str
    restore: Callable[[str], bytes]


class Piped(NamedTuple):
    """The content of standard input, and its name in messages."""

    name: str
    data: bytes


def mend(references: Iterable[str], options: Callable[[str], Options]) -> None:
    """Rewrite files in place; those that cannot be read are left to the check that follows."""
    from cnncalc.files import write_atomically
    from cnncalc.reading.text.files import read_raw
    from cnncalc.report.text import safe

    for reference in references:
        raw = read_raw(reference)
        if raw is None:
            continue
        source = Text(*raw)
        changed, count = _mended(source, options(reference))
        if count:
            write_atomically(source.name, source.restore(changed))
            click.echo(f"{safe(source.name)}: fixed {count} problem{'' if count == 1 else 's'}", err=True)


def mend_piped(piped: Piped, options: Callable[[str], Options]) -> Piped:
    """Write the fixed text to standard output, or the original bytes if there is nothing to fix."""
    source = _text(piped)
    changed, count = _mended(source, options(piped.name)) if source is not None else ("", 0)
    if source is not None and count:
        piped = piped._replace(data=source.restore(changed))
    click.echo(piped.data, nl=False)
    return piped


def show(references: Iterable[str], piped: Piped | None, options: Callable[[str], Options]) -> bool:
    """Print what ``--fix`` would change as a patch. Return whether it would change anything.

    Raises:
        UsageError: a file cannot be read.
    """
    from difflib import unified_diff

    from cnncalc.report.text import safe

    changes = False
    for reference in references:
        source = _text(piped) if piped and reference == "-" else _readable(reference)
        name = piped.name if piped and reference == "-" else reference
        changed, count = _mended(source, options(name)) if source is not None else ("", 0)
        if source is not None and count:
            changes = True
            before, after = source.text.splitlines(), changed.splitlines()
            lines = unified_diff(before, after, source.name, source.name, lineterm="")
            write("\n".join(safe(line) for line in lines))
    return changes


def _readable(reference: str) -> Text | None:
    """Return a file's text; None if there is no file that ``--fix`` could change."""
    from cnncalc.errors import SpecError
    from cnncalc.reading.text.files import read_raw, read_spec

    if (raw := read_raw(reference)) is not None:
        return Text(*raw)
    try:
        read_spec(reference)  # a shipped one, or nothing that could be read: that raises
    except SpecError:
        pass
    return None


def _text(piped: Piped) -> Text | None:
    from cnncalc.errors import SpecError
    from cnncalc.reading.text.files import raw_text

    try:
        return Text(piped.name, *raw_text(piped.data, piped.name))
    except SpecError:
        return None  # not text: the check says so


def _mended(source: Text, options: Options) -> tuple[str, int]:
    from cnncalc.analysis.check import check_text, fixed

    return fixed(source.text, source.name, partial(check_text, options=options))


def silence(results: Iterable[Result], options: Callable[[str], Options]) -> list[Result]:
    """Write comments that suppress the reported lints. Return the remaining results."""
    from cnncalc.analysis.check import check_spec
    from cnncalc.analysis.ignores import with_ignores
    from cnncalc.files import write_atomically
    from cnncalc.reading.text.files import read_raw
    from cnncalc.report.text import safe

    left = []
    for result in results:
        lints = [problem for problem in result.problems if problem.lint is not None]
        raw = read_raw(result.name) if lints else None
        source = None if raw is None else Text(*raw)
        if source is not None and source.name.endswith(".json"):
            hint = 'JSON has no comments; add "lint": {"ignore": [...]} to the spec'
            click.echo(f"{safe(source.name)}: {hint}", err=True)
        elif source is not None:
            changed = with_ignores(source.text, source.name, lints)
            if changed != source.text:
                write_atomically(source.name, source.restore(changed))
                result = check_spec(result.name, options(result.name))
                count = len(lints) - sum(problem.lint is not None for problem in result.problems)
                click.echo(
                    f"{safe(source.name)}: silenced {count} finding{'' if count == 1 else 's'}", err=True
                )
        left.append(result)
    return left
