"""``cnncalc check``: what is checked, how it is said, what it changes, and what it exits with."""

import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import xmlschema
import yaml

from cnncalc.__main__ import main
from cnncalc.analysis.check import Options, check_text
from cnncalc.reading.text.shipped import shipped_specs
from cnncalc.report.findings import FORMATS

ROOT = Path(__file__).parent.parent.parent
DATA = ROOT / "tests" / "data"
GOOD = "input: [3, 8, 8]\nlayers:\n  - {type: conv2d, out_channels: 4, kernel_size: 3, act: relu}\nexpect: {params: 112}\n"
BAD = "input: [3, 8, 8]\nlayers:\n  - {type: conv2d, filters: 4, kernel_size: 3}\n  - {type: relu, p: 1}\n"
LINTED = "input: [3, 9, 9]\nlayers:\n  - {type: maxpool2d, kernel_size: 2}\n"


def run(capsys, *arguments):
    code = main(["check", *map(str, arguments)])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "good.yaml").write_text(GOOD)
    (tmp_path / "bad.yaml").write_text(BAD)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "linted.cnn.yaml").write_text(LINTED)
    (tmp_path / "other.yaml").write_text("jobs: {build: {steps: []}}\n")
    (tmp_path / "notes.txt").write_text("input: layers:")
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_folders_are_searched_and_everything_is_reported(capsys, folder):
    code, out, err = run(capsys)

    assert code == 1
    assert [line for line in out.splitlines() if " --> " in line] == [
        " --> bad.yaml:3:20", " --> bad.yaml:4:18", " --> sub/linted.cnn.yaml:3:6",
    ]  # fmt: skip
    assert "3 specs: 2 errors, 1 warning; 1 of 1 expectation met" in err


def test_exit_codes(capsys, folder):
    assert run(capsys, "good.yaml")[0] == 0
    assert run(capsys, "bad.yaml")[0] == 1
    assert run(capsys, "sub")[0] == 0
    assert run(capsys, "sub", "--warn-as-error")[0] == 1
    code, out, _ = run(capsys, "good.yaml", "missing.yaml", "bad.yaml")
    assert code == 2
    assert "missing.yaml" in out
    assert "C102" in out
    assert run(capsys, "good.yaml", "--format", "xml")[0] == 2
    assert run(capsys, "good.yaml", "--select", "W777")[0] == 2
    assert run(capsys, "good.yaml", "--max-params", "many")[0] == 2
    assert run(capsys, "good.yaml", "--dtype", "int3")[0] == 2
    empty = folder / "empty"
    empty.mkdir()
    code, _, err = run(capsys, "empty")
    assert (code, "no specs in empty: a spec is a .yaml or .json file" in err) == (2, True)


def test_globs_names_variants_and_standard_input(capsys, folder, monkeypatch):
    assert "2 specs" in run(capsys, "*od.yaml", "bad.yaml", "bad.yaml")[2]
    assert run(capsys, "vgg16", "resnet.yaml")[0] == 2
    assert "1 spec:" in run(capsys, ROOT / "specs" / "resnet.yaml@resnet18")[2]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(BAD.encode())))
    code, out, _ = run(capsys, "-", "--stdin-filename", "model.yaml", "--format", "concise")
    assert code == 1
    assert out.startswith("model.yaml:3:20: error[C102] conv2d has no field 'filters'")


def test_sarif_is_valid(capsys, folder):
    code, out, _ = run(capsys, ".", "--format", "sarif")
    log = json.loads(out)
    schema = json.loads((DATA / "sarif-2.1.0-rtm.5.json").read_text())
    jsonschema.Draft4Validator(schema).validate(log)
    (found,) = log["runs"]
    assert code == 1
    assert [r["ruleId"] for r in found["results"]] == ["C102", "C102", "W201"]
    assert {r["id"] for r in found["tool"]["driver"]["rules"]} == {"C102", "W201"}
    region = found["results"][0]["locations"][0]["physicalLocation"]["region"]
    assert region == {"startLine": 3, "startColumn": 20, "endLine": 3, "endColumn": 27}
    moved = "# a line above\n" + BAD
    (folder / "bad.yaml").write_text(moved)
    again = json.loads(run(capsys, ".", "--format", "sarif")[1])["runs"][0]
    prints = [[r["partialFingerprints"] for r in runs["results"]] for runs in (found, again)]
    assert prints[0] == prints[1]
    jsonschema.Draft4Validator(schema).validate(json.loads(run(capsys, "good.yaml", "--format", "sarif")[1]))


def test_junit_is_valid_and_has_a_case_for_each_expectation(capsys, folder):
    (folder / "cases.yaml").write_text(
        "vars: {H: 8}\ninput: [3, H, H]\nlayers: [{type: conv2d, out_channels: 4, kernel_size: 3}]\n"
        "expect: {params: 111, layers: {conv2d_1: {output: [4, 6, 6]}}}\n"
        "cases:\n  - {set: {H: 2}, fails: true}\n  - {set: {H: 9}, output: [4, 9, 9]}\n"
    )
    code, out, _ = run(capsys, ".", "--format", "junit")
    assert code == 1
    xmlschema.XMLSchema(str(DATA / "junit-10.xsd")).validate(out)
    names = re.findall(r'<testcase classname="cases.yaml" name="([^"]*)"(/?)>', out)
    assert names == [
        ("valid", "/"),
        ("params", ""),
        ("layers.conv2d_1.output", "/"),
        ("case H=2", "/"),
        ("case H=9", ""),
    ]
    assert "the network has 112 params, expected 111" in out
    assert "largest contributions: conv2d_1 112" in out


def test_github_annotations_are_escaped(capsys, folder, monkeypatch):
    (folder / "a,b:c%.yaml").write_text('input: [3, 8, 8]\nlayers:\n  - {type: "x\\n::error::y"}\n')
    code, out, _ = run(capsys, "a,b:c%.yaml", "--format", "github")
    assert code == 1
    (line,) = out.splitlines()
    assert line.startswith("::error title=C103,file=a%2Cb%3Ac%25.yaml,line=3,col=12,endLine=3,endColumn=26::")
    assert line.count("::") == 4  # the command, its text, and two inside the text
    assert "::unknown layer type or block 'x\\x0a::error::y'" in line
    (folder / "two\nlines.yaml").write_text(BAD)
    lines = run(capsys, "two\nlines.yaml", "--format", "github")[1].splitlines()
    assert len(lines) == 2
    assert all("file=two%0Alines.yaml" in line for line in lines)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    out = run(capsys, "bad.yaml")[1]
    assert " --> bad.yaml" in out
    assert "::error title=C102,file=bad.yaml" in out


def test_gitlab_and_json(capsys, folder):
    report = json.loads(run(capsys, ".", "--format", "gitlab")[1])
    assert [set(entry) for entry in report] == [
        {"description", "check_name", "fingerprint", "severity", "location"}
    ] * 3
    assert report[0]["location"] == {"path": "bad.yaml", "lines": {"begin": 3}}
    assert len({entry["fingerprint"] for entry in report}) == 3
    data = json.loads(run(capsys, ".", "--format", "json")[1])
    assert data["summary"] == {"error": 2, "warning": 1, "info": 0}
    bad = next(spec for spec in data["specs"] if spec["file"] == "bad.yaml")
    assert bad["problems"][0]["fixable"]
    good = next(spec for spec in data["specs"] if spec["file"] == "good.yaml")
    assert good["expectations"] == [{"name": "params", "met": True}]


def test_several_formats_each_with_a_file(capsys, folder):
    (folder / "c.json").write_text("keep")
    code, out, _ = run(
        capsys,
        ".",
        "--format",
        "sarif",
        "-o",
        "a.sarif",
        "--format",
        "text",
        "--format",
        "junit",
        "--output=b.xml",
        "-oc.json",
    )
    assert code == 1
    assert " --> bad.yaml" in out
    assert json.loads((folder / "a.sarif").read_text())["version"] == "2.1.0"
    assert (folder / "b.xml").read_text().startswith("<?xml")
    assert json.loads((folder / "c.json").read_text())["schema_version"] == 1
    assert run(capsys, ".", "--format", "json", "-o", "no/where.json")[0] == 2
    assert sorted(p.name for p in folder.iterdir() if p.name.startswith(".")) == [".git"]


@pytest.mark.parametrize("name", FORMATS)
def test_nothing_found_is_a_document_too(capsys, folder, name):
    code, out, _ = run(capsys, "good.yaml", "--format", name)
    assert code == 0
    if name in ("json", "gitlab", "sarif"):
        json.loads(out)
    elif name == "junit":
        xmlschema.XMLSchema(str(DATA / "junit-10.xsd")).validate(out)
    elif name == "markdown":
        assert out == "### cnncalc: 1 spec: 0 errors, 0 warnings; 1 of 1 expectation met\n"
    else:
        assert out == ""


def test_fixing_and_showing_it(capsys, folder):
    text = (
        "# kept\r\ninput: [3, 8, 8]\r\nlayers:\r\n"
        "  - {type: Conv2D, filters: max(4, 2), kernel_size: 3.0, use_bias: no} # kept too\r\n"
        "  - {type: \"MaxPooling2D\", 'pool_size': 2, ceil_mode: yes}\r\n"
    )
    path = folder / "keras.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    code, out, _ = run(capsys, "keras.yaml", "--diff")
    assert code == 1
    assert '+  - {type: conv2d, out_channels: "max(4, 2)", kernel_size: 3, bias: false} # kept too' in out
    assert path.read_bytes() == b"\xef\xbb\xbf" + text.encode()
    code, out, err = run(capsys, "keras.yaml", "--fix")
    assert "fixed" in err
    fixed = path.read_bytes()
    assert fixed.startswith(b"\xef\xbb\xbf# kept\r\n")
    assert b"{type: \"maxpool2d\", 'kernel_size': 2, ceil_mode: true}" in fixed
    assert code == 0
    assert run(capsys, "keras.yaml", "--fix")[2].count("fixed") == 0
    assert run(capsys, "keras.yaml", "--diff")[:2] == (0, "")


def test_a_fix_that_would_break_the_file_is_not_made(capsys, folder):
    text = "input: [3, 8, 8]\nlayers:\n  - {type: conv2d, filters: 4, out_channels: 4, kernel_size: 3}\n"
    (folder / "both.yaml").write_text(text)
    assert run(capsys, "both.yaml", "--fix")[0] == 1
    assert (folder / "both.yaml").read_text() == text


@pytest.mark.parametrize("keras, ours", [
    ('{"type": "Dense", "units": 4, "use_bias": "no"}', '{"type": "linear", "out_features": 4, "bias": false}'),
])  # fmt: skip
def test_fixing_json(capsys, folder, keras, ours):
    path = folder / "spec.json"
    path.write_text('{"input": [4], "layers": [' + keras + "]}")
    assert run(capsys, "spec.json", "--fix")[0] == 0
    assert path.read_text() == '{"input": [4], "layers": [' + ours + "]}"


def test_selecting_and_ignoring(capsys, folder):
    assert "W201" in run(capsys, "sub")[1]
    assert "W201" not in run(capsys, "sub", "--ignore", "W2")[1]
    assert "W201" not in run(capsys, "sub", "--select", "W3,W9")[1]
    assert "W201" in run(capsys, "sub", "--select", "dropped-pixels")[1]
    assert (
        "W501" in run(capsys, "good.yaml", "--select", "W501")[1] or "W501" not in run(capsys, "good.yaml")[1]
    )
    assert "C102" in run(capsys, "bad.yaml", "--ignore", "C102")[1]  # errors stay


def test_settings_of_the_project(capsys, folder):
    settings = folder / "pyproject.toml"
    settings.write_text('[tool.cnncalc]\ninclude = ["sub"]\nignore = ["W201"]\nmax-params = "1k"\n')
    code, out, err = run(capsys)
    assert (code, out) == (0, "")
    assert "1 spec: 0 errors, 0 warnings; 1 of 1 expectation met" in err
    settings.write_text('[tool.cnncalc]\nexclude = ["bad.yaml", "sub/*"]\nwarn-as-error = true\n')
    assert run(capsys)[0] == 0
    for text, words in (
        ('[tool.cnncalc]\nselekt = ["W"]\n', "did you mean 'select'?"),
        ('[tool.cnncalc]\nselect = "W"\n', "needs a list of strings"),
        ("[tool.cnncalc]\nwarn-as-error = 1\n", "needs true or false"),
        ("[tool.cnncalc\n", "cannot read"),
        ("tool = 3\n", ""),
    ):
        settings.write_text(text)
        code, _, err = run(capsys, "good.yaml")
        assert code == (2 if words else 0)
        assert words in err


def test_suppression(capsys, folder):
    def problems(comment, before="", extra=""):
        text = f"input: [3, 9, 9]\n{extra}layers:\n{before}  - {{type: maxpool2d, kernel_size: 2}}{comment}\n"
        return [(p.code, p.place.mark.line) for p in check_text(text, "x.yaml", Options()).problems]

    assert problems("") == [("W201", 2)]
    assert problems("  # cnncalc: ignore[W201] the border is black") == []
    assert problems("  # cnncalc: ignore[dropped-pixels]") == []
    assert problems("", before="  # cnncalc: ignore[W2]\n") == []
    assert problems("", extra="lint: {ignore: [W201]}\n") == []
    assert problems("  # cnncalc: ignore[W203]") == [("W201", 2), ("W901", 2)]
    assert problems("  # cnncalc: ignore[W201, W203]") == [("W901", 2)]
    assert problems("  # cnncalc: ignore[C302, W201]") == [("W901", 2)]
    assert problems("  # cnncalc: ignore[nonsense, W201]") == [("W901", 2)]
    assert problems("", extra="lint: {ignore: [nonsense]}\n") == [("C101", 1), ("W201", 3)]
    assert problems("", extra="lint: {silence: [W201]}\n") == [("C102", 1), ("W201", 3)]
    assert problems("", extra="description: 'no # cnncalc: ignore[W201] comment'\n") == [("W201", 3)]
    error = "input: [3, 9, 9]\nlayers:\n  - {type: conv2d, kernel_size: 2} # cnncalc: ignore[C104]\n"
    assert [p.code for p in check_text(error, "x.yaml", Options()).problems] == ["C104", "W901"]
    failed = "input: [3, 9, 9]\nlayers: [relu]\nexpect: {params: 3} # cnncalc: ignore[C401]\nlint: {ignore: [C401]}\n"
    assert [p.code for p in check_text(failed, "x.yaml", Options()).problems] == ["C401", "W901", "C101"]


CHAIN = (
    "input: [3, 33, 33]\nlayers:\n  - {type: maxpool2d, kernel_size: 2} # cnncalc: ignore[W201] the border is black\n"
    "  - {type: avgpool2d, kernel_size: 3, padding: 1, stride: 1}\n  - {type: conv2d, out_channels: 4, kernel_size: N}\n"
)


def found(text, **options):
    problems = check_text(text, "x.yaml", Options(**options)).problems
    return [(p.code, p.place.mark.line + 1) for p in problems]


def test_what_an_error_hides_is_not_called_useless():
    assert found(CHAIN.replace("N", "3")) == [("W208", 4)]
    assert found(CHAIN.replace("N", "99")) == [("W208", 4), ("C302", 5)]  # what can run does
    assert found(CHAIN.replace("N", "none")) == [("C106", 5)]
    assert found(CHAIN.replace("N", "3").replace("33, 33", "32, 32")) == [("W901", 3), ("W208", 4)]
    other = CHAIN.replace("W201", "W208").replace("N", "99")  # W208 ran on a part
    assert found(other) == [("W201", 3), ("W208", 4), ("C302", 5)]
    assert found(CHAIN.replace("W201", "W2").replace("N", "99")) == [("W208", 4), ("C302", 5)]
    for pattern in ("W777", "C302"):  # these are useless whatever else is wrong
        for size in ("99", "none"):
            assert ("W901", 3) in found(CHAIN.replace("W201", pattern).replace("N", size))


@pytest.mark.parametrize("reader", [
    "{type: conv2d, from: a, out_channels: 4, kernel_size: 99}",  # it does not fit
    "{type: add, from: [a, b]}",  # what it reads beside has another shape
    "{type: conv2d, from: a, out_channels: n - 1, kernel_size: 1}",  # a field is out of range
    "{type: linear, from: a, out_features: 8, in_features: 5}",
])  # fmt: skip
def test_a_layer_that_fails_reads_what_it_names(reader):
    """So that the others are not told that nothing reads the rest, or that one linear map would do."""
    spec = (
        "vars: {n: 1}\ninput: [3, 33, 33]\nlayers:\n  - {type: conv2d, name: a, out_channels: 8, kernel_size: n}\n"
        "  - {type: conv2d, name: b, out_channels: 8, kernel_size: 1, stride: 2}\n"
    )
    both = [code for code, _ in found(f"{spec}  - {reader}\n")]
    assert len(both) == 1
    assert both[0].startswith("C")
    assert [code for code, _ in found(spec)] == ["W102", "W203"]


def test_what_fails_in_a_variant_is_not_called_useless():
    text = CHAIN.replace("33, 33", "H, H").replace("N", "3")
    variants = "vars: {H: 32}\nvariants: {odd: {vars: {H: 33}}, small: {vars: {H: 4}}}\n"
    assert found(text + variants) == [("W208", 4), ("C302", 5)]
    even = "vars: {H: 32}\nvariants: {big: {vars: {H: 64}}}\n"
    assert found(text + even) == [("W901", 3), ("W208", 4)]


def test_what_was_not_asked_for_is_not_called_useless():
    text = CHAIN.replace("33, 33", "32, 32").replace("N", "3")
    assert found(text, select=("W3", "W9")) == []
    assert found(text, select=("W201", "W9")) == [("W901", 3)]
    assert found(text, ignore=("W201",)) == [("W208", 4)]
    assert found(text.replace("W201", "W501")) == [("W208", 4)]  # it is off
    assert found(text.replace("W201", "W501"), select=("W5", "W9")) == [("W901", 3)]


@pytest.mark.parametrize("comment", [
    "ignore", "ignore W201", "ignore[]", "ignore[ ]", "ignore [W201]", "ignore(W201)", "Ignore[W201]", "noqa",
    "disable[W201]", "ignore[W201", "ignore: W201",
])  # fmt: skip
def test_a_comment_that_names_no_rule_is_said(comment):
    text = LINTED.rstrip("\n") + f" # cnncalc: {comment}\n"
    assert found(text) == [("W201", 3), ("W901", 3)]
    (_, problem) = check_text(text, "x.yaml", Options()).problems
    assert problem.help == "name the rules and give a reason: # cnncalc: ignore[W201] reason"
    assert found(text.replace("kernel_size", "kernelsize"))[-1] == ("W901", 3)


@pytest.mark.parametrize("text, codes", [
    ("description: it's odd # cnncalc: ignore[W306] an apostrophe is no quotation mark\n", ["W901"]),
    ("description: 'no # cnncalc: ignore'\n", []),
    ('description: "no\n  # cnncalc: ignore"\n', []),
    ("description: |\n  # cnncalc: ignore\n  text\n", []),
    ("description: >-\n  # cnncalc: ignore\n  text\n\n# cnncalc: ignore\n", ["W901"]),
    ("# cnncalc: a note for readers\n", []),
])  # fmt: skip
def test_comments_are_told_from_texts(text, codes):
    spec = "input: [3, 8, 8]\nlayers: [relu]\n"
    assert [p.code for p in check_text(spec + text, "x.yaml", Options()).problems] == codes


def test_budgets(capsys, folder):
    code, out, _ = run(
        capsys,
        "good.yaml",
        "--max-params",
        "100",
        "--max-macs",
        "1k",
        "--max-peak-activation",
        "100B",
        "--dtype",
        "int8",
    )
    assert code == 1
    assert "the network has 112 params, expected at most 100" in out
    assert "that is 12 too many" in out
    assert "peak activation bytes, expected at most 100" in out
    assert "peaks while these layers run" in out
    assert (
        run(capsys, "good.yaml", "--max-params", "112", "--max-macs", "4k", "--max-peak-activation", "1KiB")[
            0
        ]
        == 1
    )
    assert (
        run(
            capsys,
            "good.yaml",
            "--max-params",
            "112",
            "--max-macs",
            "4k",
            "--max-peak-activation",
            "1KiB",
            "--dtype",
            "int8",
        )[0]
        == 0
    )


def test_expectations_of_the_contract():
    def problems(expect, size=9):
        text = f"input: [3, {size}, {size}]\nlayers: [{{type: conv2d, name: c, out_channels: 4, kernel_size: 3}}]\nexpect: {expect}\n"
        return [p.message for p in check_text(text, "x.yaml", Options()).problems]

    peak = 3 * 81 + 4 * 49
    assert problems(f"{{peak_activation_bytes: {{max: {peak}, dtype: int8}}}}") == []
    assert problems(f"{{peak_activation_bytes: {4 * peak}}}") == []
    assert problems("{peak_activation_bytes: {max: 1KiB}}") == [
        f"the network has {4 * peak:,} peak activation bytes, expected at most 1,024"
    ]
    assert problems("{peak_activation_bytes: {max: 1KiB, dtype: int4}}") == ["unknown dtype 'int4'"]
    assert problems("{receptive_field: {min: 3, max: 3}}") == []
    assert problems("{receptive_field: 4}") == ["the network has a receptive field of 3×3, expected 4"]
    assert problems("{layers: {c: {receptive_field: {min: 5}}}}") == [
        "c has a receptive field of 3×3, expected at least 5"
    ]
    assert problems("{params: {max: 112, dtype: int8}}") == ["'expect' has no field 'dtype'"]


def test_processes_find_the_same_in_the_same_order(capsys, folder):
    for number in range(12):
        (folder / f"m{number:02}.yaml").write_text([GOOD, BAD, LINTED][number % 3])
    one, two = (run(capsys, ".", "-j", jobs, "--format", "concise") for jobs in (1, 2))
    assert one == two
    assert one[1].count("\n") > 8


def test_repetitions_and_variants_say_a_thing_once(capsys, folder):
    text = "vars: {n: 2}\ninput: [3, 33, 33]\nlayers: [{type: maxpool2d, kernel_size: 2, repeat: n}]\nvariants: {more: {vars: {n: 3}}}\n"
    (problem,) = check_text(text, "x.yaml", Options()).problems
    assert problem.code == "W201"
    assert any("more like it" in note for note in problem.notes)
    broken = text.replace("n: 3", "n: 9")
    (error,) = [p for p in check_text(broken, "x.yaml", Options()).problems if p.severity == "error"]
    assert "in variant 'more'" in error.notes


@pytest.mark.parametrize("name", shipped_specs())
def test_lints_are_silent_on_shipped_networks(name):
    """Or they are no more than infos."""
    from cnncalc import load
    from cnncalc.analysis.lint import Subject
    from cnncalc.analysis.rules import all_lints

    network = load(name)
    report = network.summary()
    subject = Subject(report.graph, network, report)
    found = [problem for lint in all_lints() for problem in lint(subject)]
    warnings = [p.code for p in found if p.severity == "warning" and p.code != "W501"]
    assert warnings == []


def test_hooks(folder):
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    (folder / "pyproject.toml").write_text('[tool.cnncalc]\nexclude = ["old"]\nwarn-as-error = true\n')
    (folder / "old").mkdir()
    (folder / "old" / "linted.cnn.yaml").write_text(LINTED)
    for hook in hooks:
        for path, code in (("sub/linted.cnn.yaml", 1), ("old/linted.cnn.yaml", 0)):
            command = [sys.executable, "-m", *hook["entry"].split(), path]
            assert subprocess.run(command, capture_output=True, check=False).returncode == code
        assert re.search(hook["files"], "models/linted.cnn.yaml")
        assert not re.search(hook["files"], "ci.yaml")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shell_completion(shell):
    environment = {**os.environ, "_CNNCALC_COMPLETE": f"{shell}_source"}
    script = subprocess.run(
        [sys.executable, "-c", "from cnncalc.cli import cli; cli(prog_name='cnncalc')"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if shell == "bash" and "not supported" in script.stderr:
        pytest.skip("no bash of version 4.4 here")
    assert "_CNNCALC_COMPLETE" in script.stdout
    words = {"bash": {"COMP_WORDS": "cnncalc table resnet1", "COMP_CWORD": "2"}, "zsh": {"COMP_WORDS": "cnncalc table resnet1", "COMP_CWORD": "2"},
             "fish": {"COMP_WORDS": "cnncalc table resnet1", "COMP_CWORD": "resnet1"}}[shell]  # fmt: skip
    environment |= {"_CNNCALC_COMPLETE": f"{shell}_complete", **words}
    done = subprocess.run(
        [sys.executable, "-c", "from cnncalc.cli import cli; cli(prog_name='cnncalc')"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "resnet18" in done.stdout
    assert "resnet101" in done.stdout


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("table vgg16 --dtype flo", {"float16", "float32", "float64"}), ("table vgg16 --format gri", {"grid"}),
        ("table vgg16 --columns params,ma", {"params,macs"}), ("check --format sa", {"sarif"}),
        ("check --select W201,dropped", {"W201,dropped-pixels"}), ("rule W20", {f"W20{i}" for i in range(1, 10)}),
        ("explain lenet5 c", {"c1", "c1.act", "c3", "c3.act", "c5", "c5.act"}), ("table mobilenet_v2 --set c", {"classes="}),
        ("table mobilenet_v2 --free H,W", {"H,W"}), ("solve mobilenet_v2 cl", {"classes"}),
        ("explain nosuchspec c", set()), ("table tests/diagnostics/bad/C103_unknown_type.yaml --free H", set()),
    ],
)  # fmt: skip
def test_values_are_completed(line, offered):
    from click.shell_completion import ShellComplete

    from cnncalc.cli import cli

    *words, incomplete = line.split()
    found = ShellComplete(cli, {}, "cnncalc", "_CNNCALC_COMPLETE").get_completions(words, incomplete)
    assert {item.value for item in found} == offered
