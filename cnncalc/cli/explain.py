"""``cnncalc explain``."""

from __future__ import annotations

import click

from cnncalc.cli.common import complain, read_network, spec_argument, symbolic, write
from cnncalc.cli.completion import layers, one_of
from cnncalc.cli.options import (
    batch_option,
    dtype_option,
    format_option,
    free_option,
    max_layers_option,
    over_option,
    set_option,
)


@click.command("explain")
@spec_argument
@click.argument("layer", required=False, metavar="[LAYER]", shell_complete=one_of(layers))
@free_option
@over_option
@set_option
@format_option("explanation", "markdown has LaTeX formulas")
@click.option(
    "--in-place",
    is_flag=True,
    help="Assume that activations, norms and additions run in place where possible.",
)
@click.option("--optimizer", type=click.Choice(["sgd", "momentum", "adam"]), default="adam", show_default=True,
              help="Optimizer assumed in the training memory estimate.")  # fmt: skip
@batch_option
@dtype_option
@max_layers_option
def command(
    spec: str, layer: str | None, free: tuple[str, ...], over: tuple[str, ...], settings: tuple[str, ...], fmt: str, in_place: bool,
    optimizer: str, batch: int, dtype: str,
) -> int:  # fmt: skip
    """Show the arithmetic behind a layer's numbers or, without LAYER, summarize the network.

    \b
    cnncalc explain vgg16 features.block1.conv2d_1
    cnncalc explain resnet50 conv1 --free H,W
    cnncalc explain resnet50 --in-place
    """
    from cnncalc.analysis.explain import explain
    from cnncalc.analysis.overview import overview
    from cnncalc.report.formats import FORMATS

    network, given, names = read_network(spec, settings, free)
    report = network.summary(free=names, set=given, over=symbolic(over), batch=batch, dtype=dtype)
    if layer is not None:
        write(FORMATS["explanation"][fmt](explain(report, layer)))
    else:
        write(FORMATS["overview"][fmt](overview(report, in_place=in_place, optimizer=optimizer)))
    return complain(graphs=[report.graph])
