"""The library, and what the spec format means: names, scopes, repetition, sharing, several inputs."""

import itertools
import json
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import cnncalc
from cnncalc.errors import SpecError
from cnncalc.graph import Node
from cnncalc.report.plot import bars
from tests.examples import examples
from tests.strategies import items

CONV = {"type": "conv2d", "out_channels": 8, "kernel_size": 3, "padding": 1}


def report(layers, **rest):
    return cnncalc.load({"input": [3, 32, 32], "layers": layers, **rest}).summary()


def paths(found):
    return [row.path for row in found]


def test_the_contracts_library():
    net = cnncalc.load("vgg16")
    found = net.summary()
    assert found.totals.params == 138357544
    assert found["classifier.fc6"].output == (4096,)
    symbolic = net.summary(free=["H", "W"])["features"].output
    assert str(symbolic) == "(512, H//32, W//32)"
    with pytest.raises(KeyError, match=r"did you mean 'classifier\.fc6'"):
        found["classifer.fc6"]


def test_text_dict_and_file_are_one(tmp_path):
    data = {"name": "n", "input": [3, 8, 8], "layers": [CONV, "relu"]}
    path = tmp_path / "n.json"
    path.write_text(json.dumps(data))
    sources = [data, json.dumps(data), yaml.safe_dump(data), path, str(path)]
    rows = [[(r.path, r.type, r.output, r.params) for r in cnncalc.load(s).summary()] for s in sources]
    assert all(r == rows[0] for r in rows)


def test_paths_are_dotted_numbered_and_stable():
    found = report([
        {"name": "stem", "layers": [CONV, {**CONV, "norm": "batch", "act": "relu"}]},
        {**CONV, "repeat": 2},
        {"type": "maxpool2d", "kernel_size": 2},
        {"repeat": 2, "name": "body", "layers": [CONV]},
        "relu",
    ])  # fmt: skip
    assert paths(found) == [
        "stem.conv2d_1", "stem.conv2d_2", "stem.conv2d_2.norm", "stem.conv2d_2.act", "conv2d_1.0", "conv2d_1.1",
        "maxpool2d_1", "body.0.conv2d_1", "body.1.conv2d_1", "relu_1",
    ]  # fmt: skip
    assert found["stem"].params == found["stem.conv2d_1"].params + 8 * 8 * 9 + 16
    assert found["body.1"].output == (8, 16, 16)


def test_bias_is_left_out_before_a_norm_unless_said():
    assert report([{**CONV, "norm": "batch"}]).rows[0].biases == 0
    assert report([{**CONV, "norm": "batch", "bias": True}]).rows[0].biases == 8
    assert report([CONV]).rows[0].biases == 8
    assert report([CONV], defaults={"conv2d": {"norm": "batch"}}).rows[0].biases == 0
    assert report([{**CONV, "norm": "none"}], defaults={"conv2d": {"norm": "batch"}}).rows[0].biases == 8


def test_a_scale_is_a_norm():
    plain, shifted = (report([{**CONV, "norm": norm}]) for norm in ("scale", {"type": "scale", "bias": True}))
    assert [(row.type, row.weights, row.biases) for row in plain] == [("conv2d", 216, 0), ("scale", 8, 0)]
    assert plain.rows[1].path == "conv2d_1.norm"
    assert shifted.rows[1].biases == 8


def test_norms_take_the_rank_of_their_tensor():
    assert report([{**CONV, "norm": "batch"}]).rows[1].type == "batchnorm2d"
    assert (
        report(["flatten", {"type": "linear", "out_features": 4, "norm": "batch"}]).rows[2].type
        == "batchnorm1d"
    )
    norm = {"type": "batch", "momentum": 0.01, "affine": False}
    row = report([{**CONV, "norm": norm}]).rows[1]
    assert (row.type, row.params) == ("batchnorm2d", 0)
    assert report([{**CONV, "norm": {"type": "group", "num_groups": 4}}]).rows[1].type == "groupnorm"


BOTTLENECK = {
    "params": {"c": "int", "s": 1},
    "layers": [
        {"type": "add", "act": "relu", "branches": [
            [{"type": "conv2d", "out_channels": "c", "kernel_size": 1, "act": "relu"},
             {"type": "conv2d", "out_channels": "c", "kernel_size": 3, "stride": "s", "act": "relu"},
             {"type": "conv2d", "out_channels": "4*c", "kernel_size": 1}],
            [{"type": "conv2d", "out_channels": "4*c", "kernel_size": 1, "stride": "s",
              "when": "s != 1 or channels != 4*c"}],
        ]},
    ],
}  # fmt: skip
RESNET50 = {
    "vars": {"H": 224, "W": 224, "classes": 1000},
    "input": [3, "H", "W"],
    "defaults": {"conv2d": {"padding": "half", "norm": "batch"}},
    "blocks": {"bottleneck": BOTTLENECK},
    "layers": [
        {"type": "conv2d", "name": "conv1", "out_channels": 64, "kernel_size": 7, "stride": 2, "act": "relu"},
        {"type": "maxpool2d", "kernel_size": 3, "stride": 2, "padding": 1},
        {"type": "bottleneck", "name": "layer1", "c": 64, "repeat": 3},
        {"type": "bottleneck", "name": "layer2", "c": 128, "repeat": 4, "first": {"s": 2}},
        {"type": "bottleneck", "name": "layer3", "c": 256, "repeat": 6, "first": {"s": 2}},
        {"type": "bottleneck", "name": "layer4", "c": 512, "repeat": 3, "first": {"s": 2}},
        "global_avgpool",
        {"type": "linear", "name": "fc", "out_features": "classes"},
    ],
}


def test_the_contracts_resnet50():
    net = cnncalc.load(RESNET50)
    found = net.summary()
    assert found.totals.params == 25557032
    assert found.totals.macs == 4089184256
    assert found["layer2.0.conv2d_1"].output == (128, 56, 56)
    assert found["layer4"].output == (2048, 7, 7)
    symbolic = net.summary(free=["H", "W"])
    assert str(symbolic["layer4"].output) == "(2048, (H + 31)//32, (W + 31)//32)"
    assert symbolic.free == ("H", "W")
    assert symbolic.conditions == ()  # every positive size


def test_unet_needs_multiples_of_16_and_says_so():
    def double(c):
        return [{**CONV, "out_channels": c}] * 2

    down, up = [], []
    for level in range(4):
        down += [{"name": f"e{level}", "layers": double(4 << level)}, {"type": "maxpool2d", "kernel_size": 2}]
        up = [{"type": "conv_transpose2d", "out_channels": 4 << level, "kernel_size": 2, "stride": 2},
              {"type": "concat", "from": [f"e{level}", "prev"]}, *double(4 << level), *up]  # fmt: skip
    spec = {"vars": {"H": 64, "W": 64}, "input": [3, "H", "W"], "layers": [*down, *double(64), *up]}
    net = cnncalc.load(spec)
    conditions = net.summary(free=["H", "W"]).conditions
    for height in range(1, 100):
        holds = all(c.holds({"H": height, "W": 64}) for c in conditions)
        assert holds == (height % 16 == 0)
        try:
            net.summary(set={"H": height})
        except SpecError as error:
            assert not holds
            assert {p.code for p in error.problems} <= {"C301", "C302"}
        else:
            assert holds
    assert [str(c) for c in conditions] == ["H >= 16 and H % 16 == 0", "W >= 16 and W % 16 == 0"]


def test_scopes_and_references():
    found = report([
        {**CONV, "name": "a"},
        {"name": "g", "layers": [{**CONV, "name": "a", "out_channels": 4}, {"type": "relu", "from": "a", "name": "near"}]},
        {"type": "relu", "from": "a", "name": "outer"},
        {"type": "relu", "from": "g.a", "name": "dotted"},
        {"type": "relu", "from": "input", "name": "start"},
        {"type": "concat", "from": ["g.near", "outer", "dotted", "prev"]},
    ])  # fmt: skip
    with pytest.raises(SpecError, match="there is no layer 'near'"):
        report([{"name": "g", "layers": [{**CONV, "name": "near"}]}, {"type": "relu", "from": "near"}])
    assert found["g.near"].output[0] == 4
    assert found["outer"].output[0] == 8
    assert found["dotted"].output[0] == 4
    assert found.rows[-1].output == (4 + 8 + 4 + 3, 32, 32)


def test_layer_params_of_blocks():
    blocks = {"up": {"params": {"skip": "layer"}, "layers": [
        {"type": "upsample", "size": "skip"}, {"type": "concat", "from": ["skip", "prev"]}]}}  # fmt: skip
    found = report(
        [{**CONV, "name": "e"}, {"type": "maxpool2d", "kernel_size": 3}, {"type": "up", "skip": "e"}],
        blocks=blocks,
    )
    assert found.rows[-1].output == (11 + 5, 32, 32)


def test_shared_layers_count_parameters_once_and_macs_each_time():
    layers = [
        {"name": "tower", "from": "left", "layers": [{**CONV, "norm": "batch"}, {**CONV, "out_channels": 4}]},
        {"share": "tower", "from": "right", "name": "twin"},
        {"type": "concat", "from": ["tower", "twin"]},
    ]
    found = report(layers, input={"left": [3, 8, 8], "right": [3, 16, 8]} | {"right": [3, 8, 8]})
    tower, twin = found["tower"], found["twin"]
    assert found.totals.params == tower.params
    assert (twin.params, twin.macs) == (0, tower.macs)
    assert found.totals.macs == 2 * tower.macs
    assert found["twin.conv2d_1"].shared_with == "tower.conv2d_1"
    assert (twin.shared_with, tower.shared_with) == ("tower", None)
    single = report([{**CONV, "name": "c", "out_channels": 3}, {"share": "c", "name": "again"}])
    assert single.rows[1].shared_with == "c"
    assert single.totals.params == 3 * 3 * 9 + 3
    with pytest.raises(SpecError, match="do not fit"):
        report([{**CONV, "name": "c"}, {"share": "c"}])


BRANCHES = {"type": "add", "branches": [[], [CONV, "relu"]]}
KINDS = {
    "layer": CONV,
    "layer with norm and act": {**CONV, "norm": "batch", "act": "relu"},
    "merge of names": {"type": "add", "from": ["prev", "x"], "norm": "batch"},
    "merge of branches": {**BRANCHES, "norm": "batch", "act": "relu"},
    "merge in a branch": {"type": "add", "branches": [[], [CONV, {**BRANCHES, "repeat": 2}]]},
    "block": {"type": "unit", "c": 8},
    "group": {"layers": [CONV, "relu", {**BRANCHES, "repeat": 2}]},
}
BLOCKS = {"unit": {"params": {"c": "int"}, "layers": [{**CONV, "out_channels": "c"}, BRANCHES]}}


def beside(*items):
    found = report([{**CONV, "name": "x"}, *items], blocks=BLOCKS)
    totals = found.totals
    return totals.params, totals.macs, totals.flops, totals.peak_activation_bytes, found.rows[-1].output


@pytest.mark.parametrize("item", KINDS.values(), ids=list(KINDS))
def test_a_repetition_is_the_item_written_again(item):
    named = {**item, "name": "q"}
    join = {"type": "add", "from": ["q", "q.1"]}

    assert beside({**item, "repeat": 3}) == beside(item, item, item)
    assert beside({**item, "repeat": 1}) == beside(item)
    assert beside({**item, "repeat": 0}) == beside()
    assert beside({**named, "repeat": 3}, join) == beside(
        item, {**item, "name": "second"}, named, {"type": "add", "from": ["q", "second"]}
    )


@pytest.mark.parametrize("kind", sorted(KINDS.keys() - {"merge of names"}))
def test_sharing_takes_all_of_an_item(kind):
    item = {**KINDS[kind], "name": "q"}
    params, macs, *_ = beside(item)
    other_params, other_macs, *_ = beside()
    own, each = params - other_params, macs - other_macs

    assert beside(item, {"share": "q"}, {"share": "q", "name": "z"}, {"share": "z"})[:2] == (
        params,
        macs + 3 * each,
    )
    repeated = {**item, "repeat": 2}
    assert beside(repeated, {"share": "q"})[:2] == (params + own, other_macs + 4 * each)
    assert beside(repeated, {"share": "q.1", "repeat": 3})[:2] == (params + own, other_macs + 5 * each)


def test_sharing_from_another_list():
    tower = {"name": "a", "layers": [CONV, {**BRANCHES, "name": "res"}]}
    found = report(
        [tower, {"name": "b", "layers": [CONV, {"name": "res", "share": "a.res"}]}, {"share": "b.res"}]
    )
    assert [row.shared_with for row in found if row.path.endswith("conv2d_2")] == [
        None,
        "a.conv2d_2",
        "a.conv2d_2",
    ]


def test_the_first_repetition_of_a_merge_differs():
    found = report([CONV, {**BRANCHES, "repeat": 3, "first": {"act": "relu"}, "name": "res"}])
    assert [p for p in paths(found) if p.startswith("res") and ".add_1" in p] == [
        "res.0.add_1", "res.0.add_1.act", "res.1.add_1", "res.2.add_1",
    ]  # fmt: skip


@pytest.mark.parametrize("repeat", [{}, {"repeat": 2}])
def test_branches_start_where_from_says(repeat):
    item = {"type": "concat", "branches": [[], [CONV]], **repeat}
    found = report([{**CONV, "name": "x"}, {"type": "maxpool2d", "kernel_size": 2}, {**item, "from": "x"}])
    assert found.rows[-1].output == ((24 if repeat else 16), 32, 32)


def test_a_group_with_a_head_for_training_has_the_macs_of_inference():
    conv = {"type": "conv2d", "out_channels": 4, "kernel_size": 3}
    head = {
        "name": "head",
        "train_only": True,
        "layers": ["flatten", {"type": "linear", "out_features": 1000}],
    }
    found = cnncalc.load(
        {"input": [3, 8, 8], "layers": [{"name": "g", "layers": [conv, conv, head]}]}
    ).summary()
    group, totals = found["g"], found.totals
    assert (group.params, group.macs, group.flops) == (totals.params, totals.macs, totals.flops)
    assert group.macs == 3888 + 2304
    assert group.activations == 4 * 36 + 4 * 16
    assert group.receptive_field == found["g.conv2d_2"].receptive_field
    assert found["g.head"].macs == 64_000
    assert bars(found, "macs", 1)[1] == bars(found, "macs", 3)[1] == totals.macs


def test_train_only_heads_count_parameters_but_no_macs():
    head = {"name": "aux", "train_only": True, "layers": ["flatten", {"type": "linear", "out_features": 10}]}
    found = report([CONV, head, "global_avgpool"])
    assert found["aux"].params == 8 * 32 * 32 * 10 + 10
    assert found["aux"].macs > 0
    assert found.totals.macs == found["conv2d_1"].macs
    assert found.totals.params == found["conv2d_1"].params + found["aux"].params
    assert found.rows[-1].inputs == ("conv2d_1",)


def test_a_head_that_is_for_training_only_asks_nothing_of_the_input():
    net = cnncalc.load("inception_v3")
    assert [str(c) for c in net.summary(free=["H", "W"]).conditions] == ["H >= 75", "W >= 75"]
    small = net.summary(set={"H": 75, "W": 75})
    assert small.totals.params == 27161264
    assert {w.code for w in small.warnings} == {"W303"}
    with pytest.raises(SpecError, match="does not fit"):
        net.summary(set={"H": 74})


def test_variants_override_variables():
    spec = {"vars": {"c": 8}, "input": [3, 8, 8], "layers": [{**CONV, "out_channels": "c"}],
            "variants": {"wide": {"name": "Wide", "vars": {"c": 64}}}}  # fmt: skip
    from cnncalc.network import build
    from cnncalc.reading.text.files import read_mapping

    wide = build(read_mapping(spec), "wide")
    assert wide.name == "Wide"
    assert wide.summary().rows[0].output[0] == 64


def test_prev_in_a_repeated_merge_is_the_repetition_before():
    found = report([{"type": "concat", "from": ["input", "prev"], "repeat": 3}])
    assert [r.output[0] for r in found] == [6, 9, 12]
    chain = report([CONV, {**CONV, "from": "input", "repeat": 2}])
    assert [r.inputs for r in chain] == [("input",), ("input",), ("conv2d_2.0",)]


def test_an_opaque_operation_reads_all_its_inputs():
    a, b = {**CONV, "name": "a"}, {**CONV, "name": "b"}
    found = report([a, b, {"type": "opaque", "from": ["a", "b"], "params": 0, "macs": 0, "flops": 0}])
    assert found["opaque_1"].inputs == ("a", "b")
    small = report([a, b, {"type": "opaque", "params": 0, "macs": 0, "flops": 0}])
    assert found.totals.peak_activation_bytes > small.totals.peak_activation_bytes  # 'a' lives longer


def test_a_failing_head_for_training_leaves_the_layers_after_it_alone():
    head = {"name": "aux", "train_only": True, "layers": [{"type": "add", "from": ["nowhere", "prev"]}]}
    with pytest.raises(SpecError) as caught:
        report([CONV, head, {"type": "conv2d", "out_channels": 4, "kernel_size": 99}])
    assert [p.code for p in caught.value.problems] == ["C202", "C302"]


def test_groups_may_be_the_free_channels():
    spec = {"vars": {"w": 8}, "input": ["w", 9, 9],
            "layers": [{"type": "conv2d", "out_channels": "2*w", "kernel_size": 3, "groups": "channels"}]}  # fmt: skip
    found = cnncalc.load(spec).summary(free=["w"])
    assert str(found.totals.weights) == "18*w"


def test_variables_lists_and_first():
    spec = {"vars": {"widths": [4, 8], "n": "len(widths)", "k": 1.5}, "input": [3, 32, 32], "layers": [
        {"type": "conv2d", "out_channels": "widths[1]*2*k", "kernel_size": 3, "stride": 1, "padding": 1, "repeat": "n",
         "first": {"stride": 2}}]}  # fmt: skip
    found = cnncalc.load(spec).summary()
    assert [r.output for r in found] == [(24, 16, 16)] * 2


def test_a_spec_with_many_mistakes_reports_them_all():
    with pytest.raises(SpecError) as caught:
        report(
            [{"type": "conv2", "a": 1}, {**CONV, "groups": "x"}, {"type": "linear", "units": 3}, 7],
            optimizer="adam",
        )
    assert [p.code for p in caught.value.problems] == ["C103", "C106", "C102", "C101", "C102"]


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats() | st.text(max_size=6)
    | st.sampled_from(["conv2d", "relu", "input", "prev", "H", "4*H", "half", "batch", "int", "layer"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["type", "name", "layers", "branches", "from", "repeat", "first", "when", "norm", "act", "share",
                         "out_channels", "kernel_size", "padding", "size", "c", "train_only", "axis", "groups"]),
        inner, max_size=5),
    max_leaves=12,
)  # fmt: skip


@examples(150)
@given(layers=st.lists(JUNK | items(), max_size=4), blocks=st.none() | st.dictionaries(st.sampled_from("ab"), JUNK, max_size=2),
       variables=JUNK, shape=st.just([3, "H", 8]) | JUNK, expect=st.none() | JUNK)  # fmt: skip
def test_any_data_is_a_network_or_problems_with_places(layers, blocks, variables, shape, expect):
    from cnncalc.analysis.expect import check

    spec = {"vars": {"H": 9}, "input": shape, "layers": layers}
    if blocks is not None:
        spec["blocks"] = blocks
    if isinstance(variables, dict):
        spec["vars"] = variables | {"H": 9}
    if expect is not None:
        spec["expect"] = expect
    try:
        network = cnncalc.load(spec)
        check(network, network.summary())
    except SpecError as error:
        assert error.problems
        assert all(p.place is not None or p.where for p in error.problems)


def test_records_are_immutable():
    node = report([CONV]).graph.nodes[0]
    assert isinstance(node, Node)
    with pytest.raises(AttributeError):
        node.path = "x"


def test_numpys_numbers_are_numbers():
    import numpy as np

    net = cnncalc.load({"vars": {"H": 8}, "input": [np.int64(3), "H", 8], "layers": [CONV]})
    assert (
        net.summary(set={"H": np.int64(16)}, batch=np.int32(2)).to_dict()
        == net.summary(set={"H": 16}, batch=2).to_dict()
    )
    assert net.with_values({"H": np.int64(16)}).summary()["conv2d_1"].output == (8, 16, 8)
    assert (
        cnncalc.load({"input": np.array([3, 8, 8]), "layers": [CONV]}).summary().totals.params == 8 * 27 + 8
    )
    macs = net.compile("macs", free=["H"])
    assert macs(np.int64(16)) == macs(16) == list(macs(np.array([8, 16], np.uint8)))[1]
    for wrong in (16.5, np.array([16.0]), [8, 16], "16"):
        with pytest.raises(TypeError, match="H needs an integer or a NumPy array, not"):
            macs(wrong)
    with pytest.raises(SpecError, match="object is not text, a number, a list or a mapping"):
        cnncalc.load({"input": [3, 8, object()], "layers": [CONV]})


@pytest.mark.parametrize(
    ("variables", "act"),
    [({"relu": "relu"}, "relu"), ({"act": "relu", "relu": 2}, "act"), ({"none": "relu"}, "none")],
)
def test_an_activation_may_have_the_name_of_a_variable(variables, act):
    found = report([{**CONV, "norm": "batch", "act": act}], vars={"batch": "batch", **variables})
    assert [row.type for row in found] == ["conv2d", "batchnorm2d", "relu"]


@pytest.mark.parametrize(
    "cases",
    [
        [{"set": {"H": 64}, "output": [3, "G", "W//2"]}],  # G is half of this H
        [{"set": {"H": 64}, "output": [3, "H//2", "W//2"]}, {"set": {"W": 64}, "output": [3, "H//2", 32]}],
    ],
)  # fmt: skip
def test_a_case_is_judged_at_its_own_setting(cases):
    from cnncalc.analysis.expect import check

    network = cnncalc.load({
        "vars": {"H": 32, "W": 32, "G": "H//2"}, "input": [3, "H", "W"],
        "layers": [{"type": "maxpool2d", "kernel_size": 2}], "cases": cases,
    })  # fmt: skip
    assert check(network, network.summary()) == []


SHARED = {
    "vars": {"H": 32, "W": 32, "w": 1.0, "n": 2, "act": "relu", "norm": "batch", "deep": True},
    "input": [3, "H", "W"],
    "defaults": {"elu": {"alpha": "w"}},
    "blocks": {
        "unit": {
            "params": {"c": "int", "a": "relu", "skip": "layer"},
            "layers": [
                {"type": "conv2d", "out_channels": "c", "kernel_size": 3, "padding": 1, "norm": "norm", "act": "a"},
                {"type": "concat", "from": ["prev", "skip"]},
            ],
        },
    },
    "layers": [
        {"type": "conv2d", "name": "stem", "out_channels": "ceil(8*w)", "kernel_size": 3, "stride": 2, "act": "act"},
        {"type": "unit", "c": "ceil(16*w)", "a": "act", "skip": "stem", "repeat": "n", "first": {"a": "elu"}, "name": "body"},
        {"type": "unit", "c": 4, "a": "none", "skip": "prev", "when": "deep"},
        "global_avgpool",
    ],
    "expect": {"divisible_by": {"H": 1}},
    "cases": [{"set": {"H": 64}, "output": [28]}],
}  # fmt: skip


def contents(value, seen):
    """All that a value holds, in plain containers; what is seen again is not gone into."""
    if id(value) in seen or isinstance(value, type):
        return type(value).__name__
    if isinstance(value, dict):
        return [(key, contents(inner, {*seen, id(value)})) for key, inner in value.items()]
    if isinstance(value, list | tuple | set | frozenset):
        return [contents(inner, {*seen, id(value)}) for inner in value]
    fields = getattr(value, "__dataclass_fields__", None)
    return [contents(getattr(value, name), {*seen, id(value)}) for name in fields] if fields else repr(value)


def test_threads_share_a_network():
    settings = [
        {"H": height, "w": width, "n": times, "act": act, "norm": norm, "deep": deep}
        for height, width, times, act, norm, deep in itertools.product(
            (15, 64), (0.5, 2.0), (1, 3), ("relu", "elu", "nonsense"), ("batch", "none"), (True, False)
        )
    ]  # fmt: skip
    network = cnncalc.load(SHARED)

    def answer(setting):
        try:
            found = network.summary(set=setting)
        except SpecError as error:
            return str(error)
        return [tuple(row) for row in found], found.totals, network.summary(set=setting, free=["H"]).totals

    before = contents(network.spec, set())
    alone = [str(answer(setting)) for setting in settings]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as pool:
            together = [str(found) for found in pool.map(answer, settings * 2)]
    finally:
        sys.setswitchinterval(interval)

    assert together == alone * 2
    assert sum("nonsense" in found for found in alone) == 32
    assert contents(network.spec, set()) == before


def test_a_network_and_its_spec_are_frozen():
    network = cnncalc.load(SHARED)
    for record, field in ((network, "spec"), (network.spec, "vars"), (network.spec.layers[0].item, "fields")):
        with pytest.raises(AttributeError):
            setattr(record, field, {})
    wide = network.with_values({"w": 2.0})
    assert wide.summary().totals.params > network.summary().totals.params
    assert network.vars["w"] == 1.0


def test_defaults_and_inputs_are_plain_values():
    network = cnncalc.load(
        "vars: {H: 32, G: H//2, w: {default: 1.25, values: [0.5, 1.25]}, h: '(H + 1)/2', deep: true, act: {default: relu},"
        " sizes: [1, 2.5, [3, H/3]]}\ninput: {x: [3, H, G], y: [4]}\nlayers: [{type: relu, from: x}]"
    )
    plain = {
        "H": 32,
        "G": 16,
        "w": 1.25,
        "h": 16.5,
        "deep": True,
        "act": "relu",
        "sizes": [1, 2.5, [3, 32 / 3]],
    }
    assert network.vars == plain
    assert {type(value) for value in network.vars.values()} == {int, float, bool, str, list}
    assert network.inputs == {"x": (3, 32, 16), "y": (4,)}
    network.vars["H"] = 3
    assert network.vars == plain
    assert repr(network) == (
        "<Network: H=32, G=16, w=1.25, h=16.5, deep=True, act=relu, sizes=[1, 2.5, [3, 10.666666666666666]]>"
    )
    assert network.with_values({"H": 64}).inputs["x"] == (3, 64, 32)


def test_layers_made_once_keep_their_values_apart():
    """A layer object serves every use of an item with the same values: values that are equal need not be the same."""
    spec = {
        "input": [4, 9, 9],
        "blocks": {
            "b": {
                "params": {"bias": "bool", "k": "number"},
                "layers": [
                    {
                        "type": "conv2d",
                        "out_channels": 4,
                        "kernel_size": "k",
                        "padding": "k // 2",
                        "bias": "bias",
                    }
                ],
            }
        },
        "layers": [{"type": "b", "bias": bias, "k": k} for bias in (True, False, True) for k in (1, 3, 1, 5)],
    }
    report = cnncalc.load(spec).summary()
    assert [row.params for row in report] == [
        4 * 4 * k * k + 4 * bias for bias in (True, False, True) for k in (1, 3, 1, 5)
    ]
    with pytest.raises(cnncalc.SpecError, match="integer"):
        cnncalc.load({**spec, "layers": [{"type": "b", "bias": True, "k": k} for k in (1, 1.0, 1.5)]}).graph()
