"""``cnncalc zoo``."""

from __future__ import annotations

import click

from cnncalc.cli.common import Spec, check_format, format_option, write


@click.command("zoo")
@click.argument("name", required=False, type=Spec(), metavar="[NAME]")
@format_option
def command(name: str | None, fmt: str) -> int:
    """List the shipped architectures and lessons or, with NAME, print the spec of one.

    \b
    cnncalc zoo
    cnncalc zoo lessons
    cnncalc zoo resnet50 > my.yaml
    """
    from cnncalc.reading.text.shipped import shipped_lessons, shipped_specs, shipped_text
    from cnncalc.report import zoo

    if name is not None and name != "lessons":
        text, variant = shipped_text(name)
        head = f"# the variant '{variant}' of this family: cnncalc table FILE@{variant}\n" if variant else ""
        write((head + text).rstrip())
        return 0
    check_format(fmt)
    architectures = zoo.entries(shipped_specs()) if name is None else []
    write(zoo.render(architectures, zoo.entries(shipped_lessons()), fmt))
    return 0
