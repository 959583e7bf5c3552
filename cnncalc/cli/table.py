"""``cnncalc table``."""

from __future__ import annotations

from typing import Any

import click

from cnncalc.cli.common import (
    check_format,
    complain,
    format_option,
    free_option,
    over_option,
    read_network,
    say_if_invalid_itself,
    set_option,
    spec_argument,
    symbolic,
    write,
)


@click.command("table")
@spec_argument
@free_option
@over_option
@set_option
@format_option
@click.option("--columns", metavar="NAMES", help="Columns to show, separated by commas; 'help' lists them.")
@click.option("--depth", type=click.IntRange(1), metavar="N", help="Fold groups and blocks below level N.")
@click.option("--batch", type=click.IntRange(1, 2**31 - 1), default=1, show_default=True, metavar="N",
              help="Batch size, for activation bytes.")  # fmt: skip
@click.option("--dtype", default="float32", show_default=True, metavar="DTYPE",
              help="Data type, for bytes: float64, float32, float16, bfloat16 or int8.")  # fmt: skip
@click.option("--layout", type=click.Choice(["nchw", "nhwc"]), default="nchw", show_default=True,
              help="Print shapes with channels first or last.")  # fmt: skip
def command(
    spec: str, free: tuple[str, ...], over: tuple[str, ...], settings: tuple[str, ...], fmt: str, columns: str | None,
    depth: int | None, **options: Any,
) -> int:  # fmt: skip
    """Print shapes, weights, biases and MACs per layer, with totals.

    \b
    cnncalc table vgg16
    cnncalc table vgg16 --free H,W --depth 2
    cnncalc table my.yaml --set H=320 --format json
    """
    from cnncalc.report.rows import COLUMNS, choose_columns

    if columns == "help":
        write("\n".join(COLUMNS))
        return 0
    chosen = choose_columns(columns)
    check_format(fmt)
    layout = options.pop("layout")
    network, given, names = read_network(spec, settings, free)
    report = network.summary(free=names, set=given, over=symbolic(over), **options)
    if fmt == "json":
        from cnncalc.report import json_

        write(json_.render(report, depth, layout))
    elif fmt == "csv":
        from cnncalc.report import csv_

        write(csv_.render(report, chosen, depth, layout))
    else:
        from cnncalc.report import table

        write(table.render(report, fmt, chosen, depth, layout))
    from cnncalc.analysis.expect import check

    if report.free:
        say_if_invalid_itself(network, given)
    # expectations hold at the spec's own setting
    failures = [] if given or report.free else check(network, report)
    return complain(failures, graphs=[report.graph])
