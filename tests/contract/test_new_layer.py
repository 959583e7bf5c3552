"""A layer type with a new field is one file: the example of docs/layers.md is taken in by everything, as it stands there."""

import json
import random
import re
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from hypothesis import find
from pydantic import PlainValidator

import cnncalc
import cnncalc.layers
from cnncalc import fields
from cnncalc.__main__ import main
from cnncalc.layer import Layer, Unlearned
from cnncalc.registry import all_types, layer_class
from cnncalc.report.schema import schema
from cnncalc.testing import LAWS, check_layer, random_spec, values
from tests import strategies
from tests.fuzz.target import one_input
from tests.tables import tables

PAGE = (Path(cnncalc.__file__).parent.parent / "docs" / "layers.md").read_text(encoding="utf-8")
CODE = re.search(r"<!-- file: lppool.py -->\n```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)[1]
EXAMPLES = re.findall(
    r"^```python\n(import cnncalc\n.*?|from cnncalc.testing.*?)^```$", PAGE, re.MULTILINE | re.DOTALL
)
POINTS = re.search(r"^```toml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)[1]
SPEC = """
input: [8, H, 32]
vars: {H: 32}
layers:
  - {type: conv2d, out_channels: 4, kernel_size: 3, act: relu}
  - {type: lppool2d, norm_type: 3, kernel_size: 2, stride: 2}
expect: {macs: 259200}
"""


@pytest.fixture
def lppool(tmp_path, monkeypatch):
    """The type as a file of cnncalc/layers."""
    (tmp_path / "lppool.py").write_text(CODE, encoding="utf-8")
    monkeypatch.setattr(cnncalc.layers, "__path__", [*cnncalc.layers.__path__, str(tmp_path)])
    yield layer_class("lppool2d")
    for name in ("lppool1d", "lppool2d"):
        Layer.types.pop(name, None)
    sys.modules.pop("cnncalc.layers.lppool", None)


@pytest.fixture
def spec(tmp_path):
    path = tmp_path / "net.yaml"
    path.write_text(SPEC, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["table"], "lppool2d_1"),
        (["table", "--free", "H"], "H//2 - 1"),
        (["check"], "1 of 1 expectation met"),
        (["verify"], "layers agree"),
        (["verify", "--receptive-field"], "layers agree"),
        (["explain", "--set", "H=16", "lppool2d_1"], "(input + padding - kernel)//stride + 1"),
        (["solve", "--near", "20", "H"], "H >= 4"),
        (["show", "--expanded"], "norm_type: 3"),
    ],
)
def test_every_command_takes_it(lppool, spec, arguments, said, capsys):
    command, *rest = arguments
    layers = [word for word in rest if word == "lppool2d_1"]
    assert main([command, spec, *layers, *(word for word in rest if word not in layers)]) == 0
    out, err = capsys.readouterr()
    assert said in out + err


def test_pictures_schema_docs_and_mistakes_take_it(lppool, spec, tmp_path, capsys):
    assert main(["draw", spec, "-o", str(tmp_path / "net.svg")]) == 0
    assert "lppool2d" in (tmp_path / "net.svg").read_text(encoding="utf-8")
    definitions = schema()["$defs"]
    field = definitions["layer.lppool2d"]["properties"]["norm_type"]["$ref"].removeprefix("#/$defs/")
    assert definitions[field]["description"].startswith("Exponent of the norm")
    made = tables(all_types())
    assert "`lppool1d` `lppool2d`" in made
    assert "| `norm_type` |  | Exponent of the norm: 1 sums, 2 is Euclidean. |" in made
    (tmp_path / "bad.yaml").write_text(SPEC.replace("norm_type: 3", "norm_typ: 3"), encoding="utf-8")
    assert main(["check", str(tmp_path / "bad.yaml")]) == 1
    assert "did you mean 'norm_type'?" in capsys.readouterr().out


def test_laws_fuzzers_and_strategies_draw_it(lppool, monkeypatch):
    for law in LAWS:
        if law.concerns(lppool):
            law(lppool)
    assert {1, 2, 0.5} <= set(values(lppool, "norm_type"))
    draw = random.Random(0)
    for _ in range(20):
        one_input(json.dumps(random_spec(draw, lppool)).encode())
    assert find(strategies.fields(lppool), lambda found: found["norm_type"] == 2)["norm_type"] == 2


def test_a_broken_rule_breaks_a_law(tmp_path, monkeypatch):
    """The laws notice each of these slips."""
    slips = [
        ("self.spatial_output(x))", "self.spatial_output((x[0], *(n + 1 for n in x[1:]))))"),
        ("return self.window_requirements(inputs[0])", "return iter(())"),
        ("return means *", "x[:] = 0\n        return means *"),
        ("product_of(output) * (2", "(product_of(output) if product_of(output) else 0) * (2"),
    ]
    slips[2] = ("return (means *", "x[:] = 0\n        return (means *")
    for number, (right, wrong) in enumerate(slips):
        assert right in CODE
        code = CODE.replace(right, wrong)
        scope: dict[str, Any] = {"__name__": f"slip_{number}"}
        exec(compile(code, "lppool.py", "exec"), scope)
        try:
            with pytest.raises((AssertionError, ValueError, IndexError)):
                check_layer(scope["LpPool2d"])
        finally:
            Layer.types.pop("lppool2d", None)


def test_a_field_without_values_is_an_error_that_names_it():
    class Dated(Unlearned):
        type: Literal["dated"] = "dated"
        moment: Annotated[
            Any, PlainValidator(lambda v: date.fromisoformat(str(v))), fields.About("A day.")
        ] = None

    with pytest.raises(LookupError, match="no values for the field 'moment' of Dated"):
        values(Dated, "moment")


# --------------------------------------------------------------------------------------- of others


def test_registered(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "lppool.py").write_text(CODE, encoding="utf-8")
    try:
        for example in EXAMPLES:
            exec(compile(example, "docs/layers.md", "exec"), {})
        assert len(EXAMPLES) == 2
        assert "lppool2d" in all_types()
    finally:
        Layer.types.pop("lppool2d", None)
        sys.modules.pop("lppool", None)


def _type(name, **more):
    space = {"__annotations__": {"type": Literal[name]}, "type": name, "__module__": __name__, **more}
    return type(Layer)("Made", (Unlearned,), space)


RULES = {"output_shape": lambda self, inputs: inputs[0], "operations": lambda self, inputs, output: 0,
         "forward": lambda self, inputs, params, out=None: inputs[0]}  # fmt: skip


@pytest.mark.parametrize(
    ("cls", "error", "said"),
    [
        (int, TypeError, "is not a layer type"),
        (Layer, TypeError, "is not a layer type"),
        (_type("odd"), TypeError, "lacks forward, operations, output_shape"),
        (_type("relu", **RULES), ValueError, r"exists already: cnncalc\.layers\.relu\.Relu"),
        (_type("group", **RULES), ValueError, "cannot be called 'group'"),
        (_type("two words", **RULES), ValueError, "cannot be called"),
    ],
)
def test_what_cannot_be_registered(cls, error, said):
    before = dict(Layer.types)
    with pytest.raises(error, match=said):
        cnncalc.register(cls)
    assert dict(Layer.types, relu=None) == dict(before, relu=None)


@pytest.fixture
def shop(tmp_path):
    """A folder on the path with an installed package that announces types, one of them broken."""
    (tmp_path / "lppool.py").write_text(CODE, encoding="utf-8")
    folder = tmp_path / "shop-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: shop\nVersion: 1.0\n", encoding="utf-8")
    points = POINTS.replace("[project.entry-points.", "[").replace('"', "")
    (folder / "entry_points.txt").write_text(points + "gone = lppool:Gone\n", encoding="utf-8")
    return tmp_path


def run(shop, *arguments):
    environment = {"PYTHONPATH": f"{shop}:{Path(cnncalc.__file__).parent.parent}", "PATH": "/usr/bin:/bin"}
    return subprocess.run(
        [sys.executable, *arguments], check=False, capture_output=True, text=True, env=environment, cwd=shop
    )


def test_an_installed_package_announces_types(shop, spec):
    done = run(shop, "-m", "cnncalc", "table", spec)
    assert done.returncode == 0, done.stderr
    assert "lppool2d_1" in done.stdout
    Path(spec).write_text(SPEC.replace("lppool2d, norm_type: 3", "gone"), encoding="utf-8")
    done = run(shop, "-m", "cnncalc", "table", spec)
    assert (done.returncode, done.stdout) == (2, "")
    assert (
        "the layer type 'gone' of the package shop (lppool:Gone) cannot be loaded: AttributeError"
        in done.stderr
    )


@pytest.mark.slow
def test_laws_as_a_plugin_of_pytest(shop):
    done = run(
        shop,
        "-m",
        "pytest",
        "-p",
        "cnncalc.testing.plugin",
        "--cnncalc-layers",
        "lppool:LpPool2d",
        "-q",
        "-p",
        "no:cacheprovider",
    )
    assert done.returncode == 0, done.stdout
    assert f"{sum(law.concerns(all_types()['avgpool2d']) for law in LAWS)} passed" in done.stdout
    done = run(
        shop, "-m", "pytest", "-p", "cnncalc.testing.plugin", "--cnncalc-layers", "lppool:Nothing", "-q"
    )
    assert "there is no layer type in it" in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("files", "remembered"),
    [
        ({"RECORD": ""}, True),
        ({}, False),  # a checkout
        ({"RECORD": "", "direct_url.json": '{"url": "file:///shop", "dir_info": {"editable": true}}'}, False),
        ({"RECORD": "", "direct_url.json": '{"url": "file:///shop", "dir_info": {}}'}, True),
    ],
)
def test_no_run_is_remembered_with_types_whose_code_has_no_version(shop, files, remembered, monkeypatch):
    from cnncalc.cache.identity import identity
    from cnncalc.cache.store import Store

    monkeypatch.syspath_prepend(str(shop))
    for name, text in files.items():
        (shop / "shop-1.0.dist-info" / name).write_text(text, encoding="utf-8")
    assert (identity(Store(str(shop / "cache")), b"seen") is not None) is remembered
