"""What the build reads is where the build looks for it."""

import re
import tomllib
from pathlib import Path

import cnncalc

ROOT = Path(__file__).parents[2]
HATCH = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]


def test_the_version():
    text = (ROOT / HATCH["version"]["path"]).read_text(encoding="utf-8")
    assert re.findall(r'(?m)^__version__ = "(.+)"$', text) == [cnncalc.__version__]


def test_files_from_outside_the_package():
    assert [
        path for path in HATCH["build"]["targets"]["wheel"]["force-include"] if not (ROOT / path).exists()
    ] == []
