"""``cnncalc check``."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cnncalc.cli import fixing
from cnncalc.cli.common import Spec, terminal_width
from cnncalc.cli.fixing import Piped
from cnncalc.cli.targets import OrderedCommand, targets, write_all
from cnncalc.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from cnncalc.analysis.check import Options, Result
    from cnncalc.config import Config

BUDGETS = {"max_params": "params", "max_macs": "macs", "max_peak_activation": "peak_activation_bytes"}


@click.command("check", cls=OrderedCommand)
@click.argument("paths", nargs=-1, type=Spec(), metavar="[PATHS]...")
@click.option("--format", "formats", multiple=True, metavar="FORMAT",
              help="text, concise, json, github, gitlab, sarif, junit, or auto (github under GitHub Actions); "
                   "repeatable, each with its own -o.")  # fmt: skip
@click.option(
    "-o",
    "--output",
    "outputs",
    multiple=True,
    metavar="FILE",
    help="Write the output of the --format before this option to FILE.",
)
@click.option(
    "--select", multiple=True, metavar="IDS", help="Run only these lints: W2, W301, dead-layer, ..."
)
@click.option("--ignore", multiple=True, metavar="IDS", help="Do not run these lints.")
@click.option("--force-exclude", is_flag=True, help="Apply 'exclude' from the settings to PATHS too.")
@click.option("--warn-as-error", is_flag=True, help="Treat warnings as errors.")
@click.option(
    "--fix", is_flag=True, help="Fix what is safe to fix: names from other frameworks, yes and no, quotes."
)
@click.option(
    "--diff",
    is_flag=True,
    help="Show what --fix would change without changing it; exit with 1 if there are changes.",
)
@click.option("--max-params", metavar="N", help="Upper bound for every spec, such as 5M.")
@click.option("--max-macs", metavar="N", help="Upper bound for every spec, such as 600M.")
@click.option("--max-peak-activation", metavar="SIZE", help="Upper bound for every spec, such as 320KiB.")
@click.option("--dtype", metavar="DTYPE", help="For --max-peak-activation: float32, int8, ...")
@click.option(
    "-j",
    "--jobs",
    type=click.IntRange(0, 256),
    default=1,
    metavar="N",
    help="Number of processes; 0 means one for each processor.",
)
@click.option(
    "--stdin-filename", default="<stdin>", metavar="NAME", help="The name to report for standard input."
)
@click.pass_context
def command(ctx: click.Context, /, paths: tuple[str, ...], **given: Any) -> int:
    """Check specs: errors, expectations and cases, budgets, lints. For CI and editors.

    PATHS are files, folders (searched for specs), globs, - for standard input, or shipped names;
    the current folder by default. Settings go under [tool.cnncalc] in pyproject.toml.

    \b
    cnncalc check specs/
    cnncalc check . --format github --format sarif -o cnncalc.sarif
    cnncalc check model.yaml --max-params 5M --max-peak-activation 320KiB --dtype int8
    """
    from cnncalc.config import read_config, repository
    from cnncalc.reading.text.files import standard_input
    from cnncalc.report.findings import Findings, summary

    config = read_config(Path.cwd())
    options = _options(config, given)
    wanted = targets(ctx.meta["cnncalc.arguments"], given["formats"], given["outputs"])
    references = _references(paths, config, forced=given["force_exclude"] or config.force_exclude)
    piped = Piped(given["stdin_filename"], standard_input()) if "-" in references else None
    if given["diff"]:
        return int(fixing.show(references, piped, options))
    if given["fix"]:
        fixing.mend(references, options)
        piped = piped and fixing.mend_piped(piped, options)
    results = _results(references, piped, options, given["jobs"])
    findings = Findings(results, terminal_width(), str(repository(Path.cwd(), os.environ)))
    write_all(findings, wanted, to_error=given["fix"] and piped is not None)
    click.echo(summary(findings), err=True)
    if any(not result.readable for result in results):
        return 2
    failing = findings.count("error") + (findings.count("warning") if options.warn_as_error else 0)
    return int(failing > 0)


def _options(config: Config, given: dict[str, Any]) -> Options:
    from cnncalc.analysis.check import Options
    from cnncalc.counting.quantities import ITEM_BYTES
    from cnncalc.errors import CODES
    from cnncalc.reading.expressions.bounds import Bound
    from cnncalc.suppression import known

    lists = {}
    for key in ("select", "ignore"):
        texts: Sequence[str] = given[key] or getattr(config, key)
        lists[key] = tuple(part.strip() for text in texts for part in text.split(",") if part.strip())
        for pattern in lists[key]:
            if not known(pattern):
                names = [*CODES, *(rule.name for rule in CODES.values())]
                raise UsageError(
                    f"there is no rule '{pattern}'; {did_you_mean(pattern, names) or 'see cnncalc rule --all'}"
                )
    budgets = []
    for option, total in BUDGETS.items():
        text = given[option] if given[option] is not None else getattr(config, option)
        if text is not None:
            try:
                budgets.append(Bound.at_most(total, str(text)))
            except UsageError as error:
                raise UsageError(f"--{option.replace('_', '-')}: {error}") from None
    dtype = given["dtype"] or config.dtype
    if dtype not in ITEM_BYTES:
        raise UsageError(f"unknown dtype '{dtype}'; choose from {', '.join(ITEM_BYTES)}")
    return Options(
        **lists,
        budgets=tuple(budgets),
        dtype=dtype,
        warn_as_error=given["warn_as_error"] or config.warn_as_error,
    )


def _references(paths: Sequence[str], config: Config, *, forced: bool) -> list[str]:
    from cnncalc.reading.text.find import Excluded, find_specs

    wanted = paths or config.include or (".",)
    excluded = Excluded(config.exclude, config.root, forced)
    found = find_specs(wanted, excluded)
    if not found and not (forced and all(path in excluded for path in wanted)):
        if any(map(os.path.isdir, wanted)):
            kept = " and is not excluded" if config.exclude else ""
            what = f"a .yaml or .json file with 'input' and 'layers' at its top level, or called *.cnn.yaml{kept}"
            raise UsageError(f"no specs in {', '.join(wanted)}: a spec is {what}")
        click.echo(f"warning: no specs in {', '.join(wanted)}", err=True)
    return found


def _results(references: Sequence[str], piped: Piped | None, options: Options, jobs: int) -> list[Result]:
    from cnncalc.analysis.check import check_bytes, check_spec

    if piped is not None:
        return [
            check_bytes(piped.data, piped.name, options) if each == "-" else check_spec(each, options)
            for each in references
        ]
    jobs = min(jobs or os.cpu_count() or 1, max(len(references), 1))
    if jobs == 1:
        return [check_spec(each, options) for each in references]
    from cnncalc.cli.processes import in_processes

    return in_processes(partial(check_spec, options=options), references, jobs)
