"""Names that steer a terminal or are no text: in no output of any command do they stand as they are."""

import json
import re

import pytest

from cnncalc.reading.text.files import read_text
from tests.commands import here, linux

#: control characters but for line breaks, what reorders or hides text, and halves of surrogate pairs
RAW = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\xad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\U000e0020]"
)
NAME = r'"n\u202ea\x9b31m\u200b\U000E0020e"'
GOOD = f"""name: {NAME}
source: {NAME}
vars: {{H: 8, W: 8}}
input: [3, H, W]
layers:
  - {{type: conv2d, name: c, out_channels: 4, kernel_size: 3, stride: 2}}
expect: {{params: 112}}
cases: [{{name: {NAME}, set: {{H: 9}}, expect: {{params: 113}}}}]
"""
BAD = r"""input: [3, 8, 8]
layers:
  - {type: conv2d, "ke\u202er": 3, out_channels: "\x9b", padding: "\u2066"}
  - {type: add, from: ["\u202ex", prev]}
  - "re\u202elu"
"""
FILES = ["a\u202eb.yaml", "a\x9bb.yaml", "a\u2028b.yaml", "a\U000e0020b.yaml"]
CHECKS = [
    ["check", "FILE", "--format", name]
    for name in ("text", "concise", "json", "github", "gitlab", "sarif", "junit")
]
COMMANDS = [
    *CHECKS,
    ["check", "FILE", "--fix", "--diff"],
    *(["table", "FILE", "--format", name] for name in ("simple", "json", "csv", "html", "latex_raw", "github", "jira")),
    ["table", "FILE", "--free", "H"], ["table", "FILE", "--set", "\u202e=3"], ["table", "FILE", "--columns", "\u202e"],
    ["table", "FILE", "--format", "\u202e\x9b"], ["table", "\u202e"], ["table", "FILE", "--\u202e"], ["\u202e\x9b"],
    ["solve", "FILE"], ["solve", "FILE", "--format", "json"], ["verify", "FILE"], ["verify", "FILE", "--format", "json"],
    ["explain", "FILE"], ["explain", "FILE", "c"], ["explain", "FILE", "\u202e"],
    ["show", "FILE", "--expanded"], ["show", "FILE", "--expanded", "--format", "json"], ["show", "FILE", "--expanded", "--free", "H"],
    ["plot", "FILE"], ["draw", "FILE", "--format", "mermaid"], ["sweep", "FILE", "--over", "H=8,9"], ["sweep", "FILE", "--over", "\u202e"],
    ["diff", "FILE", "lenet5"], ["diff", "lenet5", "FILE", "--format", "markdown"], ["diff", "FILE", "git:HEAD:FILE"],
    ["rule", "\u202e"], ["zoo", "\u202e"],
]  # fmt: skip


@linux
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: ascii(" ".join(command)))
def test_no_output_has_them(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in FILES if command in CHECKS else FILES[:2]:
        for text in (GOOD, BAD):
            (tmp_path / name).write_text(text)
            code, answer = here([part.replace("FILE", name) for part in command])
            assert code in (0, 1, 2)
            assert not RAW.search(answer), ascii(answer)


@linux
@pytest.mark.parametrize("command", ["draw", "plot", "report"])
def test_no_file_has_them(command, tmp_path):
    spec, target = tmp_path / FILES[0], tmp_path / ("out.html" if command == "report" else "out.svg")
    spec.write_text(GOOD)
    assert here([command, str(spec), "-o", str(target)])[0] == 0
    assert not RAW.search(target.read_text())


@linux
@pytest.mark.parametrize("name", ["json", "gitlab", "sarif"])
def test_a_file_name_that_is_not_utf_8(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "\udcff.yaml").write_text(BAD)
    code, answer = here(["check", "\udcff.yaml", "--format", name])
    assert code == 1
    assert "\\udcff" not in answer  # no character, so no JSON for many readers
    found = json.dumps(json.JSONDecoder().raw_decode(answer)[0])  # a summary follows
    assert ("%FF.yaml" if name == "sarif" else r"\\xff.yaml") in found


def test_an_expanded_spec_reads_back(tmp_path):
    spec = tmp_path / "spec.yaml"
    spec.write_text(GOOD)
    code, answer = here(["show", str(spec), "--expanded"])
    assert code == 0
    assert read_text(answer).root["name"] == "n\u202ea\x9b31m\u200b\U000e0020e"
