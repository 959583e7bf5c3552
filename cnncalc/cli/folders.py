"""``cnncalc diff`` of two folders: their specs by name, every variant with its file."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from cnncalc.errors import SpecError, UsageError

if TYPE_CHECKING:
    from cnncalc.analysis.diff import FolderDiff
    from cnncalc.counting.propagate import Report
    from cnncalc.network import Network

Summary = Callable[["Network"], "Report"]


def is_folder(reference: str) -> bool:
    """Whether a reference is a folder, here or at a revision of git."""
    from cnncalc.reading.text import git

    return git.is_folder(reference) if reference.startswith("git:") else os.path.isdir(reference)


def compared(
    before: str, after: str, summary: Summary, fmt: str, conditions: tuple[str, ...], *, missing_ok: bool
) -> int:
    """Print what changed between two folders; the exit code.

    Raises:
        UsageError: one of them is not a folder, or is not there, or its revision is not.
    """
    from cnncalc.analysis import diff
    from cnncalc.cli.common import write
    from cnncalc.report.formats import FORMATS
    from cnncalc.report.text import safe

    for reference in (before, after):
        if not is_folder(reference):
            if _is_there(reference):
                other = after if reference == before else before
                raise UsageError(
                    f"{other} is a folder, and {reference} is not: compare two folders, or two specs"
                )
            if not missing_ok:
                raise UsageError(f"there is no folder {reference}; with --missing-ok it is treated as empty")
            click.echo(f"note: there is no folder {safe(reference)}; it is treated as empty", err=True)
    found = _found(before, after, summary)
    write(FORMATS["folders"][fmt](found))
    failed = [
        f"{safe(path)}: {reason}"
        for path, each in found.diffs
        for condition in conditions
        if (reason := diff.fails(each, condition)) is not None
    ]
    for path, why in found.errors:
        click.echo(f"error: {safe(path)}: {safe(why)}", err=True)
    for reason in failed:
        click.echo(f"failed: {reason}", err=True)
    return int(bool(failed or found.errors))


def _is_there(reference: str) -> bool:
    """Whether a reference names anything, here or at a revision of git.

    Raises:
        UsageError: git is not there or knows no such revision.
    """
    from cnncalc.reading.text import git

    return git.is_there(reference) if reference.startswith("git:") else os.path.lexists(reference)


def _found(before: str, after: str, summary: Summary) -> FolderDiff:
    from cnncalc.analysis import diff

    ones, twos = _specs(before), _specs(after)
    diffs, errors = [], []
    for name in sorted(ones | twos):
        try:
            one, two = (_reports(specs.get(name), summary) for specs in (ones, twos))
            for path in dict.fromkeys([*one, *two]):
                empty = diff.nothing()
                sides = (one.get(path, empty), two.get(path, empty))
                diffs.append((f"{name}{path}", diff.diff(*sides)))
        except SpecError as error:
            line, *_ = str(error).splitlines()
            errors.append((name, line))
        except UsageError as error:
            errors.append((name, str(error)))
    return diff.FolderDiff(before, after, tuple(diffs), tuple(errors))


def _specs(folder: str) -> dict[str, str]:
    """The specs in a folder, by their names in it."""
    from cnncalc.reading.text.find import find_specs
    from cnncalc.reading.text.git import specs_in

    if folder.startswith("git:"):
        return specs_in(folder)
    found = find_specs([folder]) if os.path.isdir(folder) else []
    return {os.path.relpath(path, folder).replace(os.sep, "/"): path for path in found}


def _reports(reference: str | None, summary: Summary) -> dict[str, Report]:
    """The report of a spec and of each of its variants, by ``""`` and ``@variant``; nothing for no spec."""
    from cnncalc.interchange.files import read_spec
    from cnncalc.network import build
    from cnncalc.reading.text.git import read_revision

    if reference is None:
        return {}
    document, _ = read_revision(reference) if reference.startswith("git:") else read_spec(reference)
    network = build(document)
    variants = {f"@{name}": build(document, name) for name in network.spec.variants}
    return {path: summary(each) for path, each in {"": network, **variants}.items()}
