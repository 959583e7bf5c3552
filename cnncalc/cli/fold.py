"""``cnncalc fold``."""

from __future__ import annotations

import click

from cnncalc.cli.common import spec_argument, write_text
from cnncalc.cli.options import max_layers_option


@click.command("fold")
@spec_argument
@click.option("-o", "--output", metavar="FILE", help="Write the spec to FILE.")
@max_layers_option
def command(spec: str, output: str | None) -> int:
    """Rewrite a spec with blocks, repetitions and branches, proven to be the same network for every size.

    \b
    cnncalc fold flat.yaml -o folded.cnn.yaml
    """
    from cnncalc.cli.common import read_network
    from cnncalc.errors import SpecError, UsageError
    from cnncalc.interchange.fold import folded

    network, _, _ = read_network(spec, (), ())
    free = {name: value for name, value in network.vars.items() if type(value) is int}
    try:
        graph = network.graph(free=free)
    except (SpecError, UsageError):  # a variable decides what the network is
        graph, free = network.graph(), {}
    text = folded(graph, free)
    write_text(output, text)
    return 0
