"""Options that several commands have, each defined once."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import click

from cnncalc.cli import completion
from cnncalc.report.formats import FORMATS, TABULATED

Option = Callable[[Any], Any]
VARIABLE = "CNNCALC_MAX_LAYERS"  # as ``reading.unrolling.limits`` has it

free_option = click.option(
    "--free", multiple=True, metavar="NAMES", shell_complete=completion.several_of(completion.variables),
    help="Leave these variables symbolic, as in --free H,W."
)  # fmt: skip
over_option = click.option(
    "--over", multiple=True, metavar="NAME=VALUES", shell_complete=completion.one_of(completion.assignments),
    help="Leave a variable symbolic and restrict it to these values: w=0.25:2:0.05 (start:stop:step) or w=0.5,0.75,1.",
)  # fmt: skip
set_option = click.option(
    "--set", "settings", multiple=True, metavar="NAME=VALUE", shell_complete=completion.one_of(completion.assignments),
    help="Set a variable of the spec."
)  # fmt: skip
batch_option = click.option(
    "--batch", type=click.IntRange(1, 2**31 - 1), default=1, show_default=True, metavar="N",
    help="Batch size.",
)  # fmt: skip
dtype_option = click.option(
    "--dtype", default="float32", show_default=True, metavar="DTYPE", shell_complete=completion.one_of(completion.dtypes),
    help="Data type, for sizes in bytes: float64, float32, float16, bfloat16 or int8.",
)  # fmt: skip
depth_option = click.option(
    "--depth", type=click.IntRange(1), metavar="N", help="Fold groups and blocks below level N."
)


def max_layers_option(command: Any) -> Any:
    """``--max-layers``: for this run, and for the processes that it starts."""

    def allow(ctx: click.Context, _: click.Parameter, value: int | None) -> None:
        if value is not None:
            before = os.environ.get(VARIABLE)
            os.environ[VARIABLE] = str(value)
            ctx.call_on_close(
                lambda: os.environ.pop(VARIABLE) if before is None else os.environ.update({VARIABLE: before})
            )

    return click.option(
        "--max-layers", type=click.IntRange(1, 1_000_000), metavar="N", expose_value=False, callback=allow,
        help="Allow a network to have up to N layers. [default: 20000]",
    )(command)  # fmt: skip


def cache_options(command: Any) -> Any:
    """Options that ``cache.runs`` reads before a command is imported; here they are declared."""
    folder = click.option("--cache-dir", metavar="DIR", expose_value=False, help="Directory of the cache.")
    off = click.option("--no-cache", is_flag=True, expose_value=False, help="Do not read or write the cache.")
    return folder(off(command))


def format_option(answer: str, note: str = "") -> Option:
    """``--format``, with the names of the formats of an answer."""
    names = list(FORMATS[answer])
    if answer not in TABULATED:
        help = f"Output format; {note}." if note else "Output format."
        kind = click.Choice(names)
        return click.option("--format", "fmt", type=kind, default=names[0], show_default=True, help=help)
    own = ", ".join(names[1:])
    return click.option(
        "--format", "fmt", default=names[0], show_default=True, metavar="FORMAT",
        shell_complete=completion.one_of(completion.formats(answer)),
        help=f"Output format: {own}, or any tabulate format (simple, grid, github, latex, html, ...).",
    )  # fmt: skip
