"""The command line, with one file per command. Only this package uses click, prints, or sets exit codes."""

from __future__ import annotations

from importlib import import_module
from keyword import iskeyword

import click

from cnncalc.errors import did_you_mean
from cnncalc.version import __version__

COMMANDS = {
    "table": "Print shapes, weights, biases and MACs per layer, with totals.",
    "explain": "Show the arithmetic behind a layer, or summarize the network.",
    "solve": "Find every input size for which the network is valid, and why.",
    "sweep": "Compute params, MACs and peak memory over a grid of settings.",
    "check": "Check specs for errors, failed expectations, budgets and lints.",
    "schema": "Print the JSON Schema of specs, for editors.",
    "rule": "Explain an error or lint code and how to fix it.",
    "draw": "Draw the network as feature maps or as a graph.",
    "plot": "Plot params, MACs or activations per layer as bars.",
    "report": "Write an HTML page with a summary, a picture and the table.",
    "diff": "Compare the layers, shapes and counts of two specs.",
    "verify": "Run a NumPy forward pass and check every computed number.",
    "show": "Print a spec as written, or with its blocks unrolled.",
    "import": "Write the spec of a model file: ONNX.",
    "fold": "Rewrite a spec with blocks and repetitions.",
    "zoo": "List the shipped architectures, or print the spec of one.",
    "clean": "Delete the cache.",
}


class Commands(click.Group):
    """Imports a command when it is used, so that each pays only for itself."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = f"{cmd_name}_" if iskeyword(cmd_name) else cmd_name
        command: click.Command = import_module(f"cnncalc.cli.{module}").command
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
    """Compute exact shapes, parameters and MACs of convolutional networks from a short spec.

    SPEC is a path (file.yaml, file.yaml@variant or a model file such as model.onnx), - for standard input,
    or the name of a shipped architecture such as vgg16.
    """
