"""A merge that fails says what would mend it: the sizes that work, or the projection."""

import re

import pytest

import cnncalc
from cnncalc.errors import SpecError

SKIP = {"type": "relu", "name": "skip"}
HALF = {"type": "maxpool2d", "kernel_size": 2}
TWICE = {"type": "upsample", "scale_factor": 2}
LADDER = [SKIP, *[HALF] * 3, *[TWICE] * 3, {"type": "concat", "from": ["prev", "skip"]}]


def problems(shape, layers, set=None, **keys):
    with pytest.raises(SpecError) as caught:
        cnncalc.load({"input": shape, "layers": layers, **keys}).summary(set=set)
    return caught.value.problems


def advice(*arguments, **keys):
    (found,) = problems(*arguments, **keys)
    return found.help


def test_sizes_of_variables():
    assert (
        advice([3, "H", "W"], LADDER, vars={"H": 224, "W": 225})
        == "it fits where W >= 8 and W % 8 == 0 (nearest to 225: 224 and 232)"
    )
    assert advice([3, "H", "W"], LADDER, vars={"H": 9, "W": 225}) == (
        "it fits where H >= 8 and H % 8 == 0 (nearest to 9: 8 and 16), and W >= 8 and W % 8 == 0 (nearest to 225: 224 and 232)")  # fmt: skip
    assert "nearest to 30: 24 and 32" in advice([3, "H", "W"], LADDER, {"H": 30}, vars={"H": 224, "W": 224})


def test_numbers_of_the_input():
    assert (
        advice([3, 225, 64], LADDER)
        == "it fits where height >= 8 and height % 8 == 0 (nearest to 225: 224 and 232)"
    )
    signal = [
        SKIP,
        {"type": "maxpool1d", "kernel_size": 4},
        {"type": "upsample", "scale_factor": 4},
        {"type": "add", "from": ["prev", "skip"]},
    ]
    assert "length % 4 == 0 (nearest to 1001: 1000 and 1004)" in advice([1, 1001], signal)


def test_sizes_in_their_domain():
    vars = {"H": {"default": 100, "from": 20, "to": 110, "step": 10}}
    assert (
        advice([3, "H", 64], LADDER, vars=vars)
        == "it fits where 40 <= H <= 80 and H % 40 == 0 (nearest to 100: 80)"
    )


def test_other_layers_that_ask_for_sizes():
    assert "S % 16 == 0 (nearest to 225: 224 and 240)" in advice(
        [3, "S", "S"], [{"type": "pixel_unshuffle", "downscale_factor": 16}], vars={"S": 225})  # fmt: skip


def test_an_input_that_is_too_small():
    deep = [
        {"type": "conv2d", "out_channels": 4, "kernel_size": 5},
        HALF,
        {"type": "conv2d", "out_channels": 4, "kernel_size": 5},
    ]
    assert advice([3, "H", "W"], deep, vars={"H": 6, "W": 32}) == (
        "use padding of at least 2, a smaller kernel or a larger input: it fits where H >= 14 (nearest to 6: 14)")  # fmt: skip
    fixed = [
        {"type": "slice", "axis": 1, "start": 0, "stop": 3},
        {"type": "conv2d", "out_channels": 4, "kernel_size": 5},
    ]
    assert (
        advice([3, "H", "H"], fixed, vars={"H": 32})
        == "use padding of at least 1, a smaller kernel or a larger input"
    )


def test_what_is_advised_works():
    for size in (225, 17, 100, 31):
        text = advice([3, "S", "S"], LADDER, vars={"S": size})
        near = [int(n) for n in re.findall(r"\d+", text.partition(": ")[2])]
        assert len(near) == 2
        for n in near:
            cnncalc.load({"vars": {"S": n}, "input": [3, "S", "S"], "layers": LADDER}).summary()


RESIDUAL = "project the shortcut, 64×56×56, with a 1×1 conv2d to 128 channels with stride 2"


@pytest.mark.parametrize(
    ("shape", "branch", "help"),
    [
        ([64, 56, 56], {"type": "conv2d", "out_channels": 128, "kernel_size": 3, "stride": 2, "padding": 1}, RESIDUAL),
        ([64, 57, 57], {"type": "conv2d", "out_channels": 64, "kernel_size": 3, "stride": 2, "padding": 1},
         "project the shortcut, 64×57×57, with a 1×1 conv2d to 64 channels with stride 2"),
        ([8, 40, 60], {"type": "conv2d", "out_channels": 8, "kernel_size": 3, "stride": [2, 3], "padding": 1},
         "project the shortcut, 8×40×60, with a 1×1 conv2d to 8 channels with stride [2, 3]"),
        ([8, 64], {"type": "conv1d", "out_channels": 16, "kernel_size": 4, "stride": 4},
         "project the shortcut, 8×64, with a 1 conv1d to 16 channels with stride 4"),
        ([64, 56, 56], {"type": "conv2d", "out_channels": 256, "kernel_size": 1}, "project the shortcut with a 1×1 conv2d to 256 channels"),
        ([64, 56, 56], {"type": "conv2d", "out_channels": 64, "kernel_size": 3},
         "bring the branches to the same size with equal strides and paddings, or crop or upsample one of them"),
    ],
)  # fmt: skip
def test_projections(shape, branch, help):
    assert advice(shape, [{"type": "add", "branches": [[], [branch]]}]) == help


def test_no_size_is_advised_where_none_helps():
    never = [SKIP, HALF, {"type": "concat", "from": ["prev", "skip"]}]
    assert "bring the branches to the same size" in advice([3, "H", "H"], never, vars={"H": 32})
    two = problems(
        [3, "H", "H"],
        [*LADDER, *LADDER[1:], {"type": "conv2d", "out_channels": 2, "kernel_size": 3, "in_channels": 5}],
        vars={"H": 33},
    )
    assert [p.code for p in two] == ["C301"]


def test_only_what_was_tried_is_said_where_there_may_be_more_to_it():
    depends = [*LADDER, {"type": "relu", "when": "height > 100"}]  # the structure depends on the size
    assert advice([3, "H", "H"], depends, vars={"H": 33}) == "it fits with H = 32, or with H = 40"
    turned = [
        *LADDER,
        {"type": "permute", "dims": [0, 2, 1], "name": "turned"},
        {"type": "add", "from": ["turned", "concat_1"]},
    ]
    assert (
        advice([3, "H", "W"], turned, vars={"H": 33, "W": 33})
        == "it fits with H = 32 and W = 32, or with H = 40 and W = 40"
    )
    assert "bring the branches to the same size" in advice([3, "H", "W"], turned, vars={"H": 33, "W": 48})


def test_advice_is_made_when_it_is_read(monkeypatch):
    from cnncalc.reading.unrolling import graphs

    asked = []
    monkeypatch.setattr(
        graphs, "_advised", lambda spec, given, variables, found: asked.append(given) or found
    )
    with pytest.raises(SpecError) as caught:
        cnncalc.load({"input": [3, 9, 9], "layers": LADDER}).summary()
    assert asked == []
    str(caught.value)
    assert len(caught.value.problems) == 1
    assert len(asked) == 1
