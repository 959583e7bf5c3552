"""``cnncalc show``."""

from __future__ import annotations

import click

from cnncalc.cli.common import read_network, spec_argument, symbolic, write
from cnncalc.cli.options import format_option, free_option, max_layers_option, over_option, set_option
from cnncalc.errors import UsageError


@click.command("show")
@spec_argument
@click.option("--expanded", is_flag=True, help="Unroll blocks, groups, branches and expressions.")
@set_option
@free_option
@over_option
@format_option("spec")
@max_layers_option
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
    from cnncalc.interchange.flat import unrolled
    from cnncalc.report.formats import FORMATS

    network, given, names = read_network(spec, settings, free)
    graph = network.graph(free=names, set=given, over=symbolic(over))
    if expanded:
        defaults = network.graph().variables
        write(FORMATS["spec"][fmt](unrolled(graph, {name: defaults[name] for name in graph.free})))
    elif given or graph.free or fmt != "yaml":
        raise UsageError("--set, --free, --over and --format require --expanded")
    else:
        write(network.source.text.rstrip("\n"))
    return 0
