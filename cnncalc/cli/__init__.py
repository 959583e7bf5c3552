"""The command line: one file a command. The only place that knows click, prints or exits."""

from __future__ import annotations

from importlib import import_module

import click

from cnncalc.errors import did_you_mean
from cnncalc.version import __version__

COMMANDS = {
    "table": "The per-layer table of shapes, weights, biases and MACs, with totals.",
    "explain": "The arithmetic behind a layer, or a network in a few lines.",
    "solve": "The exact set of input sizes for which the architecture is valid, and why.",
    "sweep": "Params, MACs and peak memory over a grid of settings.",
    "check": "Errors, expectations, budgets and lints of specs, for CI.",
    "schema": "A JSON Schema of specs, for editors.",
    "rule": "What an error or lint code means, and what to do.",
    "draw": "A picture: feature maps, or the graph.",
    "plot": "Where params, MACs or activations sit, as bars.",
    "report": "One HTML page with picture and table.",
    "diff": "What changed between two specs: layers, shapes, counts.",
    "verify": "A NumPy forward pass that checks every derived number.",
    "show": "A spec as it is written, or with its blocks unrolled.",
    "zoo": "The shipped architectures, or the spec of one of them.",
}


class Commands(click.Group):
    """Imports a command when it is used, so that each pays only for itself."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"cnncalc.cli.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            help = did_you_mean(args[0], COMMANDS) or f"choose from {', '.join(COMMANDS)}"
            ctx.fail(f"unknown command '{args[0]}'; {help}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="cnncalc")
def cli() -> None:
    """Exact shapes, parameters and MACs of convolutional networks, from a short spec.

    SPEC is a path (file.yaml, or file.yaml@variant), - for standard input, or the name of a shipped
    architecture such as vgg16.
    """
