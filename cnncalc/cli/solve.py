"""``cnncalc solve``."""

from __future__ import annotations

import click

from cnncalc.cli.common import (
    complain,
    read_network,
    say_if_invalid_itself,
    spec_argument,
    split_names,
    symbolic,
    write,
)
from cnncalc.cli.completion import one_of
from cnncalc.cli.completion import variables as variable_names
from cnncalc.cli.options import format_option, max_layers_option, over_option, set_option


@click.command("solve")
@spec_argument
@click.argument("variables", nargs=-1, metavar="[VARS]...", shell_complete=one_of(variable_names))
@set_option
@over_option
@click.option("--where", multiple=True, metavar="CONDITION",
              help="Also require this condition, e.g. 'output == [512, 7, 7]', 'params <= 5M' or 'stem.output[1] % 2 == 0'.")  # fmt: skip
@click.option("--near", type=click.FloatRange(0), metavar="N", help="Print the valid values nearest to N.")
@format_option("solution")
@max_layers_option
def command(
    spec: str, variables: tuple[str, ...], settings: tuple[str, ...], where: tuple[str, ...],
    near: float | None, over: tuple[str, ...], fmt: str,
) -> int:  # fmt: skip
    """Find all values of the free variables for which the network is valid.

    VARS are the variables to solve for; by default, the variables in the input shape.

    \b
    cnncalc solve unet_padded
    cnncalc solve unet_padded --near 300
    cnncalc solve mobilenet_v2 w --where "params <= 3M"
    cnncalc solve resnet50 H --where "layer4.output == [2048, 7, 7]" --set W=224
    """
    from cnncalc.analysis.solve import solve
    from cnncalc.report.formats import FORMATS

    near = int(near) if near is not None and near.is_integer() else near
    network, given, _ = read_network(spec, settings, ())
    found = solve(network, split_names(variables), where=where, set=given, over=symbolic(over))
    write(FORMATS["solution"][fmt](found._replace(near=near)))
    say_if_invalid_itself(network, given)
    return complain(graphs=[found.report.graph])
