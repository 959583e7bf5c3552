"""Networks of many layers, and what people see while they wait."""

import os
import pty
import sys

import pytest

from cnncalc.__main__ import main
from cnncalc.cli import progress
from cnncalc.errors import UsageError
from cnncalc.reading.unrolling import limits

MANY = "input: [8, 4, 4]\nlayers:\n  - {{type: relu, repeat: {}}}\n"


@pytest.fixture
def many(tmp_path):
    def write(count):
        path = tmp_path / "many.yaml"
        path.write_text(MANY.format(count), encoding="utf-8")
        return str(path)

    return write


def test_more_layers_are_allowed_if_asked_for(many, capsys, monkeypatch):
    assert main(["table", many(20_001)]) == 1
    assert "more than 20,000 layers" in capsys.readouterr().err
    assert main(["table", many(20_002), "--max-layers", "20010", "--depth", "1"]) == 0
    assert main(["table", many(7), "--max-layers", "5"]) == 1
    assert "or allow more with --max-layers (up to 1,000,000)" in capsys.readouterr().err
    assert limits.VARIABLE not in os.environ  # it was for those runs
    monkeypatch.setenv(limits.VARIABLE, "6")
    assert main(["check", many(7)]) == 1
    assert main(["check", many(7), "--max-layers", "7"]) == 0
    assert os.environ[limits.VARIABLE] == "6"


@pytest.mark.parametrize("text", ["0", "-1", "1000001", "many", "1e3", "9" * 100])
def test_a_limit_that_is_none(text, monkeypatch):
    monkeypatch.setenv(limits.VARIABLE, text)
    with pytest.raises(UsageError, match="must be a number from 1 to 1,000,000"):
        limits.max_layers()


def everything(descriptor):
    """What was written to a terminal that is closed now."""
    found = b""
    try:
        while part := os.read(descriptor, 4096):
            found += part
    except OSError:  # Linux says so at the end
        pass
    os.close(descriptor)
    return found.decode()


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
@pytest.mark.parametrize(("command", "what"), [("table", "layers"), ("check", "specs checked")])
def test_progress_is_shown_on_a_terminal_and_gone_at_the_end(command, what, many, monkeypatch, capsys):
    monkeypatch.setattr(progress, "AFTER", 0)
    monkeypatch.setattr(progress, "EVERY", 0)
    path = many(10_000)
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w") as terminal, monkeypatch.context() as patched:
        patched.setattr(sys, "stderr", terminal)
        assert main([command, path, "--depth", "1"] if command == "table" else [command, path]) == 0
    shown = everything(ours)
    assert f"1 {what}" in shown or f"10,000 {what}" in shown
    assert shown.split("\r")[-2].strip() == "" or "expectation" in shown.split("\r")[-1]
    assert main([command, path, *(["--depth", "1"] if command == "table" else [])]) == 0
    assert "\r" not in capsys.readouterr().err
