"""``cnncalc check``."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cnncalc.cli import fixing
from cnncalc.cli.common import Spec, terminal_width, write
from cnncalc.cli.completion import dtypes, formats, one_of, rules, several_of
from cnncalc.cli.fixing import Piped, silence
from cnncalc.cli.options import cache_options, max_layers_option
from cnncalc.cli.ratchet import Ratchet
from cnncalc.cli.selection import Settings, options_by_spec, references
from cnncalc.cli.targets import OrderedCommand, Target, refuse_specs, targets, write_all
from cnncalc.config import as_toml
from cnncalc.report.formats import FORMATS

if TYPE_CHECKING:
    from cnncalc.analysis.check import Options, Result


@click.command("check", cls=OrderedCommand)
@click.argument("paths", nargs=-1, type=Spec(), metavar="[PATHS]...")
@click.option("--format", "formats", multiple=True, metavar="FORMAT", shell_complete=one_of(formats("findings")),
              help=f"Output format: {', '.join(FORMATS['findings'])}, or auto (text, with annotations under GitHub Actions). "
                   "Repeatable; each format may have its own -o.")  # fmt: skip
@click.option(
    "-o",
    "--output",
    "outputs",
    multiple=True,
    metavar="FILE",
    help="Write the output of the preceding --format to FILE.",
)
@click.option(
    "--select",
    multiple=True,
    metavar="IDS",
    shell_complete=several_of(rules),
    help="Run only these lints: W2, W301, dead-layer, ...",
)
@click.option(
    "--ignore", multiple=True, metavar="IDS", shell_complete=several_of(rules), help="Do not run these lints."
)
@click.option("--force-exclude", is_flag=True, help="Apply the 'exclude' setting to PATHS as well.")
@click.option(
    "--changed-since", metavar="REV", help="Check only specs that differ from a Git revision, such as main."
)
@click.option(
    "--baseline",
    metavar="FILE",
    help="Report only findings that FILE does not list, and fail on new warnings.",
)
@click.option("--write-baseline", metavar="FILE", help="Record all current findings in FILE and exit with 0.")
@click.option("--warn-as-error", is_flag=True, help="Treat warnings as errors.")
@click.option(
    "--fix", is_flag=True, help="Apply safe fixes: field names of other frameworks, yes/no, missing quotes."
)
@click.option(
    "--diff",
    is_flag=True,
    help="Show the changes that --fix would make without making them; exit with 1 if there are any.",
)
@click.option("--add-ignores", is_flag=True, help="Add a suppression comment for every reported lint.")
@click.option("--exit-zero", is_flag=True, help="Exit with 0 even if there are errors.")
@click.option(
    "--statistics", is_flag=True, help="Show how often each rule is broken instead of the findings."
)
@click.option(
    "--show-settings", is_flag=True, help="Show the settings that apply to PATHS and where each comes from."
)
@click.option("--max-params", metavar="N", help="Fail if a spec has more parameters, e.g. 5M.")
@click.option("--max-macs", metavar="N", help="Fail if a spec has more MACs, e.g. 600M.")
@click.option(
    "--max-peak-activation", metavar="SIZE", help="Fail if peak activation memory is larger, e.g. 320KiB."
)
@click.option(
    "--dtype",
    metavar="DTYPE",
    shell_complete=one_of(dtypes),
    help="Data type for --max-peak-activation: float32, int8, ...",
)
@click.option(
    "-j",
    "--jobs",
    type=click.IntRange(0, 256),
    default=1,
    metavar="N",
    help="Number of processes; 0 means one per processor.",
)
@click.option(
    "--stdin-filename",
    default="<stdin>",
    metavar="NAME",
    help="File name to use for standard input in messages.",
)
@click.option(
    "--watch", is_flag=True, help="Check again whenever a spec or a settings file changes, until Ctrl-C."
)
@max_layers_option
@cache_options
@click.pass_context
def command(ctx: click.Context, /, paths: tuple[str, ...], **given: Any) -> int:
    """Check specs for errors, failed expectations, exceeded budgets and lints.

    PATHS are files, folders (searched for specs), globs, - for standard input, or names of shipped
    specs; the default is the current folder. Settings go under [tool.cnncalc] in pyproject.toml.

    \b
    cnncalc check specs/
    cnncalc check . --format github --format sarif -o cnncalc.sarif
    cnncalc check tiny.yaml --max-peak-activation 320KiB --dtype int8
    """
    if given["show_settings"]:
        return _show_settings(Settings(), paths)
    if given["watch"]:
        from cnncalc.cli.watching import watch

        return watch(lambda: _checked(ctx, paths, given), paths)
    return _checked(ctx, paths, given)


def _checked(ctx: click.Context, paths: tuple[str, ...], given: dict[str, Any]) -> int:
    """The exit code of one check, after its output."""
    from cnncalc.cache.results import checked
    from cnncalc.config import repository
    from cnncalc.reading.text.files import standard_input
    from cnncalc.report.findings import Findings, headroom, summary

    settings = Settings()
    wanted = targets(ctx.meta["cnncalc.arguments"], given["formats"], given["outputs"])
    if given["statistics"]:
        wanted = [Target("statistics"), *(target for target in wanted if target.path is not None)]
    forced = given["force_exclude"] or settings.here.force_exclude
    specs = references(paths, settings, forced=forced, since=given["changed_since"])
    refuse_specs([given["write_baseline"], *(target.path for target in wanted)], specs)
    options = options_by_spec(settings, given)
    piped = Piped(given["stdin_filename"], standard_input()) if "-" in specs else None
    if given["diff"]:
        return int(fixing.show(specs, piped, options))
    if given["fix"]:
        fixing.mend(specs, options)
        piped = piped and fixing.mend_piped(piped, options)
    results = checked(
        specs, options, ctx.obj, lambda unknown: _results(unknown, piped, options, given["jobs"])
    )
    ratchet = Ratchet.of(settings.here, given)
    if given["write_baseline"]:
        return ratchet.write(results)
    results, news = ratchet.judge(results, options)
    if given["add_ignores"]:
        results = silence(results, options)
    findings = Findings(results, terminal_width(), str(repository(Path.cwd(), os.environ)))
    write_all(findings, wanted, to_error=given["fix"] and piped is not None)
    for line in headroom(findings):
        click.echo(line, err=True)
    click.echo("; ".join([summary(findings), *news]), err=True)
    if any(not result.readable for result in results):
        return 2
    failing = [
        problem
        for result in results
        for problem in result.problems
        if problem.severity == "error"
        or (problem.severity == "warning" and (ratchet.holds or options(result.name).warn_as_error))
    ]
    return int(bool(failing) and not given["exit_zero"])


def _show_settings(settings: Settings, paths: Sequence[str]) -> int:
    for config in {c.source: c for c in map(settings.of, paths)}.values() if paths else [settings.here]:
        write("\n".join(as_toml(config)))
    return 0


def _results(
    references: Sequence[str], piped: Piped | None, options: Callable[[str], Options], jobs: int
) -> list[Result]:
    from cnncalc.analysis.check import check_bytes, check_spec
    from cnncalc.cli.processes import counted, in_processes

    if piped is not None:
        return [
            check_bytes(piped.data, piped.name, options(each))
            if each == "-"
            else check_spec(each, options(each))
            for each in references
        ]
    jobs = min(jobs or os.cpu_count() or 1, max(len(references), 1))
    if jobs == 1:
        return list(counted(check_spec(each, options(each)) for each in references))

    return in_processes(_check, [(each, options(each)) for each in references], jobs)


def _check(pair: tuple[str, Options]) -> Result:
    from cnncalc.analysis.check import check_spec

    return check_spec(*pair)
