"""Specs that try to explode: each ends in a problem with a place, not in a hang or a traceback."""

import pytest

import cnncalc
from cnncalc.errors import SpecError

CONV = {"type": "conv2d", "out_channels": 4, "kernel_size": 1}
TALL = {"vars": {"H": 64, "c": 2}, "input": ["c", "H", 8]}


@pytest.mark.parametrize(
    "layers",
    [
        [{**CONV, "stride": 2, "repeat": 20_001}],
        [{**CONV, "out_channels": "channels*1000", "repeat": 15_000}],
        [{**CONV, "out_channels": "channels*c", "repeat": 15_000}],
        [{"type": "concat", "from": ["prev", "prev"], "repeat": 15_000}],
        [{"repeat": 6_000, "layers": [{"type": "upsample", "scale_factor": 3}, {**CONV, "stride": 2}]}],
        [{"repeat": 6_000, "layers": [{"type": "conv_transpose2d", "out_channels": 4, "kernel_size": 2, "stride": 3},
                                      {"type": "maxpool2d", "kernel_size": 2}]}],
        [{"type": "upsample", "scale_factor": 1000, "repeat": 20_000}],
        [{"repeat": 20_000, "layers": [{"repeat": 20_000, "layers": []}]}],
        [{"type": "relu", "repeat": 10**18}],
    ],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("free", [(), ("H", "c")])
def test_explosions_end_in_problems(layers, free):
    with pytest.raises(SpecError) as caught:
        cnncalc.load({**TALL, "layers": layers}).summary(free=free)

    assert caught.value.problems[0].place is not None
    assert {p.code for p in caught.value.problems} <= {"C306", "C308", "C302", "C501", "C101", "C105"}


def test_thousands_of_conditions_are_solved_at_once():
    from cnncalc.analysis.solve import solve

    layers = [{"type": "conv2d", "out_channels": 2, "kernel_size": 3, "repeat": 5_000}]
    net = cnncalc.load({"vars": {"H": 10_001, "W": 10_001}, "input": [3, "H", "W"], "layers": layers})
    found = solve(net)
    assert found.sets["H"].text("H") == "H >= 10001"
    assert len(found.reasons) == 2


def test_blocks_that_double_are_counted_not_unrolled():
    blocks = {f"b{i}": {"layers": [f"b{i + 1}"] * 2} for i in range(60)} | {"b60": {"layers": ["relu"]}}
    with pytest.raises(SpecError, match="more than 20,000 layers"):
        cnncalc.load({"input": [3, 4, 4], "blocks": blocks, "layers": ["b0"]}).summary()


def test_a_million_mistakes_are_not_all_printed(capsys, tmp_path):
    from cnncalc.__main__ import main

    path = tmp_path / "x.yaml"
    path.write_text("input: [3, 4, 4]\nlayers:\n" + "  - {type: conv2d, kernal: 3}\n" * 15_000)
    assert main(["table", str(path)]) == 1
    error = capsys.readouterr().err
    assert "more problems" in error
    assert error.count("error[") == 50


def test_a_merge_of_very_many_tensors():
    names = ["input"] * 30_000
    found = cnncalc.load({"input": [3, 4, 4], "layers": [{"type": "concat", "from": names}]}).summary()
    assert found.rows[0].output == (90_000, 4, 4)
