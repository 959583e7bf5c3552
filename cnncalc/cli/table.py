"""``cnncalc table``."""

from __future__ import annotations

from typing import Any

import click

from cnncalc.cli.common import complain, read_network, say_if_invalid_itself, spec_argument, symbolic, write
from cnncalc.cli.completion import columns, several_of
from cnncalc.cli.options import (
    batch_option,
    cache_options,
    depth_option,
    dtype_option,
    format_option,
    free_option,
    max_layers_option,
    over_option,
    set_option,
)


@click.command("table")
@spec_argument
@free_option
@over_option
@set_option
@format_option("table")
@click.option(
    "--columns",
    metavar="NAMES",
    shell_complete=several_of(columns),
    help="Columns to show, separated by commas; 'help' lists them.",
)
@depth_option
@batch_option
@dtype_option
@click.option("--layout", type=click.Choice(["nchw", "nhwc"]), default="nchw", show_default=True,
              help="Print shapes with channels first or last.")  # fmt: skip
@max_layers_option
@cache_options
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
    from cnncalc.report.formats import renderer
    from cnncalc.report.rows import COLUMNS, View, choose_columns

    if columns == "help":
        write("\n".join(COLUMNS))
        return 0
    chosen = choose_columns(columns)
    render = renderer("table", fmt)
    layout = options.pop("layout")
    network, given, names = read_network(spec, settings, free)
    report = network.summary(free=names, set=given, over=symbolic(over), **options)
    write(render(View(report, chosen, depth, layout)))
    from cnncalc.analysis.expect import check

    if report.free:
        say_if_invalid_itself(network, given)
    # expectations hold at the spec's own setting
    failures = [] if given or report.free else check(network, report)
    return complain(failures, graphs=[report.graph])
