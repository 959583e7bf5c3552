"""``cnncalc schema``."""

from __future__ import annotations

import click

from cnncalc.cli.common import write


@click.command("schema")
@click.option("-o", "--output", metavar="FILE", help="Write the schema to FILE.")
def command(output: str | None) -> int:
    """Print the JSON Schema (2020-12) of specs, for editors.

    \b
    cnncalc schema -o cnncalc.schema.json
    """
    import json

    from cnncalc.report.schema import schema

    text = json.dumps(schema(), indent=1, ensure_ascii=True)
    if output is None:
        write(text)
        return 0
    from cnncalc.files import write_atomically

    write_atomically(output, f"{text}\n".encode())
    return 0
