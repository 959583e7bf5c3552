"""``cnncalc report``."""

from __future__ import annotations

from pathlib import Path

import click

from cnncalc.cli.common import complain, read_network, spec_argument
from cnncalc.cli.options import batch_option, dtype_option, free_option, max_layers_option, set_option
from cnncalc.errors import UsageError


@click.command("report")
@spec_argument
@free_option
@set_option
@click.option("-o", "--output", required=True, metavar="FILE.html", help="File to write.")
@batch_option
@dtype_option
@max_layers_option
def command(
    spec: str, free: tuple[str, ...], settings: tuple[str, ...], output: str, batch: int, dtype: str
) -> int:
    """Write an HTML page with a summary, a picture, and a table that can be sorted and filtered.

    The page is a single file and works offline.

    \b
    cnncalc report vgg16 -o vgg16.html
    cnncalc report unet_padded --free H,W -o unet.html
    """
    from cnncalc.files import write_atomically
    from cnncalc.report import page

    if Path(output).suffix.lower() not in (".html", ".htm"):
        raise UsageError(f"cannot write a page to '{output}': the file name must end in .html")
    network, given, names = read_network(spec, settings, free)
    report = network.summary(free=names, set=given, batch=batch, dtype=dtype)
    write_atomically(output, page.render(report).encode())
    return complain(graphs=[report.graph])
