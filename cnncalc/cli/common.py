"""Shared by commands: reading specs and settings, writing results, reporting problems."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import click

from cnncalc.errors import Problem, SpecError, UsageError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from cnncalc.graph import Graph
    from cnncalc.network import Network
    from cnncalc.report.svg import Picture


class Spec(click.types.StringParamType):
    """A path, ``-`` or a shipped name, completed by the shell."""

    name = "spec"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        from cnncalc.reading.text.shipped import shipped_lessons, shipped_specs

        names = [
            CompletionItem(n) for n in [*shipped_specs(), *shipped_lessons()] if n.startswith(incomplete)
        ]
        return [*names, CompletionItem(incomplete, type="file")]


spec_argument = click.argument("spec", type=Spec(), metavar="SPEC")


def split_names(texts: Iterable[str]) -> list[str]:
    """Names from repeated, comma-separated options."""
    return [name.strip() for text in texts for name in text.split(",") if name.strip()]


def grids(over: Iterable[str]) -> dict[str | tuple[str, ...], list[Any]]:
    """Values by variable from ``NAME=a:b:step`` and ``NAME=a,b,c``; ``H,W=...`` are variables that move together.

    Raises:
        UsageError: a text is not of this form.
    """
    from cnncalc.reading.checking.settings import values_of

    found: dict[str | tuple[str, ...], list[Any]] = {}
    for text in over:
        left, _, values = (part.strip() for part in text.partition("="))
        names = tuple(split_names([left]))
        if not names or not values:
            raise UsageError(f"'{text}' is not NAME=VALUES")
        key = names[0] if len(names) == 1 else names
        if key in found:
            raise UsageError(f"'--over {left}' is given twice")
        found[key] = values_of(values, names[0])
    return found


def symbolic(over: Iterable[str]) -> dict[str, list[Any]]:
    """The values of ``--over`` for variables that stay symbolic, each by itself.

    Raises:
        UsageError: a text is not of this form.
    """
    found = grids(over)
    return {
        name: values for key, values in found.items() for name in ([key] if isinstance(key, str) else key)
    }


def read_network(
    spec: str, settings: Sequence[str], free: Sequence[str]
) -> tuple[Network, dict[str, Any], list[str]]:
    """Return the network, the values of ``--set``, and the names of ``--free``."""
    from cnncalc.interchange.files import read_spec
    from cnncalc.network import build
    from cnncalc.reading.checking.settings import setting

    given = setting(settings)
    document, variant = read_spec(spec)
    return build(document, variant), given, split_names(free)


def why_not(network: Network, given: dict[str, Any]) -> str | None:
    """Return the first reason why a network is not valid at a setting; None if it is valid."""
    try:
        network.graph(set=given)
    except SpecError as error:
        return str(error).splitlines()[0]
    return None


def own_warnings(network: Network) -> tuple[Problem, ...]:
    """Why the numbers may not be those that are meant, at the spec's own setting; none where it is not valid."""
    from cnncalc.analysis.doubts import doubts_about

    try:
        return doubts_about(network.graph())
    except SpecError:
        return ()


def say_if_invalid_itself(network: Network, given: dict[str, Any]) -> None:
    """Print a note to standard error if the sizes in the spec itself are not valid."""
    if reason := why_not(network, given):
        click.echo(f"note: with its own sizes the spec is not valid: {reason}", err=True)


def show(problems: str, *, err: bool = False) -> None:
    """Write problems for people: in color, if the terminal and the user want that."""
    import os

    from cnncalc.cli.colors import colored, wanted

    color = wanted(sys.stderr if err else sys.stdout, os.environ)
    write(colored(problems) if color else problems, err=err, color=color)


def write(text: str, *, err: bool = False, color: bool | None = None) -> None:
    """Write a result to standard output or standard error."""
    stream = sys.stderr if err else sys.stdout
    encoding = (getattr(stream, "encoding", None) or "utf-8").lower()
    if "utf" not in encoding:
        text = text.translate({ord("×"): "x", ord("█"): "#", ord("…"): "."})
        text = text.translate(dict.fromkeys(map(ord, "▏▎▍▌▋▊▉"), "#"))
    click.echo(text, err=err, color=color)


def write_text(path: str | None, text: str) -> None:
    """Write a text to a file, or to standard output where none is named.

    Raises:
        UsageError: the file cannot be written.
    """
    if path is None:
        write(text.rstrip("\n"))
        return
    from cnncalc.files import write_atomically

    write_atomically(path, text.encode())


def save_picture(draw: Callable[[], Picture], path: str) -> None:
    """Write a picture as ``.svg``, or as ``.png`` with the extra that rasterizes; nothing is drawn for another file.

    Raises:
        UsageError: the file is of another kind, the extra is missing, the picture is too large for a ``.png``,
            or the file cannot be written.
    """
    from cnncalc.report import saving

    saving.refuse(path)
    if (note := saving.save(draw(), path)) is not None:
        click.echo(f"note: {note}", err=True)


def _unignored(problems: Sequence[Problem]) -> Sequence[Problem]:
    """Return the problems without lints that the project ignores; only ``check`` reports wrong settings."""
    from pathlib import Path

    from cnncalc.config import read_config
    from cnncalc.reading.checking.suppression import covers

    try:
        ignored = read_config(Path.cwd()).ignore
    except (OSError, UsageError):
        return problems
    return [p for p in problems if p.severity == "error" or not any(covers(i, p) for i in ignored)]


def complain(problems: Sequence[Problem] = (), *, graphs: Sequence[Graph] = ()) -> int:
    """Print problems to standard error, after the warnings of the printed networks. Return the exit code."""
    from cnncalc.analysis.doubts import doubts_about

    problems = list(dict.fromkeys([*(p for graph in graphs for p in doubts_about(graph)), *problems]))
    problems = _unignored(problems) if any(p.severity != "error" for p in problems) else problems
    if not problems:
        return 0
    from cnncalc.report.problems import render

    show(render(problems, terminal_width()), err=True)
    return int(any(problem.severity == "error" for problem in problems))


def terminal_width() -> int:
    """Columns of the terminal, at least 40."""
    import shutil

    return max(shutil.get_terminal_size((100, 24)).columns, 40)
