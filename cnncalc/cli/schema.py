"""``cnncalc schema``."""

from __future__ import annotations

import click

from cnncalc.cli.common import write

#: the commands that print JSON, as ``report.answers`` has them
ANSWERS = ("table", "explain", "solve", "sweep", "check", "rule", "diff", "verify", "zoo")


@click.command("schema")
@click.option(
    "--of",
    "command_name",
    type=click.Choice(ANSWERS),
    metavar="COMMAND",
    help=f"Print the schema of what COMMAND prints with --format json: {', '.join(ANSWERS)}.",
)
@click.option("-o", "--output", metavar="FILE", help="Write the schema to FILE.")
def command(command_name: str | None, output: str | None) -> int:
    """Print the JSON Schema (2020-12) of specs, for editors, or of a command's JSON, for programs.

    \b
    cnncalc schema -o cnncalc.schema.json
    cnncalc schema --of table
    """
    import json

    from cnncalc.report.answers import schema_of
    from cnncalc.report.schema import schema

    found = schema() if command_name is None else schema_of(command_name)
    text = json.dumps(found, separators=(",", ":")) if command_name is None else json.dumps(found, indent=1)
    if output is None:
        write(text)
        return 0
    from cnncalc.files import write_atomically

    write_atomically(output, f"{text}\n".encode())
    return 0
