"""``cnncalc diff``."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import click

from cnncalc.cli.common import Spec, complain, symbolic, write
from cnncalc.cli.options import (
    batch_option,
    cache_options,
    dtype_option,
    format_option,
    max_layers_option,
    over_option,
)
from cnncalc.errors import UsageError

if TYPE_CHECKING:
    from cnncalc.counting.propagate import Report
    from cnncalc.network import Network


@click.command("diff")
@click.argument("before", type=Spec(), metavar="A")
@click.argument("after", type=Spec(), metavar="B")
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="Set a variable in both specs.")
@click.option("--free", multiple=True, metavar="NAMES", help="Leave these variables symbolic in both specs.")
@over_option
@format_option("difference", "markdown suits a pull request")
@click.option("--fail-if", "conditions", multiple=True, metavar="CONDITION",
              help="Exit with 1 if this holds, e.g. 'params > +5%', 'macs > +10M' or 'params > 5M'.")  # fmt: skip
@batch_option
@click.option("--missing-ok", is_flag=True,
              help="Treat A or B as an empty spec if the file does not exist.")  # fmt: skip
@dtype_option
@max_layers_option
@cache_options
def command(
    before: str, after: str, settings: tuple[str, ...], free: tuple[str, ...], over: tuple[str, ...], fmt: str, conditions: tuple[str, ...],
    batch: int, missing_ok: bool, dtype: str,
) -> int:  # fmt: skip
    """Show what changed from A to B: layers, shapes, parameters, MACs and totals.

    A and B are specs, or folders, whose specs are compared by name. git:REV:PATH names a spec or folder at a
    Git revision; PATH is relative to the top of the repository, and ./PATH to the current folder.

    \b
    cnncalc diff resnet18 resnet34
    cnncalc diff git:main:model.yaml model.yaml --format markdown
    cnncalc diff git:v1:net.yaml net.yaml --fail-if "params > +5%" --missing-ok
    cnncalc diff git:main:models models --format markdown
    """
    from cnncalc.cli.folders import compared, is_folder

    if is_folder(before) or is_folder(after):
        setting = partial(
            _summary, settings=settings, free=free, over=symbolic(over), batch=batch, dtype=dtype
        )
        return compared(before, after, setting, fmt, conditions, missing_ok=missing_ok)
    from cnncalc.analysis import diff
    from cnncalc.reading.text.files import MissingFile
    from cnncalc.report.formats import FORMATS
    from cnncalc.report.text import safe

    reports: list[Report] = []
    for reference in (before, after):
        try:
            reports.append(_report(reference, settings, free, symbolic(over), batch, dtype))
        except MissingFile as error:
            if not missing_ok:
                raise UsageError(f"{error}; with --missing-ok it is treated as empty") from None
            if any(not report.graph.nodes for report in reports):
                raise
            click.echo(f"note: {safe(str(error))}; it is treated as empty", err=True)
            reports.append(diff.nothing(batch=batch, dtype=dtype))
    one, two = reports
    found = diff.diff(one, two)
    reasons = [reason for condition in conditions if (reason := diff.fails(found, condition)) is not None]
    write(FORMATS["difference"][fmt](found))
    if skipped := [f"'{condition}'" for condition in conditions if not diff.applies(found, condition)]:
        click.echo(f"note: not checked, since A does not exist: {', '.join(skipped)}", err=True)
    complain(graphs=[one.graph, two.graph])
    for reason in reasons:
        click.echo(f"failed: {reason}", err=True)
    return int(bool(reasons))


def _report(
    reference: str,
    settings: tuple[str, ...],
    free: tuple[str, ...],
    over: dict[str, list[Any]],
    batch: int,
    dtype: str,
) -> Report:
    from cnncalc.interchange.files import read_spec
    from cnncalc.network import build
    from cnncalc.reading.text.git import read_revision

    document, variant = read_revision(reference) if reference.startswith("git:") else read_spec(reference)
    return _summary(build(document, variant), settings, free, over, batch, dtype)


def _summary(
    network: Network,
    settings: tuple[str, ...],
    free: tuple[str, ...],
    over: dict[str, list[Any]],
    batch: int,
    dtype: str,
) -> Report:
    from cnncalc.cli.common import split_names
    from cnncalc.reading.checking.settings import setting

    given, names = setting(settings), split_names(free)
    return network.summary(set=given, free=names, over=over, batch=batch, dtype=dtype)
