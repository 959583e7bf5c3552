"""What CI, hooks and editors ask of ``cnncalc check``: output, standard input, settings, paths of a repository."""

import io
import json
import sys
from pathlib import Path

import jsonschema
import pytest

from cnncalc.__main__ import main
from cnncalc.reading.text.find import Excluded, find_specs

DATA = Path(__file__).parent.parent / "data"

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
    cases = "vars: {H: 8}\ncases: [{set: {H: 5kB}, params: 112}]\n"
    (folder / "x.yaml").write_text(GOOD.replace("8, 8", "H, H") + expected + cases)
    lines = run(capsysbinary, "x.yaml", "--format", "concise")[1].splitlines()
    assert [line.partition("] ")[2] for line in lines] == [
        "'112B' is a size in bytes, but params is not measured in bytes",
        "'1MB' is a size in bytes, but macs is not measured in bytes",
        "'4B' is a size in bytes, but an axis is not measured in bytes",
        "'5kB' is a size in bytes, but H is not measured in bytes",
    ]
    for arguments, code in (
        (["diff", "vgg11", "vgg13", "--fail-if", "params > +5MB"], 2),
        (["diff", "vgg11", "vgg13", "--fail-if", "param_bytes > 5GB"], 0),
        (["solve", "lenet5", "H", "--where", "params <= 5MB"], 2),
        (["solve", "lenet5", "H", "--where", "5MB >= conv2d_1.macs"], 2),
        (["solve", "lenet5", "H", "--where", "params + biases <= 5MB"], 2),
        (["solve", "lenet5", "H", "--where", "output == [10B]"], 2),
        (["solve", "lenet5", "H", "--where", "H <= 3KiB"], 2),
        (["solve", "lenet5", "H", "--where", "activation_bytes + param_bytes <= 5MB"], 0),
        (["solve", "lenet5", "H", "--where", "4*params <= 5MB"], 0),
    ):
        assert main(arguments) == code, arguments
        assert (b"is a size in bytes" in capsysbinary.readouterr().err) == (code == 2)


# ------------------------------------------------------------------------------------ settings


def test_settings_are_the_nearest_that_there_are(capsysbinary, folder, monkeypatch):
    (folder / "pyproject.toml").write_text('[tool.cnncalc]\nmax-params = "100"\n')
    package = folder / "packages" / "vision"
    package.mkdir(parents=True)
    (package / "pyproject.toml").write_text('[project]\nname = "vision"\n[tool.ruff]\n')
    (package / "good.yaml").write_text(GOOD)
    monkeypatch.chdir(package)
    assert "112 params, expected at most 100" in run(capsysbinary, "good.yaml")[1]
    (package / "pyproject.toml").write_text("[tool.cnncalc]\n")
    assert run(capsysbinary, "good.yaml")[0] == 0  # an empty table is one
    (package / "pyproject.toml").write_text("")
    (folder / "packages" / ".git").touch()  # a submodule ends the search
    assert run(capsysbinary, "good.yaml")[0] == 0
    (package / "pyproject.toml").write_text("[tool.cnncalc")
    assert run(capsysbinary, "good.yaml")[0] == 2


def test_settings_name_files_from_where_they_stand(capsysbinary, folder, monkeypatch):
    (folder / "pyproject.toml").write_text(
        '[tool.cnncalc]\ninclude = ["models", "more/*.yml"]\nexclude = ["models/old", "models/*draft*"]\n'
    )
    for path in ("models/a.yaml", "models/old/b.yaml", "models/new/draft.yaml", "more/c.yml", "d.yaml"):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(BROKEN)
    for where, names in (
        (".", ["models/a.yaml", "more/c.yml"]),
        ("models", ["a.yaml", "../more/c.yml"]),
        ("models/new", ["../a.yaml", "../../more/c.yml"]),
    ):
        monkeypatch.chdir(folder / where)
        lines = run(capsysbinary, "--format", "concise")[1].splitlines()
        assert [line.partition(":")[0] for line in lines] == names
    monkeypatch.chdir(folder / "models")
    assert "1 spec:" in run(capsysbinary, ".")[2]
    assert "1 spec:" in run(capsysbinary, "old/../a.yaml")[2]


def test_what_is_excluded_stays_out_where_hooks_name_it(capsysbinary, folder, monkeypatch):
    settings = folder / "pyproject.toml"
    settings.write_text('[tool.cnncalc]\nexclude = ["old"]\n')
    (folder / "old").mkdir()
    (folder / "old" / "bad.yaml").write_text(BROKEN)
    (folder / "good.yaml").write_text(GOOD)
    assert run(capsysbinary, "old/bad.yaml")[0] == 1  # a person who names a file wants it checked
    code, out, err = run(capsysbinary, "old/bad.yaml", "--force-exclude")
    assert (code, out, "no specs" in err) == (0, "", False)
    assert "1 spec:" in run(capsysbinary, "old/bad.yaml", "good.yaml", "--force-exclude")[2]
    monkeypatch.chdir(folder / "old")
    assert run(capsysbinary, "bad.yaml", folder / "old" / "bad.yaml", "--force-exclude")[0] == 0
    settings.write_text('[tool.cnncalc]\nexclude = ["old"]\nforce-exclude = true\n')
    assert run(capsysbinary, "bad.yaml")[0] == 0
    settings.write_text("[tool.cnncalc]\nforce-exclude = 1\n")
    assert "'force-exclude' needs true or false" in run(capsysbinary, "bad.yaml")[2]


TREE = (
    "a.yaml",
    "old/b.yaml",
    "older/c.yaml",
    "teamA/x/old/d.yaml",
    "teamA/x/y/e.yaml",
    "teamB/old/f/g.yaml",
)


@pytest.mark.parametrize("pattern, out", [
    ("old", "b d g"), ("old/", "b d g"), ("**/old", "b d g"), ("**/old/", "b d g"), ("**/old/**", "b d g"),
    ("old/**", "b"), ("./old", "b"), ("/old", "b"), ("old/b.yaml", "b"), ("teamA/*/old", "d"), ("*/old", "d g"),
    ("teamB/**/old", "g"), ("teamA/**/old", "d"), ("**/**/old", "b d g"), ("teamB/**/f", "g"), ("teamA", "d e"),
    ("g.yaml", "g"), ("*.yaml", "a b c d e g"), ("old*", "b c d g"), ("[ab].yaml", "a b"), ("?ld", "b d g"),
    ("*", "a b c d e g"), ("**", "a b c d e g"), ("ld", ""), ("team", ""), ("x/old", ""), ("y/e.yaml", ""),
    ("", ""), ("/", ""), (".", ""), ("[", ""), ("OLD!", ""),
])  # fmt: skip
def test_patterns_exclude_what_those_of_gitignore_do(tmp_path, monkeypatch, pattern, out):
    for path in TREE:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(GOOD)
    for here, root in ((".", "."), ("teamA", "..")):
        monkeypatch.chdir(tmp_path / here)
        kept = {Path(path).stem for path in find_specs([root], Excluded((pattern,), root))}
        assert sorted({Path(path).stem for path in TREE} - kept) == out.split()


def test_a_folder_with_the_characters_of_a_glob(capsysbinary, tmp_path, monkeypatch):
    folder = tmp_path / "a[b]*"
    (folder / "models").mkdir(parents=True)
    (folder / "models" / "a.yaml").write_text(GOOD)
    (folder / "pyproject.toml").write_text('[tool.cnncalc]\ninclude = ["models/*.yaml"]\n')
    monkeypatch.chdir(folder / "models")
    assert "1 spec:" in run(capsysbinary)[2]


# ------------------------------------------------------------------------------------ paths of a repository


def named(capsysbinary, *arguments):
    """The file that each report for a host of repositories names, in one run."""
    options = [
        "--format",
        "github",
        "--format",
        "gitlab",
        "-o",
        "gitlab.json",
        "--format",
        "sarif",
        "-o",
        "x.sarif",
    ]
    _, out, _ = run(capsysbinary, *arguments, *options)
    with open("gitlab.json") as lab, open("x.sarif") as sarif:
        (gitlab,), (log,) = json.load(lab), json.load(sarif)["runs"]
    found = log["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    return {out.partition("file=")[2].partition(",")[0], gitlab["location"]["path"], found["uri"]}


def test_reports_name_files_from_the_top_of_the_repository(capsysbinary, folder, monkeypatch):
    vision = folder / "models" / "vision"
    vision.mkdir(parents=True)
    (vision / "bad.yaml").write_text(BROKEN)
    (folder / "models" / "link.yaml").symlink_to(vision / "bad.yaml")
    (folder / "shortcut").symlink_to(vision)
    wanted = {"models/vision/bad.yaml"}
    assert named(capsysbinary, "models/vision/bad.yaml") == wanted
    monkeypatch.chdir(vision)
    assert named(capsysbinary, "bad.yaml") == named(capsysbinary, vision / "bad.yaml") == wanted
    assert named(capsysbinary, folder / "shortcut" / "bad.yaml") == wanted
    monkeypatch.chdir(folder / "models")
    assert named(capsysbinary, "./vision/../vision/bad.yaml") == wanted
    assert named(capsysbinary, "link.yaml") == {"models/link.yaml"}
    pipe(monkeypatch, BROKEN.encode())
    assert named(capsysbinary, "-", "--stdin-filename", "vision/bad.yaml") == wanted
    _, out, _ = run(capsysbinary, "vision/bad.yaml", "--format", "concise")
    assert out.startswith("vision/bad.yaml:3:20: ")  # people see what they gave


@pytest.mark.parametrize("variable", ["GITHUB_WORKSPACE", "CI_PROJECT_DIR"])
def test_the_top_is_what_the_ci_system_checked_out(capsysbinary, folder, monkeypatch, variable):
    inner = folder / "checkout" / "models"
    inner.mkdir(parents=True)
    (inner / "bad.yaml").write_text(BROKEN)
    monkeypatch.chdir(inner)
    monkeypatch.setenv(variable, str(folder))
    assert named(capsysbinary, "bad.yaml") == {"checkout/models/bad.yaml"}
    (inner / ".git").touch()  # a submodule: the parent names its files
    assert named(capsysbinary, "bad.yaml") == {"checkout/models/bad.yaml"}
    (folder / ".git").rmdir()
    (inner / ".git").unlink()  # no repository at all, as in an archive
    assert named(capsysbinary, "bad.yaml") == {"checkout/models/bad.yaml"}
    (
        folder / "checkout" / ".git"
    ).touch()  # actions/checkout with a path: the repository is below the workspace
    assert named(capsysbinary, "bad.yaml") == {"models/bad.yaml"}
    monkeypatch.setenv(variable, str(inner / "elsewhere"))
    assert named(capsysbinary, "bad.yaml") == {"models/bad.yaml"}


def test_a_file_outside_of_the_repository_is_absolute(capsysbinary, folder, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside") / "b ad.yaml"
    outside.write_text(BROKEN)
    posix = outside.as_posix()
    assert named(capsysbinary, outside) == {posix, f"file:///{posix.lstrip('/').replace(' ', '%20')}"}


# ------------------------------------------------------------------------------------ SARIF as GitHub reads it


def results(capsysbinary, *arguments):
    log = json.loads(run(capsysbinary, *arguments, "--format", "sarif")[1])
    schema = json.loads((DATA / "sarif-2.1.0-rtm.5.json").read_text())
    jsonschema.Draft4Validator(schema).validate(log)
    return log["runs"][0]["results"]


def region(result):
    return tuple(result["locations"][0]["physicalLocation"]["region"].values())


def test_every_result_has_a_region(capsysbinary, folder):
    (folder / "good.yaml").write_text("# a comment\n" + GOOD)
    (folder / "expecting.yaml").write_text(GOOD + "expect: {params: 112}\n")
    (found,) = results(capsysbinary, "good.yaml", "--max-params", "100")
    assert region(found) == (2, 1, 2, 6)  # the first key of the spec
    (found,) = results(capsysbinary, "expecting.yaml", "--max-params", "100")
    assert region(found) == (4, 1, 4, 7)  # where the spec says what it expects
    (found,) = results(capsysbinary, "missing.yaml")
    assert region(found) == (1, 1, 1, 1)
    out = run(capsysbinary, "expecting.yaml", "--max-params", "100")[1]
    assert " --> expecting.yaml:4:1\n" in out


def test_line_hashes_are_those_of_github():
    """The values are those that the tests of GitHub's own action hold it to."""
    from cnncalc.report.findings.line_hash import line_hashes

    assert line_hashes("") == ["c129715d7a2bc9a3:1"]
    assert line_hashes(" a\nb\n  \t\tc\n d") == [
        "271789c17abda88f:1", "54703d4cd895b18:1", "180aee12dab6264:1", "a23a3dc5e078b07b:1",
    ]  # fmt: skip
    assert line_hashes("Lorem ipsum dolor sit amet.\n" * 10)[4:8] == [
        "a7f2ff13bc495cf2:5", "a7f2ff13bc495cf2:6", "a7f2ff1481e87703:1", "a9cf91f7bbf1862b:1",
    ]  # fmt: skip


def test_fingerprints_are_what_github_reads_and_stay_when_lines_move(capsysbinary, folder):
    from cnncalc.report.findings.line_hash import line_hashes

    (folder / "bad.yaml").write_text(BROKEN + "lint: {silence: []}\n")
    before = [found["partialFingerprints"] for found in results(capsysbinary, "bad.yaml")]
    lines = line_hashes((folder / "bad.yaml").read_text())
    assert [each["primaryLocationLineHash"] for each in before] == [lines[2], lines[3]]
    (folder / "bad.yaml").write_text("# moved\n\n" + BROKEN + "lint: {silence: []}\n")
    assert [found["partialFingerprints"] for found in results(capsysbinary, "bad.yaml")] == before
    (folder / "empty.yaml").write_text("")
    (found,) = results(capsysbinary, "empty.yaml")
    assert "primaryLocationLineHash" not in found["partialFingerprints"]
