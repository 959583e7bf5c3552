"""Examples in README.md and docs/ are what the program prints.

``UPDATE_DOCS=1 pytest tests/contract/test_docs.py`` rewrites the outputs of console blocks.
"""

import doctest
import os
import re
import shlex
from pathlib import Path

import pytest

from cnncalc.__main__ import main

ROOT = Path(__file__).parent.parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PYTHON = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


#: what differs from run to run: milliseconds, and the memory of the process
VARIES = [
    (re.compile(r"  +\d+\.\d(?=  +\d+\.\d  (ok|NaN))"), "  #"),
    (re.compile(r"; \d+\.\d\d s in layers; the process took at most .*"), "; #"),
    (re.compile(r"^(layer .*?) +ms +MB  verdict\n[- ]+$", re.MULTILINE), r"\1"),
]


def settled(text):
    """The text without what differs from run to run."""
    for pattern, stand_in in VARIES:
        text = pattern.sub(stand_in, text)
    return text


def outputs(block, capsys):
    """The block with every command's output as it is now."""
    lines = []
    for line in block.splitlines():
        if line.startswith("$ cnncalc"):
            main(shlex.split(line[len("$ cnncalc") :], comments=True))
            captured = capsys.readouterr()
            lines += [line, *(captured.out + captured.err).rstrip("\n").split("\n")]
    return "\n".join(lines) + "\n"


def renewed(block, now):
    """The block as it is now; as it stands if only what varies differs."""
    return block[0] if settled(now) == settled(block[1]) else f"```console\n{now}```"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_console_examples(page, capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("COLUMNS", "100")
    text = page.read_text(encoding="utf-8")
    if os.environ.get("UPDATE_DOCS"):
        text = BLOCK.sub(lambda m: renewed(m, outputs(m[1], capsys)), text)
        page.write_text(text, encoding="utf-8")
    for block in BLOCK.findall(text):
        assert settled(outputs(block, capsys)) == settled(block)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_python_examples(page, monkeypatch):
    monkeypatch.chdir(ROOT)
    for number, code in enumerate(PYTHON.findall(page.read_text(encoding="utf-8"))):
        example = doctest.DocTestParser().get_doctest(code, {}, f"{page.name}[{number}]", str(page), 0)
        assert doctest.DocTestRunner().run(example).failed == 0


@pytest.mark.parametrize(("name", "arguments"), [
    ("vgg16", ["vgg16"]), ("unet_features", ["unet_padded", "--view", "features", "--depth", "1"]), ("unet", ["unet_padded", "--depth", "1"]),
])  # fmt: skip
def test_pictures_are_what_the_program_draws(name, arguments, tmp_path):
    """``UPDATE_DOCS=1`` draws them anew."""
    shown = ROOT / "docs" / "pictures" / f"{name}.svg"
    target = shown if os.environ.get("UPDATE_DOCS") else tmp_path / "now.svg"
    assert main(["draw", *arguments, "-o", str(target)]) == 0
    assert target.read_text(encoding="utf-8") == shown.read_text(encoding="utf-8")


def test_yaml_examples_are_valid_specs():
    import cnncalc

    found = 0
    for page in PAGES:
        for text in re.findall(
            r"^```yaml\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
        ):
            if "layers:" in text:
                from cnncalc.analysis.expect import check

                network = cnncalc.load(text)
                assert check(network, network.summary()) == []
                found += 1
    assert found >= 2


def test_docstrings_run():
    import cnncalc
    import cnncalc.dims

    names = {"symbol": cnncalc.dims.symbol}
    assert doctest.testmod(cnncalc).failed == 0
    assert doctest.testmod(cnncalc.dims, extraglobs=names).failed == 0
