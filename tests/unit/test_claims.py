"""Fields that say what the input is: held against it, and nothing else."""

import pytest

import cnncalc
from cnncalc.errors import SpecError
from cnncalc.registry import all_types

SAID = {
    "in_channels": {"conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "depthwise_conv2d", "separable_conv2d"},
    "in_features": {"linear"}, "num_features": {"batchnorm1d", "batchnorm2d", "batchnorm3d", "instancenorm2d"}, "num_channels": {"groupnorm"},
}  # fmt: skip
CASES = [(field, name) for field, names in SAID.items() for name in sorted(names)]
FIELDS = {"out_channels": 4, "kernel_size": 1, "out_features": 5, "num_groups": 2}


def network(name, rank, **said):
    cls = all_types()[name]
    required = {
        key: value
        for key, value in FIELDS.items()
        if key in cls.model_fields and cls.model_fields[key].is_required()
    }
    return cnncalc.load(
        {"vars": {"c": 6}, "input": ["c", *[8] * rank], "layers": [{"type": name, **required, **said}]}
    )


def test_the_types_that_say_them():
    assert {(field, name) for name, cls in all_types().items() for field in cls.claims} == set(CASES)


@pytest.mark.parametrize(("field", "name"), CASES)
def test_a_claim_is_checked_and_changes_nothing(field, name):
    rank = all_types()[name].rank or 2
    right = 8 if name == "linear" else 6
    plain = network(name, rank).summary()
    for said in (right, "channels" if name != "linear" else "width", f"{right}*1"):
        claimed = network(name, rank, **{field: said}).summary()
        assert claimed.to_dict() == plain.to_dict()
        assert cnncalc.diff(plain, claimed).changes == ()
    for said in (right + 1, 1, f"{right} - 1"):
        with pytest.raises(SpecError) as caught:
            network(name, rank, **{field: said}).summary()
        (problem,) = caught.value.problems
        assert problem.code == "C310"
        what = "features" if name == "linear" else "channels"
        assert problem.message.startswith(f"{name}: {field} is ")
        assert problem.message.endswith(f", but the input has {right} {what}")
        line = problem.place.source.line(problem.position[1])
        assert line[problem.place.mark.column : problem.place.mark.end_column].strip('"') == str(said)


def test_with_symbols_it_is_a_condition():
    net = network("conv2d", 2, in_channels=12)
    assert list(map(str, net.summary(free=["c"]).conditions)) == ["c == 12"]
    assert cnncalc.solve(net, "c").sets["c"].text("c") == "c == 12"
    assert network("conv2d", 2, in_channels="c").summary(free=["c"]).conditions == ()


def test_what_an_unrolled_spec_says_is_still_checked():
    from cnncalc.interchange.flat import unrolled

    net = cnncalc.load({"input": [3, 8, 8], "layers": [
        {"type": "conv2d", "in_channels": "channels", "out_channels": 4, "kernel_size": 3, "norm": {"type": "batch", "num_features": 4}}]})  # fmt: skip
    document = unrolled(net.graph(), {})
    assert document["layers"][0]["in_channels"] == 3
    assert document["layers"][1]["num_features"] == 4
    assert cnncalc.load(document).summary().totals == net.summary().totals


def test_who_says_the_features_means_them():
    layers = [{"type": "linear", "in_features": 8, "out_features": 2}]
    assert cnncalc.load({"input": [3, 8, 8], "layers": layers}).summary().warnings == ()


def test_every_claim_is_judged():
    layers = [{"type": "conv2d", "in_channels": 4, "out_channels": 5, "kernel_size": 3}, {"type": "batchnorm2d", "num_features": 4},
              {"type": "linear", "in_features": 180, "out_features": 2}]  # fmt: skip
    with pytest.raises(SpecError) as caught:
        cnncalc.load({"input": [3, 8, 8], "layers": layers}).summary()
    assert [problem.code for problem in caught.value.problems] == ["C310"] * 3
    assert caught.value.problems[-1].help == "put a flatten layer before it"


def test_what_a_head_for_training_says_concerns_training():
    """A claim that holds at one size only must not make inference fail at another, as with free sizes."""
    head = {
        "name": "aux",
        "train_only": True,
        "layers": ["flatten", {"type": "linear", "in_features": 192, "out_features": 2}],
    }
    net = cnncalc.load({"vars": {"H": 8}, "input": [3, "H", "H"], "layers": ["relu", head, "global_avgpool"]})
    assert net.summary().warnings == ()
    (found,) = net.summary(set={"H": 9}).warnings
    assert (found.code, found.message) == (
        "W303",
        "linear: in_features is 192, but the input has 243 features",
    )
    assert net.summary(free="H").conditions == ()
