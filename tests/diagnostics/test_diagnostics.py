"""Every bad spec beside the exact text that a user sees; every good one is silent.

``UPDATE_DIAGNOSTICS=1 pytest tests/diagnostics`` rewrites the texts; review the difference like code.
"""

import os
import shlex
from pathlib import Path

import pytest

from cnncalc.__main__ import main
from cnncalc.analysis.rules import rules

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
BAD = sorted((HERE / "bad").glob("*.*ml")) + sorted((HERE / "bad").glob("*.json"))
#: codes that no single spec file can show, or that other commands give
ELSEWHERE = {"C007", "C403"}


@pytest.mark.parametrize("path", BAD, ids=lambda p: p.stem)
def test_bad_spec_prints_exactly_this(path, capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("COLUMNS", "100")
    name = str(path.relative_to(ROOT)).replace("\\", "/")
    first = path.read_text(encoding="utf-8", errors="ignore").partition("\n")[0]
    command = first.removeprefix("# run: ") if first.startswith("# run: ") else "check SPEC --format text"

    code = main([name if word == "SPEC" else word for word in shlex.split(command)])

    captured = capsys.readouterr()
    errors = captured.out if command.startswith("check") else captured.err
    golden = path.with_suffix(".out")
    if os.environ.get("UPDATE_DIAGNOSTICS"):
        golden.write_text(errors, encoding="utf-8")
    assert code == (0 if path.stem.startswith("W") else 1)
    assert errors == golden.read_text(encoding="utf-8")
    assert f"[{path.stem[:4]}]: " in errors
    assert "pydantic" not in errors.lower()
    assert "Traceback" not in errors


def test_every_code_has_a_spec_that_shows_it():
    shown = {line.partition("[")[2][:4] for p in BAD for line in p.with_suffix(".out").read_text(encoding="utf-8").splitlines()
             if line.startswith(("error[", "warning[", "info["))}  # fmt: skip

    assert {rule.code for rule in rules()} - shown - ELSEWHERE == set()


@pytest.mark.parametrize("path", sorted((HERE / "ok").glob("*.yaml")), ids=lambda p: p.stem)
def test_good_spec_is_silent(path, capsys):
    assert main(["table", str(path)]) == 0
    assert capsys.readouterr().err == ""
    assert main(["check", str(path)]) == 0
    assert capsys.readouterr().out == ""
