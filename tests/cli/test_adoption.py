"""``cnncalc check`` in a repository that has specs, and findings, already: baselines, comments, settings by folder."""

import json
import multiprocessing
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import jsonschema
import pytest

from cnncalc.__main__ import main

ROOT = Path(__file__).parents[2]
DATA = Path(__file__).parents[1] / "data"
ODD = """input: [3, 33, 33]
layers:
  - {type: conv2d, out_channels: 8, kernel_size: 3, norm: batch, bias: true}  # stem
  - {type: maxpool2d, kernel_size: 2}
  - {type: identity}
"""
FAILING = "input: [3, 8, 8]\nlayers:\n  - relu\nexpect: {params: 1}\n"


@pytest.fixture
def team(tmp_path, monkeypatch):
    (tmp_path / "models" / "old").mkdir(parents=True)
    (tmp_path / "models" / "a.yaml").write_text(ODD)
    (tmp_path / "models" / "old" / "b.yaml").write_text(ODD)
    (tmp_path / "f.yaml").write_text(FAILING)
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(capsys, *arguments):
    code = main(["check", *map(str, arguments)])
    out, err = capsys.readouterr()
    return code, out, err


def test_known_findings_are_silent_and_new_ones_fail(team, capsys):
    code, out, err = run(capsys, "--write-baseline", "known.json")
    assert (code, out) == (0, "")
    assert err == "7 findings in 3 files are known in known.json\n"
    assert (
        run(capsys, "f.yaml", "--write-baseline", "one.json")[2]
        == "1 finding in 1 file is known in one.json\n"
    )
    code, out, err = run(capsys, "--baseline", "known.json")
    assert (code, out) == (0, "")
    assert err.endswith("0 errors, 0 warnings; 0 of 1 expectation met; 7 known in known.json\n")
    path = team / "models" / "a.yaml"
    path.write_text("# moved\n\n" + ODD)
    assert run(capsys, "--baseline", "known.json")[0] == 0  # lines may move
    path.write_text(ODD + "  - {type: identity}\n")  # one more of what is known
    code, out, err = run(capsys, "--baseline", "known.json")
    assert code == 1
    assert out.count("W304") == 1


def test_fixed_findings_are_reported_as_gone(team, capsys):
    run(capsys, "--write-baseline", "known.json")
    (team / "models" / "a.yaml").write_text(ODD.replace("  - {type: identity}\n", ""))
    (team / "f.yaml").unlink()
    code, _, err = run(capsys, "--baseline", "known.json")
    assert code == 0
    assert "gone: f.yaml: C401: expect: {params: 1}\n" in err
    assert "gone: models/a.yaml: W304: - {type: identity}\n" in err
    assert err.endswith("5 known in known.json; 2 of it gone: update it with --write-baseline known.json\n")
    _, _, err = run(capsys, "--baseline", "known.json", "models/old")  # what was not checked is not gone
    assert "models/a.yaml" not in err
    _, _, err = run(capsys, "--baseline", "known.json", "--select", "W1")  # nor what was not looked for
    assert "W304" not in err
    (team / "models" / "a.yaml").write_text(ODD.replace("kernel_size: 2", "kernel_size: 99"))
    _, _, err = run(capsys, "--baseline", "known.json")  # nor what an error keeps from being found
    assert "a.yaml" not in err.replace("f.yaml", "")


def test_a_baseline_holds_from_every_folder(team, capsys, monkeypatch):
    (team / "pyproject.toml").write_text('[tool.cnncalc]\nbaseline = "ci/known.json"\n')
    (team / "ci").mkdir()
    assert run(capsys)[0] == 2  # named, and not there
    assert run(capsys, "--write-baseline", "ci/known.json")[0] == 0
    assert run(capsys)[0] == 0
    monkeypatch.chdir(team / "models")
    assert run(capsys, "..")[0] == 0
    assert run(capsys, team / "models")[0] == 0
    rows = json.loads((team / "ci" / "known.json").read_text())["findings"]
    assert rows[0] == {"file": "../f.yaml", "code": "C401", "line": "expect: {params: 1}", "count": 1}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is not a baseline: "), ("[1]", "has no key 'cnncalc_baseline'"), ("[" * 9999, "is not a baseline"),
        ('{"cnncalc_baseline": 2, "findings": []}', "is a baseline of version 2, and this cnncalc reads version 1"),
        ('{"cnncalc_baseline": 1, "findings": [{"file": "a"}]}', "is damaged"),
        ('{"cnncalc_baseline": 1, "findings": [{"file": "a", "code": "W201", "line": "", "count": -1}]}', "is damaged"),
        ('{"cnncalc_baseline": 1}', "is damaged"), ("\0", "is not a baseline"),
    ],
)  # fmt: skip
def test_what_is_not_a_baseline_is_refused(team, capsys, text, said):
    (team / "known.json").write_text(text)
    code, _, err = run(capsys, "--baseline", "known.json")
    assert code == 2
    assert said in err
    assert "--write-baseline known.json" in err
    assert (team / "known.json").read_text() == text


def test_a_baseline_may_name_rules_of_another_version(team, capsys):
    row = {"file": "models/a.yaml", "code": "W999", "line": "- relu", "count": 1}
    (team / "known.json").write_text(json.dumps({"cnncalc_baseline": 1, "findings": [row]}))
    code, _, err = run(capsys, "--baseline", "known.json")
    assert code == 1
    assert "0 known in known.json" in err
    assert "gone" not in err


@pytest.mark.parametrize("option", ["--write-baseline", "-o"])
@pytest.mark.parametrize("name", ["models/a.yaml", "models/../models/a.yaml", "link.yaml"])
def test_a_spec_that_is_checked_is_not_overwritten(team, capsys, option, name):
    (team / "link.yaml").symlink_to("models/a.yaml")
    code, _, err = run(capsys, option, name, "models")
    assert code == 2
    assert err == (
        f"error: '{name}' is one of the specs to check, and writing to it would destroy it; name another file\n"
    )
    assert (team / "models" / "a.yaml").read_text() == ODD


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="has no named pipes")
def test_a_pipe_is_written_to_and_not_replaced(team, capsys):
    os.mkfifo("pipe")
    reader = os.open("pipe", os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert run(capsys, "--write-baseline", "pipe")[0] == 0
        assert json.loads(os.read(reader, 60_000))["cnncalc_baseline"] == 1
    finally:
        os.close(reader)
    assert (team / "pipe").is_fifo()


def test_no_baseline_of_what_cannot_be_read(team, capsys):
    code, _, err = run(capsys, "--write-baseline", "known.json", "models", "missing.yaml")
    assert (code, err) == (2, "error: cannot read missing.yaml: no baseline was written\n")
    assert not (team / "known.json").exists()
    code, _, err = run(capsys, "--write-baseline", "none/known.json")
    assert code == 2
    assert "cannot write none/known.json" in err


def _write(folder):
    os.chdir(folder)
    return main(["check", "--write-baseline", "known.json"])


def test_two_processes_write_one_baseline(team, capsys):
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        assert pool.map(_write, [str(team)] * 4) == [0] * 4
    assert run(capsys, "--baseline", "known.json")[0] == 0
    assert [p.name for p in team.iterdir() if "tmp" in p.name] == []


def test_ignores_are_written_beside_what_they_silence(team, capsys):
    before = (team / "models" / "a.yaml").read_text()
    code, _, err = run(capsys, "models/a.yaml", "--add-ignores")
    assert code == 0
    assert "models/a.yaml: silenced 3 findings\n" in err
    assert (team / "models" / "a.yaml").read_text().splitlines()[2:] == [
        "  # cnncalc: ignore[W101]",
        "  - {type: conv2d, out_channels: 8, kernel_size: 3, norm: batch, bias: true}  # stem",
        "  - {type: maxpool2d, kernel_size: 2} # cnncalc: ignore[W201]",
        "  - {type: identity} # cnncalc: ignore[W304]",
    ]
    assert run(capsys, "models/a.yaml")[1] == ""
    assert before.count("\n") == 5


def test_ignores_join_those_that_are_there_and_keep_the_bytes(team, capsys):
    path = team / "crlf.yaml"
    text = ODD.replace("# stem", "# cnncalc: ignore[W999]").replace(
        "  - {type: id", "  # cnncalc: ignore[W998] why\n  - {type: id"
    )
    path.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    run(capsys, path, "--add-ignores", "--ignore", "W901")
    data = path.read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    assert b"# cnncalc: ignore[W999, W101]\r\n" in data
    assert b"# cnncalc: ignore[W998, W304] why\r\n" in data
    assert data.count(b"\n") == data.count(b"\r\n")


def test_ignores_leave_alone_what_they_cannot_change(team, capsys):
    path = team / "net.json"
    path.write_text('{"input": [3, 33, 33], "layers": [{"type": "maxpool2d", "kernel_size": 2}]}')
    code, out, err = run(capsys, path, "--add-ignores")
    assert code == 0
    assert "JSON has no comments" in err
    assert "W201" in out
    folded = team / "folded.yaml"  # a comment within the text would be part of it
    folded.write_text(
        "input: [3, 33, 33]\nlayers: [{type: maxpool2d, kernel_size: 2,\n  name: 'a\n\n    '}]\n"
    )
    text = folded.read_text()
    run(capsys, folded, "--add-ignores")
    assert folded.read_text() in (text, text.replace("layers:", "# cnncalc: ignore[W201]\nlayers:"))


def test_settings_are_those_of_each_folder(team, capsys):
    (team / "pyproject.toml").write_text(
        '[tool.cnncalc]\nignore = ["W101"]\nper-file-ignores = {"models/old" = ["W2", "identity-layer"]}\n'
    )
    code, out, _ = run(capsys, ".", "--format", "concise", "--ignore", "C")
    assert sorted(line.split(":")[0] + line.split("[")[1][:4] for line in out.splitlines()) == [
        "f.yamlC401", "models/a.yamlW101", "models/a.yamlW201", "models/a.yamlW304", "models/old/b.yamlW101",
    ]  # fmt: skip
    (team / "models" / "cnncalc.toml").write_text(
        'extend = "../pyproject.toml"\nignore = ["W304"]\nwarn-as-error = true\n'
    )
    code, out, _ = run(capsys, "models", "--format", "concise")
    assert code == 1
    assert [line.split("[")[1][:4] for line in out.splitlines()] == ["W101", "W201", "W101"]
    (team / "models" / "old" / ".cnncalc.toml").write_text('exclude = ["*"]\n')
    assert "old" not in run(capsys, ".", "--format", "concise")[1]
    assert "old" in run(capsys, "models/old/b.yaml", "--format", "concise")[1]


def test_settings_that_cannot_be(team, capsys):
    for text, said in [
        ('extend = "cnncalc.toml"', "'extend' leads back to"), ('extend = "no.toml"', "there is no such file"),
        ("extend = 1", "'extend' needs the path"), (r'extend = "\u0000"', "'extend' needs the path"),
        ('per-file-ignores = ["W201"]', "needs a table such as"),
        ('per-file-ignores = {"*" = "W201"}', "needs a list of rules for '*'"), ('per-file-ignores = {"*" = ["W9x"]}', "there is no rule 'W9x'"),
        ("baseline = 3", "'baseline' needs a text"), ("bselin = 3", "the file has no key 'bselin'; did you mean 'baseline'?"),
    ]:  # fmt: skip
        (team / "cnncalc.toml").write_text(text)
        code, _, err = run(capsys)
        assert code == 2
        assert said in err, text
    (team / "x.toml").write_text('extend = "cnncalc.toml"')
    (team / "cnncalc.toml").write_text('extend = "x.toml"')
    assert "leads back to" in run(capsys)[2]


def test_settings_are_shown_with_where_they_are_from(team, capsys):
    (team / "pyproject.toml").write_text('[tool.cnncalc]\nmax-params = "5M"\nignore = ["W101"]\n')
    (team / "models" / "cnncalc.toml").write_text('extend = "../pyproject.toml"\nignore = []\n')
    code, out, _ = run(capsys, "--show-settings", "models/a.yaml", "f.yaml")
    assert code == 0
    assert f'max-params = "5M"  # {team / "pyproject.toml"}\n' in out
    assert f"ignore = []  # {team / 'models' / 'cnncalc.toml'}\n" in out
    assert out.count("# settings of") == 2
    assert run(capsys, "--show-settings")[1].startswith("# settings of")


def test_statistics_groups_and_exit_codes(team, capsys):
    code, out, _ = run(capsys, "--statistics")
    assert code == 1
    assert out.splitlines() == [
        "2  W101  bias-before-batchnorm", "2  W201  dropped-pixels", "2  W304  identity-layer", "1  C401  expectation",
    ]  # fmt: skip
    code, out, _ = run(capsys, "--exit-zero", "--format", "grouped", "f.yaml", "models/a.yaml")
    assert code == 0
    assert out.splitlines()[0] == "f.yaml:"
    assert out.splitlines()[3] == "models/a.yaml:"
    assert run(capsys, "--exit-zero", "missing.yaml")[0] == 2


def git(*arguments):
    subprocess.run(
        ["git", "-c", "user.email=a@b.c", "-c", "user.name=n", *arguments], check=True, capture_output=True
    )


def test_what_git_cannot_compare_is_not_unchanged(team, capsys):
    shutil.rmtree(".git")
    git = ("git", "-c", "user.name=a", "-c", "user.email=a@example.org")
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "a"]):
        subprocess.run([*git, *words], check=True)
    tree = subprocess.run(
        [*git, "rev-parse", "HEAD^{tree}"], check=True, capture_output=True, text=True
    ).stdout
    (team / ".git" / "objects" / tree[:2] / tree[2:].strip()).unlink()
    (team / "models" / "a.yaml").write_text(ODD + "  - relu\n")
    code, _, err = run(capsys, "--changed-since", "HEAD")
    assert code == 2
    assert err == "error: cannot tell what has changed since 'HEAD': git cannot compare with it\n"
    subprocess.run([*git, "config", "core.bare", "true"], check=True)
    assert "this repository has no working tree" in run(capsys, "--changed-since", "HEAD")[2]


def test_only_what_has_changed_since_a_revision(team, capsys, monkeypatch):
    (team / ".git").rmdir()
    git("init", "-q", "-b", "main", ".")
    git("add", "-A")
    git("commit", "-qm", "first")
    code, out, err = run(capsys, "--changed-since", "main")
    assert (code, out) == (0, "")
    git("checkout", "-qb", "work")
    (team / "models" / "a.yaml").write_text(ODD + "  - relu\n")
    (team / "ein ä.yaml").write_text(ODD)
    monkeypatch.chdir(team / "models")
    _, out, _ = run(capsys, "..", "--changed-since", "main", "--format", "concise")
    named = {os.path.realpath(line.split(":")[0]) for line in out.splitlines()}
    assert named == {str(team / "models" / "a.yaml"), str(team / "ein ä.yaml")}
    (team / "cnncalc.toml").write_text("")  # settings changed: so may every answer below them
    assert "old/b.yaml" in run(capsys, "..", "--changed-since", "main", "--format", "concise")[1]
    code, _, err = run(capsys, "--changed-since", "nope")
    assert (code, "there is no revision 'nope'" in err) == (2, True)
    assert run(capsys, "--changed-since", "--output=x")[0] == 2


def sarif(capsys, *arguments):
    log = json.loads(run(capsys, *arguments, "--format", "sarif")[1])
    schema = json.loads((DATA / "sarif-2.1.0-rtm.5.json").read_text())
    jsonschema.Draft4Validator(schema).validate(log)
    return log["runs"][0]


def test_sarif_has_what_is_suppressed_and_how_to_fix(team, capsys):
    path = team / "models" / "a.yaml"
    path.write_text(ODD.replace("# stem", "# cnncalc: ignore[W101]"))
    found = sarif(capsys, path)
    assert [(r["ruleId"], r.get("suppressions")) for r in found["results"]] == [
        ("W201", None), ("W304", None), ("W101", [{"kind": "inSource"}]),
    ]  # fmt: skip
    run(capsys, path, "--write-baseline", "known.json")
    path.write_text(path.read_text().replace("8,", "'8',").replace("out_channels", "'filters'"))
    found = sarif(capsys, path, "--baseline", "known.json")
    (fix,) = (
        r["fixes"][0]["artifactChanges"][0]["replacements"][0]
        for r in found["results"]
        if r["ruleId"] == "C102"
    )
    assert fix["insertedContent"] == {"text": "'out_channels'"}
    span = fix["deletedRegion"]
    line = path.read_text().splitlines()[span["startLine"] - 1]
    assert line[span["startColumn"] - 1 : span["endColumn"] - 1] == "'filters'"
    path.write_text(ODD.replace("# stem", "# cnncalc: ignore[W101]"))
    found = sarif(capsys, path, "--baseline", "known.json")
    assert [r["suppressions"][0]["kind"] for r in found["results"]] == ["inSource", "external", "external"]
    for rule in found["tool"]["driver"]["rules"]:
        assert rule["helpUri"].endswith(
            f"docs/rules.md#{rule['id'].lower()}-" + rule["helpUri"].split("-", 1)[1]
        )
        assert rule["properties"]["precision"] in ("high", "very-high")
    heading = f"\n## {found['tool']['driver']['rules'][0]['id']} "
    assert heading in (ROOT / "docs" / "rules.md").read_text()


def test_watching_checks_again_after_a_change(team):
    pytest.importorskip("watchfiles")
    spec = team / "f.yaml"
    spec.write_text(FAILING.replace("1}", "0}"))
    command = [sys.executable, "-m", "cnncalc", "check", "--watch", "f.yaml"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    said = []
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        reader = threading.Thread(target=lambda: said.extend(process.stderr), daemon=True)
        reader.start()
        deadline = time.monotonic() + 60
        while sum("expectation" in line for line in said) < 2 and time.monotonic() < deadline:
            if any("watching" in line for line in said):
                spec.write_text(FAILING)
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
    reader.join()
    assert "1 of 1 expectation met" in said[0]
    assert said[1] == "watching for changes; Ctrl-C ends\n"
    assert "0 of 1 expectation met" in said[2]


def test_what_cannot_be_watched(team, capsys, monkeypatch):
    code, _, err = run(capsys, "--watch", "-")
    assert (code, "cannot watch standard input" in err) == (2, True)
    monkeypatch.setitem(sys.modules, "watchfiles", None)
    assert run(capsys, "--watch") == (
        2,
        "",
        "error: --watch needs watchfiles: pip install 'cnncalc[watch]'\n",
    )


def test_markdown_is_a_comment_that_github_takes(team, capsys):
    _, out, _ = run(capsys, "--format", "markdown")
    assert out.startswith(
        "### cnncalc: 3 specs: 1 error, 4 warnings, 2 info; 0 of 1 expectation met\n\n| | place |"
    )
    assert out.count("\n| ") == 8
    many = "".join(f"  - {{type: identity, name: n{i}}}\n" for i in range(1500))
    (team / "f.yaml").write_text("input: [3, 8, 8]\nlayers:\n" + many)
    _, out, _ = run(capsys, "f.yaml", "--format", "markdown")
    assert 50_000 < len(out) < 65_536
    assert re.search(r"\n\n[\d,]+ more are not shown\.\n\Z", out)


def test_what_budgets_leave(team, capsys):
    bounds = "{params: {max: 300}, macs: {min: 1, max: 1M}, layers: {c: {params: {max: 224}}}}"
    conv = "input: [3, 32, 32]\nlayers:\n  - {type: conv2d, name: c, out_channels: 8, kernel_size: 3}\n"
    (team / "h.yaml").write_text(f"{conv}expect: {bounds}\n")
    code, _, err = run(capsys, "h.yaml", "--max-params", "200")
    assert code == 1
    assert err.splitlines()[:-1] == [
        "headroom: params 224 of 300, 25.3% left",
        "headroom: macs 194,400 of 1,000,000, 80.6% left",
        "headroom: layers.c.params 224 of 224, 0.0% left",
        "headroom: params 224 of 200, 12.0% over",
    ]
    (team / "g.yaml").write_text(f"{conv}expect: {{macs: {{max: 200k}}}}\n")
    _, out, err = run(
        capsys, "h.yaml", "g.yaml", "--format", "json"
    )  # of several, the tightest of each number
    assert {line for line in err.splitlines() if "headroom" in line} == {
        "headroom: h.yaml: layers.c.params 224 of 224, 0.0% left",
        "headroom: g.yaml: macs 194,400 of 200,000, 2.8% left",
    }
    assert json.loads(out)["specs"][1]["expectations"] == [
        {"name": "macs", "met": True, "actual": 194400, "max": 200000, "left": 5600}
    ]


def diff(capsys, *arguments):
    code = main(["diff", *map(str, arguments)])
    out, err = capsys.readouterr()
    return code, out, err


FAMILY = """vars: {c: 4}
input: [3, 8, 8]
layers: [{type: conv2d, out_channels: c, kernel_size: 3}]
variants: {wide: {vars: {c: 8}}}
"""


@pytest.fixture
def repository(team):
    (team / ".git").rmdir()
    (team / "models" / "family.yaml").write_text(FAMILY)
    git("init", "-q", "-b", "main", ".")
    git("add", "-A")
    git("commit", "-qm", "first")
    (team / "models" / "a.yaml").write_text(ODD.replace("channels: 8", "channels: 16"))
    (team / "models" / "old" / "b.yaml").unlink()
    (team / "models" / "new.cnn.yaml").write_text(ODD)
    (team / "models" / "other.yaml").write_text("steps: [input, layers]\n")
    return team


def test_folders_are_compared_by_name(repository, capsys, monkeypatch):
    code, out, err = diff(capsys, "git:main:models", "models")
    assert (code, err) == (0, "")
    table, details = out.split("\n\n", 1)
    rows = [line.split()[:2] for line in table.splitlines()[2:]]
    assert rows == [["~", "a.yaml"], ["+", "new.cnn.yaml"], ["-", "old/b.yaml"]]
    assert details.startswith("3 networks changed, 2 the same.\n\na.yaml\n")
    assert "out_channels: 8 -> 16" in details
    assert "new.cnn.yaml" not in details  # the table says enough
    code, _, err = diff(capsys, "git:main:models", "models", "--fail-if", "params > +5%")
    assert (code, "failed: a.yaml: params: 240 -> 480" in err) == (1, True)
    monkeypatch.chdir(repository / "models")
    assert diff(capsys, "git:main:.", ".")[1] == diff(capsys, "git:main:models", ".")[1] == out
    code, _, err = diff(capsys, "git:main:./old", "a.yaml")
    assert (code, "compare two folders, or two specs" in err) == (2, True)
    assert diff(capsys, "git:main:nope", ".")[0] == 2
    code, out, err = diff(capsys, "git:main:nope", ".", "--missing-ok", "--format", "json")
    assert (code, "it is treated as empty" in err) == (0, True)
    assert {each["path"]: each["before"] for each in json.loads(out)["networks"]} == dict.fromkeys(
        ["a.yaml", "family.yaml", "family.yaml@wide", "new.cnn.yaml"]
    )


@pytest.mark.parametrize(
    ("before", "options", "message"),
    [
        ("git:nope:models", [], "cannot read git:nope:models: there is no revision 'nope'"),
        ("git:nope:models", ["--missing-ok"], "cannot read git:nope:models: there is no revision 'nope'"),
        ("git::models", ["--missing-ok"], "'git::models' is not git:REV:PATH"),
        ("git:main:nope", [], "there is no folder git:main:nope; with --missing-ok it is treated as empty"),
        ("nope", [], "there is no folder nope; with --missing-ok it is treated as empty"),
        ("f.yaml", ["--missing-ok"], "models is a folder, and f.yaml is not: compare two folders, or two specs"),
        ("git:main:f.yaml", ["--missing-ok"],
         "models is a folder, and git:main:f.yaml is not: compare two folders, or two specs"),
    ],
)  # fmt: skip
def test_what_is_no_folder_is_said(repository, capsys, before, options, message):
    assert diff(capsys, before, "models", *options) == (2, "", f"error: {message}\n")


def test_folders_of_which_a_spec_is_broken_are_compared_all_the_same(repository, capsys):
    (repository / "models" / "new.cnn.yaml").write_text("input: [3]\nlayers: [{type: nope}]\n")
    code, out, err = diff(capsys, "git:main:models", "models", "--format", "markdown")
    assert code == 1
    assert "error: new.cnn.yaml: " in err
    assert "C103" in err
    assert "2 networks changed, 2 the same, 1 not compared." in out
    assert out.count("<details>") == out.count("</details>") == 1


def test_a_comparison_of_many_networks_fits_into_a_comment(repository, capsys):
    layers = "".join(
        f"  - {{type: conv2d, out_channels: 8, kernel_size: 1, name: n{i}}}\n" for i in range(90)
    )
    head = "input: [3, 8, 8]\nlayers:\n"
    for i in range(12):
        (repository / "models" / f"m{i}.cnn.yaml").write_text(head + layers)
    git("add", "-A")
    git("commit", "-qm", "many")
    for i in range(12):
        (repository / "models" / f"m{i}.cnn.yaml").write_text(head + layers.replace("8,", "16,"))
    _, out, _ = diff(capsys, "git:HEAD:models", "models", "--format", "markdown")
    assert 40_000 < len(out.encode()) < 65_536
    assert re.search(r"The details of \d+ more are not shown\.\n\Z", out)
