"""The table of numbers: what adds up, what is a ratio, what a network has, and who has most of it."""

import pytest

import cnncalc
from cnncalc.analysis.diff import nothing
from cnncalc.counting.quantities import QUANTITIES, Scale
from cnncalc.counting.rows import Row
from cnncalc.dims import DimError, symbol
from cnncalc.reading.expressions.rational import split

CONV = {"type": "conv2d", "out_channels": 4, "kernel_size": 1}
HEAD = {"type": "linear", "name": "head", "out_features": 100, "from": "wide.flat", "train_only": True}
LAYERS = [
    {**CONV, "name": "first"}, {**CONV, "name": "second", "bias": False},
    {"name": "wide", "layers": [{**CONV, "name": "conv", "out_channels": 8}, "relu", {"type": "flatten", "name": "flat"}]},
    HEAD, {"type": "linear", "name": "last", "out_features": 3, "from": "wide.flat"},
]  # fmt: skip
SPEC = {"vars": {"H": 2}, "input": [4, "H", 2], "layers": LAYERS}


def most(name, count=3, **options):
    report = cnncalc.load(SPEC).summary(**options)
    return [(n, row.path) for n, row in QUANTITIES[name].most(report, report.scale, count)]


@pytest.mark.parametrize(("name", "count", "shares"), [
    ("params", 3, [(3300, "head"), (99, "last"), (40, "wide.conv")]), ("biases", 2, [(100, "head"), (8, "wide.conv")]),
    ("macs", 2, [(128, "wide.conv"), (96, "last")]), ("weights", 9, [(3200, "head"), (96, "last"), (32, "wide.conv"), (16, "first"), (16, "second")]),
    ("buffers", 3, []), ("arithmetic_intensity", 3, []), ("peak_activation_bytes", 3, []),
    ("activation_bytes", 4, [(128, "wide.conv"), (128, "wide.relu_1"), (128, "wide.flat"), (64, "first")]),
])  # fmt: skip
def test_the_rows_with_most(name, count, shares):
    assert most(name, count) == shares


def test_three_are_listed_and_symbols_are_not():
    report = cnncalc.load(SPEC).summary()
    assert len(QUANTITIES["weights"].most(report, report.scale)) == 3
    open_ = cnncalc.load({**SPEC, "layers": LAYERS[:2]}).summary(free="H")
    assert QUANTITIES["macs"].most(open_, open_.scale) == []
    assert [n for n, _ in QUANTITIES["weights"].most(open_, open_.scale)] == [16, 16]


def test_numbers_of_a_layer_a_group_and_the_network():
    report = cnncalc.load(SPEC).summary(batch=3, dtype="float16")
    assert report.scale == Scale(3, 2)
    assert Scale() == (1, 4)
    assert report.number("macs") == report.totals.macs == 64 + 64 + 128 + 96
    assert (report.number("macs", "wide"), report.number("params", "wide.conv")) == (128, 40)
    assert report.number("activation_bytes", "wide.conv") == 3 * 2 * 32
    assert report.number("bytes_moved", "wide.conv") == 2 * (3 * (16 + 32) + 40)
    flops = 2 * 128 + 32
    assert split(report.number("arithmetic_intensity", "wide.conv")) == (
        3 * flops // 16,
        2 * (3 * 48 + 40) // 16,
    )
    assert report.number("peak_activation_bytes", "wide.conv") is None
    assert report.number("peak_activation_bytes") == 3 * 2 * 64
    with pytest.raises(KeyError):
        report.number("speed")
    with pytest.raises(KeyError, match="did you mean 'wide'"):
        report.number("macs", "wided")
    shares = {name for name, quantity in QUANTITIES.items() if quantity.adds_up}
    assert set(QUANTITIES) - shares == {"peak_activation_bytes", "arithmetic_intensity"}


def test_a_ratio_of_symbols_is_one():
    report = cnncalc.load({**SPEC, "layers": LAYERS[:2]}).summary(free="H")
    top, bottom = split(report.number("arithmetic_intensity", "first"))
    assert top.subs({"H": 2}) * 4 * (16 + 16 + 20) == bottom.subs({"H": 2}) * (2 * 64 + 16)


def test_what_has_no_form_is_missing_only_where_it_may_be():
    def never(row, scale):
        raise DimError("no form")

    whole = cnncalc.load(SPEC).summary()["wide"]
    assert QUANTITIES["bytes_moved"]._replace(of=never).total(None, whole, Scale()) is None
    with pytest.raises(DimError, match="no form"):
        QUANTITIES["macs"]._replace(of=never).total(None, whole, Scale())
    assert (
        QUANTITIES["peak_activation_bytes"]
        ._replace(largest=lambda graph: [3, symbol("H")])
        .total(None, whole, Scale())
        is None
    )


def test_a_network_of_no_layers_has_nothing_and_no_ratio():
    """``diff --missing-ok`` compares with one."""
    totals = nothing().totals

    assert (totals.params, totals.peak_activation_bytes, totals.bytes_moved) == (0, 0, 0)
    assert totals.arithmetic_intensity is None


def test_a_row_has_nothing_that_it_is_not_given():
    assert Row("a", "relu", (), (3,)) == ("a", "relu", (), (3,), *[0] * 8, None, None, False, False, None)
