"""The GitHub action: its steps are run as GitHub runs them."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent.parent
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
PYTHON, INSTALL, CACHE, CHECK = ACTION["runs"]["steps"]
BROKEN = "input: [3, 8, 8]\nlayers:\n  - {type: conv2d, outchannels: 4, kernel_size: 3}\n"


@pytest.fixture(params=["bin", pytest.param("Scripts", marks=pytest.mark.slow)])
def runner(request, tmp_path, monkeypatch):
    """A runner whose temporary folder has a blank in its name, with cnncalc installed; and a job's folder."""
    binary = tmp_path / "runner temp" / "cnncalc" / request.param
    binary.mkdir(parents=True)
    python = binary / "python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    (tmp_path / "job" / ".git").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "job")
    monkeypatch.setenv("RUNNER_TEMP", str(tmp_path / "runner temp"))
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path / "job"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return binary


def step(action, **inputs):
    """Run a step of bash; inputs that are not given have their defaults."""
    assert action["shell"] == "bash"
    given = {}
    for name, expression in action["env"].items():
        key = re.fullmatch(r"\$\{\{ inputs\.(.*) \}\}", expression)
        given[name] = inputs.get(name, ACTION["inputs"][key[1]]["default"] if key else None)
    Path("../step.sh").write_text(action["run"])
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "../step.sh"]
    return subprocess.run(command, env={**os.environ, **given}, capture_output=True, text=True, check=False)


def checked(done):
    return sorted(set(re.findall(r"::error title=C102,file=([^,]*),", done.stdout)))


@pytest.mark.parametrize("paths, found", [
    ("models\na.yaml\n", ["a.yaml", "models/b.yaml"]),
    ("a.yaml models", ["a.yaml", "models/b.yaml"]),
    ("\n  a.yaml  \n\n  models/*.yaml\n", ["a.yaml", "models/b.yaml"]),
    ("my models", ["my models/c.yaml"]),
    ("a.yaml 'my models/c.yaml'", ["a.yaml", "my models/c.yaml"]),
    ('"my models/*.yaml"\nmodels', ["models/b.yaml", "my models/c.yaml"]),
    ("it's \"d\".yaml", ["it's \"d\".yaml"]),
    (None, ["a.yaml", "it's \"d\".yaml", "models/b.yaml", "my models/c.yaml"]),
])  # fmt: skip
def test_every_path_is_checked(runner, paths, found):
    for path in ("a.yaml", "models/b.yaml", "my models/c.yaml", 'it\'s "d".yaml'):
        Path(path).parent.mkdir(exist_ok=True)
        Path(path).write_text(BROKEN)
    Path("yaml.py").write_text("raise SystemExit('a module of the job')")
    done = step(CHECK, **({} if paths is None else {"PATHS": paths}))
    assert done.returncode == 1
    assert checked(done) == found


def test_options_and_the_file_for_code_scanning(runner):
    Path("a.yaml").write_text(BROKEN.replace("outchannels", "out_channels"))
    assert step(CHECK).returncode == 0
    done = step(CHECK, ARGS="--max-params 5\n--select 'W2, W3'", SARIF="out put.sarif")
    assert done.returncode == 1
    assert "::error title=C401,file=a.yaml,line=1" in done.stdout
    assert json.loads(Path("out put.sarif").read_text())["version"] == "2.1.0"
    assert step(CHECK, ARGS="--max-params 5MB").returncode == 2
    done = step(CHECK, PATHS="it's.yaml")
    assert done.returncode == 1
    assert "a quotation mark in 'it's.yaml' is not closed" in done.stderr


@pytest.mark.parametrize("version, wanted", [("", "/the action"), ("0.1.0", "cnncalc==0.1.0")])
def test_it_installs_itself_into_an_environment_of_its_own(runner, tmp_path, version, wanted):
    python = tmp_path / "a python"
    python.write_text(f'#!/bin/sh\necho "$@" >> "{tmp_path}/calls"\n')
    python.chmod(0o755)
    (runner / "python").write_text(python.read_text())
    done = step(INSTALL, PYTHON=str(python), VERSION=version, ACTION_PATH="/the action")
    assert done.returncode == 0
    assert (tmp_path / "calls").read_text().splitlines() == [
        f"-m venv --clear {tmp_path}/runner temp/cnncalc",
        f"-m pip install --quiet --disable-pip-version-check --constraint /the action/.ci/action-constraints.txt {wanted}",
    ]


def test_it_brings_its_own_python_and_leaves_the_jobs_alone():
    assert re.fullmatch(r"actions/setup-python@[0-9a-f]{40}", PYTHON["uses"])
    assert PYTHON["with"]["update-environment"] is False
    assert INSTALL["env"]["PYTHON"] == f"${{{{ steps.{PYTHON['id']}.outputs.python-path }}}}"
    lowest = re.search(r'requires-python = ">=3\.(\d+)"', (ROOT / "pyproject.toml").read_text())[1]
    assert int(ACTION["inputs"]["python-version"]["default"].partition(".")[2]) >= int(lowest)


def test_what_it_installs_is_pinned_and_fits_what_is_declared():
    pins = dict(
        line.split("==")
        for line in (ROOT / ".ci" / "action-constraints.txt").read_text().splitlines()
        if "==" in line
    )
    declared = re.search(
        r"^dependencies = \[(.*?)^\]", (ROOT / "pyproject.toml").read_text(), re.DOTALL | re.MULTILINE
    )[1]
    names = {re.sub(r"[-_.]+", "-", name).lower() for name in re.findall(r'"([\w-]+)>=', declared)}
    assert names <= {re.sub(r"[-_.]+", "-", name).lower() for name in pins}


def test_results_are_kept_from_job_to_job(runner, tmp_path):
    assert re.fullmatch(r"actions/cache@[0-9a-f]{40}", CACHE["uses"])
    assert CACHE["with"]["path"] == "${{ runner.temp }}/cnncalc-results"
    assert 'CNNCALC_CACHE_DIR="$RUNNER_TEMP/cnncalc-results"' in CHECK["run"]
    assert CACHE["with"]["key"].startswith(CACHE["with"]["restore-keys"])


def test_the_summary_of_the_job(runner, monkeypatch, tmp_path):
    Path("a.yaml").write_text(BROKEN)
    page = tmp_path / "summary.md"
    page.write_text("# before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(page))
    assert step(CHECK).returncode == 1
    text = page.read_text(encoding="utf-8")
    assert text.startswith("# before\n### cnncalc: 1 spec: 1 error, 0 warnings")
    assert (
        "| ❌ | a.yaml:3 | C102 | conv2d has no field 'outchannels'. did you mean 'out_channels'? |" in text
    )
