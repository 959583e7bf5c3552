"""``cnncalc rule``."""

from __future__ import annotations

import click

from cnncalc.cli.common import write
from cnncalc.cli.completion import one_of, rules
from cnncalc.cli.options import format_option
from cnncalc.errors import UsageError


@click.command("rule")
@click.argument("rule", required=False, metavar="[ID]", shell_complete=one_of(rules))
@click.option("--all", "everything", is_flag=True, help="List all rules, one per line.")
@format_option("pages")
def command(rule: str | None, everything: bool, fmt: str) -> int:
    """Explain a rule: what it means, why it matters, an example, and what to write instead.

    ID is the code or the name of a rule.

    \b
    cnncalc rule C301
    cnncalc rule dropped-pixels
    cnncalc rule --all
    """
    from cnncalc.report.formats import FORMATS
    from cnncalc.report.rules import page, pages

    if (rule is None) == (not everything):
        raise UsageError("name a rule, such as C301, or use --all")
    write(FORMATS["pages"][fmt](page(rule) if rule is not None else list(pages().values())))
    return 0
