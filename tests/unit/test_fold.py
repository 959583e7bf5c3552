"""Folding: what is written is the same network, and shorter."""

import pytest

import cnncalc
from cnncalc.__main__ import main
from cnncalc.interchange.flat import unrolled
from cnncalc.interchange.fold import blocks, digest, folded, same, whole
from tests.onnx_file import model, node, stored

LINES = {
    "resnet18": 30,
    "resnet50": 30,
    "vgg16": 42,
    "mobilenet_v2": 65,
    "squeezenet1_1": 45,
    "googlenet": 50,
    "alexnet": 25,
}
FREE = ("H", "W")
SIZES = {"H": 224, "W": 224}


@pytest.mark.parametrize("name", LINES)
def test_shipped_networks_unrolled_and_folded_are_the_same_in_few_lines(name):
    network = cnncalc.load(name)
    graph = network.graph(free=FREE)
    sizes = {v: network.vars[v] for v in FREE}
    flat = cnncalc.load(unrolled(graph, sizes))
    text = folded(flat.graph(free=FREE), sizes, 30)
    again = cnncalc.load(text)
    assert same(again.graph(free=FREE), graph)
    assert again.summary().totals == network.summary().totals
    assert text.count("\n") <= LINES[name]


def residual(name, channels, first):
    path, at = f"/layer/layer.{name}", name * 3
    source = "x" if first else f"r{name - 1}"
    return [
        node(
            "Conv",
            f"{source},layer.{name}.conv1.weight",
            f"a{at}",
            name=f"{path}/conv1/Conv",
            pads=[1, 1, 1, 1],
        ),
        node("Relu", f"a{at}", f"b{at}", name=f"{path}/relu/Relu"),
        node(
            "Conv", f"b{at},layer.{name}.conv2.weight", f"c{at}", name=f"{path}/conv2/Conv", pads=[1, 1, 1, 1]
        ),
        node("Add", f"c{at},{source}", f"r{name}", name=f"{path}/Add"),
    ], [stored(f"layer.{name}.conv{i}.weight", channels, channels, 3, 3) for i in (1, 2)]


def chain(count):
    parts = [residual(i, 8, i == 0) for i in range(count)]
    nodes = [each for part, _ in parts for each in part]
    return model(
        nodes,
        [each for _, part in parts for each in part],
        inputs=(("x", 1, 8, 16, 16),),
        outputs=(f"r{count - 1}",),
    )


def test_a_file_is_folded_to_a_block_that_repeats(tmp_path, capsys):
    path = tmp_path / "net.onnx"
    path.write_bytes(chain(5))
    assert main(["import", str(path)]) == 0
    text = capsys.readouterr().out
    assert "  - {type: residual, name: layer, repeat: 5}" in text
    assert text.startswith("# imported from net (test, operator set 17)\n")
    assert main(["import", str(path), "--flat", "-o", str(tmp_path / "flat.yaml")]) == 0
    assert main(["fold", str(tmp_path / "flat.yaml"), "-o", str(tmp_path / "folded.yaml")]) == 0
    flat, again = (cnncalc.load(tmp_path / f"{name}.yaml") for name in ("flat", "folded"))
    assert len(flat.summary()) == 20
    assert same(flat.graph(free=FREE), again.graph(free=FREE))
    assert (
        cnncalc.from_onnx(chain(5)).summary().totals
        == cnncalc.load(path).summary().totals
        == flat.summary().totals
    )
    assert main(["check", str(tmp_path / "folded.yaml")]) == 0


def test_a_block_that_is_not_the_same_is_refused(monkeypatch):
    """A block whose convolutions all have the first one's channels is written, and found to be another network."""
    graph = cnncalc.load("resnet18").graph(free=FREE)
    right = folded(graph, SIZES, 30)
    unified = blocks.unified

    def broken(uses):
        block = unified(uses)
        return block and block._replace(
            arguments=[{**each, "c": 64} if "c" in each else each for each in block.arguments]
        )

    monkeypatch.setattr(whole, "unified", broken)
    text = folded(graph, SIZES, 30)
    assert "blocks:" in right
    assert text.count("\n") > right.count("\n")
    assert same(cnncalc.load(text).graph(free=FREE), graph)


@pytest.mark.parametrize(("one", "two", "alike"), [
    ([{"type": "relu", "name": "a"}], ["relu"], True),
    (["relu"], ["relu6"], False),
    ([{"type": "dropout", "p": 0.1}], ["dropout"], False),
    ([{"type": "concat", "branches": [[], ["relu"], ["tanh"]]}],
     ["relu", {"type": "tanh", "from": "input"}, {"type": "concat", "from": ["input", "relu_1"]}, {"type": "concat", "from": ["concat_1", "tanh_1"]}], True),
    ([{"type": "concat", "branches": [[], ["relu"]]}], [{"type": "concat", "branches": [["relu"], []]}], False),
    ([{"type": "conv2d", "out_channels": 3, "kernel_size": 1, "name": "a"}, {"share": "a"}],
     [{"type": "conv2d", "out_channels": 3, "kernel_size": 1}, {"type": "conv2d", "out_channels": 3, "kernel_size": 1}], False),
])  # fmt: skip
def test_what_is_one_network(one, two, alike):
    graphs = [cnncalc.load({"input": [3, 8, 8], "layers": layers}).graph() for layers in (one, two)]
    assert same(*graphs) is alike
    assert (digest(graphs[0]) == digest(graphs[1])) is alike


def test_files_that_are_not_models(tmp_path, capsys):
    (tmp_path / "a.txt").write_text("hello")
    assert main(["import", str(tmp_path / "a.txt")]) == 2
    assert "is not an ONNX model" in capsys.readouterr().err
    assert main(["import", str(tmp_path / "gone.onnx")]) == 2
    assert "there is no such file" in capsys.readouterr().err
