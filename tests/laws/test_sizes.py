"""Random networks with a size left free: the set that `solve` gives, and the closed forms, against every size up to 40."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import cnncalc
from cnncalc.analysis.solve import solve
from cnncalc.dims import substitute
from cnncalc.errors import SpecError
from tests.examples import examples

SIZES = range(1, 41)
PADDING = st.sampled_from([0, 1, 2, "half", "same", "same_lower", [[0, 1], [0, 1]]])
STRIDE = st.sampled_from([1, 1, 2, 3])


def layer(kind, **fields):
    drawn = {
        k: v if isinstance(v, st.SearchStrategy) else st.just(v) for k, v in {"type": kind, **fields}.items()
    }
    return st.fixed_dictionaries(drawn)


LAYERS = st.one_of(
    layer("conv2d", out_channels=st.sampled_from([3, 4]), kernel_size=st.sampled_from([1, 2, 3, 5]), stride=STRIDE,
          padding=PADDING, dilation=st.sampled_from([1, 2])),
    layer("maxpool2d", kernel_size=st.sampled_from([2, 3]), stride=STRIDE, padding=st.sampled_from([0, 1, "same", [[1, 0], [1, 0]], [[0, 1], [0, 1]]]),
          ceil_mode=st.booleans()),
    layer("conv_transpose2d", out_channels=3, kernel_size=st.sampled_from([2, 3]), stride=st.sampled_from([1, 2])),
    layer("upsample", scale_factor=st.sampled_from([2, 1.5, 0.5])),
    layer("upsample", size=st.sampled_from([[4, 8], [8, 8]])),
    layer("adaptive_avgpool2d", output_size=st.sampled_from([1, 7, [1, None], [3, 5]])),
    layer("pixel_shuffle", upscale_factor=2),
    layer("pixel_unshuffle", downscale_factor=2),
    layer("pad", padding=st.sampled_from([1, 2]), mode=st.sampled_from(["constant", "reflect"])),
    layer("crop", size=st.sampled_from([[2, 2], [5, 5]])),
    layer("slice", axis=1, start=st.sampled_from([0, 1, -2]), stop=st.sampled_from([3, 5])),
    layer("relu"),
)  # fmt: skip


def merges(layers):
    branches = st.lists(st.lists(layers, max_size=3), min_size=2, max_size=2)
    return layer(st.sampled_from(["add", "multiply", "concat"]), branches=branches)


NETWORKS = st.fixed_dictionaries({
    "vars": st.just({"H": 16}),
    "input": st.sampled_from([["3", "H", "H"], ["3", "H", 8], ["3", 8, "H"], ["H", 8, 8], ["3", "H", "2*H + 1"]]),
    "layers": st.lists(st.recursive(LAYERS, merges, max_leaves=6), min_size=1, max_size=4),
})  # fmt: skip


def at(net, size):
    try:
        return net.summary(set={"H": size})
    except SpecError:
        return None


def compare(spec):
    """Hold the answer in symbols against a fresh run at every size."""
    net = cnncalc.load(spec)
    try:
        found = solve(net, ["H"])
    except SpecError:
        assert [size for size in SIZES if at(net, size) is not None] == []
        return
    valid = found.sets["H"]
    for size in SIZES:
        report = at(net, size)
        assert (size in valid) == (report is not None), f"{size}: {valid.text('H')}"
        for formal, actual in zip(found.report, report or (), strict=False):
            for number in ("params", "macs", "flops"):
                assert substitute(getattr(formal, number), {"H": size}) == getattr(actual, number)
            assert tuple(substitute(n, {"H": size}) for n in formal.output) == actual.output


@examples(80)
@given(NETWORKS)
def test_every_size_is_as_the_closed_form_says(spec):
    compare(spec)


def test_conditions_have_no_more_alternatives_than_can_come_true():
    """Of (H + 1)//2 and H//2 only the second can be 1 where the other is more."""
    pooled = {"type": "maxpool2d", "kernel_size": 2}
    report = cnncalc.load(branches("add", [HALVED], [pooled])).summary(free="H")
    demanded = [str(demand.condition) for demand in report.graph.demands]
    assert "(H + 1)//2 == H//2 or H//2 == 1" in demanded
    assert list(map(str, report.conditions)) == ["2 <= H <= 3 or H >= 4 and H % 2 == 0"]
    assert str(report.rows[-1].output) == "(3, (H + 1)//2, (H + 1)//2)"


def branches(kind, *lists):
    return {"vars": {"H": 16}, "input": [3, "H", "H"], "layers": [{"type": kind, "branches": list(lists)}]}


HALVED = {"type": "conv2d", "out_channels": 3, "kernel_size": 3, "stride": 2, "padding": 1}
DOUBLED = {"type": "upsample", "scale_factor": 2}


@pytest.mark.parametrize(
    ("spec", "text"),
    [  # elementwise merges broadcast a side of 1, whether it was meant or not
        (branches("add", [], [HALVED, DOUBLED]), "H == 1 or H >= 2 and H % 2 == 0"),
        (branches("add", [], [{"type": "conv2d", "out_channels": 3, "kernel_size": 3}]), "H == 3"),
        (branches("add", [], [{"type": "upsample", "size": [8, 8]}]), "H == 1 or H == 8"),
        (branches("multiply", [HALVED], [HALVED, HALVED, DOUBLED]), "1 <= H <= 2 or H >= 3 and H % 4 in {0, 3}"),
        (branches("concat", [], [HALVED, DOUBLED]), "H >= 2 and H % 2 == 0"),
        (branches("add", [], [{"type": "crop", "size": [5, 5]}, DOUBLED]), "H == 10"),
    ],
)  # fmt: skip
def test_merges(spec, text):
    compare(spec)
    assert "max" not in str(cnncalc.load(spec).summary(free="H").rows[-1].output)
    assert solve(cnncalc.load(spec), ["H"]).sets["H"].text("H") == text
