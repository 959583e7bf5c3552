"""What a shell offers for the values of options and arguments: names that the program or the spec knows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    import click

    from cnncalc.network import Network

Complete = Callable[["click.Context", "click.Parameter", str], list[CompletionItem]]
Names = Callable[["click.Context"], Iterable[str]]


def one_of(names: Names) -> Complete:
    """Complete a name."""

    def complete(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
        return [CompletionItem(name) for name in _quietly(names, ctx) if name.startswith(incomplete)]

    return complete


def several_of(names: Names) -> Complete:
    """Complete the last of several names that commas separate; those before it are not offered again."""

    def complete(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
        before, comma, last = incomplete.rpartition(",")
        given = before.split(",")
        return [
            CompletionItem(before + comma + name)
            for name in _quietly(names, ctx)
            if name.startswith(last) and name not in given
        ]

    return complete


def _quietly(names: Names, ctx: click.Context) -> list[str]:
    """The names, or none: a shell has no place for an error."""
    try:
        return list(names(ctx))
    except Exception:  # noqa: BLE001
        return []


def dtypes(_: click.Context) -> Iterable[str]:
    """Data types that sizes in bytes may have."""
    from cnncalc.counting.quantities import ITEM_BYTES

    return ITEM_BYTES


def formats(answer: str) -> Names:
    """Formats of an answer, those of tabulate included where it is a table."""

    def names(_: click.Context) -> Iterable[str]:
        from cnncalc.report.formats import FORMATS, TABULATED

        if answer not in TABULATED:
            return FORMATS[answer]
        import tabulate

        return dict.fromkeys([*FORMATS[answer], *tabulate.tabulate_formats])

    return names


def columns(_: click.Context) -> Iterable[str]:
    """Columns of a table."""
    from cnncalc.report.rows import COLUMNS

    return COLUMNS


def rules(_: click.Context) -> Iterable[str]:
    """Rules by code and by name."""
    from cnncalc.analysis.rules import rules as all_rules

    return [name for rule in all_rules() for name in (rule.code, rule.name)]


def variables(ctx: click.Context) -> Iterable[str]:
    """Variables of the spec that is named."""
    return _network(ctx).vars


def assignments(ctx: click.Context) -> Iterable[str]:
    """The same, ready for a value."""
    return [f"{name}=" for name in _network(ctx).vars]


def layers(ctx: click.Context) -> Iterable[str]:
    """Paths of the layers of the spec that is named."""
    return [node.path for node in _network(ctx).graph().nodes if node.layer is not None]


def _network(ctx: click.Context) -> Network:
    from cnncalc.interchange.files import read_spec
    from cnncalc.network import build

    left = [
        word for word in ctx.args if not word.startswith("-")
    ]  # an option without its value keeps the rest unread
    return build(*read_spec(ctx.params["spec"] or left[0]))
