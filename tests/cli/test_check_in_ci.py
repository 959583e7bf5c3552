"""What CI, hooks and editors ask of ``cnncalc check``: output, standard input, settings, paths of a repository."""

import io
import sys

import pytest

from cnncalc.__main__ import main

GOOD = "input: [3, 8, 8]\nlayers:\n  - {type: conv2d, out_channels: 4, kernel_size: 3, act: relu}\n"
KERAS = "input: [3, 8, 8]\nlayers:\n  - {type: Conv2D, out_channels: 4, kernel_size: 3, act: relu}\n"
BROKEN = GOOD.replace("out_channels", "outchannels")
LINTED = "input: [3, 9, 9]\nlayers:\n  - {type: maxpool2d, kernel_size: 2}\n"


def run(capsysbinary, *arguments):
    code = main(["check", *map(str, arguments)])
    captured = capsysbinary.readouterr()
    return code, captured.out.decode(), captured.err.decode()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / ".git").mkdir()
    for variable in ("GITHUB_WORKSPACE", "CI_PROJECT_DIR", "GITHUB_ACTIONS"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def pipe(monkeypatch, data):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


# ------------------------------------------------------------------------------------ output


@pytest.mark.parametrize("options, words", [
    (["--format", "auto", "--format", "sarif"], "auto and sarif cannot both be written to standard output"),
    (["--format", "json", "--format", "gitlab"], "json and gitlab cannot both"),
    (["--format", "text", "--format", "json", "-o", "x.json", "--format", "concise"], "text and concise"),
    (["--format", "sarif", "-o", "x.json", "--format", "json", "-o", "./x.json"], "written to './x.json'"),
    (["-o", "x.json", "-o", "x.json"], "json and json"),
])  # fmt: skip
def test_two_documents_in_one_place_are_refused(capsysbinary, folder, options, words):
    (folder / "good.yaml").write_text(GOOD)
    code, out, err = run(capsysbinary, "good.yaml", *options)
    assert (code, out) == (2, "")
    assert words in err
    assert not (folder / "x.json").exists()


def test_auto_in_a_file_is_text(capsysbinary, folder, monkeypatch):
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    (folder / "bad.yaml").write_text(BROKEN)
    assert run(capsysbinary, "bad.yaml", "--format", "auto", "-o", "out.txt")[1] == ""
    assert (folder / "out.txt").read_text().startswith("error[C102]: ")
    assert (
        "::error" in run(capsysbinary, "bad.yaml", "--format", "auto", "--format", "json", "-o", "x.json")[1]
    )


def test_every_number_of_the_summary_has_separators():
    from cnncalc.analysis.check import Result
    from cnncalc.analysis.expect import Outcome
    from cnncalc.report.findings import Findings, summary

    results = [Result(str(n), (), (Outcome("params", ()),) * 3, networks=2) for n in range(1234)]
    assert summary(Findings(results)) == (
        "1,234 specs (2,468 networks): 0 errors, 0 warnings; 3,702 of 3,702 expectations met"
    )


# ------------------------------------------------------------------------------------ fixing


def test_showing_fixes_fails_where_there_are_some(capsysbinary, folder):
    (folder / "keras.yaml").write_text(KERAS)
    (folder / "good.yaml").write_text(GOOD)
    (folder / "broken.yaml").write_text(BROKEN)
    assert run(capsysbinary, "good.yaml", "broken.yaml", "vgg16", "--diff") == (0, "", "")
    assert run(capsysbinary, "good.yaml", "keras.yaml", "--diff")[0] == 1
    code, _, err = run(capsysbinary, "keras.yaml", "missing.yaml", "--diff")
    assert (code, "missing.yaml" in err) == (2, True)


@pytest.mark.parametrize("before, after, code", [
    (KERAS, GOOD, 0),
    (GOOD, GOOD, 0),
    (BROKEN, BROKEN, 1),
    ("\ufeff" + KERAS.replace("\n", "\r\n"), "\ufeff" + GOOD.replace("\n", "\r\n"), 0),
    ("layers: [", "layers: [", 1),
])  # fmt: skip
def test_standard_input_is_mended_to_standard_output(capsysbinary, folder, monkeypatch, before, after, code):
    pipe(monkeypatch, before.encode())
    assert main(["check", "-", "--fix", "--stdin-filename", "m.yaml"]) == code
    captured = capsysbinary.readouterr()
    assert captured.out == after.encode()
    assert (b"m.yaml" in captured.err) == bool(code)


def test_what_is_not_text_comes_out_as_it_went_in(capsysbinary, folder, monkeypatch):
    pipe(monkeypatch, b"name: \xff\n")
    assert main(["check", "-", "--fix"]) == 1
    captured = capsysbinary.readouterr()
    assert captured.out == b"name: \xff\n"
    assert b"C006" in captured.err


def test_fixes_of_standard_input_are_shown(capsysbinary, folder, monkeypatch):
    pipe(monkeypatch, KERAS.encode())
    code, out, _ = run(capsysbinary, "-", "--diff", "--stdin-filename", "m.yaml")
    assert code == 1
    assert out.startswith("--- m.yaml\n+++ m.yaml\n")
    assert (folder / "m.yaml").exists() is False


# ------------------------------------------------------------------------------------ units


@pytest.mark.parametrize("option, text, fine", [
    ("--max-params", "5MB", False), ("--max-params", "5 kB", False), ("--max-params", "5M", True),
    ("--max-params", "5Ki", True), ("--max-macs", "3KiB", False), ("--max-peak-activation", "5M", True),
    ("--max-peak-activation", "5MB", True),
])  # fmt: skip
def test_counts_have_no_unit_of_bytes(capsysbinary, folder, option, text, fine):
    (folder / "good.yaml").write_text(GOOD)
    code, _, err = run(capsysbinary, "good.yaml", option, text)
    assert code == (0 if fine else 2)
    assert ("is a size in bytes, but" in err) != fine


def test_counts_have_no_unit_of_bytes_in_specs_and_conditions(capsysbinary, folder):
    expected = (
        "expect: {params: 112B, macs: {max: 1MB}, output: [4B, 6, 6], peak_activation_bytes: {max: 5MB}}\n"
    )
    (folder / "x.yaml").write_text(GOOD + expected)
    lines = run(capsysbinary, "x.yaml", "--format", "concise")[1].splitlines()
    assert [line.partition("] ")[2] for line in lines] == [
        "'112B' is a size in bytes, but params is not measured in bytes",
        "'1MB' is a size in bytes, but macs is not measured in bytes",
        "'4B' is a size in bytes, but an axis is not measured in bytes",
    ]
    for arguments, code in (
        (["diff", "vgg11", "vgg13", "--fail-if", "params > +5MB"], 2),
        (["diff", "vgg11", "vgg13", "--fail-if", "param_bytes > 5GB"], 0),
        (["solve", "lenet5", "H", "--where", "params <= 5MB"], 2),
        (["solve", "lenet5", "H", "--where", "5MB >= conv2d_1.macs"], 2),
        (["solve", "lenet5", "H", "--where", "activation_bytes <= 5MB"], 0),
    ):
        assert main(arguments) == code, arguments
        assert (b"is a size in bytes" in capsysbinary.readouterr().err) == (code == 2)
