"""``cnncalc draw``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cnncalc.cli.common import complain, read_network, save_picture, spec_argument
from cnncalc.cli.options import cache_options, depth_option, max_layers_option, set_option
from cnncalc.errors import UsageError

if TYPE_CHECKING:
    from cnncalc.report.outline import Outline
    from cnncalc.report.svg import Picture


@click.command("draw")
@spec_argument
@set_option
@click.option(
    "-o", "--output", required=True, metavar="FILE", help="File to write: .svg, .png, or .mmd (Mermaid)."
)
@click.option("--view", type=click.Choice(["auto", "features", "graph"]), default="auto", show_default=True,
              help="Draw feature maps as volumes, or the graph; auto draws the graph if the network branches.")  # fmt: skip
@depth_option
@max_layers_option
@cache_options
def command(spec: str, settings: tuple[str, ...], output: str, view: str, depth: int | None) -> int:
    """Draw the network as feature maps or as a graph.

    \b
    cnncalc draw vgg16 -o vgg16.svg
    cnncalc draw googlenet --view graph --depth 1 -o googlenet.svg
    cnncalc draw unet_padded -o unet.mmd
    """
    from cnncalc.report import features, graphview

    suffix = Path(output).suffix.lower()
    if suffix not in (".svg", ".png", ".mmd"):
        raise UsageError(f"cannot draw to '{output}': the file name must end in .svg, .png or .mmd")
    network, given, _ = read_network(spec, settings, ())
    report = network.summary(set=given)
    if suffix == ".mmd":
        from cnncalc.files import write_atomically

        chart, found = graphview.mermaid(report, depth)
        write_atomically(output, f"{chart}\n".encode())
        _say(found, depth)
        if found.edges > graphview.MERMAID_EDGES:
            most = f"Mermaid draws {graphview.MERMAID_EDGES} unless its 'maxEdges' is raised"
            click.echo(f"note: the chart has {found.edges:,} edges; {most}", err=True)
        return complain(graphs=[report.graph])
    if view == "auto":
        view = "graph" if any(len(node.inputs) > 1 for node in report.graph.nodes) else "features"
    made: list[Outline] = []

    def picture() -> Picture:
        drawn, found = graphview.draw(report, depth) if view == "graph" else features.draw(report, depth)
        made.append(found)
        return drawn

    save_picture(picture, output)
    _say(made[0], depth)
    return complain(graphs=[report.graph])


def _say(found: Outline, asked: int | None) -> None:
    if found.depth is not None and found.depth != asked:
        click.echo(f"folded to depth {found.depth}; use --depth to choose another", err=True)
