"""``cnncalc import``."""

from __future__ import annotations

import click

from cnncalc.cli.common import write_text


@click.command("import")
@click.argument("file", type=click.Path(), metavar="FILE")
@click.option("--flat", is_flag=True, help="Do not fold: write the layers one by one, as the file has them.")
@click.option("-o", "--output", metavar="SPEC", help="Write the spec to SPEC, as in model.cnn.yaml.")
def command(file: str, output: str | None, *, flat: bool) -> int:
    """Write the spec of a model file, with blocks and repetitions where they are proven to be the same network.

    Every other command takes the model file itself: cnncalc table model.onnx.

    \b
    cnncalc import model.onnx
    cnncalc import model.onnx -o model.cnn.yaml
    """
    from cnncalc.interchange.files import spec_of

    text = spec_of(file, flat=flat)
    write_text(output, text)
    return 0
