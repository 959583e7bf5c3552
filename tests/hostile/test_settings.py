"""Settings and patterns that are hostile end in a message, and soon."""

import os

import pytest

from cnncalc.__main__ import main

SPEC = "input: [3, 8, 8]\nlayers: [relu]\n"


def test_brackets_of_settings_are_nested_too_deeply(tmp_path, monkeypatch, capsys):
    (tmp_path / "pyproject.toml").write_text("a = " + "[" * 100_000)
    (tmp_path / "x.yaml").write_text(SPEC)
    monkeypatch.chdir(tmp_path)
    assert main(["check", "x.yaml"]) == 2
    assert "nested too deeply" in capsys.readouterr().err


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege")
def test_repeated_stars_walk_a_tree_with_a_loop_once(tmp_path, monkeypatch, capsys):
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    (folder / "x.yaml").write_text(SPEC)
    (folder / "loop").symlink_to("../..")
    monkeypatch.chdir(folder)
    assert main(["check", "**/**/**/**/*.yaml"]) == 0
    assert "0 errors" in "".join(capsys.readouterr())
