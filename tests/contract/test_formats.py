"""Every answer has a table of formats: options, help and commands read it, and nothing else names a format."""

import ast
import re
from importlib import import_module
from pathlib import Path

import click
import pytest

from cnncalc.cli import COMMANDS, cli
from cnncalc.counting.quantities import ITEM_BYTES
from cnncalc.errors import UsageError
from cnncalc.report.formats import FORMATS, TABULATED, renderer

CLI = Path(__file__).parents[2] / "cnncalc" / "cli"
#: the answer that a command's --format is about; explain gives one of two, which have the same formats
ANSWERS = {
    "table": "table", "zoo": "zoo", "explain": "explanation", "solve": "solution", "diff": "difference",
    "verify": "verification", "sweep": "rows", "rule": "pages", "show": "spec",
}  # fmt: skip


def options(command):
    return {
        o.name: o for o in cli.get_command(click.Context(cli), command).params if isinstance(o, click.Option)
    }


@pytest.mark.parametrize("answer", FORMATS)
def test_every_format_is_a_function(answer):
    for name, render in FORMATS[answer].items():
        found = dict(
            zip(render.__code__.co_freevars, (cell.cell_contents for cell in render.__closure__), strict=True)
        )
        assert callable(getattr(import_module(f"cnncalc.report.{found['module']}"), found["function"])), name


@pytest.mark.parametrize(("command", "answer"), ANSWERS.items())
def test_options_list_the_formats(command, answer):
    option = options(command)["fmt"]
    names = list(FORMATS[answer])

    assert option.default == names[0]
    if answer in TABULATED:
        assert option.help.startswith(f"Output format: {', '.join(names[1:])}, or any tabulate format")
    else:
        assert list(option.type.choices) == names


def test_the_two_answers_of_explain_have_the_same_formats():
    assert list(FORMATS["overview"]) == list(FORMATS["explanation"])


def test_check_lists_its_formats():
    assert ", ".join([*FORMATS["findings"], "or auto"]) in options("check")["formats"].help


def test_tables_are_printed_by_tabulate_too():
    assert callable(renderer("zoo", "github"))
    with pytest.raises(UsageError, match="unknown format 'githb'; did you mean 'github'"):
        renderer("table", "githb")
    with pytest.raises(UsageError, match="unknown format 'github'; choose from text, json"):
        renderer("solution", "github")


def test_options_that_commands_share_are_the_same():
    """Batch and data type: one help for all, which lists every data type."""
    shared = {name: set() for name in ("batch", "dtype", "depth", "settings", "free", "over")}
    for command in COMMANDS:
        for name, option in options(command).items():
            if name in shared:
                shared[name].add((command, option.help))
    for name, found in shared.items():
        own = {"dtype": {"check", "verify"}, "settings": {"diff"}, "free": {"diff"}, "over": {"sweep"}}.get(
            name, set()
        )
        assert len({help for command, help in found if command not in own}) == 1, name
    assert re.findall(r"\w+\d+", options("table")["dtype"].help) == list(ITEM_BYTES)


def test_no_command_asks_which_format_it_is():
    """Comparisons of ``fmt`` choose nothing: ``show`` refuses an option that has no meaning."""
    for path in CLI.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Compare) and "fmt" in {
                n.id for n in ast.walk(node) if isinstance(n, ast.Name)
            }:
                assert path.name == "show.py"
