"""What ``.ci/run`` asks of the tests themselves."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
BUSY = "import time\nwhile time.process_time() < 0.25: pass"
TESTS = f"""
import subprocess, sys
import pytest

def work():
    subprocess.run([sys.executable, "-c", {BUSY!r}], check=True)

def test_quick(): pass
def test_of_a_busy_child(): work()
@pytest.mark.slow
def test_slow_by_nature(): work()
def test_that_waits(): __import__("time").sleep(0.25)
"""


def test_an_unmarked_test_that_works_too_long_fails(tmp_path):
    (tmp_path / "test_busy.py").write_text(TESTS)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = slow: by nature\n")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "tests.conftest",
        "-p",
        "no:cacheprovider",
        "-rA",
        tmp_path,
    ]
    done = subprocess.run(
        [*command, "-c", tmp_path / "pytest.ini"],
        cwd=ROOT,
        env={**os.environ, "CNNCALC_PROCESSOR_SECONDS": "0.15"},
        capture_output=True,
        text=True,
        check=False,
    )
    verdicts = re.findall(r"^(PASSED|FAILED) \S+::(\w+)", done.stdout, re.MULTILINE)
    assert sorted((name, verdict) for verdict, name in verdicts) == [
        ("test_of_a_busy_child", "FAILED"),
        ("test_quick", "PASSED"),
        ("test_slow_by_nature", "PASSED"),
        ("test_that_waits", "PASSED"),
    ]
    assert "s of processor time, over 0.15 s: make it cheaper, or mark it slow" in done.stdout
