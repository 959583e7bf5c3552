"""Where ``cnncalc check`` writes: each format to standard output, or to the file that follows it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from cnncalc.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from cnncalc.report.findings import Findings

SUFFIXES = {".sarif": "sarif", ".xml": "junit"}


class Target(NamedTuple):
    """A format and its file; None is standard output."""

    format: str
    path: str | None = None

    @property
    def renderers(self) -> tuple[str, ...]:
        """The formats to write one after the other; on GitHub, annotations follow the text."""
        if self.format != "auto":
            return (self.format,)
        annotated = self.path is None and os.environ.get("GITHUB_ACTIONS") == "true"
        return ("text", "github") if annotated else ("text",)


class OrderedCommand(click.Command):
    """Keeps the order of ``--format`` and ``-o``: each file belongs to the format before it."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.meta["cnncalc.arguments"] = list(args)
        return super().parse_args(ctx, args)


def targets(arguments: Iterable[str], formats: Sequence[str], outputs: Sequence[str]) -> list[Target]:
    """Return the targets that a command line specifies.

    Raises:
        UsageError: there is no such format, or two documents would land in one place.
    """
    from cnncalc.report.findings import FORMATS

    names, paths = list(formats), list(outputs)
    found: list[Target] = []
    for argument in arguments:
        word = argument.split("=", 1)[0]
        if word == "--format" and names:
            name = names.pop(0)
            if name != "auto" and name not in FORMATS:
                help = did_you_mean(name, FORMATS) or f"choose from auto, {', '.join(FORMATS)}"
                raise UsageError(f"unknown format '{name}'; {help}")
            found.append(Target(name))
        elif (word == "--output" or argument.startswith("-o")) and paths:
            path = paths.pop(0)
            if found and found[-1].path is None:
                found[-1] = Target(found[-1].format, path)
            else:
                found.append(Target(_format_of(path), path))
    _refuse_collisions(found)
    return found or [Target("auto")]


def _refuse_collisions(found: Sequence[Target]) -> None:
    first: dict[str | None, str] = {}
    for name, path in found:
        place = None if path is None else os.path.realpath(path)
        if place in first:
            where = "standard output" if path is None else f"'{path}'"
            raise UsageError(
                f"{first[place]} and {name} cannot both be written to {where}; "
                f"give one a file of its own, as in --format {name} -o FILE"
            )
        first[place] = name


def refuse_specs(paths: Iterable[str | None], specs: Iterable[str]) -> None:
    """Raise for a file to write that is one of the specs to check, whose text would be lost.

    Raises:
        UsageError: there is one.
    """
    read = {os.path.realpath(spec) for spec in specs if os.path.isfile(spec)}
    for path in paths:
        if path is not None and os.path.realpath(path) in read:
            raise UsageError(
                f"'{path}' is one of the specs to check, and writing to it would destroy it; name another file"
            )


def _format_of(path: str) -> str:
    from cnncalc.report.findings import FORMATS

    suffix = Path(path).suffix
    name = SUFFIXES.get(suffix, suffix.removeprefix("."))
    return name if name in FORMATS else "text"


def write_all(findings: Findings, found: Iterable[Target], *, to_error: bool = False) -> None:
    """Write every document; with ``to_error`` to standard error, because standard output has a fixed spec."""
    from cnncalc.cli.common import show, write
    from cnncalc.files import write_atomically
    from cnncalc.report.findings import renderer

    for target in found:
        for name in target.renderers:
            text = renderer(name)(findings)
            if target.path is not None:
                write_atomically(target.path, (text + "\n").encode("utf-8", "backslashreplace"))
            elif text:
                (show if name == "text" else write)(text, err=to_error)
