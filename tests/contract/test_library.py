"""The library as programs use it: its names, its answers, and what they show."""

import inspect
import json
import os
import pickle
import re
import subprocess
import sys
from pathlib import Path

import pytest

import cnncalc
from cnncalc.__main__ import main
from cnncalc.errors import UsageError
from tests import api_page

WRONG = "name: wrong\ninput: [3, 8, 8]\nlayers:\n  - {type: conv2d, kernel_size: 9, out_channels: 2}\n"
DOUBTFUL = "name: a < b\ninput: [3, 9, 9]\nlayers:\n  - {type: maxpool2d, kernel_size: 2, name: a}\n"


def _answers():
    net, unet = cnncalc.load("lenet5"), cnncalc.load("unet_padded")
    return {
        "table lenet5": net.summary(),
        "solve unet_padded": cnncalc.solve(unet),
        "diff lenet5 alexnet": cnncalc.diff(net.summary(), cnncalc.load("alexnet").summary()),
        "explain lenet5 c1": cnncalc.explain(net.summary(), "c1"),
        "verify lenet5": net.verify(),
        "check lenet5": cnncalc.check("lenet5"),
        "sweep mobilenet_v1 --over w=0.25,0.5 --over H,W=160:224:32": cnncalc.sweep(
            cnncalc.load("mobilenet_v1"), {"w": [0.25, 0.5], ("H", "W"): "160:224:32"}
        ),
    }


ANSWERS = _answers()


@pytest.mark.parametrize("command", ANSWERS)
def test_answers_print_as_their_command_does_and_show_in_notebooks(command, capsys):
    answer = ANSWERS[command]
    main(command.split())
    shown = capsys.readouterr()
    if not command.startswith("verify"):  # which has times
        assert str(answer) == (shown.out or shown.err).rstrip("\n")
    assert "\n" not in repr(answer)
    assert len(repr(answer)) < 200
    assert repr(answer).startswith(f"<{type(answer).__name__} ")
    assert "<table>" in answer._repr_html_() or "<p>No problems" in answer._repr_html_()
    assert repr(pickle.loads(pickle.dumps(answer))) == repr(answer)


@pytest.mark.parametrize("command", ANSWERS)
def test_answers_are_the_data_that_their_command_prints(command, capsys):
    main([*command.split(), "--format", "json"])
    printed = json.loads(capsys.readouterr().out)
    plain = json.loads(json.dumps(ANSWERS[command].to_dict(), default=float))
    if command.startswith("verify"):
        for found in (plain, printed):
            del found["totals"]["seconds"]
            for layer in found["layers"]:
                del layer["seconds"], layer["values"], layer["bytes"]
            del found["totals"]["peak_bytes"]
    assert plain == printed


def test_what_a_notebook_shows_is_escaped():
    assert (
        "a &lt; b"
        in cnncalc.diff(cnncalc.load(DOUBTFUL).summary(), cnncalc.load(DOUBTFUL).summary())._repr_html_()
    )
    assert "<h4>a &lt; b</h4>" in cnncalc.load(DOUBTFUL).verify()._repr_html_()
    shown = cnncalc.check(WRONG)._repr_html_()
    assert "C302" in shown
    assert "<td style" in shown


def test_check_says_what_is_wrong_instead_of_raising(tmp_path):
    assert cnncalc.check("lenet5").ok
    for source in (WRONG, {"input": [3, 8, 8], "layers": [{"type": "maxpool2d", "kernel_size": 9}]}):
        result = cnncalc.check(source)
        assert (result.ok, [problem.code for problem in result.errors]) == (False, ["C302"])
    path = tmp_path / "doubtful.yaml"
    path.write_text(DOUBTFUL)
    result = cnncalc.check(path)
    assert (result.ok, result.name) == (True, str(path))
    dropped = [problem.code for problem in result.warnings]
    assert dropped == ["W201"]
    assert not cnncalc.check(path, ignore=["W2"]).warnings
    assert [p.code for p in cnncalc.check(path, select="W201").warnings] == ["W201"]
    assert [p.code for p in cnncalc.check("lenet5", max_params="1k").errors] == ["C401"]
    assert cnncalc.check("lenet5", max_params=10**6, max_peak_activation="1MiB").ok
    assert [p.code for p in cnncalc.check(tmp_path / "missing.yaml").errors] == ["C007"]
    assert [p.code for p in cnncalc.check("input: [").errors] == ["C001"] or not cnncalc.check("input: [").ok
    assert [p.code for p in cnncalc.check("input: [\nlayers:").errors] == ["C001"]
    for wrong in ({"select": ["W999"]}, {"ignore": "bias"}, {"dtype": "float8"}, {"max_params": "many"}):
        with pytest.raises(UsageError):
            cnncalc.check("lenet5", **wrong)


def test_a_sweep_is_rows_by_name():
    net = cnncalc.load("mobilenet_v1")
    found = cnncalc.sweep(net, {"w": "0.25:1:0.25"}, numbers=["macs"], set={"H": 128, "W": 128})
    assert found.columns == ("w", "valid", "macs")
    assert len(found) == 4
    assert found.column("macs") == [
        net.summary(set={"w": w, "H": 128, "W": 128}).totals.macs for w in found.column("w")
    ]
    assert next(iter(found)) == dict(zip(found.columns, found.rows[0], strict=True))
    few = cnncalc.sweep(net, {"w": [0.25, 0.5, 1.0]}, numbers="macs", where=["params < 2M", "params >= 500k"])
    assert few.columns == ("w", "valid", "macs")
    assert few.column("w") == [0.5]
    unet = cnncalc.sweep(cnncalc.load("unet_padded"), {("H", "W"): [64, 65]})
    assert [(row["valid"], row["params"] is None) for row in unet] == [(True, False), (False, True)]
    assert len(cnncalc.sweep(cnncalc.load("unet_padded"), {("H", "W"): [64, 65]}, where="params > 1")) == 1
    for wrong in (
        {"numbers": ["parms"]},
        {"where": "parms < 5"},
        {"where": "params < many"},
        {"where": "params"},
    ):
        with pytest.raises(UsageError):
            cnncalc.sweep(net, {"w": [0.25]}, **wrong)


def test_pictures_are_shown_and_saved(tmp_path):
    report = cnncalc.load("squeezenet1_1").summary()
    for picture in (
        cnncalc.draw(report),
        cnncalc.draw(report, view="features", depth=1),
        cnncalc.plot(report, by="macs"),
    ):
        assert str(picture).startswith("<svg ")
        assert picture._repr_svg_() == str(picture)
        picture.save(tmp_path / "p.svg")
        assert (tmp_path / "p.svg").read_text(encoding="utf-8") == f"{picture}\n"
        assert len(repr(picture)) < 100
        with pytest.raises(UsageError, match=r"must end in \.svg or \.png"):
            picture.save(tmp_path / "p.gif")
    for wrong in (lambda: cnncalc.draw(report, view="tree"), lambda: cnncalc.draw(report, depth=0),
                  lambda: cnncalc.plot(report, by="parms"), lambda: cnncalc.plot(report, by="peak_activation_bytes"),
                  lambda: cnncalc.plot(cnncalc.load("lenet5").summary(), depth=1.5)):  # fmt: skip
        with pytest.raises(UsageError):
            wrong()


@pytest.mark.parametrize("name", [name for name in cnncalc.__all__ if name != "__version__"])
def test_every_public_name_is_documented(name):
    thing = getattr(cnncalc, name)
    doc = inspect.getdoc(thing)
    assert doc
    assert "(" not in doc.splitlines()[0][: len(name) + 1]  # not the signature that NamedTuple writes
    attributes = [
        (word, value) for word, value in vars(thing).items()
        if not word.startswith("_") and (inspect.isfunction(value) or isinstance(value, property))
    ] if inspect.isclass(thing) and not issubclass(thing, BaseException) else []  # fmt: skip
    for word, value in attributes:
        assert inspect.getdoc(value), f"{name}.{word}"


def _instances():
    """An object of each public class that has attributes, by the name of the class."""
    report, net = ANSWERS["table lenet5"], cnncalc.load("lenet5")
    made = {type(answer).__name__: answer for answer in ANSWERS.values()}
    made |= {"Network": net, "Row": report.rows[0], "Totals": report.totals, "Picture": cnncalc.plot(report)}
    made |= {"ReceptiveField": report.rows[0].receptive_field, "Compiled": net.compile("params")}
    made |= {"Problem": cnncalc.check(WRONG).problems[0], "CnncalcError": UsageError("x")}
    return made


@pytest.mark.parametrize("name", [n for n in cnncalc.__all__ if inspect.isclass(getattr(cnncalc, n))])
def test_attributes_are_documented_and_there(name):
    """What the docstring lists is there, and every field is in the list: these names stay."""
    cls = getattr(cnncalc, name)
    listed = (inspect.getdoc(cls) or "").partition("Attributes:\n")[2]
    attributes = {
        word.strip()
        for words in re.findall(r"^    (\w[\w, ]*): ", listed, re.MULTILINE)
        for word in words.split(",")
    }
    if name in _instances():
        thing = _instances()[name]
        for attribute in attributes:
            getattr(thing, attribute)
        fields = {*getattr(thing, "_fields", ()), *getattr(cls, "__dataclass_fields__", ())} - {"spec"}
        assert fields <= attributes, name
        assert len(repr(thing)) < 1000, name
        for attribute in attributes:  # nor do its parts repeat the spec
            value = getattr(thing, attribute)
            for part in value if isinstance(value, tuple | list) else [value]:
                assert len(repr(part)) < 3000 or isinstance(part, dict), (name, attribute)
    else:
        assert not attributes, name


def test_what_errors_and_grids_show():
    with pytest.raises(cnncalc.SpecError) as caught:
        cnncalc.load(WRONG).summary()
    assert repr(caught.value).startswith("<SpecError, 1 problem: C302 conv2d: the kernel does not fit")
    assert repr(cnncalc.SpecError([])) == "<SpecError, 0 problems>"
    found = ANSWERS["sweep mobilenet_v1 --over w=0.25,0.5 --over H,W=160:224:32"]
    assert repr(found) == "<Sweep MobileNet v1: params, macs, peak_activation_bytes at 6 settings of w, H, W>"


def test_names_are_those_that_type_checkers_see():
    """The table of homes, __all__ and the imports for type checkers say the same."""
    source = inspect.getsource(cnncalc)
    for name, home in cnncalc._HOMES.items():
        assert name in cnncalc.__all__
        assert any(name in line and f"cnncalc.{home} " in line for line in source.splitlines()), name
    assert {*cnncalc.__all__} == {*cnncalc._HOMES, "__version__"}


USER = Path(__file__).parents[1] / "typing" / "user.py"
MISTAKES = """
import cnncalc

net = cnncalc.load("vgg16")
wrong: int = net.summary(free=["H"]).totals.params
worse: str = net.summary().totals.params
also: str = net.compile("macs", free=["H"])(224)
"""


CHECKERS = {
    "mypy": ("--strict", "--no-incremental", "--config-file=", "--follow-imports=silent"),
    "basedpyright": ("--level", "error", "--pythonpath", sys.executable),  # pyright with its own Node.js
    "pyright": ("--level", "error", "--pythonpath", sys.executable),
}


def test_the_program_of_a_user_runs_and_has_every_public_name():
    program = USER.read_text(encoding="utf-8")
    assert [name for name in cnncalc.__all__ if not re.search(rf"\b{name}\b", program)] == []
    done = subprocess.run([sys.executable, USER], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "ZeroDivisionError\n")


@pytest.mark.slow
@pytest.mark.parametrize("checker", CHECKERS)
def test_a_program_of_a_user_passes_type_checkers(checker, tmp_path):
    """And they see types, not Any: mistakes are found."""
    pytest.importorskip(checker)
    (tmp_path / "user.py").write_text(USER.read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "mistakes.py").write_text(MISTAKES)
    command = [sys.executable, "-m", checker, *CHECKERS[checker], "user.py", "mistakes.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    found = re.findall(r"^\s*(?:\S*/)?(\w+\.py):(\d+):.*error", done.stdout, re.MULTILINE)
    assert found == [("mistakes.py", "5"), ("mistakes.py", "6"), ("mistakes.py", "7")], done.stdout


def test_the_page_of_the_library_is_what_docstrings_say():
    """``UPDATE_DOCS=1`` writes it anew."""
    path = Path(cnncalc.__file__).parents[1] / "docs" / "api.md"
    if os.environ.get("UPDATE_DOCS"):
        path.write_text(api_page.page(), encoding="utf-8")
    assert path.read_text(encoding="utf-8") == api_page.page()
    named = {name for names in api_page.GROUPS.values() for name in names}
    assert named == set(cnncalc.__all__) - {"__version__"}


def test_every_public_name_says_what_it_is():
    for name in set(cnncalc.__all__) - {"__version__"}:
        thing = getattr(cnncalc, name)
        assert inspect.getdoc(thing), name
        assert not inspect.isclass(thing) or ("__doc__" in vars(thing) and vars(thing)["__doc__"]), name
