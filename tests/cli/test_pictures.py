"""``draw`` and ``plot``: valid pictures in which nothing overlaps or overflows, and answers to bad input."""

import builtins
import json
import random
import re
import xml.etree.ElementTree as ET
from itertools import combinations, pairwise

import pytest

import cnncalc
from cnncalc.__main__ import main
from cnncalc.report import features, graphview, plot, saving, stacks
from cnncalc.report.layout import GAP, Layout, places
from cnncalc.report.outline import outline
from cnncalc.report.svg import Box, Picture, shortened, tail, text_width
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


@pytest.mark.parametrize("seed", range(40))
def test_layouts_of_random_graphs(seed):
    """Neighbors keep apart, edges lead down, and the spine is on one line, whatever the order it starts from."""
    draw = random.Random(seed)
    count, most = draw.randint(2, 70), draw.choice([1, 2, 3, 8, 30])
    feeds = [sorted(draw.sample(range(i), draw.randint(i > 2, min(i, most)))) for i in range(count)]
    spine = [count - 1]
    while feeds[spine[0]]:
        spine.insert(0, draw.choice(feeds[spine[0]]))
    layout = Layout([draw.uniform(5, 90) for _ in feeds], feeds, spine)
    assert len(layout.widths) == places(feeds)
    for layer in layout.layers:
        for a, b in pairwise(layer):
            assert layout.x[b] - layout.x[a] >= (layout.widths[a] + layout.widths[b]) / 2 + GAP - 1e-6
    assert len({layout.x[v] for v in spine}) == 1
    assert [(c[0], c[-1]) for c in layout.chains] == [
        (s, i) for i, sources in enumerate(feeds) for s in sources
    ]
    for chain in layout.chains:
        levels = [next(n for n, layer in enumerate(layout.layers) if v in layer) for v in chain]
        assert levels == list(range(levels[0], levels[0] + len(chain)))
    layout.layers = [sorted(layer, key=lambda v: draw.random()) for layer in layout.layers]
    layout._straighten()
    assert len({layout.x[v] for v in spine}) == 1


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


@pytest.mark.parametrize("by", ["params", "macs", "activation_bytes"])
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
            "activation_bytes": report.totals.activation_bytes,
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
        plot.as_svg(report, "activation_bytes", None),
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


@pytest.mark.slow
def test_ten_thousand_layers_are_folded(capsys, tmp_path):
    path = tmp_path / "deep.yaml"
    path.write_text(
        "input: [3, 8, 8]\nlayers:\n  - {name: body, layers: [relu], repeat: 9000}\n  - global_avgpool\n"
    )
    code, _, err = run(capsys, "draw", path, "-o", tmp_path / "deep.svg")
    assert (code, "folded to depth 1" in err) == (0, True)
    path.write_text("input: [3, 8, 8]\nlayers:\n" + "  - relu\n" * 5000)
    code, _, err = run(capsys, "draw", path, "-o", tmp_path / "deep.svg")
    assert (code, "5,001 boxes, and the maximum is 600; put layers into groups" in err) == (2, True)
    assert run(capsys, "report", path, "-o", tmp_path / "deep.html")[0] == 0
    assert "No picture: the network is too large to draw" in (tmp_path / "deep.html").read_text()


def dense(count):
    """Convolutions that each read all before them."""
    conv = {"type": "conv2d", "out_channels": 4, "kernel_size": 3, "padding": 1}
    layers = [{**conv, "name": "c0"}, {**conv, "name": "c1"}]
    for i in range(2, count):
        layers += [{"type": "concat", "from": [f"c{j}" for j in range(i)]}, {**conv, "name": f"c{i}"}]
    return {"input": [3, 8, 8], "layers": layers}


def test_dense_blocks_are_drawn_with_one_lane_for_the_edges_of_a_layer():
    report = cnncalc.load(dense(60)).summary()
    for view in (graphview, features):
        picture, found = view.draw(report, None if view is graphview else 1)
        assert picture.arrows == found.edges == 1 + 1 + 58 + sum(range(2, 60))
        assert len(picture.render()) < 800_000
    layout = graphview.lay_out(found.things)
    assert len(layout.widths) == places([thing.feeds for thing in found.things]) < 119 * 60


def test_what_is_too_large_is_refused_with_the_reason(capsys, tmp_path):
    path = tmp_path / "dense.json"
    path.write_text(json.dumps(dense(230)))
    for target in ("d.svg", "d.mmd"):
        code, _, err = run(capsys, "draw", path, "-o", tmp_path / target)
        assert code == 2
        assert (
            "too large to draw: 459 boxes with 26,564 edges, and the maximum is 25,000 edges; put layers"
            in err
        )
        assert not (tmp_path / target).exists()
    assert run(capsys, "report", path, "-o", tmp_path / "d.html")[0] == 0
    page = (tmp_path / "d.html").read_text(encoding="utf-8")
    assert "<p>No picture: the network is too large to draw: 459 boxes with 26,564 edges" in page
    code, _, err = run(capsys, "draw", path, "--depth", 2, "-o", tmp_path / "d.svg")
    assert (code, "use a smaller --depth" in err) == (2, True)


def test_large_pngs_and_charts(capsys, tmp_path, monkeypatch):
    pytest.importorskip("resvg_py")
    path = tmp_path / "dense.json"
    path.write_text(json.dumps(dense(50)))
    code, _, err = run(capsys, "draw", path, "-o", tmp_path / "d.png")
    assert (
        code,
        "the picture has 1,274 edges, but a .png can have at most 1,000: draw it as .svg" in err,
    ) == (
        2,
        True,
    )
    code, _, err = run(capsys, "draw", path, "-o", tmp_path / "d.mmd")
    assert (code, "note: the chart has 1,274 edges; Mermaid draws 500" in err) == (0, True)
    monkeypatch.setattr(saving, "MOST_PIXELS", 10_000)
    code, _, err = run(capsys, "draw", "lenet5", "-o", tmp_path / "l.png")
    assert (code, "note: the picture is scaled down to 0.2" in err, "within 10,000 pixels" in err) == (
        0,
        True,
        True,
    )
    width, height = (int.from_bytes((tmp_path / "l.png").read_bytes()[i : i + 4], "big") for i in (16, 20))
    assert 9_000 < width * height < 11_000


def test_vectors_are_bars_of_one_thickness():
    for name in ("lessons/softmax", "lessons/mlp", "vgg16"):
        report = cnncalc.load(name).summary()
        picture, _ = features.draw(report, None)
        judge(picture)
        vectors = {row.path for row in report if len(row.output) == 1}
        sides = {
            path: float(side)
            for side, path in re.findall(r'height="([\d.]+)"[^>]*data-path="([^"]+)"', picture.render())
        }
        assert vectors & set(sides)
        assert {sides[path] for path in vectors & set(sides)} == {stacks.BAR}


def test_what_is_for_training_only_is_dashed():
    report = cnncalc.load("inception_v3").summary()
    for view, arguments in ((graphview, None), (features, 1)):
        svg = view.draw(report, arguments)[0].render()
        assert "dashed: training only" in svg
        heads = re.findall(r"<(?:rect|path)[^>]*data-(?:path|to)=\"aux[^>]*>", svg)
        assert heads
        assert all("stroke-dasharray" in head for head in heads)
    chart = graphview.mermaid(report, 1)[0]
    assert chart.count("training only") == chart.count(" -.-> ") == 1
    assert "dashed" not in features.draw(cnncalc.load("vgg16").summary(), None)[0].render()


def test_skips_pass_beside_the_volumes():
    """The longest path is on one line, and no edge runs over a volume."""
    svg = features.draw(cnncalc.load("unet_padded").summary(), None)[0].render()
    lines = re.findall(r'<path class="line" d="M([\d.]+) ([\d.]+)([^M]*)M', svg)
    level = {y for _, y, rest in lines if "C" not in rest}
    assert len(level) == 1
    skips = [
        min(float(y) for y in re.findall(r"L[\d.]+ ([\d.]+)", rest)) for _, _, rest in lines if "C" in rest
    ]
    assert len(skips) == 4
    assert skips == sorted(skips, reverse=True) or skips == sorted(skips)
    assert len(set(skips)) == 4


def test_text_is_shortened_to_its_room():
    assert tail("a.bc.def", 10, 200) == "a.bc.def"
    assert tail("first.second.third", 10, 16 * 6.1) == "….second.third"
    assert tail("first.second.third", 10, 30) == shortened("third", 10, 30)

    assert shortened("short", 12, 200) == "short"
    for width in (10, 30, 77, 200):
        assert text_width(shortened("abcdefghij" * 9, 12, width), 12) <= max(width, 12)


REPEATED = """
input: [8, 32, 32]
blocks:
  body:
    layers:
      - {type: conv2d, out_channels: 8, kernel_size: 3, padding: same, repeat: 4}
      - {type: conv2d, out_channels: n, kernel_size: 3, padding: same}
    params: {n: 8}
layers:
  - {type: body, name: a}
  - {type: body, name: b, repeat: 3}
  - {type: body, name: c, repeat: 1}
  - {type: body, name: d, n: 16}
  - {type: add, name: e, repeat: 2, branches: [[{type: conv2d, out_channels: 16, kernel_size: 1}], []]}
"""


@pytest.mark.parametrize("depth, labels, titles", [
    (1, ["input", "a", "3 × b", "c", "d", "2 × add"],
     ["a (body)", "b (3 × body)", "c (body)", "d (body)", "e (2 × add)"]),
    (2, ["input", "4 × conv2d", "conv2d", "b.0 … c.0", "4 × conv2d", "conv2d", "2 × add"],
     ["a.conv2d_1 (4 × conv2d)", "a.conv2d_2 (conv2d)", "b.0 (body)", "d.conv2d_1 (4 × conv2d)", "e.1 (add)"]),
])  # fmt: skip
def test_what_is_folded_into_one_says_how_often_it_is_repeated(tmp_path, depth, labels, titles):
    spec = tmp_path / "r.yaml"
    spec.write_text(REPEATED)
    report = cnncalc.load(spec).summary()
    stands = stacks.stacks_of(stacks.shown(outline(report, depth, features.MOST).things))
    assert [stacks.labels_of(stack)[1] for stack in stands] == labels
    for view in (features, graphview):
        drawn = view.draw(report, depth)[0].render()
        assert all(f"{title}: " in drawn for title in titles)
    text = graphview.mermaid(report, depth)[0]
    assert (("4 × conv2d" in text), ("3 × body" in text)) == (depth == 2, depth == 1)
    whole = outline(report, None, features.MOST).things
    assert {thing.times for thing in whole} == {1}
