"""Remembered runs: what they say is what a new run would say, and whatever matters for that is noticed."""

import json
import os
import random
import re
import shlex
import subprocess
import sys
import time
from pathlib import Path

import pytest

import cnncalc.__main__ as program
from cnncalc.cache import identity, runs, states, store
from cnncalc.cache.identity import fingerprint

ROOT = Path(__file__).parent.parent.parent
SPEC = """\
name: Small
vars: {H: 32, W: 32}
input: [3, H, W]
layers:
  - {type: conv2d, name: first, out_channels: 8, kernel_size: 3}
  - {type: maxpool2d, name: pool, kernel_size: 2}
  - {type: conv2d, name: second, out_channels: 4, kernel_size: 2}
"""
OTHER = SPEC.replace("out_channels: 8", "out_channels: 9")


@pytest.fixture(scope="module", autouse=True)
def settled_code():
    """Whoever has just edited the program waits until its times of change say which edit it is."""
    while fingerprint() is None:
        time.sleep(0.1)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A project with a cache of its own."""
    place = tmp_path / "project"
    place.mkdir()
    monkeypatch.chdir(place)
    monkeypatch.setenv("CNNCALC_NO_CACHE", "")
    monkeypatch.setenv("CNNCALC_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(runs, "_is_fresh", lambda: True)  # this process has read no file of the test before
    (place / "a.yaml").write_text(SPEC)
    return place


class Runs:
    """Runs of commands in this process, and whether they were remembered."""

    def __init__(self, capture, monkeypatch):
        self.capture, self.new = capture, []
        command = program._command
        monkeypatch.setattr(program, "_command", lambda *given: (self.new.append(given), command(*given))[1])

    def __call__(self, *words):
        self.new.clear()
        code = program.main(list(words))
        out, err = self.capture.readouterr()
        return code, out, err

    @property
    def remembered(self):
        return not self.new


@pytest.fixture
def cnncalc(capsysbinary, monkeypatch):
    return Runs(capsysbinary, monkeypatch)


def without(cnncalc, *words):
    """The answer of a run that remembers nothing."""
    answer = cnncalc(words[0], "--no-cache", *words[1:])
    assert not cnncalc.remembered
    return answer


def written(path="."):
    """Every file below a folder with its bytes."""
    return {str(p): p.read_bytes() for p in sorted(Path(path).rglob("*")) if p.is_file()}


# --------------------------------------------------------------------------------------- the same answer


def examples():
    """Every command of the documentation that is remembered."""
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        for line in page.read_text(encoding="utf-8").splitlines():
            found = re.match(r"(?:\$ |    )?`?cnncalc (\w+ [^`]*)", line)
            if found and found[1].split()[0] in runs.COMMANDS:
                try:
                    yield tuple(shlex.split(found[1], comments=True))
                except ValueError:
                    continue


@pytest.mark.parametrize("words", sorted(set(examples())), ids=" ".join)
def test_examples_of_the_documentation(folder, cnncalc, monkeypatch, words):
    target = folder.parent / "target.svg"
    words = [str(target) if word.endswith((".svg", ".sarif", ".mmd")) else word for word in words]
    monkeypatch.chdir(ROOT)
    expected = without(cnncalc, *words), target.exists() and target.read_bytes()
    target.unlink(missing_ok=True)
    for _ in range(3):
        assert (cnncalc(*words), target.exists() and target.read_bytes()) == expected
    assert cnncalc.remembered == (expected[0][0] in (0, 1) and b"error[" not in expected[0][2])


SHIPPED = (
    "vgg11",
    "alexnet",
    "resnet18",
    "lenet5",
    "unet_padded",
    "squeezenet1_1",
    "lessons/one_filter",
    "a.yaml",
)


def random_command(draw):
    spec, second = draw.choice(SHIPPED), draw.choice(SHIPPED)
    shared = [o for o in (["--set", f"H={draw.choice((32, 64, 224))}"], ["--batch", "4"], ["--dtype", "int8"]) if draw.random() < 0.4]  # fmt: skip
    more = {
        "table": [["--depth", "1"], ["--format", draw.choice(("json", "csv", "github", "simple"))], ["--layout", "nhwc"],
                  ["--columns", "layer,type,output,params"], ["--free", "H,W"]],
        "diff": [["--format", draw.choice(("json", "markdown"))], ["--fail-if", "params > +5%"]],
        "draw": [["--depth", "1"], ["--view", draw.choice(("features", "graph"))]],
        "check": [["--format", draw.choice(("json", "sarif", "junit", "github", "gitlab", "concise"))], ["--ignore", "W209"],
                  ["--max-params", "1M"], ["--select", "W2"], ["--exit-zero"]],
    }  # fmt: skip
    name = draw.choice(sorted(more))
    options = [word for option in more[name] if draw.random() < 0.4 for word in option]
    if name in ("table", "diff"):
        options += [word for option in shared for word in option]
    specs = [spec] if name in ("table", "draw") else [spec, second]
    output = ["-o", "out.svg"] if name == "draw" else []
    return [name, *specs, *options, *output]


@pytest.mark.parametrize("seed", range(int(os.environ.get("CNNCALC_CACHE_SAMPLE", "12"))))
def test_random_commands(folder, cnncalc, monkeypatch, seed):
    draw = random.Random(seed)
    monkeypatch.setenv("COLUMNS", str(draw.choice((40, 80, 100, 200))))
    words = random_command(draw)
    expected = without(cnncalc, *words), written()
    Path("out.svg").unlink(missing_ok=True)
    for _ in range(2):
        assert (cnncalc(*words), written()) == expected
    remembered = cnncalc.remembered
    Path("out.svg").unlink(missing_ok=True)
    assert (cnncalc(*words), written()) == expected
    if words[0] == "check" or expected[0][0] == 0:
        assert remembered == (expected[0][0] in (0, 1))


def test_a_remembered_run_imports_nothing_that_is_slow(folder, monkeypatch):
    script = (
        "import sys; from cnncalc.__main__ import main; code = main(sys.argv[1:])\n"
        "slow = {'click', 'pydantic', 'yaml', 'numpy', 'tabulate', 'typing', 'pathlib', 're', 'json'} & {*sys.modules}\n"
        "print(sorted(slow), file=sys.stderr); sys.exit(code)"
    )
    command = [sys.executable, "-P", "-c", script, "table", "a.yaml"]
    first, second = (subprocess.run(command, capture_output=True, check=True) for _ in range(2))
    assert first.stdout == second.stdout
    assert b"click" in first.stderr
    assert second.stderr == b"[]\n"


def test_the_order_of_both_streams_and_files_is_kept(folder, cnncalc):
    (folder / "deep.yaml").write_text(SPEC + "  - {type: linear, out_features: 3}\n")  # warns
    command = [sys.executable, "-P", "-m", "cnncalc", "table", "deep.yaml"]
    done = [
        subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=True)
        for _ in range(3)
    ]
    assert b"W307" in done[0].stdout
    assert done[0].stdout == done[1].stdout == done[2].stdout


# --------------------------------------------------------------------------------------- what is noticed


def edited(folder):
    (folder / "a.yaml").write_text(OTHER)


def edited_in_secret(folder):
    """The same size and time of change."""
    before = (folder / "a.yaml").stat()
    (folder / "a.yaml").write_text(OTHER)
    os.utime(folder / "a.yaml", ns=(before.st_atime_ns, before.st_mtime_ns))


def replaced_in_secret(folder):
    before = (folder / "a.yaml").stat()
    (folder / "new").write_text(OTHER)
    os.utime(folder / "new", ns=(before.st_atime_ns, before.st_mtime_ns))
    (folder / "new").replace(folder / "a.yaml")


def linked(folder):
    (folder.parent / "other.yaml").write_text(OTHER)
    (folder / "a.yaml").unlink()
    (folder / "a.yaml").symlink_to(folder.parent / "other.yaml")


@pytest.mark.parametrize("command", [["table", "a.yaml"], ["table", "a.yaml@"], ["check", "--max-params", "320", "."],
                                     ["check", "--max-params", "320", "*.yaml"], ["diff", "a.yaml", "lenet5"]], ids=" ".join)  # fmt: skip
@pytest.mark.parametrize("change", [edited, edited_in_secret, replaced_in_secret, linked])
def test_another_text_has_another_answer(folder, cnncalc, command, change):
    old = time.time() - 1000
    os.utime(folder / "a.yaml", (old, old))
    first = cnncalc(*command)
    assert cnncalc(*command) == first
    assert cnncalc.remembered or first[0] == 2
    change(folder)
    second = cnncalc(*command)
    assert second == without(cnncalc, *command)
    assert second != first or first[0] == 2
    (folder / "a.yaml").unlink()
    (folder / "a.yaml").write_text(SPEC)
    assert cnncalc(*command) == first


def test_a_file_that_was_looked_at_long_ago_need_not_be_read(folder, cnncalc, monkeypatch):
    monkeypatch.setattr(states, "KEPT", -1)
    first = cnncalc("check", ".")
    monkeypatch.setattr(states, "_content", None)  # reading would be an error
    assert cnncalc("check", ".") == first
    assert cnncalc.remembered
    monkeypatch.undo()


CHANGES = {
    "a new spec": (["check", "."], lambda: Path("b.yaml").write_text(SPEC)),
    "a new spec in a new folder": (["check", "."], lambda: (Path("sub").mkdir(), Path("sub/b.yaml").write_text(SPEC))),
    "a new match": (["check", "*/good.yaml"], lambda: Path("later/good.yaml").write_text(SPEC)),
    "a file like a shipped spec": (["table", "alexnet"], lambda: Path("alexnet").write_text(SPEC)),
    "settings": (["check", "."], lambda: Path("pyproject.toml").write_text("[tool.cnncalc]\nmax-params = 5\n")),
    "settings above": (["check", "."], lambda: Path("../cnncalc.toml").write_text("max-params = 5\n")),
    "settings of a folder": (["check", "sub/good.yaml"], lambda: Path("sub/cnncalc.toml").write_text("max-params = 5\n")),
    "the top of the repository": (["check", "--format", "gitlab", "sub/bad.yaml"], lambda: Path("../.git").mkdir()),
    "a baseline": (["check", "--baseline", "known.json", "sub/bad.yaml"],
                   lambda: Path("known.json").write_text('{"cnncalc_baseline": 1, "findings": []}')),
    "a file of the baseline": (["check", "--baseline", "known.json", "sub/bad.yaml"], lambda: Path("gone.yaml").write_text(SPEC)),
}  # fmt: skip


def test_no_spec_is_larger_than_what_is_compared():
    from cnncalc.reading.text import files

    assert max(syntax.limit for syntax in files.SYNTAXES) < states.READ


@pytest.mark.parametrize("name", CHANGES)
def test_what_a_run_finds_is_noticed(folder, cnncalc, name):
    command, change = CHANGES[name]
    if "/" in " ".join(command):
        (folder / "sub").mkdir()
        (folder / "later").mkdir()
        (folder / "sub" / "good.yaml").write_text(SPEC)
        (folder / "sub" / "bad.yaml").write_text(SPEC.replace("conv2d", "conv9"))
        finding = {"file": "gone.yaml", "code": "C103", "line": "x", "count": 1}
        (folder / "known.json").write_text(json.dumps({"cnncalc_baseline": 1, "findings": [finding]}))
    first = cnncalc(*command)
    assert cnncalc(*command) == first
    assert cnncalc.remembered
    change()
    second = cnncalc(*command)
    assert second == without(cnncalc, *command)
    assert second != first
    assert cnncalc(*command) == second


@pytest.mark.parametrize(("command", "variable"), [
    (["check", "bad.yaml"], {"COLUMNS": "40"}),
    (["check", "bad.yaml"], {"GITHUB_ACTIONS": "true"}),
    (["check", "bad.yaml", "--format", "gitlab"], {"CI_PROJECT_DIR": ".."}),
])  # fmt: skip
def test_the_environment_is_noticed(folder, cnncalc, monkeypatch, command, variable):
    (folder / "bad.yaml").write_text(SPEC.replace("out_channels: 8", f"out_channels: {'8 + ' * 30}x"))
    monkeypatch.setenv("COLUMNS", "100")
    first = cnncalc(*command)
    assert cnncalc(*command) == first
    assert cnncalc.remembered
    for key, value in variable.items():
        monkeypatch.setenv(key, os.path.abspath(value) if value == ".." else value)
    second = cnncalc(*command)
    assert not cnncalc.remembered
    assert second == without(cnncalc, *command)
    assert second != first


@pytest.mark.parametrize(
    "other",
    [["--dtype", "int8"], ["--set", "H=64"], ["--depth", "1"], ["--batch", "2"], ["--layout", "nhwc"]],
)
def test_options_are_noticed(folder, cnncalc, other):
    command = ["table", "vgg11"]
    first = cnncalc(*command)
    second = cnncalc(*command, *other)
    assert second == without(cnncalc, *command, *other)
    assert second != first


def test_a_revision_that_moves_is_noticed(folder, cnncalc):
    def git(*words):
        subprocess.run(["git", "-c", "user.name=n", "-c", "user.email=e", *words], check=True, capture_output=True)  # fmt: skip

    git("init", "-q", "-b", "main")
    git("add", "a.yaml")
    git("commit", "-qm", "one")
    command = ["diff", "git:main:a.yaml", "a.yaml"]
    first = cnncalc(*command)
    assert cnncalc(*command) == first
    assert cnncalc.remembered
    (folder / "a.yaml").write_text(OTHER)
    changed = cnncalc(*command)
    assert changed == without(cnncalc, *command) != first
    git("commit", "-qam", "two")
    assert cnncalc(*command) == without(cnncalc, *command) != changed


def test_every_variable_that_is_read_is_noticed(folder, cnncalc, monkeypatch):
    """Where the program reads one more, it has to be named in ``cache.runs``."""

    class Environment(dict):
        read = set()

        def __getitem__(self, key):
            self.read.add(key)
            return super().__getitem__(key)

        def get(self, key, default=None):
            self.read.add(key)
            return super().get(key, default)

        def __contains__(self, key):
            self.read.add(key)
            return super().__contains__(key)

    environment = Environment(os.environ)
    monkeypatch.setattr(os, "environ", environment)
    for words in (
        ["table", "a.yaml"], ["check", "."], ["check", "--format", "github"], ["check", "--format", "sarif"],
        ["draw", "a.yaml", "-o", "a.svg"], ["diff", "a.yaml", "alexnet"], ["diff", "git:main:a.yaml", "alexnet"],
    ):  # fmt: skip
        without(cnncalc, *words)
    assert "COLUMNS" in environment.read
    noticed = (*runs.FAMILIES, "_CNNCALC")
    read = set(map(os.fsdecode, environment.read))
    assert {v for v in read if v not in runs.VARIABLES and not v.startswith(noticed)} == set()


@pytest.mark.slow
def test_another_program_has_another_answer(tmp_path):
    """A copy of the program whose code changes."""
    import shutil

    shutil.copytree(ROOT / "cnncalc", tmp_path / "lib" / "cnncalc", ignore=shutil.ignore_patterns("__pycache__"))  # fmt: skip
    shutil.copytree(ROOT / "specs", tmp_path / "lib" / "specs")
    code = tmp_path / "lib" / "cnncalc" / "report" / "table.py"
    for path in (tmp_path / "lib").rglob("*.py"):
        os.utime(path, (1e9, 1e9))
    given = {"CNNCALC_NO_CACHE": "", "CNNCALC_CACHE_DIR": str(tmp_path / "cache"), "PYTHONPATH": str(tmp_path / "lib")}  # fmt: skip
    environment = {**os.environ, **given}
    command = [sys.executable, "-P", "-m", "cnncalc", "table", "lenet5"]

    def answer():
        while time.time() - max(p.stat().st_ctime for p in (tmp_path / "lib").rglob("*.py")) < 2.1:
            time.sleep(0.1)
        return subprocess.run(command, env=environment, capture_output=True, check=True).stdout

    first = answer()
    entries = len(written(tmp_path / "cache"))
    assert answer() == first
    assert len(written(tmp_path / "cache")) == entries > 3
    text = code.read_text()
    assert "MACs " in text
    code.write_text(text.replace("MACs ", "macs "))
    assert b"macs " in answer()
    specs = tmp_path / "lib" / "specs" / "lenet5.yaml"
    specs.write_text(specs.read_text().replace("LeNet-5", "LeNet-6"))
    assert b"LeNet-6" in answer()


def test_the_program_is_known_by_its_content(tmp_path, monkeypatch):
    monkeypatch.setattr(identity, "SETTLED", -1)
    monkeypatch.setattr(identity, "PACKAGE", str(tmp_path / "package"))
    code = tmp_path / "package" / "part" / "a.py"
    code.parent.mkdir(parents=True)
    cache = store.Store(str(tmp_path / "cache"))
    found = []
    for text in ("a = 1", "a = 2", "a = 1"):
        code.write_text(text)
        os.utime(code, (1e9, 1e9))
        seen = identity.fingerprint()
        found.append(identity.identity(cache, seen))
        assert found[-1] == identity.identity(cache, seen)
    assert found[0] == found[2] != found[1]
    monkeypatch.setattr(identity, "SETTLED", 2)
    assert identity.fingerprint() is None  # what has just changed may change again unseen
    monkeypatch.setattr(sys, "version", "3.99")
    monkeypatch.setattr(identity, "SETTLED", -1)
    assert identity.identity(cache, identity.fingerprint()) != found[0]


def test_an_answer_is_that_of_one_program(folder, cnncalc, monkeypatch):
    cnncalc("table", "a.yaml")
    cnncalc("table", "a.yaml")
    assert cnncalc.remembered
    monkeypatch.setattr(runs, "identity", lambda *_: b"another")
    cnncalc("table", "a.yaml")
    assert not cnncalc.remembered


# --------------------------------------------------------------------------------------- what is not remembered


@pytest.mark.parametrize("command", [
    ["verify", "a.yaml"], ["explain", "a.yaml"], ["table", "none.yaml"], ["table", "a.yaml", "--columns", "x"],
    ["table", "-"], ["check", "-"], ["check", "--fix", "a.yaml"], ["table", "a.yaml", "--no-cache"], ["--help"], [],
], ids=" ".join)  # fmt: skip
def test_what_is_always_run(folder, cnncalc, monkeypatch, command):
    import io

    for _ in range(2):
        text = SPEC.replace("out_channels", "filters") if "--fix" in command else SPEC
        (folder / "a.yaml").write_text(text)
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(SPEC.encode())))
        cnncalc(*command)
        assert not cnncalc.remembered
        if "--fix" in command:
            assert (folder / "a.yaml").read_text() == SPEC


def test_no_cache_makes_no_folder(folder, cnncalc):
    without(cnncalc, "table", "a.yaml")
    without(cnncalc, "check", ".")
    assert not (folder.parent / "cache").exists()


def test_an_edit_while_a_run_is_on_is_not_mixed_up(folder, cnncalc, monkeypatch):
    command = program._command

    def slow(*given):
        code = command(*given)
        (folder / "a.yaml").write_text(OTHER)
        return code

    monkeypatch.setattr(program, "_command", slow)
    first = cnncalc("table", "a.yaml")
    monkeypatch.setattr(program, "_command", command)
    assert cnncalc("table", "a.yaml") != first


# --------------------------------------------------------------------------------------- a thousand specs


def test_only_specs_that_changed_are_checked_again(folder, cnncalc, monkeypatch):
    import cnncalc.analysis.check as checking

    for number in range(8):
        (folder / f"m{number}.yaml").write_text(SPEC.replace("kernel_size: 2", f"kernel_size: {number + 2}"))
    (folder / "bad.yaml").write_text(SPEC.replace("conv2d", "conv9"))
    seen = []
    check = checking.check_spec
    monkeypatch.setattr(
        checking, "check_spec", lambda each, options: (seen.append(each), check(each, options))[1]
    )
    for style in ("text", "json", "sarif", "junit"):
        seen.clear()
        answer = cnncalc("check", ".", "--max-params", "1M", "--format", style)
        assert len(seen) == (10 if style == "text" else 0)
        assert answer == without(cnncalc, "check", ".", "--max-params", "1M", "--format", style)
    seen.clear()
    (folder / "m3.yaml").write_text(OTHER)
    answer = cnncalc("check", ".", "--max-params", "1M")
    assert seen == ["m3.yaml"]
    assert answer == without(cnncalc, "check", ".", "--max-params", "1M")
    seen.clear()
    assert cnncalc("check", ".", "--ignore", "W2") == without(cnncalc, "check", ".", "--ignore", "W2")
    assert len(seen) == 20


@pytest.mark.slow
def test_results_of_every_bad_spec_are_kept_whole(folder, cnncalc):
    for path in sorted((ROOT / "tests" / "diagnostics" / "bad").glob("*.*")):
        if path.suffix in (".yaml", ".json"):
            words = ["check", str(path), "--format", "json"]
            expected = without(cnncalc, *words)
            assert cnncalc(*words) == expected
            assert cnncalc(*words, "--exit-zero")[1:] == expected[1:]  # of the spec, not of the run


@pytest.mark.slow
def test_processes_share_a_folder(folder):
    for number in range(12):
        (folder / f"m{number}.yaml").write_text(
            SPEC.replace("kernel_size: 3", f"kernel_size: {number % 5 + 1}")
        )
    command = [sys.executable, "-P", "-m", "cnncalc", "check", ".", "-j", "2", "--format", "json"]
    plain = subprocess.run([*command, "--no-cache"], capture_output=True, check=False)
    for _ in range(2):
        started = [
            subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(3)
        ]
        for process in started:
            assert process.communicate(timeout=60) == (plain.stdout, plain.stderr)
    assert not list((folder.parent / "cache").rglob("*.tmp"))


# --------------------------------------------------------------------------------------- bad folders and entries


def damaged(path):
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)


def foreign(path):
    path.write_bytes(b"SQLite format 3\0" + bytes(100))


def exchanged(path):
    """An entry under the name of another."""
    others = [p for p in path.parent.parent.rglob("*.cnncalc") if p != path]
    path.write_bytes(others[0].read_bytes())


def fifo(path):
    path.unlink()
    os.mkfifo(path)


@pytest.mark.parametrize("damage", [
    damaged, foreign, exchanged, fifo,
    lambda path: path.write_bytes(b""), lambda path: path.write_bytes(path.read_bytes()[:50]),
    lambda path: (path.unlink(), path.mkdir()), lambda path: (path.unlink(), path.symlink_to(path)),
    lambda path: path.write_bytes(path.read_bytes() + b"x" * (5 << 20)),
])  # fmt: skip
def test_damaged_entries_are_as_if_they_were_not_there(folder, cnncalc, damage):
    command = ["check", "."]
    first = cnncalc(*command)
    entries = list((folder.parent / "cache").rglob("*.cnncalc"))
    copies = {path: path.read_bytes() for path in entries}
    assert len(entries) >= 4
    for path in entries:
        damage(path)
        assert cnncalc(*command) == first
        if path.is_dir():
            path.rmdir()
        path.unlink(missing_ok=True)
        path.write_bytes(copies[path])
    for path in entries:
        damage(path)
    assert cnncalc(*command) == first


def test_an_entry_writes_only_what_is_named(folder, cnncalc, monkeypatch):
    command = ["draw", "a.yaml", "-o", "a.svg"]
    first = cnncalc(*command)
    cnncalc(*command)
    assert cnncalc.remembered
    recall = runs._recall
    monkeypatch.setattr(
        runs, "_recall", lambda *given: [b"elsewhere" if f == b"a.svg" else f for f in recall(*given)]
    )
    assert cnncalc(*command) == first
    assert not cnncalc.remembered
    assert not (folder / "elsewhere").exists()


@pytest.mark.parametrize("place", ["/dev/null/x", "a.yaml", "a.yaml/x", "\0", "x" * 5000])
def test_a_folder_that_cannot_be_is_no_cache(folder, cnncalc, monkeypatch, place):
    monkeypatch.delenv("CNNCALC_CACHE_DIR")
    for command in (["table", "a.yaml"], ["check", "."]):
        expected = without(cnncalc, *command)
        for _ in range(2):
            assert cnncalc(*command, "--cache-dir", place) == expected
    assert (folder / "a.yaml").read_text() == SPEC


def test_a_full_disk_is_no_cache(folder, cnncalc, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    expected = without(cnncalc, "check", ".")
    monkeypatch.setattr(os, "replace", full)
    for _ in range(2):
        assert cnncalc("check", ".") == expected
        assert not cnncalc.remembered
    assert not list((folder.parent / "cache").rglob("*.tmp"))


def test_the_folder_is_bounded_and_what_is_used_stays(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "LIMIT", 16 * 40 * store.BLOCK)
    cache = store.Store(str(tmp_path / "cache"))
    names = [store.digest([b"%d" % number]) for number in range(2000)]
    kept = names[0]
    for number, name in enumerate(names):
        cache.put(name, bytes(100))
        old = time.time() - 10_000_000 + number
        os.utime(cache._path(name), (old, old))
        assert cache.get(kept) == bytes(100)  # its time of use is now
        if number % 100 == 0:
            cache.settle()
    cache.settle()
    files = list((tmp_path / "cache").rglob("*.cnncalc"))
    assert 16 * 20 <= len(files) <= 16 * 40
    assert cache.get(names[-1]) == bytes(100)
    assert cache.get(names[1]) is None
    cache.put(names[5], bytes(store.LARGEST + 1))
    assert cache.get(names[5]) is None


def test_clean_removes_entries_and_nothing_else(folder, cnncalc):
    cnncalc("check", ".")
    place = folder.parent / "cache"
    (place / "0").mkdir(exist_ok=True)
    for name in ("mine.txt", "0/mine.txt"):
        (place / name).write_text("mine")
    code, out, err = cnncalc("clean")
    assert (code, out) == (0, b"")
    assert re.fullmatch(rb"removed \d entries from .*\n", err)
    assert {p.name for p in place.rglob("*")} == {"0", "mine.txt"}
    (place / "mine.txt").unlink()
    (place / "0" / "mine.txt").unlink()
    cnncalc("clean", "--cache-dir", str(place))
    assert not place.exists()
    assert cnncalc("clean")[0] == 0
    assert cnncalc("clean", "--cache-dir", ".")[0] == 0
    assert (folder / "a.yaml").exists()


# --------------------------------------------------------------------------------------- where it is


def test_options_come_before_the_environment_and_settings(folder, cnncalc, monkeypatch):
    (folder / "pyproject.toml").write_text("[tool.cnncalc]\ncache-dir = 'kept'\n")
    cnncalc("table", "a.yaml")
    assert not (folder / "kept").exists()
    monkeypatch.delenv("CNNCALC_CACHE_DIR")
    cnncalc("table", "a.yaml", "--cache-dir=given")
    assert (folder / "given" / "CACHEDIR.TAG").exists()
    assert not (folder / "kept").exists()
    (folder / "sub").mkdir()
    monkeypatch.chdir(folder / "sub")
    cnncalc("table", "../a.yaml")
    assert (folder / "kept" / ".gitignore").read_text() == "*\n"


@pytest.mark.parametrize("variables", [{}, {"XDG_CACHE_HOME": "/somewhere/else"}])
def test_the_user_s_folder_is_that_of_platformdirs(monkeypatch, variables):
    platformdirs = pytest.importorskip("platformdirs")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    for key, value in variables.items():
        monkeypatch.setenv(key, value)
    assert store.default_folder() == platformdirs.user_cache_dir("cnncalc", appauthor=False)


def test_without_a_home_there_is_no_cache(monkeypatch):
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert store.default_folder() is None
