"""``cnncalc explain``."""

from __future__ import annotations

import click

from cnncalc.cli.common import (
    complain,
    free_option,
    over_option,
    read_network,
    set_option,
    spec_argument,
    symbolic,
    write,
)


@click.command("explain")
@spec_argument
@click.argument("layer", required=False, metavar="[LAYER]")
@free_option
@over_option
@set_option
@click.option("--format", "fmt", type=click.Choice(["text", "markdown"]), default="text", show_default=True,
              help="Output format; markdown has LaTeX formulas.")  # fmt: skip
@click.option(
    "--in-place",
    is_flag=True,
    help="Assume that activations, norms and additions run in place where possible.",
)
@click.option("--optimizer", type=click.Choice(["sgd", "momentum", "adam"]), default="adam", show_default=True,
              help="Optimizer assumed in the training memory estimate.")  # fmt: skip
@click.option(
    "--batch",
    type=click.IntRange(1, 2**31 - 1),
    default=1,
    show_default=True,
    metavar="N",
    help="Batch size.",
)
@click.option(
    "--dtype",
    default="float32",
    show_default=True,
    metavar="DTYPE",
    help="Data type: float32, float16, bfloat16, int8, ...",
)
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
    from cnncalc.report import explanation as report_on

    network, given, names = read_network(spec, settings, free)
    report = network.summary(free=names, set=given, over=symbolic(over), batch=batch, dtype=dtype)
    if layer is not None:
        found = explain(report, layer)
        write(report_on.layer_markdown(found) if fmt == "markdown" else report_on.layer_text(found))
    else:
        lines = report_on.overview(report, in_place=in_place, optimizer=optimizer)
        write(report_on.overview_markdown(lines) if fmt == "markdown" else report_on.overview_text(lines))
    return complain(graphs=[report.graph])
