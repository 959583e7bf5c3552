"""Every shipped spec, variant and lesson meets its own expectations, and its rows add up."""

from functools import cache

import pytest

from cnncalc.analysis.expect import check
from cnncalc.analysis.lint import Subject
from cnncalc.network import build
from cnncalc.reading.text.files import read_spec
from cnncalc.reading.text.shipped import shipped_folder, shipped_specs

SPECS = shipped_specs()
LESSONS = sorted((shipped_folder() / "lessons").glob("*.yaml"))


@cache
def document(path):
    return read_spec(str(path))[0]


@pytest.mark.parametrize("name", SPECS)
def test_shipped_spec(name):
    path, variant = SPECS[name]
    network = build(document(path), variant or None)
    report = network.summary()

    assert network.spec.expect is not None
    assert "params" in network.spec.expect
    assert network.citation
    assert check(network, report) == []
    assert Subject(report.graph).dead == {}
    for number in ("weights", "biases", "params", "buffers"):
        assert sum(getattr(row, number) for row in report) == getattr(report.totals, number)
    for number in ("macs", "flops"):
        assert sum(getattr(row, number) for row in report if not row.train_only) == getattr(
            report.totals, number
        )
    for path, group in report.graph.groups.items():
        if group.output is not None:
            assert report[path].output == report.graph.nodes[group.output].output


@pytest.mark.parametrize("path", LESSONS, ids=lambda p: p.stem)
def test_lesson(path):
    network = build(document(path))
    report = network.summary()

    assert check(network, report) == []
    shapes = "output" if len(report.outputs) == 1 else "layers"
    assert {"params", "weights", "biases", "macs", shapes} <= set(network.spec.expect)
    assert path.read_text(encoding="utf-8").startswith("# ")


@pytest.mark.parametrize(
    ("name", "millions", "exact"),
    [
        ("vgg_a", 133, 132_863_336), ("vgg_a_lrn", 133, 132_863_336), ("vgg_b", 133, 133_047_848),
        ("vgg_c", 134, 133_638_952), ("vgg_d", 138, 138_357_544), ("vgg_e", 144, 143_667_240),
    ],
)  # fmt: skip
def test_vgg_papers_table_2(name, millions, exact):
    path, variant = SPECS[name]
    params = build(document(path), variant).summary().totals.params
    assert params == exact
    assert round(params / 1e6) == millions
