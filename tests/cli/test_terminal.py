"""The conventions of terminals: NO_COLOR, FORCE_COLOR, TERM, COLUMNS."""

import os
import re
import subprocess
import sys
from io import StringIO

import pytest

from cnncalc.__main__ import main
from cnncalc.cli import COMMANDS
from cnncalc.cli.colors import colored, wanted

BAD = """\
input: [3, 9, 9]
layers:
  - {type: maxpool2d, kernel_size: 2, name: "error[C302]: ^^^"}
  - {type: conv2d, out_channels: 8, kernel_size: 9}
"""
DOUBTFUL = "input: [3, 9, 9]\nlayers:\n  - {type: maxpool2d, kernel_size: 2, name: a}\n"


class Terminal(StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(("variables", "on_terminal", "elsewhere"), [
    ({}, True, False), ({"NO_COLOR": "1"}, False, False), ({"NO_COLOR": ""}, True, False), ({"FORCE_COLOR": "1"}, True, True),
    ({"FORCE_COLOR": ""}, True, False), ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, False, False), ({"TERM": "dumb"}, False, False),
    ({"TERM": "dumb", "FORCE_COLOR": "1"}, True, True), ({"TERM": "xterm-256color"}, True, False),
])  # fmt: skip
def test_when_there_are_colors(variables, on_terminal, elsewhere):
    assert wanted(Terminal(), variables) is on_terminal
    assert wanted(StringIO(), variables) is elsewhere
    assert not wanted(None, variables)


def _said(capsys, *words):
    main([*words])
    return capsys.readouterr()


@pytest.mark.parametrize("command", ["check", "table"])
def test_colors_add_nothing_but_themselves(command, tmp_path, monkeypatch, capsys):
    for name, text in {"bad": BAD, "doubtful": DOUBTFUL}.items():
        path = tmp_path / f"{name}.yaml"
        path.write_text(text)
        plain = _said(capsys, command, str(path))
        monkeypatch.setenv("FORCE_COLOR", "1")
        found = _said(capsys, command, str(path))
        monkeypatch.setenv("NO_COLOR", "1")
        assert _said(capsys, command, str(path)) == plain
        monkeypatch.delenv("NO_COLOR")
        monkeypatch.delenv("FORCE_COLOR")
        assert "\x1b" not in plain.out + plain.err
        assert ("\x1b[1;3" in found.out + found.err) == ("[" in plain.out + plain.err)
        assert re.sub(r"\x1b\[[\d;]*m", "", found.out) == plain.out
        assert re.sub(r"\x1b\[[\d;]*m", "", found.err) == plain.err


def test_only_headings_margins_and_carets_are_colored():
    text = "error[C302]: error[C302]: x\n  --> a.yaml:4:6\n   |\n 40 | error[C1]: --> ^^\n   |   ^^^\n   = help: = note: ^\n"
    assert colored(text).replace("\x1b[0m", ">").replace("\x1b[", "<") == (
        "<1;31merror[C302]>: error[C302]: x\n<1;34m  -->> a.yaml:4:6\n<1;34m   |>\n<1;34m 40 |> error[C1]: --> ^^\n"
        "<1;34m   |> <1;31m  ^^^>\n<1m   = help:> = note: ^\n"
    )


def test_machines_and_files_get_no_colors(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("FORCE_COLOR", "1")
    path, target = tmp_path / "bad.yaml", tmp_path / "found.txt"
    path.write_text(DOUBTFUL)
    for name in ("json", "github", "gitlab", "sarif", "junit", "concise", "markdown"):
        assert "\x1b" not in _said(capsys, "check", str(path), "--format", name).out
    main(["check", str(path), "-o", str(target)])
    assert "W201" in target.read_text()
    assert "\x1b" not in target.read_text()


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals")
def test_a_terminal_has_colors_and_its_own_width(tmp_path):
    import fcntl
    import pty
    import struct
    import termios

    path = tmp_path / "bad.yaml"
    path.write_text(f"{DOUBTFUL.rstrip()}  # {'wide ' * 40}\n")
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 60, 0, 0))
    unset = {key: value for key, value in os.environ.items() if key not in ("COLUMNS", "LINES", "NO_COLOR")}
    command = [sys.executable, "-m", "cnncalc", "check", str(path)]
    subprocess.run(command, stdout=theirs, stderr=theirs, env={**unset, "TERM": "xterm"}, check=False)
    said = os.read(ours, 100_000).decode()
    os.close(ours)
    os.close(theirs)
    assert said.startswith("\x1b[1;33mwarning[W201]")
    (snippet,) = [line for line in re.sub(r"\x1b\[[\d;]*m", "", said).splitlines() if line.startswith("3 |")]
    assert 50 < len(snippet) <= 60


@pytest.mark.parametrize("columns", [60, 80])
@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_fits_the_terminal(command, columns, monkeypatch, capsys):
    """All of it, but for the examples, which are to be copied; and 80 columns are enough for these."""
    monkeypatch.setenv("COLUMNS", str(columns))
    shown = _said(capsys, *command.split(), "--help").out
    lines = [line for line in shown.splitlines() if columns == 80 or not line.startswith("  cnncalc ")]
    assert [line for line in lines if len(line) > columns] == []


def test_bars_fit_the_terminal(monkeypatch, capsys):
    for columns in (50, 72, 140):
        monkeypatch.setenv("COLUMNS", str(columns))
        lines = _said(capsys, "plot", "lenet5").out.splitlines()
        assert columns - 12 <= max(map(len, lines)) <= columns
