"""``cnncalc plot``."""

from __future__ import annotations

import click

from cnncalc.cli.common import complain, read_network, save_picture, spec_argument, terminal_width, write
from cnncalc.cli.options import batch_option, depth_option, dtype_option, max_layers_option, set_option

SHORT = {"activation": "activation_bytes"}


@click.command("plot")
@spec_argument
@set_option
@click.option(
    "--by", metavar="NAME", default="params", show_default=True, help="Quantity to plot; 'help' lists them."
)
@depth_option
@batch_option
@dtype_option
@click.option("-o", "--output", metavar="FILE", help="Write a picture (.svg or .png) instead of text.")
@max_layers_option
def command(
    spec: str,
    settings: tuple[str, ...],
    by: str,
    depth: int | None,
    batch: int,
    dtype: str,
    output: str | None,
) -> int:
    """Plot params, MACs or activations per layer as bars.

    \b
    cnncalc plot vgg16
    cnncalc plot resnet50 --by macs --depth 1 -o macs.svg
    """
    from cnncalc.report import plot

    if by == "help":
        write("\n".join(plot.BY))
        return 0
    by = plot.choose(SHORT.get(by, by))
    network, given, _ = read_network(spec, settings, ())
    report = network.summary(set=given, batch=batch, dtype=dtype)
    if output is None:
        write(plot.as_text(report, by, depth, terminal_width()))
    else:
        save_picture(lambda: plot.as_svg(report, by, depth), output)
    return complain(graphs=[report.graph])
