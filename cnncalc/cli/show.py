"""``cnncalc show``."""

from __future__ import annotations

import click

from cnncalc.cli.common import (
    free_option,
    over_option,
    read_network,
    set_option,
    spec_argument,
    symbolic,
    write,
)
from cnncalc.errors import UsageError


@click.command("show")
@spec_argument
@click.option("--expanded", is_flag=True, help="Unroll blocks, groups, branches and expressions.")
@set_option
@free_option
@over_option
@click.option(
    "--format", "fmt", type=click.Choice(["yaml", "json"]), default="yaml", show_default=True,
    help="Format of the expanded spec.",
)  # fmt: skip
def command(
    spec: str,
    expanded: bool,
    settings: tuple[str, ...],
    free: tuple[str, ...],
    over: tuple[str, ...],
    fmt: str,
) -> int:
    """Print a valid spec as written or, with --expanded, with all blocks unrolled.

    The expanded spec has the same layers in the same order and gives the same numbers. Each layer is named
    after its path, with dots replaced by underscores.

    \b
    cnncalc show resnet18
    cnncalc show resnet18 --expanded
    cnncalc show resnet18 --expanded --free H,W --format json
    """
    from cnncalc.analysis.unrolled import unrolled
    from cnncalc.report import spec as writer

    network, given, names = read_network(spec, settings, free)
    graph = network.graph(free=names, set=given, over=symbolic(over))
    if expanded:
        defaults = network.graph().variables
        write(writer.render(unrolled(graph, {name: defaults[name] for name in graph.free}), fmt))
    elif given or graph.free or fmt != "yaml":
        raise UsageError("--set, --free, --over and --format are for --expanded")
    else:
        write(network.source.text.rstrip("\n"))
    return 0
