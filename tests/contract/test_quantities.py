"""A number that is counted stands once, in ``cnncalc/counting/``: everything else reads the table."""

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Literal, get_args, get_type_hints

from cnncalc.analysis.check import BUDGETS
from cnncalc.cli.plot import SHORT
from cnncalc.counting.quantities import QUANTITIES, Count
from cnncalc.counting.rows import DONE, STORED, Row, SizeT_co, Totals

ROOT = Path(__file__).parents[2] / "cnncalc"
#: sizes of a layer or setting that are not numbers of the table themselves
SIZES = {"activations", "inputs_read", "params_read"}
#: choices of a few numbers, by name: what an option is called, what is shown unless others are asked for
CHOICES = {"analysis/check.py": set(BUDGETS.values()), "cli/plot.py": set(SHORT.values()), "analysis/sweep.py": {"peak_activation_bytes"}}  # fmt: skip


def test_the_table_and_the_types_agree():
    assert {*Totals._fields, "params"} - {"partial"} == set(QUANTITIES)
    assert {name for name, kind in get_type_hints(Row).items() if kind == SizeT_co | Literal[0]} == {
        *STORED,
        *DONE,
    }
    assert set(Row._fields) & set(QUANTITIES) == {*STORED, *DONE} - SIZES
    assert {*get_args(Count)} == {name for name, q in QUANTITIES.items() if q.per is None} | {
        "peak_activations"
    }
    for name, quantity in QUANTITIES.items():
        assert quantity.name == name
        assert (quantity.of is None) == (quantity.largest is not None)
        assert ("bytes" in name) == quantity.heading.replace("bytes moved", "bytes").endswith("bytes")


def test_names_of_numbers_stand_nowhere_else():
    """Only names that mean nothing else: ``params``, ``macs`` and the like are fields of layers too."""
    distinct = {name for name in QUANTITIES if "_" in name}
    for path in sorted(ROOT.rglob("*.py")):
        file = path.relative_to(ROOT).as_posix()
        if file.startswith("counting/"):
            continue
        nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        found = {
            node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
        assert found & distinct <= CHOICES.get(file, set()), file


PROGRAM = """
import sys
from collections import namedtuple
from cnncalc.counting import quantities, rows

class Totals(namedtuple("Totals", [*rows.Totals._fields, "spare"])):
    params = rows.Totals.params

rows.Totals = Totals
entry = quantities.Quantity("spare", "spare weights", lambda row, _: row.weights - row.biases, heads=True)
quantities.QUANTITIES = {**quantities.QUANTITIES, entry.name: entry}

from cnncalc.__main__ import main

for line in sys.stdin.read().splitlines():
    print("$", line)
    sys.stdout.flush()
    print("exit", main(line.split("|")))
"""
SPEC = """vars: {H: 8}
input: [2, H, H]
layers:
- {type: conv2d, name: a, out_channels: 4, kernel_size: 3}
- {type: conv2d, name: b, out_channels: 5, kernel_size: 1}
expect: {spare: 84}
"""


def test_a_new_number_is_an_entry_of_the_table(tmp_path):
    """72 - 4 and 20 - 5; nothing but ``counting`` has heard of the number."""
    (tmp_path / "net.yaml").write_text(SPEC)
    commands = [
        "table|net.yaml|--columns|layer,spare",
        "table|net.yaml|--columns|spare|--format|csv",
        "table|net.yaml|--format|json",
        "check|net.yaml",
        "diff|net.yaml|net.yaml|--format|json|--fail-if|spare > 5",
        "sweep|net.yaml|--over|H=8,9|--columns|spare",
        "solve|net.yaml|--where|spare <= 83 and a.spare == 68",
        "plot|net.yaml|--by|spare",
        "report|net.yaml|-o|net.html",
        "schema",
    ]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], input="\n".join(commands), capture_output=True, text=True, check=True,
        cwd=tmp_path, timeout=60,
    )  # fmt: skip
    parts = done.stdout.split("$ ")[1:]
    outputs = {command: part.partition("\n")[2] for command, part in zip(commands, parts, strict=True)}
    by_name = {command.split("|")[0]: output for command, output in outputs.items()}

    table, csv, data = list(outputs.values())[:3]
    assert "layer  spare weights" in table and "total             83" in table
    assert csv == "spare\n68\n15\nexit 1\n"  # for the expectation of 84
    found = json.loads(data.removesuffix("exit 1\n"))
    assert [row["spare"] for row in found["layers"]] == [68, 15]
    assert found["totals"]["spare"] == 83
    assert "the network has 83 spare weights, expected 84" in by_name["check"]
    assert '"spare": {' in by_name["diff"] and "spare: 83 -> 83 (+0.0%) meets" in done.stderr
    assert [line.split() for line in by_name["sweep"].splitlines()[2:4]] == [
        ["8", "yes", "83"],
        ["9", "yes", "83"],
    ]
    assert by_name["solve"].endswith("exit 0\n")
    assert "83 spare weights" in by_name["plot"]
    assert "spare weights</button>" in (tmp_path / "net.html").read_text()
    assert '"spare"' in by_name["schema"]
