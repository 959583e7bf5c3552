"""``draw`` and ``plot``: valid pictures in which nothing overlaps or overflows, and answers to bad input."""

import builtins
import re
import xml.etree.ElementTree as ET
from itertools import combinations, pairwise

import pytest

import cnncalc
from cnncalc.__main__ import main
from cnncalc.report import features, graphview, plot
from cnncalc.report.layout import Layout
from cnncalc.report.outline import outline
from cnncalc.report.svg import Box, Picture, shortened, text_width
from tests.shipped import files

NAMES = files()
HOSTILE = {
    "name": "<b>&\"'\x1b[31m" + "x" * 400,
    "input": [3, 8, 8],
    "layers": [{"type": "relu", "name": "a" * 60}, "global_avgpool"],
}


def run(capsys, *arguments):
    code = main([*map(str, arguments)])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def judge(picture: Picture):
    """Well-formed, titled, and no text lies on another or outside."""
    root = ET.fromstring(picture.render())
    assert root.tag.endswith("svg")
    assert root[0].text
    assert root[1].tag.endswith("desc")
    assert root[1].text
    page = Box(0, 0, picture.width, picture.height)
    for text, box in picture.texts:
        assert box.x >= 0, text
        assert box.y >= 0, text
        assert box.x + box.width <= page.width + 0.5, text
        assert box.y + box.height <= page.height + 0.5, text
    if len(picture.texts) < 900:
        for (one, a), (two, b) in combinations(picture.texts, 2):
            assert not a.overlaps(b), (one, two)


@pytest.mark.parametrize("name", NAMES)
def test_feature_maps(name):
    report = cnncalc.load(name).summary()
    picture, found = features.draw(report, None)
    judge(picture)
    assert len(found.things) <= features.MOST


@pytest.mark.parametrize("name", NAMES)
def test_graphs_have_no_overlaps(name):
    report = cnncalc.load(name).summary()
    picture, found = graphview.draw(report, None)
    judge(picture)
    layout = graphview.lay_out(found.things)
    boxes = graphview.boxes(layout, len(found.things), 0, 0)
    for a, b in combinations(boxes, 2):
        assert not a.overlaps(b)
    for i, thing in enumerate(found.things):  # edges lead downwards
        assert all(layout.level[source] < layout.level[i] for source in thing.feeds)


@pytest.mark.parametrize(
    ("name", "most"),
    [("googlenet", 0), ("unet_padded", 0), ("resnet18", 0), ("inception_v3", 0), ("densenet121", 60)],
)
def test_graphs_have_few_crossings(name, most):
    found = outline(cnncalc.load(name).summary(), None, graphview.MOST)
    assert graphview.lay_out(found.things).crossings() <= most


@pytest.mark.parametrize("name", NAMES)
def test_long_edges_and_chains_run_straight_down(name):
    layout = graphview.lay_out(outline(cnncalc.load(name).summary(), None, graphview.MOST).things)
    for chain in layout.chains:
        assert len({layout.x[v] for v in chain[1:-1]}) <= 1
        source, target = chain[0], chain[1]
        if len(layout.down[source]) == len(layout.up[target]) == 1:
            assert layout.x[source] == layout.x[target]


def test_runs_that_cross_keep_their_distance():
    """Each run on a line of its own would ask that one be left of the other and right of it."""
    feeds = [[], [], [], [0], [2], [3], [4], [1], [3, 4], [7], [6], [6], [7, 11], [12]]
    layout = Layout([40.0 + 3 * i for i in range(14)], feeds)
    assert layout.crossings() > 0
    for layer in layout.layers:
        for a, b in pairwise(layer):
            assert layout.x[b] - layout.x[a] >= (layout.widths[a] + layout.widths[b]) / 2


def test_every_edge_of_the_network_is_drawn():
    report = cnncalc.load("googlenet").summary()
    found = outline(report, 1, 300)
    paths = [thing.path for thing in found.things]
    wanted = {
        (r.inputs[0].split(".")[0], r.path.split(".")[0]) for r in report if not r.train_only and r.inputs
    }
    drawn = {(paths[s], thing.path) for thing in found.things for s in thing.feeds}
    assert {(a, b) for a, b in wanted if a != b} <= drawn


def test_sides_follow_the_shapes():
    picture, _ = features.draw(cnncalc.load("vgg16").summary(), None)
    number = r'"([\d.]+)"'
    rects = re.findall(
        f'<rect x={number} y={number} width={number} height={number} fill="#4c78a8"', picture.render()
    )
    sides = [float(r[3]) for r in rects[:13]]
    widths = [float(r[2]) for r in rects[:13]]
    assert sides == sorted(sides, reverse=True)
    assert widths == sorted(widths)
    assert sides[0] == 180


def test_signals_stand_upright():
    conv = {"type": "conv1d", "out_channels": 8, "kernel_size": 4, "stride": 4}
    net = cnncalc.load({"input": [1, 4096], "layers": [conv, {**conv, "stride": 16}, "global_avgpool"]})
    found = outline(net.summary(), None, 70).things
    picture, _ = features.draw(net.summary(), None)
    judge(picture)
    heights = [float(h) for h in re.findall(r'<rect [^>]*height="([\d.]+)"[^>]*data-path', picture.render())]
    assert len(heights) == len(found)
    assert heights == sorted(heights, reverse=True)
    assert heights[0] == 180 and heights[1] == 90


@pytest.mark.parametrize("by", ["params", "macs", "activation"])
@pytest.mark.parametrize("name", ["vgg16", "densenet121", "lenet5", "efficientnet_b0"])
def test_bars(name, by, capsys):
    report = cnncalc.load(name).summary()
    judge(plot.as_svg(report, by, None))
    found, total, _ = plot.bars(report, by, None)
    assert (
        total
        == {
            "params": report.totals.params,
            "macs": report.totals.macs,
            "activation": report.totals.activation_bytes,
        }[by]
    )
    code, out, _ = run(capsys, "plot", name, "--by", by)
    assert code == 0
    assert len(out.splitlines()) == len(found) + 1
    assert f"{total:,}" in out
    assert max(map(len, out.splitlines())) <= 100


def test_commands_write_files(capsys, tmp_path):
    for arguments in (
        ["draw", "lenet5"],
        ["draw", "resnet18", "--view", "graph", "--depth", "1"],
        ["plot", "vgg16", "--by", "macs"],
    ):
        target = tmp_path / "out.svg"
        assert run(capsys, *arguments, "-o", target)[0] == 0
        ET.fromstring(target.read_text())
    code, _, err = run(capsys, "draw", "densenet201", "-o", tmp_path / "d.svg")
    assert (code, "folded to depth" in err) == (0, True)
    assert run(capsys, "draw", "unet_padded", "-o", tmp_path / "u.mmd")[0] == 0
    lines = (tmp_path / "u.mmd").read_text().splitlines()
    assert lines[0] == "flowchart TD"
    assert sum("-->" in line for line in lines) > 20


def test_pictures_are_small():
    assert len(features.draw(cnncalc.load("vgg16").summary(), None)[0].render()) < 20_000


def test_png(capsys, tmp_path):
    pytest.importorskip("resvg_py")
    assert run(capsys, "draw", "vgg16", "-o", tmp_path / "v.png")[0] == 0
    assert (tmp_path / "v.png").read_bytes().startswith(b"\x89PNG")


def test_hostile_names_are_escaped():
    report = cnncalc.load(HOSTILE).summary()
    for picture in (
        features.draw(report, None)[0],
        graphview.draw(report, None)[0],
        plot.as_svg(report, "activation", None),
    ):
        judge(picture)
        assert "<b>" not in picture.render()
        assert "\x1b" not in picture.render()
    assert "<b>" not in graphview.mermaid(report, None)[0]


def test_notebooks_and_other_forms():
    report = cnncalc.load("lenet5").summary()
    shown = report._repr_html_()
    assert shown.startswith("<table>")
    assert shown.count("<tr") == len(report) + 2
    assert "61,706" in shown
    assert report.to_dict()["totals"]["params"] == 61706
    assert report.to_csv().splitlines()[1].startswith("c1,conv2d,6x28x28,150,6,156")
    symbolic = cnncalc.load("vgg16").summary(free=["H", "W"])
    assert "H//32" in symbolic._repr_html_()
    assert "<b>" not in cnncalc.load({**HOSTILE, "layers": ["relu"]}).summary()._repr_html_()


def test_pandas(monkeypatch):
    report = cnncalc.load("lenet5").summary()
    real = builtins.__import__
    monkeypatch.setattr(
        builtins,
        "__import__",
        lambda n, *a, **k: (_ for _ in ()).throw(ImportError) if n == "pandas" else real(n, *a, **k),
    )
    with pytest.raises(cnncalc.UsageError, match="pip install pandas"):
        report.to_pandas()
    monkeypatch.undo()
    pytest.importorskip("pandas")
    frame = report.to_pandas()
    assert len(frame) == 12
    assert frame["params"].sum() == 61706


def test_pages(capsys, tmp_path):
    assert run(capsys, "report", "lenet5", "-o", tmp_path / "r.html")[0] == 0
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>")
    assert not re.search(r"(src|href)=|url\(|https?://(?!www\.w3\.org)", text)
    assert run(capsys, "report", "unet_padded", "--free", "H,W", "-o", tmp_path / "u.html")[0] == 0
    assert "H % 16 == 0" in (tmp_path / "u.html").read_text(encoding="utf-8")
    assert run(capsys, "report", "lenet5", "-o", tmp_path / "r.txt")[0] == 2
    assert run(capsys, "report", "lenet5", "-o", tmp_path / "no" / "r.html")[0] == 2


def test_bad_input(capsys, tmp_path, monkeypatch):
    keep = tmp_path / "keep.svg"
    keep.write_text("keep")
    assert run(capsys, "draw", "vgg16", "-o", tmp_path / "x.gif")[0] == 2
    assert run(capsys, "plot", "vgg16", "-o", tmp_path / "x.jpg")[0] == 2
    assert run(capsys, "draw", "vgg16", "-o", tmp_path / "no" / "x.svg")[0] == 2
    assert run(capsys, "draw", "nothing", "-o", keep)[0] == 2
    assert keep.read_text() == "keep"
    real = builtins.__import__
    monkeypatch.setattr(
        builtins,
        "__import__",
        lambda n, *a, **k: (_ for _ in ()).throw(ImportError) if n == "resvg_py" else real(n, *a, **k),
    )
    code, _, err = run(capsys, "draw", "vgg16", "-o", tmp_path / "x.png")
    assert (code, "pip install 'cnncalc[png]'" in err) == (2, True)
    monkeypatch.undo()
    report = cnncalc.load("vgg16").summary(free=["H"])
    for picture in (lambda: features.draw(report, None), lambda: plot.as_svg(report, "macs", None)):
        with pytest.raises(cnncalc.UsageError, match="give H a value"):
            picture()


def test_ten_thousand_layers_are_folded(capsys, tmp_path):
    path = tmp_path / "deep.yaml"
    path.write_text(
        "input: [3, 8, 8]\nlayers:\n  - {name: body, layers: [relu], repeat: 9000}\n  - global_avgpool\n"
    )
    code, _, err = run(capsys, "draw", path, "-o", tmp_path / "deep.svg")
    assert (code, "folded to depth 1" in err) == (0, True)
    path.write_text("input: [3, 8, 8]\nlayers:\n" + "  - relu\n" * 5000)
    code, _, err = run(capsys, "draw", path, "-o", tmp_path / "deep.svg")
    assert (code, "put them into groups" in err) == (2, True)


def test_text_is_shortened_to_its_room():
    assert shortened("short", 12, 200) == "short"
    for width in (10, 30, 77, 200):
        assert text_width(shortened("abcdefghij" * 9, 12, width), 12) <= max(width, 12)
