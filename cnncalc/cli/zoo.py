"""``cnncalc zoo``."""

from __future__ import annotations

import click

from cnncalc.cli.common import Spec, write
from cnncalc.cli.options import format_option


@click.command("zoo")
@click.argument("name", required=False, type=Spec(), metavar="[NAME]")
@format_option("zoo")
def command(name: str | None, fmt: str) -> int:
    """List the shipped architectures and lessons or, with NAME, print the spec of one.

    \b
    cnncalc zoo
    cnncalc zoo lessons
    cnncalc zoo resnet50 > my.yaml
    """
    from cnncalc.analysis.zoo import Zoo, entries
    from cnncalc.reading.text.shipped import shipped_lessons, shipped_specs, shipped_text
    from cnncalc.report.formats import renderer

    if name is not None and name != "lessons":
        text, variant = shipped_text(name)
        head = f"# the variant '{variant}' of this family: cnncalc table FILE@{variant}\n" if variant else ""
        write((head + text).rstrip())
        return 0
    render = renderer("zoo", fmt)
    write(render(Zoo(entries(shipped_specs()) if name is None else (), entries(shipped_lessons()))))
    return 0
