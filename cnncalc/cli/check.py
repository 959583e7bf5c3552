"""``cnncalc check``."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cnncalc.cli.common import Spec, terminal_width, write
from cnncalc.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from cnncalc.analysis.check import Options, Result
    from cnncalc.config import Config
    from cnncalc.report.findings import Findings

BUDGETS = {"max_params": "params", "max_macs": "macs", "max_peak_activation": "peak_activation_bytes"}
SUFFIXES = {".sarif": "sarif", ".xml": "junit"}


class CheckCommand(click.Command):
    """Keeps the order of ``--format`` and ``-o``: each file belongs to the format before it."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.meta["cnncalc.outputs"] = list(args)
        return super().parse_args(ctx, args)


@click.command("check", cls=CheckCommand)
@click.argument("paths", nargs=-1, type=Spec(), metavar="[PATHS]...")
@click.option("--format", "formats", multiple=True, metavar="FORMAT",
              help="text, concise, json, github, gitlab, sarif, junit, or auto (github under GitHub Actions); "
                   "repeatable, each with a -o of its own.")  # fmt: skip
@click.option(
    "-o", "--output", "outputs", multiple=True, metavar="FILE", help="Write the format before it to FILE."
)
@click.option(
    "--select", multiple=True, metavar="IDS", help="Run these lints only: W2, W301, dead-layer, ..."
)
@click.option("--ignore", multiple=True, metavar="IDS", help="Leave these lints out.")
@click.option("--warn-as-error", is_flag=True, help="Warnings fail too.")
@click.option(
    "--fix", is_flag=True, help="Mend what is safe to mend: names of other frameworks, yes and no, quotes."
)
@click.option("--diff", is_flag=True, help="Show what --fix would change, and change nothing.")
@click.option("--max-params", metavar="N", help="A bound for every spec: 5M.")
@click.option("--max-macs", metavar="N", help="A bound for every spec: 600M.")
@click.option("--max-peak-activation", metavar="SIZE", help="A bound for every spec: 320KiB.")
@click.option("--dtype", metavar="DTYPE", help="For --max-peak-activation: float32, int8, ...")
@click.option(
    "-j",
    "--jobs",
    type=click.IntRange(0, 256),
    default=1,
    metavar="N",
    help="Processes; 0: one for each processor.",
)
@click.option("--stdin-filename", default="<stdin>", metavar="NAME", help="What to call '-'.")
@click.pass_context
def command(ctx: click.Context, /, paths: tuple[str, ...], **given: Any) -> int:
    """Check specs: errors, expectations and cases, budgets, lints. For CI and editors.

    PATHS are files, folders (searched for specs), globs, - for standard input, or shipped names;
    the current folder by default. Settings stand under [tool.cnncalc] in pyproject.toml.

    \b
    cnncalc check specs/
    cnncalc check . --format github --format sarif -o cnncalc.sarif
    cnncalc check model.yaml --max-params 5M --max-peak-activation 320KiB --dtype int8
    """
    from cnncalc.config import read_config
    from cnncalc.report.findings import Findings, summary

    config = read_config(Path.cwd())
    options = _options(config, given)
    targets = _targets(ctx.meta["cnncalc.outputs"], given)
    references = _references(paths, config)
    if given["fix"] or given["diff"]:
        _fix(references, options, only_show=given["diff"])
        if given["diff"]:
            return 0
    results = _results(references, options, given)
    findings = Findings(results, terminal_width())
    _write(findings, targets)
    click.echo(summary(findings), err=True)
    if any(not result.readable for result in results):
        return 2
    failing = findings.count("error") + (findings.count("warning") if options.warn_as_error else 0)
    return int(failing > 0)


def _options(config: Config, given: dict[str, Any]) -> Options:
    from cnncalc.analysis.check import Options
    from cnncalc.errors import CODES
    from cnncalc.propagate import ITEM_BYTES
    from cnncalc.spec import quantity
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
    budgets = {}
    for option, total in BUDGETS.items():
        text = given[option] if given[option] is not None else getattr(config, option)
        if text is not None:
            value = quantity.parse(str(text))
            if value is None:
                raise UsageError(
                    f"--{option.replace('_', '-')}: '{text}' is no quantity; write 5M, 1.5G or 320KiB"
                )
            budgets[total] = value
    dtype = given["dtype"] or config.dtype
    if dtype not in ITEM_BYTES:
        raise UsageError(f"no dtype '{dtype}'; there are {', '.join(ITEM_BYTES)}")
    return Options(
        **lists, budgets=budgets, dtype=dtype, warn_as_error=given["warn_as_error"] or config.warn_as_error
    )


def _targets(arguments: list[str], given: dict[str, Any]) -> list[tuple[str, str | None]]:
    """Pairs of format and file; None is standard output."""
    from cnncalc.report.findings import FORMATS

    formats, outputs = list(given["formats"]), list(given["outputs"])
    pairs: list[tuple[str, str | None]] = []
    for argument in arguments:
        word = argument.split("=", 1)[0]
        if word == "--format" and formats:
            name = formats.pop(0)
            if name != "auto" and name not in FORMATS:
                help = did_you_mean(name, FORMATS) or f"there are auto, {', '.join(FORMATS)}"
                raise UsageError(f"no format '{name}'; {help}")
            pairs.append((name, None))
        elif (word == "--output" or argument.startswith("-o")) and outputs:
            path = outputs.pop(0)
            if pairs and pairs[-1][1] is None:
                pairs[-1] = (pairs[-1][0], path)
            else:
                pairs.append((_format_of(path), path))
    if not any(path is None for _, path in pairs) and not pairs:
        pairs.append(("auto", None))
    resolved: list[tuple[str, str | None]] = []
    for name, path in pairs:
        if name == "auto":
            resolved += [
                ("text", path),
                *([("github", path)] if os.environ.get("GITHUB_ACTIONS") == "true" else []),
            ]
        else:
            resolved.append((name, path))
    return resolved


def _format_of(path: str) -> str:
    from cnncalc.report.findings import FORMATS

    suffix = Path(path).suffix
    name = SUFFIXES.get(suffix, suffix.removeprefix("."))
    return name if name in FORMATS else "text"


def _references(paths: Sequence[str], config: Config) -> list[str]:
    from cnncalc.spec.find import find_specs

    wanted = paths or config.include or (".",)
    found = find_specs(wanted, config.exclude)
    if not found:
        click.echo(f"warning: no specs in {', '.join(wanted)}", err=True)
    return found


def _results(references: Sequence[str], options: Options, given: dict[str, Any]) -> list[Result]:
    work = partial(_check_one, options=options, stdin_name=given["stdin_filename"])
    jobs = min(given["jobs"] or os.cpu_count() or 1, max(len(references), 1))
    if jobs == 1 or "-" in references:
        return [work(reference) for reference in references]
    from cnncalc.cli.processes import in_processes

    return in_processes(work, references, jobs)


def _check_one(reference: str, options: Options, stdin_name: str) -> Result:
    from cnncalc.analysis.check import check_spec, check_text

    if reference == "-" and stdin_name != "<stdin>":
        from cnncalc.spec.load import standard_input

        return check_text(standard_input(), stdin_name, options)
    return check_spec(reference, options)


def _write(findings: Findings, targets: Iterable[tuple[str, str | None]]) -> None:
    from cnncalc.files import write_atomically
    from cnncalc.report.findings import renderer

    for name, path in targets:
        text = renderer(name)(findings)
        if path is not None:
            write_atomically(path, (text + "\n").encode("utf-8", "backslashreplace"))
        elif text:
            write(text)


def _fix(references: Iterable[str], options: Options, *, only_show: bool) -> None:
    """Rewrite files in place, or show how they would be."""
    from difflib import unified_diff

    from cnncalc.analysis.check import check_text, fixed
    from cnncalc.files import write_atomically
    from cnncalc.report.text import safe
    from cnncalc.spec.load import read_raw

    for reference in references:
        raw = read_raw(reference)
        if raw is None:
            continue
        path, text, restore = raw
        changed, count = fixed(text, path, partial(check_text, options=options))
        if not count:
            continue
        if only_show:
            lines = unified_diff(text.splitlines(), changed.splitlines(), path, path, lineterm="")
            write("\n".join(safe(line) for line in lines))
        else:
            write_atomically(path, restore(changed))
            click.echo(f"{safe(path)}: mended {count} thing{'' if count == 1 else 's'}", err=True)
