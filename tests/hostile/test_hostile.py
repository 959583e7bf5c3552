"""Hostile input: no traceback, a diagnostic, the right exit code, in time and in little memory.

Each case is a function of a folder that gives the arguments; large ones are generated. Memory and
streams are those of a whole process: the slow tests run each case as one.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.commands import here, linux

ROOT = Path(__file__).parent.parent.parent
SECONDS, MEGABYTES = 2.0, 300
SLOW = float(
    os.environ.get("CNNCALC_SLOWNESS", "4")
)  # machines of CI are noisy; the limit itself is for a quiet one
HEAD = "input: [3, 8, 8]\nlayers:\n"


def text(body, name="spec.yaml", encoding="utf-8"):
    def make(folder):
        path = folder / name
        path.write_bytes(body if isinstance(body, bytes) else body.encode(encoding))
        return [str(path)]

    return make


def layers(body):
    return text(HEAD + body)


def conv(**fields):
    values = {"out_channels": 4, "kernel_size": 3, **fields}
    return layers("  - {type: conv2d, " + ", ".join(f"{k}: {v}" for k, v in values.items()) + "}\n")


def expression(code):
    return conv(out_channels=f'"{code}"')


def nested(count, opening, closing=""):
    return text("input: [3, 8, 8]\nlayers: " + opening * count + closing * count)


def blocks(count, uses, around="{}"):
    lines = [f"  b{i}: {{layers: [{', '.join([around.format(f'b{i + 1}')] * uses)}]}}" for i in range(count)]
    return text(
        "input: [3, 8, 8]\nblocks:\n" + "\n".join(lines) + f"\n  b{count}: {{layers: [relu]}}\nlayers: [b0]\n"
    )


BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [{', '.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(9)
)
#: name -> (arguments, exit code, words of the answer)
CASES = {
    # numbers in other forms, and domains of variables
    "a hex number without digits": (text("input: [3, 8, 0x_]\nlayers: [relu]\n"), 1, "C005"),
    "a hex number past printing": (text(f"input: [3, 8, 0x{'f' * 4000}]\nlayers: [relu]\n"), 1, "C005"),
    "a digit that is none": (text("input: 3,\u00b2\nlayers: [relu]\n"), 1, "C10"),
    "NaN among values": (text("vars: {w: {default: 1, values: [1, .nan]}}\n" + HEAD + "  - relu\n"), 1, "C101"),
    "infinity among values": (text("vars: {w: {default: 1, values: [1, .inf]}}\n" + HEAD + "  - relu\n"), 1, "C101"),
    # files
    "empty": (text(""), 1, "C002"), "only comments": (text("# nothing\n\n"), 1, "C002"), "only a BOM": (text(b"\xef\xbb\xbf"), 1, "C002"),
    "a scalar": (text("hello"), 1, "C101"), "a list": (text("- 1\n- 2\n"), 1, "C101"), "null": (text("~"), 1, "C101"),
    "NUL": (text(b"input: [3, 8, 8]\nlayers: [re\x00lu]"), 1, "C006"), "escape": (text(b"input: [3, 8, 8]\nlayers: [\x1b[31m]"), 1, "C006"),
    "invalid UTF-8": (text(b"input: [3, 8, 8]\nlayers: [\xff\xfe\xfa]"), 1, "C006"), "latin-1": (text("name: Größe\n", encoding="latin-1"), 1, "C006"),
    "UTF-16": (text(HEAD + "  - relu\n", encoding="utf-16"), 0, ""), "UTF-16 cut": (text("input: [3]".encode("utf-16")[:-1]), 1, "C006"),
    "UTF-32": (text(HEAD + "  - relu\n", encoding="utf-32"), 1, "C0"), "BOM": (text(b"\xef\xbb\xbf" + HEAD.encode() + b"  - relu\n"), 0, ""),
    "BOM inside": (layers("  - relu\ufeff\n"), 1, "C006"), "CRLF": (text(HEAD.replace("\n", "\r\n") + "  - relu\r\n"), 0, ""),
    "CR alone": (text(HEAD.replace("\n", "\r") + "  - relu\r"), 0, ""), "tabs": (text("input: [3, 8, 8]\nlayers:\n\t- relu\n"), 1, "C001"),
    "lone surrogate in JSON": (text('{"input": [3, 8, 8], "layers": ["\\ud800"]}', "s.json"), 1, "C0"),
    "binary": (text(bytes(range(256)) * 40), 1, "C006"), "an image": (text(b"\x89PNG\r\n\x1a\n" + os.urandom(2000)), 1, "C006"),
    "a pickle": (text(b"\x80\x04\x95\x1d\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94."), 1, "C006"),
    "100 MB of comment": (text("# " + "x" * 100_000_000), 1, "C502"), "2 MB in a line": (text("name: " + "x" * 2_000_000), 1, "C502"),
    "a text of a megabyte": (text("name: '" + "x" * 1_000_000 + "'\n"), 1, "C502"),
    "5 MB of JSON": (text('{"name": "' + "x" * 5_000_000 + '"}', "s.json"), 1, "C502"),
    "200,000 lines": (text(HEAD + "  - relu\n" * 90_000), 1, "C50"), "many values": (text(HEAD + "  - [" + "1," * 300_000 + "]\n"), 1, "C50"),
    # YAML
    "alias bomb": (text(BOMB), 1, "C004"), "merge keys": (text("a: &a {x: 1}\nb: {<<: *a}\n"), 1, "C004"), "self alias": (text("&a [*a]\n"), 1, "C004"),
    "python tag": (text("!!python/object/apply:os.system ['echo owned']\n"), 1, "C004"), "binary tag": (layers("  - !!binary aGVsbG8=\n"), 1, "C004"),
    "second document": (text(HEAD + "  - relu\n---\nmore: 1\n"), 1, "C004"), "duplicate key": (text("input: [3]\ninput: [4]\nlayers: [relu]\n"), 1, "C003"),
    "complex key": (text("? [a, b]\n: 1\n"), 1, "C0"), "unclosed": (text("input: [3, 8, 8\nlayers: ["), 1, "C001"), "directive": (text("%YAML 9.9\n---\na: 1\n"), 1, "C0"),
    "1,000 brackets": (nested(1_000, "["), 1, "C"), "100,000 brackets": (nested(100_000, "["), 1, "C"), "100,000 braces": (nested(100_000, "{a: "), 1, "C"),
    "deep JSON": (text("[" * 100_000, "s.json"), 1, "C503"), "deep indents": (text("".join(" " * i + f"a{i}:\n" for i in range(500))), 1, "C503"),
    "deep groups": (text("input: [3, 8, 8]\nlayers: " + "[{layers: " * 40 + "[relu]" + "}]" * 40), 1, "C503"),
    "merge of nothing": (layers("  - {type: add, branches: []}\n"), 1, "C"), "keys of 10,000 letters": (text("x" * 10_000 + ": 1\n"), 1, "C"),
    # numbers
    "true as integer": (conv(out_channels="true"), 1, "C101"), "a float": (conv(out_channels="64.0"), 1, "C101"), "half": (conv(out_channels="0.5"), 1, "C101"),
    "NaN": (conv(out_channels=".nan"), 1, "C101"), "infinity": (conv(out_channels=".inf"), 1, "C101"), "octal": (conv(out_channels="010"), 1, "C005"),
    "sexagesimal": (conv(out_channels="1:30"), 1, "C005"), "underscores": (conv(out_channels="1_000"), 1, "C005"), "hexadecimal": (conv(out_channels="0x20"), 1, "C005"),
    "1e3": (conv(out_channels="1e3"), 1, "C101"), "1e999": (conv(out_channels="1e999"), 1, "C101"), "on": (conv(out_channels="on"), 1, "C101"),
    "off as a flag": (conv(bias="off"), 1, "C101"), "10^30": (conv(out_channels="1" + "0" * 30), 1, "C"), "10^5000": (conv(out_channels="1" + "0" * 5000), 1, "C"),
    "10^5000 in JSON": (text('{"input": [1' + "0" * 5000 + '], "layers": ["relu"]}', "s.json"), 1, "C"), "minus": (conv(kernel_size="-1"), 1, "C101"),
    "2^31": (conv(out_channels=str(2**31)), 1, "C101"), "a huge kernel": (conv(kernel_size=str(2**31 - 1)), 1, "C302"), "padding without end": (conv(padding=str(2**31 - 1), stride=2), 0, ""),
    "NaN in JSON": (text('{"input": [NaN, 8, 8], "layers": ["relu"]}', "s.json"), 1, "C001"), "a date": (conv(out_channels="2024-01-01"), 1, "C"),
    "sizes that multiply": (text("input: [2147483647, 2147483647, 2147483647]\nlayers: [flatten]\n"), 1, "C308"),
    # expressions
    "a power tower": (expression("9**9**9**9"), 1, "C105"), "a long exponent": (expression("9**999999999"), 1, "C105"), "many brackets": (expression("(" * 1000 + "1" + ")" * 1000), 1, "C105"),
    "many minus signs": (expression("-" * 4000 + "1"), 1, "C105"), "many operators": (expression("1" + "+1" * 2000), 1, "C"), "many comparisons": (expression("1<" * 1500 + "2"), 1, "C"),
    "attributes": (expression("channels.__class__"), 1, "C105"), "a call": (expression("__import__(1)"), 1, "C10"), "a lambda": (expression("lambda: 1"), 1, "C10"),
    "division by zero": (expression("1//0"), 1, "C105"), "repeated multiplication": (expression("*".join(["99999999"] * 300)), 1, "C105"),
    "conditionals in conditionals": (expression("1 if 1 else " * 300 + "1"), 1, "C"), "make_divisible by zero": (expression("make_divisible(3, 0)"), 1, "C105"),
    "an index out of range": (expression("[1][5]"), 1, "C"), "a format string": (expression("{0.__class__}"), 1, "C105"),
    # explosions
    "repeat 10^9": (layers("  - {type: relu, repeat: 1000000000}\n"), 1, "C501"), "repeat 10^18": (layers("  - {type: relu, repeat: 1000000000000000000}\n"), 1, "C501"),
    "repeats in repeats": (layers("  - {repeat: 19000, layers: [{repeat: 19000, layers: [relu]}]}\n"), 1, "C501"), "empty repeats": (layers("  - {repeat: 19000, layers: [{repeat: 19000, layers: []}]}\n"), 1, "C501"),
    "doubling blocks": (blocks(60, 2), 1, "C501"), "blocks by a hundred": (blocks(8, 100), 1, "C501"), "a chain of blocks": (blocks(200, 1), 1, "C503"),
    "blocks in groups": (blocks(60, 1, "{{layers: [{{layers: [{{layers: [{}]}}]}}]}}"), 1, "C503"),
    "blocks in branches": (blocks(60, 1, "{{type: add, repeat: 1, branches: [[], [{{type: {}, repeat: 1}}]]}}"), 1, "C503"),
    "a chain of shares": (layers("  - {name: a0, layers: [relu]}\n" + "".join(f"  - {{name: a{i}, layers: [{{share: a{i - 1}, repeat: 1}}]}}\n" for i in range(1, 300))), 1, "C503"),
    "a share of itself": (layers("  - {type: relu, name: a}\n  - {name: a, layers: [{share: a}]}\n"), 1, "C201"),
    "shares in a circle": (layers("  - {type: relu, name: x}\n  - {name: d, layers: [{share: x}]}\n  - {layers: [{name: x, layers: [{share: d}]}, {share: d}]}\n"), 1, "C503"),
    "a block in itself": (text("input: [3]\nblocks: {a: {layers: [a]}}\nlayers: [a]\n"), 1, "C203"),
    "blocks in each other": (text("input: [3]\nblocks: {a: {layers: [b]}, b: {layers: [c]}, c: {layers: [a]}}\nlayers: [a]\n"), 1, "C203"),
    "a cycle": (layers("  - {type: relu, name: a, from: b}\n  - {type: relu, name: b, from: a}\n"), 1, "C202"), "itself": (layers("  - {type: add, name: a, from: [a, input]}\n"), 1, "C202"),
    "growing channels": (layers("  - {type: concat, from: [prev, prev], repeat: 10000}\n"), 1, "C308"),
    "variables in a circle": (text("vars: {a: b, b: a}\ninput: [a]\nlayers: [relu]\n"), 1, "C10"),
    "10,000 mistakes": (text(HEAD + "  - {type: conv2d, kernal: 3}\n" * 10_000), 1, "more problems"),
    "weights without end": (layers("  - {type: linear, out_features: 3, weight: " + "[" * 60 + "1" + "]" * 60 + "}\n"), 1, "C"),
    # names
    "terminal escapes": (layers('  - {type: relu, name: "\\e[31mred"}\n'), 1, "C107"), "a newline": (layers('  - {type: relu, name: "a\\nb"}\n'), 1, "C107"),
    "quotes and pipes": (layers("  - {type: relu, name: 'a\"|b'}\n"), 1, "C107"), "a formula": (layers("  - {type: relu, name: '=1+1'}\n"), 1, "C107"),
    "HTML": (layers("  - {type: relu, name: '<script>'}\n"), 1, "C107"), "LaTeX": (layers("  - {type: relu, name: '\\input{x}'}\n"), 1, "C107"),
    "right to left": (layers('  - {type: relu, name: "\\u202eevil"}\n'), 1, "C107"), "a very long name": (layers(f"  - {{type: relu, name: {'a' * 4000}}}\n"), 1, "C107"),
    "a type of a megabyte": (layers(f"  - {'t' * 4000}\n"), 1, "C103"), "a hostile title": (text('name: "\\e]0;owned\\a<b>|&"\n' + HEAD + "  - relu\n"), 0, ""),
    "a module's name": (layers("  - __init__\n"), 1, "C103"), "a path as type": (layers("  - ../../etc/passwd\n"), 1, "C103"),
    # paths
    "no such file": (lambda folder: [str(folder / "none.yaml")], 2, "none.yaml"), "a name that is none": (lambda folder: ["vgg61"], 2, "vgg"),
    "a NUL in the path": (lambda folder: ["a\nb.yaml"], 2, ""), "an option as path": (lambda folder: ["--", "-x.yaml"], 2, "x.yaml"),
    "too long a path": (lambda folder: ["a" * 5000 + ".yaml"], 2, "cannot read"),
}  # fmt: skip


def fifo(folder):
    os.mkfifo(folder / "pipe.yaml")
    return [str(folder / "pipe.yaml")]


def loop(folder):
    (folder / "loop.yaml").symlink_to(folder / "loop.yaml")
    return [str(folder / "loop.yaml")]


def folder_named_as_file(folder):
    (folder / "folder.yaml").mkdir()
    return [str(folder / "folder.yaml")]


def unreadable_bytes(folder):
    path = os.fsencode(folder) + b"/\xff.yaml"
    Path(os.fsdecode(path)).write_text("input: [")
    return [os.fsdecode(path)]


SPECIAL = {
    "FIFO": (fifo, 2, "not a regular file"), "endless device": (lambda folder: ["/dev/zero"], 2, "not a regular file"),
    "symlink loop": (loop, 2, "cannot read"), "a file name that is no text": (unreadable_bytes, 1, "C001"),
    "a secret file": (lambda folder: ["/etc/passwd"], 1, "C"),
}  # fmt: skip


def answer(arguments, **options):
    """Exit code, output and errors of ``cnncalc``."""
    done = subprocess.run(
        [sys.executable, "-m", "cnncalc", *arguments],
        capture_output=True,
        cwd=ROOT,
        timeout=60,
        check=False,
        **options,
    )
    return done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")


LIMITED = """
import re, sys
from cnncalc.__main__ import main
code = main(sys.argv[1:])
if sys.platform == "linux":  # ru_maxrss would hold what the parent process took
    peak = re.search(r"VmHWM:\\s*(\\d+)", open("/proc/self/status").read())[1]
    sys.stderr.write(f"\\npeak {int(peak) // 1024}")
sys.exit(code)
"""


def whole(arguments):
    """Exit code and what was written by a process that is held to its memory."""
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, *arguments], capture_output=True, cwd=ROOT, timeout=60, check=False
    )
    out, err = (stream.decode("utf-8", "replace") for stream in (done.stdout, done.stderr))
    if sys.platform == "linux":
        assert int(err.rpartition("peak ")[2]) < MEGABYTES
    return done.returncode, out + err


RUN = pytest.mark.parametrize("run", [here, pytest.param(whole, marks=pytest.mark.slow)])


@RUN
@pytest.mark.parametrize(("make", "code", "words"), CASES.values(), ids=CASES.keys())
def test_hostile_spec(make, code, words, run, tmp_path):
    judge(run, ["check", *make(tmp_path)], code, words)


@linux
@RUN
@pytest.mark.parametrize(("make", "code", "words"), SPECIAL.values(), ids=SPECIAL.keys())
def test_hostile_path(make, code, words, run, tmp_path):
    judge(run, ["check", *make(tmp_path)], code, words)


def judge(run, arguments, code, words):
    start = sum(os.times()[:4])  # of this process and its children: other processes do not count
    found, text = run(arguments)
    seconds = sum(os.times()[:4]) - start
    assert "Traceback" not in text
    assert "internal error" not in text
    assert found == code, text
    assert words in text
    assert not set(map(chr, [*range(9), *range(11, 32), 127])) & set(text)
    assert max(map(len, text.splitlines()), default=0) < 6000
    assert seconds < SECONDS * SLOW


@pytest.mark.parametrize("command", ["table", "check", "solve", "verify", "sweep"])
@pytest.mark.parametrize(
    "name",
    [
        "alias bomb",
        "doubling blocks",
        "10^5000",
        "HTML",
        "a power tower",
        "sizes that multiply",
        "100,000 brackets",
    ],
)
def test_every_command_survives(command, name, tmp_path):
    make, code, _ = CASES[name]
    extra = ["--over", "H=1,2"] if command == "sweep" else []
    found, text = here([command, *make(tmp_path), *extra])
    assert found in ((1, 2) if command in ("solve", "sweep") else (code,))  # 2: there is no variable
    assert "Traceback" not in text
    assert "internal error" not in text


def test_closed_standard_output():
    done = subprocess.run(
        f"{sys.executable} -m cnncalc table vgg16 >&-", shell=True, capture_output=True, cwd=ROOT, check=False
    )
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr


def test_a_reader_that_goes_away():
    command = f"{sys.executable} -m cnncalc schema | head -1"
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"], capture_output=True, cwd=ROOT, check=False
    )
    assert done.returncode in (0, 141)
    assert b"Traceback" not in done.stderr


@linux
@pytest.mark.parametrize(
    "arguments",
    [
        ["table", "vgg16"],
        ["check", "specs/lessons", "--format", "json"],
        ["zoo"],
        ["schema"],
        ["rule", "--all"],
    ],
)
def test_a_full_disk(arguments):
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "cnncalc", *arguments],
            stdout=full,
            stderr=subprocess.PIPE,
            cwd=ROOT,
            check=False,
        )
    assert done.returncode == 2
    assert b"cannot write" in done.stderr
    assert b"Traceback" not in done.stderr


@linux
@pytest.mark.parametrize(
    "delay",
    [
        0.02,
        0.2,
        0.4,
        *(pytest.param(delay, marks=pytest.mark.slow) for delay in (0.1, 0.3, 0.5, 0.6, 0.7, 0.8)),
    ],
)
@pytest.mark.parametrize("arguments", [["check", "specs", "-j", "2"], ["verify", "vgg19"]])
def test_interrupted(arguments, delay):
    process = subprocess.Popen(
        [sys.executable, "-m", "cnncalc", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        start_new_session=True,
    )
    time.sleep(delay)
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=30)
    starting = b"Traceback" in err and b"cnncalc" not in err  # the interpreter itself was, on a busy machine
    if delay > 0.05 and not starting:
        assert b"Traceback" not in err
        assert process.returncode in (0, 130, -signal.SIGINT)  # the last: before Python listens


@pytest.fixture
def many(tmp_path):
    """A folder that two processes check for some seconds."""
    for number in range(300):
        shutil.copy(ROOT / "specs" / "densenet.yaml", tmp_path / f"{number}.yaml")
    return tmp_path


def _children(process):
    """The two processes of ``-j 2``, once they run."""
    for _ in range(200):
        found = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        if len(found) == 2:
            return [int(child) for child in found]
        time.sleep(0.05)
    raise AssertionError("no processes")


def _runs(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


@linux
def test_a_killed_worker_is_said(many):
    process = subprocess.Popen(
        [sys.executable, "-m", "cnncalc", "check", str(many), "-j", "2"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    os.kill(_children(process)[0], signal.SIGKILL)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert b"try a smaller -j" in err
    assert b"Traceback" not in err
    assert not out


@linux
def test_workers_end_with_their_parent(many):
    process = subprocess.Popen(
        [sys.executable, "-m", "cnncalc", "check", str(many), "-j", "2"], stdout=subprocess.DEVNULL
    )
    children = _children(process)
    process.kill()
    process.wait()
    for _ in range(200):
        if not any(map(_runs, children)):
            return
        time.sleep(0.05)
    raise AssertionError("processes are left behind")


def test_an_ascii_locale():
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "LC_ALL": "C"}
    code, out, err = answer(["check", "tests/diagnostics/bad/C301_branches.yaml"], env=environment)
    assert code == 1
    assert (out + err).isascii()


def test_a_file_stays_whole_when_the_new_one_cannot_be_written(tmp_path):
    target = tmp_path / "there.json"
    target.write_text("keep")
    code, _, err = answer(
        ["check", "specs/lessons", "--format", "json", "-o", str(tmp_path / "no" / "there.json")]
    )
    assert code == 2
    assert "cannot write" in err
    if sys.platform == "linux":
        import resource

        limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
        code, _, err = answer(
            ["check", "specs/lessons", "--format", "json", "-o", str(target)], preexec_fn=limit
        )
        assert code != 0
        assert "Traceback" not in err
    assert target.read_text() == "keep"
    assert [p.name for p in tmp_path.iterdir()] == ["there.json"]
