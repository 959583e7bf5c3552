"""Typed variables: what they may be, and that closed forms over grids are what every single value gives."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import cnncalc
from cnncalc.__main__ import main
from cnncalc.analysis.solve import solve
from cnncalc.dims import DimError, substitute
from cnncalc.domain import Grid, grid_of
from cnncalc.errors import SpecError, UsageError
from tests.examples import examples

CONV = {"type": "conv2d", "out_channels": 4, "kernel_size": 3}


def network(variables, layers=(CONV,), shape=(3, 8, 8)):
    return cnncalc.load({"vars": variables, "input": list(shape), "layers": list(layers)})


def totals_at(report, **values):
    """A report's totals with values put in the place of its free variables."""
    free = report.graph.free
    at = {free[name].symbol_name(name): free[name].position(value) for name, value in values.items()}
    return tuple(
        substitute(getattr(report.totals, key), at) for key in ("params", "macs", "flops", "buffers")
    )


def fresh(net, **values):
    totals = net.summary(set=values).totals
    return totals.params, totals.macs, totals.flops, totals.buffers


# ------------------------------------------------------------------------------ published numbers


def test_published_width_multipliers_of_mobilenet_v2():
    """torchvision and Keras: 1.4 has 6,108,776 parameters, 0.75 has 2,636,424; both were missed once."""
    net = cnncalc.load("mobilenet_v2")
    report = net.summary(over={"w": [0.35, 0.5, 0.75, 1.0, 1.4]})
    for width, params in {0.35: 1677128, 0.5: 1968680, 0.75: 2636424, 1.0: 3504872, 1.4: 6108776}.items():
        assert totals_at(report, w=width)[0] == fresh(net, w=width)[0] == params
    found = solve(net, "w", where="params <= 3M")
    assert 0.75 in found.sets["w"]
    assert 1.0 not in found.sets["w"]
    assert 1.03 not in found.sets["w"]


@pytest.mark.parametrize(("name", "over"), [
    ("mobilenet_v1", {"w": "0.25:2:0.05"}), ("mobilenet_v2", {"w": "0.3:1.4:0.1"}), ("mobilenet_v1", {"w": [0.25, 0.33 * 0 + 0.3, 1]}),
])  # fmt: skip
def test_closed_forms_over_a_grid_are_what_every_value_gives(name, over):
    net = cnncalc.load(name)
    report = net.summary(over=over)
    grid = report.graph.free["w"]
    for point in grid.points:
        value = grid.value(point)
        assert totals_at(report, w=value) == fresh(net, w=value)


def test_a_structure_that_depends_on_the_variable_is_refused_with_two_values():
    net = cnncalc.load("mobilenet_v2")
    with pytest.raises(SpecError, match=r"it holds at w = 0\.25, not at w = 0\.3"):
        net.summary(free=["w"])
    found = solve(net, "w", where="macs >= 1G")
    assert found.tried == 36
    assert found.sets["w"].text("w") == "1.85 <= w <= 2 in steps of 0.05"
    for value in (1.8, 1.85):
        assert (fresh(net, w=value)[1] >= 10**9) is (value in found.sets["w"])


# ------------------------------------------------------------------------------------ the answers


@pytest.mark.parametrize(("variables", "free", "where", "text"), [
    ({"w": {"default": 1.0, "from": 0.25, "to": 2, "step": 0.25}}, "w", "params <= 600", "0.25 <= w <= 1.25 in steps of 0.25"),
    ({"w": {"default": 1.0, "values": [0.35, 0.5, 1, 1.4]}}, "w", "params <= 300", "w in {0.35, 0.5}"),
    ({"w": {"default": 1.0, "values": [0.35, 0.5, 1, 1.4]}}, "w", "w >= 1.4", "w == 1.4"),
    ({"w": {"default": 1.0, "step": 0.5}}, "w", "w >= 2 and w <= 4", "2 <= w <= 4 in steps of 0.5"),
    ({"w": {"default": 1.0, "step": 0.5}}, "w", "w >= 2", "w >= 2 in steps of 0.5"),
    ({"w": {"default": 3, "from": 3}}, "w", "w != 9 or w > 0", None),
    ({"w": {"default": 32, "multiple_of": 32}}, "w", "w >= 100", "w >= 128 and w % 32 == 0"),
    ({"w": {"default": 16, "from": 16, "to": 176, "step": 32}}, "w", "w >= 40", "48 <= w <= 176 and w % 32 == 16"),
    ({"w": {"default": 0}}, "w", "w <= 2", "1 <= w <= 2"),
])  # fmt: skip
def test_solving_over_a_domain(variables, free, where, text):
    conv = {"type": "conv2d", "out_channels": "floor(16*w)", "kernel_size": 3}
    if text is None:
        with pytest.raises(UsageError):
            solve(network(variables, [conv]), free, where=where)
        return
    assert solve(network(variables, [conv]), free, where=where).sets["w"].text("w") == text


def test_zero_is_among_the_values_of_a_variable_that_is_zero_by_default():
    net = network({"p": 0}, [{**CONV, "padding": "p"}])
    assert solve(net, "p", where="output == [4, 6, 6]").sets["p"].text("p") == "p == 0"
    assert 0 in solve(net, "p").sets["p"]
    assert "integers from 0" in str(net.summary(free="p"))


def test_the_nearest_decimals():
    found = solve(cnncalc.load("mobilenet_v1"), "w", where="params <= 3M").sets["w"]
    assert found.nearest(1, step=-1) == 0.8
    assert found.nearest(0.26, step=1) == 0.3
    assert found.least() == 0.25


def test_multiples_simplify():
    net = network(
        {"H": {"default": 64, "multiple_of": 32}}, [{"type": "maxpool2d", "kernel_size": 32}], (3, "H", 32)
    )
    report = net.summary(free="H")
    assert str(report.output) == "(3, H//32, 1)"
    halved = network(
        {"H": {"default": 64, "multiple_of": 32}}, [{"type": "maxpool2d", "kernel_size": 2}], (3, "H", 32)
    )
    assert str(halved.summary(free="H").output) == "(3, H//2, 16)"
    assert report.validity == "Valid for every H (positive multiples of 32)"
    assert str(report.inputs["input"]) == "(3, H, 32)"
    with pytest.raises(UsageError, match="must be among positive multiples of 32, got 48"):
        net.summary(set={"H": 48})


GRIDS = st.one_of(
    st.tuples(st.just(1), st.integers(0, 9), st.integers(20, 60), st.integers(1, 7)).map(lambda g: Grid(*g)),
    st.tuples(st.sampled_from([2, 4, 5, 20]), st.integers(1, 9), st.integers(20, 60), st.integers(1, 7)).map(
        lambda g: Grid(*g)
    ),
    st.lists(st.sampled_from([0.1, 0.25, 0.35, 0.5, 1, 1.4, 2, 3]), min_size=1, max_size=5).map(grid_of),
)


@pytest.mark.parametrize(("field", "text"), [
    ({"kernel_size": "k - 3"}, "4 <= k <= 11"), ({"padding": "k - 7"}, "k >= 7"), ({"out_channels": "k - 5"}, "k >= 6"),
    ({"dilation": "k - 1"}, "2 <= k <= 4"), ({"padding": "2 - k"}, "1 <= k <= 2"),
    ({"groups": 1, "out_channels": "3*k - 9"}, "k >= 4"),
])  # fmt: skip
def test_the_least_values_of_fields_are_conditions(field, text):
    """'Valid for every k' was said of ``kernel_size: k - 3``, which is 0 at 3."""
    net = network({"k": 8}, [CONV | field])
    assert solve(net, "k").sets["k"].text("k") == text
    for k in range(1, 20):
        try:
            net.summary(set={"k": k})
        except SpecError:
            assert k not in solve(net, "k").sets["k"]
        else:
            assert k in solve(net, "k").sets["k"]


@pytest.mark.parametrize(
    "field", [{"out_channels": "-k"}, {"kernel_size": "-k"}, {"padding": "-k"}, {"out_channels": "1 - k"}]
)
def test_a_field_that_can_never_be_right_is_refused(field):
    with pytest.raises(SpecError, match="never"):
        network({"k": 8}, [CONV | field]).summary(free="k")


@examples(40)
@given(GRIDS, st.sampled_from(["floor(32*w)", "ceil(7*w)", "make_divisible(20*w, 8)", "max(1, round(9*w))", "round(10*w) + 1"]),
       st.sampled_from(["w >= 1", "params <= 900", "macs % 2 == 0", "conv2d_1.output[0] <= 12"]))  # fmt: skip
def test_every_value_of_a_grid_gives_what_the_closed_form_says(grid, channels, where):
    layers = [{"type": "conv2d", "out_channels": channels, "kernel_size": 3, "norm": "batch"}, CONV]
    net = network({"w": {"default": 1, "type": "number"}}, layers)
    over = {"w": [grid.value(point) for point in grid.points]}
    valid = {}
    for value in over["w"]:
        try:
            valid[value] = net.summary(set={"w": value})
        except SpecError:
            valid[value] = None
    try:
        report = net.summary(over=over)
    except SpecError:
        assert not any(valid.values())
        return
    for value, expected in valid.items():
        point = report.graph.free["w"].position(value)
        name = report.graph.free["w"].symbol_name("w")
        assert all(c.holds({name: point}) for c in report.conditions) is (expected is not None)
        if expected is not None:
            assert totals_at(report, w=value) == fresh(net, w=value)
    try:
        found = solve(net, where=where, over=over).sets["w"]
    except SpecError:
        found = ()
    for value, expected in valid.items():
        holds = False
        if expected is not None:
            env = {
                "w": value,
                "params": expected.totals.params,
                "macs": expected.totals.macs,
                "channels": expected["conv2d_1"].output[0],
            }
            holds = eval(where.replace("conv2d_1.output[0]", "channels"), env)
        assert (value in found) is holds, value


# ------------------------------------------------------------------------------------ compilation


def test_compiled_functions_take_decimals_and_refuse_what_is_not_on_the_grid():
    net = cnncalc.load("mobilenet_v1")
    params = net.compile("params", free=["w"])
    assert params(0.75) == 2585560
    assert list(params(np.array([0.25, 0.5, 1.0]))) == [470072, 1331592, 4231976]
    assert params(2) == 14742120
    for wrong in (0.33, 3, float("nan"), np.array([0.25, 0.26]), -1):
        with pytest.raises(ValueError, match=r"w: .* is not among 0\.25 to 2 in steps of 0\.05"):
            params(wrong)
    sizes = net.compile("macs", free=["H"])
    with pytest.raises(ValueError, match="H: 0 is not among positive integers"):
        sizes(0)
    with pytest.raises(ValueError, match="is not among positive integers"):
        sizes(np.array([3, -1]))
    assert net.compile("params", over={"w": [0.5, 1]})(0.5) == 1331592


# ------------------------------------------------------------------------------- kinds and domains


@pytest.mark.parametrize(("variables", "given", "message"), [
    ({"w": 1}, {"w": 1.4}, "'w' needs an integer, got 1.4; it is an integer by its default: write 'vars: {w: 1.0}'"),
    ({"w": 1}, {"w": "wide"}, "'w' needs an integer, got 'wide'"),
    ({"w": 1}, {"w": True}, "'w' needs an integer, got true"),
    ({"w": 1.0}, {"w": "wide"}, "'w' needs a number, got 'wide'"),
    ({"w": True}, {"w": 1}, "'w' needs true or false, got 1"),
    ({"w": "relu"}, {"w": 1}, "'w' needs a word, got 1"),
    ({"w": [1, 2]}, {"w": 1}, "'w' needs a list, got 1"),
    ({"w": {"default": "relu", "values": ["relu", "silu"]}}, {"w": "gelu"}, "'w' must be one of 'relu', 'silu', got 'gelu'"),
    ({"w": {"default": 1.0, "from": 0.5}}, {"w": 0.25}, "'w' must be at least 0.5, got 0.25"),
    ({"w": {"default": 1.0, "to": 1.5}}, {"w": 2}, "'w' must be at most 1.5, got 2"),
    ({"w": {"default": 8, "from": 8, "to": 64, "multiple_of": 8}}, {"w": 12}, "'w' must be among 8 to 64 in steps of 8, got 12"),
    ({"w": {"default": 3, "to": 5}}, {"w": 6}, "'w' must be among integers from 1 to 5, got 6"),
])  # fmt: skip
def test_a_value_of_another_kind_or_outside_the_domain_is_refused(variables, given, message):
    net = network(variables)
    for attempt in (
        lambda: net.summary(set=given),
        lambda: net.with_values(given),
        lambda: solve(net, "x", set=given),
    ):
        with pytest.raises(UsageError) as caught:
            attempt()
        assert message in str(caught.value) or "no variable 'x'" in str(caught.value)


def test_whole_numbers_are_decimals_too_and_variants_may_be_of_another_kind():
    net = cnncalc.load(
        {"vars": {"w": 1.0}, "input": [3, 8, 8], "layers": [{**CONV, "out_channels": "floor(8*w)"}]}
    )
    assert net.summary(set={"w": 2}).output == (16, 6, 6)
    with pytest.raises(UsageError, match="is a decimal variable"):
        net.summary(free="w")
    assert net.summary(over={"w": [1, 2, 3]}).output[0] == net.summary(over={"w": "1:3:1"}).output[0]


@pytest.mark.parametrize(("declaration", "message"), [
    ({}, "the variable needs 'default'"),
    ({"default": 1, "form": 3}, "the variable has no field 'form'"),
    ({"default": 1, "type": "intt"}, "'type' needs one of int, number, bool, str, list, got 'intt'"),
    ({"default": 1.0, "from": "x"}, "'x' is not defined"),
    ({"default": 1.0, "from": True}, "'from' needs a number, got true"),
    ({"default": 1.0, "from": 2, "to": 1}, "'to' is below 'from'"),
    ({"default": 1.0, "from": 0.25, "to": 2, "step": 0}, "'step' must be positive"),
    ({"default": 1.03, "from": 0.25, "to": 2, "step": 0.05}, "'w' must be among 0.25 to 2 in steps of 0.05, got 1.03"),
    ({"default": 8, "multiple_of": 3.5, "type": "int"}, "'multiple_of' needs an integer, as the variable is one, got 3.5"),
    ({"default": 8, "step": 2, "multiple_of": 2}, "'multiple_of' cannot be combined with 'step'"),
    ({"default": 8, "multiple_of": 32, "to": 16}, "'to' leaves no value"),
    ({"default": "relu", "from": 2}, "needs an integer, got 'relu'"),
    ({"default": True, "to": 2}, "'to' is for numbers, but the variable is true or false"),
    ({"default": 1, "values": []}, "'values' needs at least one value"),
    ({"default": 1, "values": [1, "two"]}, "the variable is an integer, and 'two' is not"),
    ({"default": 1, "values": [1], "from": 1}, "'from' cannot be combined with 'values'"),
    ({"default": {}, "from": 1}, "'default' needs a number, true or false, a word or a list, got a mapping"),
])  # fmt: skip
def test_a_wrong_declaration_is_a_problem_with_its_place(declaration, message):
    with pytest.raises(SpecError) as caught:
        network({"w": declaration})
    assert message in " ".join(p.message for p in caught.value.problems)
    assert all(p.place is not None for p in caught.value.problems)


def test_a_variant_and_a_case_stay_in_the_domain():
    spec = {"vars": {"w": {"default": 1.0, "from": 0.5, "to": 2, "step": 0.5}}, "input": [3, 8, 8], "layers": [CONV],
            "variants": {"small": {"vars": {"w": 0.3}}}, "cases": [{"set": {"w": 3}}]}  # fmt: skip
    import json

    from cnncalc.analysis.expect import check
    from cnncalc.network import build
    from cnncalc.reading.text.files import read_text

    with pytest.raises(SpecError, match=r"'w' must be among 0\.5 to 2 in steps of 0\.5, got 0\.3"):
        build(read_text(json.dumps(spec)), "small")
    net = cnncalc.load(spec)
    assert ["got 3" in p.message for p in check(net, net.summary())] == [True]


def test_multiples_are_proven_within_the_domain():
    from cnncalc.analysis.expect import check

    def problems(divisor, **declared):
        net = cnncalc.load({"vars": {"H": {"default": 64, **declared}}, "input": [3, "H", 64], "layers": [
            {"type": "maxpool2d", "kernel_size": 32, "name": "a"}, {"type": "upsample", "scale_factor": 32},
            {"type": "add", "from": ["input", "prev"]}], "expect": {"divisible_by": {"H": divisor}}})  # fmt: skip
        return [p.message for p in check(net, net.summary())]

    assert problems(32, multiple_of=32) == []
    assert problems(16, multiple_of=32) == []
    assert problems(16, **{"from": 1}) == ["not every multiple of 16 works: 16 does not"]
    assert problems(64, **{"from": 64, "to": 256}) == []


# ------------------------------------------------------------------------------- the command line


def run(capsys, *arguments):
    code = main([*arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_the_commands_say_what_variables_stand_for(capsys):
    code, out, _ = run(capsys, "table", "mobilenet_v1", "--free", "w", "--columns", "layer,params")
    assert code == 0
    assert "Valid for every w (0.25 to 2 in steps of 0.05)" in " ".join(out.split())
    code, out, _ = run(capsys, "explain", "mobilenet_v1", "linear_1", "--over", "w=0.5,1")
    assert (code, "w (0.5 to 1 in steps of 0.5)" in out) == (0, True)
    code, out, _ = run(capsys, "diff", "mobilenet_v1", "mobilenet_v1", "--over", "w=0.5,1")
    assert (code, "w (0.5 to 1 in steps of 0.5)" in out) == (0, True)
    code, _, err = run(capsys, "solve", "mobilenet_v1", "w", "--where", "params <= 3k")
    assert (code, "it is false for every w (0.25 to 2 in steps of 0.05)" in err) == (1, True)
    code, out, _ = run(
        capsys, "solve", "mobilenet_v1", "--over", "w=0.25:1:0.25", "--where", "params <= 3M", "--near", "0.8"
    )
    assert code == 0
    assert "0.25 <= w <= 0.75 in steps of 0.25" in out
    assert "nearest to 0.8: w == 0.75" in out


@pytest.mark.parametrize(("arguments", "message"), [
    (["table", "vgg16", "--set", "H=1.5"], "'H' needs an integer, got 1.5"),
    (["table", "vgg16_bn", "--free", "norm"], "'norm' is a word"),
    (["table", "vgg16_bn", "--free", "depths"], "'depths' is a list"),
    (["table", "vgg16", "--over", "H"], "'H' is not NAME=VALUES"),
    (["table", "vgg16", "--over", "H=a:b"], "needs numbers: from:to:step"),
    (["table", "mobilenet_v1", "--over", "w=0.1:0.2:0.05"], "'w' must be among 0.25 to 2 in steps of 0.05, got 0.1"),
    (["sweep", "vgg16", "--over", "H,W=1,2", "--over", "W=3"], "'W' is swept twice"),
    (["sweep", "vgg16", "--over", "H=1,2", "--over", "H=3"], "'--over H' is given twice"),
    (["sweep", "vgg16", "--over", "H=32,1.5"], "'H' needs an integer, got 1.5"),
])  # fmt: skip
def test_what_cannot_be_is_refused(capsys, arguments, message):
    code, _, err = run(capsys, *arguments)
    assert code == 2
    assert message in err


def test_a_side_that_stays_behind_is_told(capsys):
    _, out, err = run(capsys, "sweep", "vgg16", "--over", "H,W=64,128", "--format", "csv")
    assert err == ""
    assert [line.split(",")[:2] for line in out.split()] == [["H", "W"], ["64", "64"], ["128", "128"]]
    _, _, err = run(capsys, "sweep", "vgg16", "--over", "W=64,128")
    assert err.startswith("warning: W is swept while the other side of the input stays at H = 224")
    assert run(capsys, "sweep", "mobilenet_v1", "--over", "w=0.5,1")[2] == ""


def test_sides_that_move_together_in_python():
    from cnncalc.analysis.sweep import sweep

    rows = [row for chunk in sweep(cnncalc.load("vgg16"), {("H", "W"): [64, (64, 96)]}) for row in chunk]
    assert [row[:3] for row in rows] == [(64, 64, True), (64, 96, True)]
    with pytest.raises(UsageError, match="needs one value, or 2"):
        list(sweep(cnncalc.load("vgg16"), {("H", "W"): [(1, 2, 3)]}))


@pytest.mark.parametrize(("layer", "valid"), [
    ({"type": "conv_transpose2d", "out_channels": 2, "kernel_size": 3, "stride": 2, "output_padding": "abs(k - 4)"}, {3, 4, 5}),
    ({"type": "conv_transpose2d", "out_channels": 2, "kernel_size": 3, "dilation": 3, "output_padding": "k - 4"}, {4, 5, 6}),
    ({"type": "slice", "axis": 1, "stop": "5 - k"}, {1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12}),
    ({"type": "slice", "axis": 1, "start": "k - 3"}, {*range(1, 11)}),
    ({"type": "reshape", "shape": ["5 - k", "height", "width"]}, {2}),
])  # fmt: skip
def test_fields_that_change_their_meaning_with_the_variable(layer, valid):
    """A bound below 0 counts from the end, output_padding is below the stride or the dilation, -1 is written."""
    net = network({"k": 4}, [layer])
    report = net.summary(free="k")
    for k in range(1, 16):
        try:
            assert net.summary(set={"k": k}).output == tuple(
                substitute(size, {"k": k}) for size in report.output
            )
        except SpecError:
            assert k not in valid, k
        else:
            assert k in valid, k
        assert all(condition.holds({"k": k}) for condition in report.conditions) is (k in valid), k


def test_a_slice_that_begins_before_the_first_cell_sees_no_padding():
    net = network({}, [{"type": "slice", "axis": 1, "start": -20, "stop": 6}])
    assert net.summary()["slice_1"].receptive_field.padding == (0, 0)


def test_words_and_lists_are_swept(capsys, tmp_path):
    path = tmp_path / "net.yaml"
    path.write_text("vars: {act: {default: relu, values: [relu, silu]}, c: [4, 8]}\ninput: [3, 8, 8]\nlayers:\n"
                    "  - {type: conv2d, out_channels: 'c[0]', kernel_size: 3, act: act}\n")  # fmt: skip
    code, out, _ = run(
        capsys, "sweep", str(path), "--over", "act=relu,silu", "--over", "c=[4],[8]", "--format", "csv"
    )
    assert code == 0
    assert [line.split(",")[:3] for line in out.split()[1:]] == [
        ["relu", "[4]", "True"], ["relu", "[8]", "True"], ["silu", "[4]", "True"], ["silu", "[8]", "True"]]  # fmt: skip
    code, _, err = run(capsys, "sweep", str(path), "--over", "act=relu,gelu")
    assert (code, "'act' must be one of 'relu', 'silu', got 'gelu'" in err) == (2, True)
    code, _, err = run(capsys, "sweep", str(path), "--over", "act=[relu")
    assert (code, "--over act=" in err) == (2, True)


def test_an_unrolled_spec_declares_its_free_variables(capsys):
    from cnncalc.interchange.flat import unrolled

    for name, over in (("mobilenet_v1", {"w": "0.25:1:0.25"}), ("mobilenet_v2", {"w": [0.5, 0.75, 1.4]})):
        before = cnncalc.load(name).summary(over=over)
        after = cnncalc.load(unrolled(before.graph, {"w": 0.5})).summary(free="w")
        assert after.graph.free == before.graph.free
        assert after.totals == before.totals
    code, out, _ = run(capsys, "show", "mobilenet_v1", "--expanded", "--over", "w=0.25,0.5")
    assert (code, "w: {default: 0.25, from: 0.25, to: 0.5, step: 0.25}" in out) == (0, True)
    code, out, _ = run(capsys, "show", "mobilenet_v1", "--expanded", "--free", "w")
    assert (code, "w: {default: 1.0, from: 0.25, to: 2, step: 0.05}" in out) == (0, True)
    assert cnncalc.load(out).summary(set={"w": 0.5}).totals.params == 1331592


ODD = """
vars: {w: {default: 1.0, from: 0.05, to: 2, step: 0.05}, n: -3}
input: [3, 8, 8]
layers:
  - {type: conv2d, out_channels: "max(1, floor(20*w)) + abs(n)", kernel_size: 1, bias: false}
"""


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("values", [[np.nan, 1.0], [np.inf], [1e300], [-9.3e18], [1.0, 1.01]])
@pytest.mark.parametrize("dtype", [float, object, np.float32])
def test_a_compiled_function_refuses_numbers_off_the_grid(values, dtype):
    params = cnncalc.load(ODD).compile("params", free=["w"])
    with np.errstate(over="ignore"):
        odd = np.array(values).astype(dtype)
    with pytest.raises(ValueError, match="is not among"):
        params(odd)


@pytest.mark.parametrize(
    "values",
    [
        np.array([2**63, 2**64 - 3], np.uint64),
        np.array([-(2**63), 2**63 - 1]),
        np.array([10**30, -(10**30)], dtype=object),
    ],
)
def test_compiled_functions_wrap_around_for_no_array(values):
    found = cnncalc.load(ODD).compile("params", free=["n"])(values)
    assert found.tolist() == [3 * (20 + abs(n)) for n in values.tolist()]


def test_a_truth_is_no_number_for_a_compiled_function():
    with pytest.raises(TypeError, match="needs an integer"):
        cnncalc.load(ODD).compile("params", free=["n"])(True)


def test_a_number_past_printing_is_refused():
    with pytest.raises(cnncalc.UsageError, match=r"among .* thousands of digits"):
        cnncalc.load(ODD).summary(set={"w": 10**5000})


def test_a_range_of_too_many_values_is_refused_before_they_are_made():
    with pytest.raises(cnncalc.UsageError, match="at most 1,000,000 values"):
        cnncalc.load(ODD).summary(over={"w": "0:10000000"})


def test_many_uneven_values_are_refused_before_they_are_solved():
    with pytest.raises(UsageError, match=r"5,000 unevenly spaced values"):
        cnncalc.load(ODD).summary(over={"n": [i * i for i in range(5000)]})


def fractional(tmp_path):
    path = tmp_path / "net.yaml"
    path.write_text(
        "vars: {w: {default: 1.0, from: 0.01, to: 2.0, step: 0.01}, c: 8}\ninput: [3, 9, 9]\nlayers:\n"
        "  - {type: conv2d, out_channels: 64*w, kernel_size: 3}\n"
        "  - {type: conv2d, out_channels: c/4, kernel_size: 3}\n"
        "expect: {divisible_by: {c: 4}}\n"
    )
    return path


def test_a_fraction_is_whole_for_some_values(tmp_path, capsys):
    """``64*w`` is 16 at w = 0.25 and no size at 0.3: a sweep called both invalid."""
    path = fractional(tmp_path)
    net = cnncalc.load(path)
    found = solve(net, "w").sets["w"]
    assert found.text("w") == "w in {0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2}"
    assert solve(net, "c").sets["c"].text("c") == "c >= 4 and c % 4 == 0"
    _, out, _ = run(capsys, "sweep", str(path), "--over", "w=0.25,0.3", "--format", "csv")
    assert [line.split(",")[1] for line in out.split()[1:]] == ["True", "False"]
    code, _, err = run(capsys, "table", str(path))
    assert (code, err) == (0, "")


@pytest.mark.parametrize(("field", "value"), [
    ({"type": "dropout"}, "p"), ({"type": "drop_path"}, "p"), ({"type": "leaky_relu"}, "negative_slope"), ({"type": "elu"}, "alpha"),
    ({"type": "batchnorm2d"}, "momentum"), ({"type": "groupnorm", "num_groups": 1}, "eps"), ({"type": "pad", "padding": 1}, "value"),
    ({"type": "upsample"}, "scale_factor"), ({"type": "concat", "from": ["input", "input"]}, "axis"),
    ({"type": "pixel_shuffle"}, "upscale_factor"),
])  # fmt: skip
def test_a_field_that_decides_more_than_sizes_is_tried_value_by_value(capsys, field, value):
    """A decimal in ``p`` ended in an internal error, and a factor was refused at every value."""
    whole = value in ("axis", "upscale_factor")
    declared = (
        {"default": 1, "from": 1, "to": 2} if whole else {"default": 0.5, "from": 0.25, "to": 1, "step": 0.25}
    )
    net = network({"x": declared}, [field | {value: "x"}], (4, 8, 8))
    with pytest.raises(SpecError) as caught:
        net.summary(free="x")
    assert [p.code for p in caught.value.problems] == ["C306"]
    from cnncalc.analysis.sweep import sweep

    values = [1, 2] if whole else [0.5, 0.75]
    rows = [row for chunk in sweep(net, {"x": values}) for row in chunk]
    for row in rows:
        try:
            assert row[2] == net.summary(set={"x": row[0]}).totals.params
        except SpecError:
            assert not row[1]
    assert any(row[1] for row in rows)


def test_compiled_functions_refuse_sizes_that_are_not_valid():
    """A padded U-Net at 225 gave numbers, and SRCNN at 5 negative MACs."""
    macs = cnncalc.load("unet_padded").compile("macs", free=["H", "W"])
    assert macs(256, 256) == cnncalc.load("unet_padded").summary().totals.macs
    for wrong in ((225, 256), (np.array([256, 225]), 256), (256, np.array([[256], [8]]))):
        with pytest.raises(ValueError, match="is valid only where"):
            macs(*wrong)
    assert (
        cnncalc.load("mobilenet_v1").compile("params", free="w")(np.float32(0.35))
        == fresh(cnncalc.load("mobilenet_v1"), w=0.35)[0]
    )


def test_a_fine_grid_is_answered_or_refused_at_once():
    conv = {"type": "conv2d", "out_channels": "make_divisible(64*w, 8)", "kernel_size": 3}
    fine = network({"w": {"default": 1.1, "from": 0.1, "to": 22.1, "step": 0.001}}, [conv])
    assert solve(fine, "w", where="params <= 1k").sets["w"].text("w") == "0.1 <= w <= 0.555 in steps of 0.001"
    endless = network({"w": {"default": 1.1, "from": 0.1, "to": 1000, "step": 0.001}}, [conv])
    with pytest.raises(DimError, match="999,901 values, and at most 100,000 can be tried"):
        solve(endless, "w", where="params <= 1k")


def test_fractions_are_swept(tmp_path, capsys):
    spec = tmp_path / "spec.yaml"
    spec.write_text(ODD.replace("{default: 1.0, from: 0.05, to: 2, step: 0.05}", "1.0"))
    for form in ("simple", "csv", "json"):
        code, out, err = run(capsys, "sweep", str(spec), "--over", "w=1/3,2/3,1", "--format", form)
        assert (code, "0.333333" in out, err) == (0, True, "")
