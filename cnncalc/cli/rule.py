"""``cnncalc rule``."""

from __future__ import annotations

import click

from cnncalc.cli.common import write
from cnncalc.errors import UsageError


@click.command("rule")
@click.argument("rule", required=False, metavar="[ID]")
@click.option("--all", "everything", is_flag=True, help="List all rules, one per line.")
@click.option("--format", "fmt", type=click.Choice(["text", "json"]), default="text", show_default=True,
              help="Output format.")  # fmt: skip
def command(rule: str | None, everything: bool, fmt: str) -> int:
    """Explain a rule: what it means, why it matters, an example, and what to write instead.

    ID is the code or the name of a rule.

    \b
    cnncalc rule C301
    cnncalc rule dropped-pixels
    cnncalc rule --all
    """
    import json

    from cnncalc.report.rules import page, pages

    if (rule is None) == (not everything):
        raise UsageError("name a rule, such as C301, or use --all")
    chosen = [page(rule)] if rule is not None else list(pages().values())
    if fmt == "json":
        found = [p._asdict() | {"summary": p.summary} for p in chosen]
        write(json.dumps(found[0] if rule is not None else found, indent=2))
    elif rule is not None:
        write(f"{chosen[0].code} {chosen[0].name} ({chosen[0].level})\n\n{chosen[0].text}")
    else:
        width = max(len(p.name) for p in chosen)
        write("\n".join(f"{p.code}  {p.name:{width}}  {p.level:7}  {p.summary}" for p in chosen))
    return 0
