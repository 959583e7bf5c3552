"""The command line: formats, options, exit codes, streams."""

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import tabulate

import cnncalc
from cnncalc.__main__ import main
from cnncalc.cli import COMMANDS
from cnncalc.errors import UsageError

ROOT = Path(__file__).parent.parent.parent


def run(capsys, *arguments):
    code = main(list(arguments))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def process(*arguments, **options):
    command = [sys.executable, "-m", "cnncalc", *arguments]
    return subprocess.run(command, capture_output=True, cwd=ROOT, timeout=60, check=False, **options)


def test_vgg16_fits_100_columns(capsys):
    code, out, err = run(capsys, "table", "vgg16")

    assert (code, err) == (0, "")
    assert max(map(len, out.splitlines())) <= 100
    assert "138,357,544" in out
    assert "15,470,264,320" in out
    assert "without bias" in out
    assert "553.43 MB" in out


def test_json_is_exact_and_versioned(capsys):
    code, out, _ = run(capsys, "table", "vgg16", "--format", "json")
    report = json.loads(out)

    assert code == 0
    assert report["schema_version"] == 1
    assert report["input"] == {"input": [3, 224, 224]}
    assert report["output"] == {"classifier.softmax_1": [1000]}
    first = report["layers"][0]
    assert first["path"] == "features.block1.conv2d_1"
    assert (first["inputs"], first["output"], first["weights"]) == (["input"], [64, 224, 224], 1728)
    assert first["receptive_field"] == {"size": [3, 3], "stride": [1, 1], "padding": [1, 1]}
    assert report["totals"]["params"] == 138357544
    assert report["totals"]["param_bytes"] == 4 * 138357544
    assert report["totals"]["peak_activation_bytes"] == 4 * 2 * 64 * 224 * 224
    pooled = next(row for row in report["layers"] if row["path"] == "features.block5.maxpool2d_1")
    assert pooled["receptive_field"]["size"] == [212, 212]


def test_json_of_free_variables_has_closed_forms(capsys):
    _, out, _ = run(capsys, "table", "vgg16", "--free", "H,W", "--format", "json")
    report = json.loads(out)

    assert report["input"] == {"input": [3, "H", "W"]}
    assert report["layers"][4]["output"] == [64, "H//2", "W//2"]
    assert report["conditions"] == ["H >= 32", "W >= 32"]
    assert report["totals"]["params"] == 138357544


@pytest.mark.parametrize("name", ["resnet50", "unet", "mobilenet_v2", "efficientnet_b0", "lessons/vgg16"])
def test_symbolic_json_parses_back(capsys, name):
    import cnncalc

    net = cnncalc.load(name)
    free = [n for n in ("H", "W") if n in net.vars]
    report = net.summary(free=free)
    _, out, _ = run(capsys, "table", name, "--free", ",".join(free), "--format", "json")
    found = json.loads(out)
    for key in ("params", "macs", "flops", "activation_bytes"):
        assert cnncalc.parse_size(str(found["totals"][key])) == getattr(report.totals, key)
    for row, layer in zip(report, found["layers"], strict=True):
        assert tuple(cnncalc.parse_size(str(d)) for d in layer["output"]) == row.output


def test_csv_is_one_line_a_row(capsys):
    _, out, _ = run(capsys, "table", "vgg16", "--format", "csv", "--columns", "path,output,params,macs")
    rows = list(csv.DictReader(io.StringIO(out)))

    assert rows[0] == {
        "path": "features.block1.conv2d_1",
        "output": "64x224x224",
        "params": "1792",
        "macs": "86704128",
    }
    assert sum(int(row["params"]) for row in rows) == 138357544


@pytest.mark.parametrize("fmt", tabulate.tabulate_formats)
def test_every_format_of_tabulate(capsys, fmt):
    code, out, err = run(capsys, "table", "vgg16", "--format", fmt, "--depth", "1")
    assert (code, err) == (0, "")
    assert "138,357,544" in out


def test_folding_counts_nothing_twice(capsys):
    for depth in ("1", "2", "3"):
        _, out, _ = run(capsys, "table", "vgg16", "--depth", depth, "--format", "csv")
        rows = list(csv.DictReader(io.StringIO(out)))
        assert sum(int(row["params"]) for row in rows) == 138357544
        assert sum(int(row["macs"]) for row in rows) == 15470264320


def test_layout_batch_and_dtype(capsys):
    _, out, _ = run(
        capsys, "table", "vgg16", "--layout", "nhwc", "--batch", "8", "--dtype", "int8", "--format", "json"
    )
    report = json.loads(out)
    assert report["layers"][0]["output"] == [224, 224, 64]
    assert report["totals"]["param_bytes"] == 138357544
    assert report["totals"]["activation_bytes"] == 8 * 114808640 // 4


def test_set_changes_a_variable(capsys):
    code, out, _ = run(capsys, "table", "vgg16", "--set", "H=320", "--set", "classes=2*5", "--format", "json")
    report = json.loads(out)
    assert code == 0
    assert report["input"]["input"] == [3, 320, 224]
    assert report["output"] == {"classifier.softmax_1": [10]}


HOSTILE = "=HYPERLINK(1)|<script>&$x_%\x1b[31m`*"


@pytest.mark.parametrize("fmt", [*tabulate.tabulate_formats, "csv", "json"])
def test_hostile_names_are_escaped(capsys, tmp_path, fmt):
    path = tmp_path / "x.json"
    path.write_text(json.dumps({"name": HOSTILE.replace("\x1b", ""), "input": [3, 4, 4], "layers": ["relu"]}))
    _, out, _ = run(capsys, "table", str(path), "--format", fmt)

    assert "\x1b" not in out
    if fmt in ("html", "unsafehtml"):
        assert "<script>" not in out
    if fmt in ("github", "pipe"):
        assert "|<script>" not in out


def test_invisible_characters_are_shown_not_sent(capsys, tmp_path):
    path = tmp_path / "x.yaml"
    path.write_text('name: "a\\u202eb\\e[2J"\ninput: [3, 4, 4]\nlayers: [relu]\n', encoding="utf-8")
    _, out, _ = run(capsys, "table", str(path))
    assert "\x1b" not in out
    assert "\u202e" not in out


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["table"], 2, "Missing argument 'SPEC'"),
        (["tabel"], 2, "did you mean 'table'?"),
        (["table", "nothing.yaml"], 2, "cannot read nothing.yaml: No such file"),
        (["table", "tests"], 2, "it is a folder"),
        (["table", "alexnt"], 2, "did you mean 'alexnet'?"),
        (["table", "vgg16@x"], 2, "no variant 'x'"),
        (["table", "vgg16", "--free", "Q"], 2, "no variable 'Q'; it has H, W, classes"),
        (["table", "vgg16", "--set", "H"], 2, "'H' is not NAME=VALUE"),
        (["table", "vgg16", "--set", "HH=3"], 2, "no variable 'HH'"),
        (["table", "vgg16", "--set", "H=[1"], 2, "--set H=[1: not valid YAML"),
        (["table", "vgg16", "--set", "H=0"], 1, "must be at least 1, got 0"),
        (["table", "vgg16", "--format", "jsn"], 2, "did you mean 'json'?"),
        (["table", "vgg16", "--columns", "para"], 2, "did you mean 'params'?"),
        (["table", "vgg16", "--columns", ""], 2, "no column is named"),
        (["table", "vgg16", "--dtype", "int4"], 2, "unknown dtype 'int4'"),
        (["table", "vgg16", "--depth", "0"], 2, "--depth"),
        (["table", "vgg16", "--batch", "x"], 2, "--batch"),
        (["zoo", "qqqq"], 2, "'cnncalc zoo' lists"),
    ],
)
def test_errors_say_what_to_do(capsys, monkeypatch, arguments, code, message):
    monkeypatch.chdir(ROOT)
    found, out, err = run(capsys, *arguments)
    assert (found, out) == (code, "")
    assert message in err
    assert "Traceback" not in err


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_and_is_in_the_readme(capsys, command):
    code, out, _ = run(capsys, command, "--help")
    assert code == 0
    assert "cnncalc " + command in out
    assert f"cnncalc {command}" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_show(capsys, tmp_path):
    code, out, _ = run(capsys, "show", "lenet5")
    assert code == 0
    assert out == (ROOT / "specs" / "lenet5.yaml").read_text()
    code, out, _ = run(capsys, "show", "resnet18", "--expanded", "--set", "classes=10", "--free", "H,W")
    assert code == 0
    assert "\nvars: {H: 224, W: 224}\ninput: [3, H, W]\nlayers:\n  - {name: conv1, type: conv2d, " in out
    flat = tmp_path / "flat.yaml"
    flat.write_text(out)
    assert run(capsys, "table", str(flat), "--depth", "1")[0] == 0
    code, out, _ = run(capsys, "show", "resnet18", "--expanded", "--format", "json")
    assert json.loads(out)["layers"][-1] == {"name": "fc", "type": "linear", "out_features": 1000}
    assert run(capsys, "show", "resnet18", "--free", "H") == (
        2, "", "error: --set, --free, --over and --format require --expanded\n")  # fmt: skip
    assert run(capsys, "show", "resnet18", "--expanded", "--set", "q=1")[0] == 2


def test_zoo_lists_and_prints(capsys):
    _, out, _ = run(capsys, "zoo", "--format", "json")
    entries = {entry["name"]: entry for entry in json.loads(out)["architectures"]}
    assert entries["vgg16"]["params"] == 138357544
    assert entries["alexnet"]["input"] == "3×224×224"
    assert "vgg" not in entries
    _, out, _ = run(capsys, "zoo", "vgg16")
    assert out.startswith("# Configuration D")
    assert run(capsys, "zoo", "vgg")[1].startswith("# torchvision's members of the family")


def test_zoo_lists_the_lessons(capsys):
    _, out, _ = run(capsys, "zoo", "--format", "json")
    lessons = {entry["name"]: entry for entry in json.loads(out)["lessons"]}
    assert lessons.keys() == {f"lessons/{path.stem}" for path in (ROOT / "specs" / "lessons").glob("*.yaml")}
    assert (lessons["lessons/mlp"]["params"], lessons["lessons/mlp"]["title"]) == (
        19_300_736,
        "MLP on an image",
    )
    _, everything, _ = run(capsys, "zoo")
    _, out, _ = run(capsys, "zoo", "lessons")
    assert out in everything
    assert "resnet18" not in out
    assert json.loads(run(capsys, "zoo", "lessons", "--format", "json")[1]) == {
        "schema_version": 1,
        "lessons": [*lessons.values()],
    }


def test_a_family_names_its_members(capsys):
    message = "error: vgg is a family: name one of vgg11, vgg11_bn, vgg13, vgg13_bn, vgg16, vgg16_bn, vgg19, vgg19_bn\n"
    for command in (["table"], ["explain"], ["solve"], ["verify"], ["plot"], ["show"], ["diff", "vgg16"]):
        assert run(capsys, *command, "vgg") == (2, "", message)
    assert run(capsys, "table", "vgg@vgg11")[1] == run(capsys, "table", "vgg11")[1]
    assert (
        run(capsys, "check", "vgg", "--ignore", "W")[2]
        == "1 spec (8 networks): 0 errors, 0 warnings; 16 of 16 expectations met\n"
    )
    assert run(capsys, "table", str(ROOT / "specs" / "vgg.yaml"))[0] == 0
    with pytest.raises(UsageError, match="resnet is a family: name one of resnet18, resnet34,"):
        cnncalc.load("resnet")


def test_numpy_is_not_loaded_and_import_has_no_side_effects():
    code = "import sys, cnncalc; assert 'pydantic' not in sys.modules; from cnncalc.__main__ import main; main(['table', 'vgg16']); assert 'numpy' not in sys.modules"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX streams")
def test_streams_that_fail():
    assert process("table", "-", input=b"input: [3, 4, 4]\nlayers: [relu]\n").returncode == 0
    ascii_only = process("table", "vgg16", env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert ascii_only.returncode == 0
    assert b"64x224x224" in ascii_only.stdout
    closed = subprocess.run(
        f'"{sys.executable}" -m cnncalc table vgg16 | head -1; echo "${{PIPESTATUS[0]}}"',
        shell=True, executable="/bin/bash", capture_output=True, cwd=ROOT, check=False,
    )  # fmt: skip
    assert b"Traceback" not in closed.stderr
    if Path("/dev/full").exists():
        with open("/dev/full", "w") as full:
            done = subprocess.run([sys.executable, "-m", "cnncalc", "table", "vgg16"], stdout=full,
                                  stderr=subprocess.PIPE, cwd=ROOT, check=False)  # fmt: skip
        assert done.returncode == 2
        assert b"cannot write" in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX files")
def test_files_that_are_none(capsys, tmp_path):
    fifo, loop = tmp_path / "fifo.yaml", tmp_path / "loop.yaml"
    os.mkfifo(fifo)
    loop.symlink_to(loop)
    assert run(capsys, "table", str(fifo))[0] == 2
    assert run(capsys, "table", str(loop))[0] == 2
    assert run(capsys, "table", "/dev/zero")[0] == 2
    big = tmp_path / "big.yaml"
    with open(big, "wb") as file:
        file.truncate(100 << 20)
    code, _, err = run(capsys, "table", str(big))
    assert code == 1
    assert "larger than 1 MiB" in err
    for data, column in ((b"name: caf\xe9\n", 10), (b"\x00\x01", 1)):
        big.write_bytes(data)
        code, _, err = run(capsys, "table", str(big))
        assert code == 1
        assert "C006]: " in err
        assert f":1:{column}\n" in err
    big.write_bytes("input: [3, 4, 4]\nlayers: [relu]\n".encode("utf-16"))
    assert run(capsys, "table", str(big))[0] == 0
    big.write_bytes(b"\xef\xbb\xbfinput: [3, 4, 4]\r\nlayers: [relu]\r\n")
    assert run(capsys, "table", str(big))[0] == 0


def test_an_internal_error_is_one_line(capsys, monkeypatch):
    monkeypatch.setattr("cnncalc.cli.table.write", lambda text: 1 / 0)
    code, _, err = run(capsys, "table", "vgg16")
    assert code == 3
    assert "please report it" in err
    assert err.count("\n") == 1


def test_ctrl_c_is_130(capsys, monkeypatch):
    def interrupt(text):
        raise KeyboardInterrupt

    monkeypatch.setattr("cnncalc.cli.table.write", interrupt)
    assert run(capsys, "table", "vgg16")[0] == 130


def test_answers_in_python_print_as_on_the_command_line(capsys):
    net = cnncalc.load("unet_padded")
    report = net.summary()
    for command, answer in (
        (["table", "unet_padded"], report),
        (["explain", "unet_padded", "output"], cnncalc.explain(report, "output")),
        (["solve", "unet_padded", "H"], cnncalc.solve(net, "H")),
        (["diff", "unet", "unet_padded"], cnncalc.diff(cnncalc.load("unet").summary(), report)),
    ):
        assert main(command) == 0
        assert capsys.readouterr().out == f"{answer}\n"
    assert repr(net) == "<Network U-Net, padded: H=256, W=256, classes=1>"
    assert repr(report).startswith("<Report U-Net, padded: ")
    assert len(repr(report)) < 100


def test_one_name_is_a_list_of_one():
    net = cnncalc.load({"vars": {"size": 8}, "input": [3, "size", "size"], "layers": ["global_avgpool"]})
    assert net.summary(free="size").free == ("size",)
    assert net.compile("activation_bytes", free="size")(8) == net.summary().totals.activation_bytes
    assert 8 in cnncalc.solve(net, "size").sets["size"]


@pytest.mark.parametrize(
    ("name", "what"),
    [("net.h5", "a Keras model"), ("net.pt", "weights of PyTorch"), ("net.py", "a Python program")],
)
def test_files_of_other_programs_are_named(tmp_path, capsys, name, what):
    (tmp_path / name).write_bytes(b"\x08\x07")

    assert main(["table", str(tmp_path / name)]) == 2
    assert f"{name} is {what}: cnncalc reads specs in YAML or JSON" in capsys.readouterr().err


def test_a_layer_is_found_by_the_end_of_its_path(capsys):
    assert main(["explain", "vgg16", "fc6"]) == 2
    assert "no layer 'fc6'; did you mean 'classifier.fc6'?" in capsys.readouterr().err
    assert main(["explain", "vgg16", "classifier"]) == 2
    assert (
        "'classifier' is a group of 9 layers: name one of classifier.flatten_1, classifier.fc6,"
        in capsys.readouterr().err
    )
