"""SARIF as another program reads it: sarif-tools."""

import csv
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from cnncalc.__main__ import main

pytest.importorskip("sarif")
BAD = Path(__file__).parents[1] / "diagnostics" / "bad"


def test_another_program_reads_what_was_found(tmp_path, capsys):
    main(["check", str(BAD), "--format", "sarif", "-o", str(tmp_path / "all.sarif"), "--format", "concise"])
    shown = Counter(line.split("[")[1][:4] for line in capsys.readouterr().out.splitlines())
    command = [sys.executable, "-m", "sarif", "csv", "all.sarif", "--output", "all.csv"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    with (tmp_path / "all.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    results = json.loads((tmp_path / "all.sarif").read_text())["runs"][0]["results"]
    silenced = Counter(result["ruleId"] for result in results if "suppressions" in result)
    assert silenced
    assert Counter(row["Code"] for row in rows) == shown + silenced  # it reads those, too
    assert {row["Severity"] for row in rows} == {"error", "warning", "note"}
