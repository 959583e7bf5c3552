"""``cnncalc sweep``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import click

from cnncalc.cli.common import (
    complain,
    own_warnings,
    read_network,
    set_option,
    spec_argument,
    why_not,
    write,
)
from cnncalc.errors import UsageError

BAR_FROM = 50_000


@click.command("sweep")
@spec_argument
@click.option("--over", multiple=True, metavar="NAME=VALUES", required=True,
              help="16:128:8 (from, to, step; both ends are in), or 128,160,192.")  # fmt: skip
@set_option
@click.option("--format", "fmt", type=click.Choice(["csv", "json", "simple"]), default="simple", show_default=True,
              help="For standard output.")  # fmt: skip
@click.option("-o", "--output", metavar="FILE", help="Write to FILE: .csv, .json or .parquet.")
@click.option(
    "--batch", type=click.IntRange(1, 2**31 - 1), default=1, metavar="N", help="Samples in a batch."
)
@click.option("--dtype", default="float32", metavar="DTYPE", help="float32, float16, int8, ...")
def command(
    spec: str, over: tuple[str, ...], settings: tuple[str, ...], fmt: str, output: str | None, **options: Any
) -> int:
    """Params, MACs and peak activation bytes over a grid of settings.

    Sizes and widths are evaluated in closed form; variables that change the structure are expanded anew.

    \b
    cnncalc sweep mobilenet_v1 --over w=1:4 --over H=128,160,192,224
    cnncalc sweep my.yaml --over w=16:128:8 -o grid.csv
    """
    from cnncalc.analysis import sweep
    from cnncalc.report import rows_out

    network, given, _ = read_network(spec, settings, ())
    grid = ranges(over)
    network = network.with_values(given)
    count = sweep.size(grid)
    kind = rows_out.format_of(output) if output else fmt
    columns = sweep.columns(grid)
    refused = Refused(len(grid))
    chunks = with_bar(refused.watch(sweep.sweep(network, grid, **options)), count)
    if kind == "parquet":
        rows_out.write_parquet(str(output), columns, chunks)
    elif output:
        with rows_out.opened(output) as stream:
            (rows_out.write_csv if kind == "csv" else rows_out.write_json)(stream, columns, chunks)
    elif kind == "simple":
        from cnncalc.report.table import draw

        cells = [[_cell(v) for v in row] for chunk in chunks for row in chunk]
        write(draw(cells, columns, [True] * len(columns), "simple"))
    else:
        (rows_out.write_csv if kind == "csv" else rows_out.write_json)(sys.stdout, columns, chunks)
    if refused.first is not None:
        at = dict(zip(grid, refused.first, strict=False))
        named = ", ".join(f"{name}={value}" for name, value in at.items())
        reason = (
            f"{refused.count:,} of {count:,} settings are not valid; with {named}: {why_not(network, at)}"
        )
        click.echo(reason, err=True)
    return complain(own_warnings(network))


class Refused:
    """Counts the rows that are not valid as they pass, and keeps the first."""

    def __init__(self, column: int) -> None:
        self.column = column
        self.count = 0
        self.first: tuple[Any, ...] | None = None

    def watch(self, chunks: Iterator[list[tuple[Any, ...]]]) -> Iterator[list[tuple[Any, ...]]]:
        """The same chunks."""
        for chunk in chunks:
            refused = [row for row in chunk if not row[self.column]]
            self.count += len(refused)
            self.first = self.first or (refused[0] if refused else None)
            yield chunk


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else str(value)


def ranges(over: tuple[str, ...]) -> dict[str, list[Any]]:
    """Values by variable from ``NAME=a:b:step`` and ``NAME=a,b,c``."""
    from cnncalc.network import setting

    found: dict[str, list[Any]] = {}
    for text in over:
        name, _, values = (part.strip() for part in text.partition("="))
        if not name or not values:
            raise UsageError(f"'{text}' is not NAME=VALUES")
        bounds = values.split(":")
        if len(bounds) in (2, 3) and all(b.strip().lstrip("-").isdigit() for b in bounds):
            low, high, step = (int(b) for b in [*bounds, "1"][:3])
            if step < 1 or (high - low) // step > 10_000_000:
                raise UsageError(f"'{text}': the step must be positive, and the range not endless")
            found[name] = list(range(low, high + 1, step))
        else:
            found[name] = setting([f"{name}=[{values}]"])[name]
    return found


def with_bar(chunks: Iterator[list[tuple[Any, ...]]], count: int) -> Iterator[list[tuple[Any, ...]]]:
    """The same chunks; a bar on standard error where there are many rows and somebody to see it."""
    if count < BAR_FROM or not sys.stderr.isatty():
        yield from chunks
        return
    with click.progressbar(length=count, label="sweep", file=sys.stderr) as bar:
        for chunk in chunks:
            yield chunk
            bar.update(len(chunk))
