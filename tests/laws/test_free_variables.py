"""Random networks whose fields are expressions in free variables, against a fresh run at each of many settings.

Integers, decimals of a grid and multiples are free at once; fields may become zero or negative, bounds of slices may
turn round. What the closed forms say must be what every single setting gives, and its conditions when it is refused.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import cnncalc
from cnncalc.dims import DimError, substitute
from cnncalc.errors import SpecError
from tests.examples import examples

VARIABLES = {
    "k": 4,
    "w": {"default": 1.0, "from": 0.25, "to": 2, "step": 0.25},
    "H": {"default": 16, "multiple_of": 8},
}
EXPRESSIONS = [
    "k", "k - 1", "k - 3", "5 - k", "k//2", "k % 3", "2*k - 5", "abs(k - 4)", "8 - k//2", "(k - 1)//2", "max(k - 2, 1)", "min(k, 4)",
    "max(1, floor(4*w))", "make_divisible(16*w, 4)", "ceil(3*w)", "round(5*w)", "floor(k*w)", "min(k, floor(6*w))",
]  # fmt: skip
TOTALS = ("params", "macs", "flops", "activation_bytes", "buffers")

value = st.one_of(st.sampled_from(EXPRESSIONS), st.integers(1, 4))
small = st.sampled_from([0, 0, 1]) | st.sampled_from(EXPRESSIONS)


def item(kind, **fields):
    return st.fixed_dictionaries(
        {"type": st.just(kind)} | {k: v if hasattr(v, "example") else st.just(v) for k, v in fields.items()}
    )


def one(*values):
    return st.sampled_from(values)


def pairs(side):
    return st.lists(st.tuples(side, side).map(list), min_size=2, max_size=2)


def both(side):
    return st.tuples(side, side).map(list)


def branches(kind):
    conv = item("conv2d", out_channels=value, kernel_size=1)
    return conv.map(lambda c: {"type": kind, "branches": [[c], []]})


LAYERS = st.one_of(
    item("conv2d", out_channels=value, kernel_size=value, stride=one(1, 2, 3), dilation=one(1, 1, 2) | value,
         padding=one("same", "half", "valid") | small | pairs(small), groups=one(1, 1, 1, 2)),
    item("maxpool2d", kernel_size=one(2, 3) | value, stride=one(1, 2), padding=small, ceil_mode=st.booleans()),
    item("avgpool2d", kernel_size=one(2, 3) | value, stride=one(1, 2), padding=small, ceil_mode=st.booleans()),
    item("conv_transpose2d", out_channels=value, kernel_size=value, stride=one(1, 2, 3), padding=small, output_padding=small),
    item("depthwise_conv2d", kernel_size=value, multiplier=value),
    item("separable_conv2d", kernel_size=one(3) | value, out_channels=value),
    item("pad", padding=small | both(small), mode=one("constant", "reflect", "replicate")),
    item("slice", axis=one(0, 1, 2), start=one(0, 1, -2) | value, stop=one(None, -1, 5) | value, step=one(1, 2)),
    item("upsample", size=both(value)),
    item("upsample", scale_factor=one(2, 1.5)),
    item("reshape", shape=one([-1], [2, -1, "k"], ["k", "height", "width"], ["floor(4*w)", -1, 2])),
    item("adaptive_avgpool2d", output_size=one(1, ["k", None], ["k - 2", 2])),
    item("linear", out_features=value),
    item("groupnorm", num_groups=value),
    item("crop", size=both(value)),
    item("channel_shuffle", groups=one(1, 2)),
    item("pixel_unshuffle", downscale_factor=one(2, 3)),
    item("pixel_shuffle", upscale_factor=one(1, 2)),
    item("permute", dims=one([0, 2, 1], [1, 2, 0])),
    item("opaque", output=st.tuples(value, value, value).map(list), params=value, macs=value),
    item("global_avgpool"), item("flatten"), item("scale"), branches("add"), branches("concat"),
)  # fmt: skip
SPECS = st.builds(
    lambda c, h, w, layers: {"vars": VARIABLES, "input": [c, h, w], "layers": layers},
    one(4, "k", "floor(4*w)"), one("H", "H + 1", 9), one(12, "H", 9), st.lists(LAYERS, min_size=1, max_size=3),
)  # fmt: skip
SETTINGS = st.lists(
    st.builds(lambda k, w, h: {"k": k, "w": w / 4, "H": 8 * h}, st.integers(1, 20), st.integers(1, 8), st.integers(1, 9)),
    min_size=12, max_size=12,
)  # fmt: skip


def agrees(spec, chosen):
    try:
        net = cnncalc.load(spec)
    except SpecError:
        return
    report, refused = None, False
    try:
        report = net.summary(free=[*VARIABLES])
    except SpecError as error:
        refused = any(problem.code == "C306" for problem in error.problems)
    except DimError:
        refused = True
    for setting in chosen if not refused else ():
        try:
            fresh = net.summary(set=setting)
        except SpecError:
            fresh = None
        if report is None:
            assert fresh is None, setting
            continue
        grids = report.graph.free
        at = {grids[name].symbol_name(name): grids[name].position(v) for name, v in setting.items()}
        assert all(d.condition.holds(at) for d in report.graph.demands) is (fresh is not None), setting
        assert all(c.holds(at) for c in report.conditions) is (fresh is not None), setting
        if fresh is not None:
            assert tuple(substitute(size, at) for size in report.output) == fresh.output, setting
            for key in TOTALS:
                assert substitute(getattr(report.totals, key), at) == getattr(fresh.totals, key), (
                    key,
                    setting,
                )


@examples(50)
@given(SPECS, SETTINGS)
def test_closed_forms_are_what_every_setting_gives(spec, chosen):
    agrees(spec, chosen)


@pytest.mark.slow
@examples(3000)
@given(SPECS, SETTINGS)
def test_closed_forms_are_what_every_setting_gives_at_length(spec, chosen):
    agrees(spec, chosen)
