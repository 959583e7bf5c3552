"""``cnncalc sweep``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import click

from cnncalc.cli.common import complain, grids, own_warnings, read_network, spec_argument, why_not, write
from cnncalc.cli.options import batch_option, dtype_option, format_option, max_layers_option, set_option

BAR_FROM = 50_000


@click.command("sweep")
@spec_argument
@click.option("--over", multiple=True, metavar="NAME=VALUES", required=True,
              help="Values of a variable: w=0.25:2:0.25 (start:stop:step, both ends included) or H=128,160,192; "
                   "H,W=128,160 varies both together.")  # fmt: skip
@set_option
@click.option(
    "--columns", metavar="NAMES", help="Quantities to compute, separated by commas; 'help' lists them."
)
@format_option("rows", "-o takes it from the name of the file")
@click.option("-o", "--output", metavar="FILE", help="Write to FILE (.csv, .json or .parquet) instead.")
@batch_option
@dtype_option
@max_layers_option
def command(
    spec: str, over: tuple[str, ...], settings: tuple[str, ...], columns: str | None, fmt: str,
    output: str | None, **options: Any,
) -> int:  # fmt: skip
    """Compute params, MACs, peak activation memory or other quantities over a grid of settings.

    Input sizes and widths are evaluated in closed form. If a variable changes the structure of the network,
    the spec is expanded again for each of its values.

    \b
    cnncalc sweep mobilenet_v1 --over w=0.25:1:0.25 --over H,W=128,160,192,224
    cnncalc sweep my.yaml --over w=16:128:8 -o grid.csv
    """
    from cnncalc.analysis import sweep
    from cnncalc.counting.quantities import QUANTITIES
    from cnncalc.report import rows_out
    from cnncalc.report.formats import FORMATS

    if columns == "help":
        write("\n".join(QUANTITIES))
        return 0
    numbers = sweep.choose_numbers(columns)
    network, given, _ = read_network(spec, settings, ())
    grid = grids(over)
    network = network.with_values(given)
    count = sweep.size(grid)
    if said := sweep.stays_behind(network, grid):
        click.echo(f"warning: {said}", err=True)
    save = rows_out.saver(output) if output else None
    names = sweep.columns(grid, numbers)
    refused = Refused(names.index("valid", -1 - len(numbers)))
    chunks = with_bar(refused.watch(sweep.sweep(network, grid, numbers=numbers, **options)), count)
    rows = rows_out.Rows(names, refused.column + 1, chunks)
    if save is not None:
        save(rows, str(output))
    else:
        FORMATS["rows"][fmt](rows, stream=sys.stdout)
    if refused.first is not None:
        at = dict(zip(names, refused.first[: refused.column], strict=False))
        named = ", ".join(f"{name}={value}" for name, value in at.items())
        reason = (
            f"{refused.count:,} of {count:,} settings {'is' if refused.count == 1 else 'are'} not valid; "
            f"with {named}: {why_not(network, at)}"
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


def with_bar(chunks: Iterator[list[tuple[Any, ...]]], count: int) -> Iterator[list[tuple[Any, ...]]]:
    """The same chunks; a bar on standard error where there are many rows and somebody to see it."""
    if count < BAR_FROM or not sys.stderr.isatty():
        yield from chunks
        return
    with click.progressbar(length=count, label="sweep", file=sys.stderr) as bar:
        for chunk in chunks:
            yield chunk
            bar.update(len(chunk))
