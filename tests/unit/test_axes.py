"""What axes count, through layers of each kind."""

import pytest

import cnncalc
from cnncalc.counting.axes import reorders, roles

CONV = {"type": "conv1d", "out_channels": 4, "kernel_size": 1}
FLIP = {"type": "permute", "dims": [0, 2, 1]}
LAST = {"type": "permute", "dims": [1, 2, 0]}
LINEAR = {"type": "linear", "out_features": 5}
FLATTEN = {"type": "flatten", "start_dim": 1}


def read(shapes, *layers):
    """The roles of the last tensor: a letter for each axis."""
    graph = cnncalc.load({"input": shapes, "layers": list(layers)}).graph()
    return " ".join(role.value[0] for role in roles(graph)[-1])


@pytest.mark.parametrize(("shape", "layers", "letters"), [
    # inputs: c(hannels), s(pace), f(eatures), u(nknown)
    ([4], ["relu"], "f"), ([4, 4], ["relu"], "u s"), ([4, 6], ["relu"], "u u"), ([4, 6, 5], ["relu"], "c s s"),
    ([2, 3, 4, 5], ["relu"], "c s s s"), ([4, 4, 6], ["relu"], "c s s"),
    # a layer with a spatial rank: channels, then space, whatever was there before
    ([4, 6], [CONV], "c s"), ([4, 6], [{"type": "maxpool1d", "kernel_size": 2}], "c s"), ([4, 6], [CONV, "relu"], "c s"),
    ([4, 6, 5], [LAST, {"type": "conv2d", "out_channels": 4, "kernel_size": 1}], "c s s"),
    ([4, 6, 5], [{"type": "global_avgpool", "keepdim": True}], "c s s"), ([4, 6, 5], ["global_avgpool"], "c"),
    ([4, 6], ["global_avgpool"], "u"), ([4, 6], ["batchnorm1d"], "u u"), ([4, 6], [{"type": "layernorm", "normalized_shape": 6}], "u u"),
    # permuted: p(ositions whose place the author chose)
    ([4, 6, 5], [FLIP], "c p p"), ([4, 6, 5], [LAST], "p p c"), ([4, 6, 5], [LAST, "relu"], "p p c"),
    # several axes in one
    ([4, 6, 5], ["flatten"], "f"), ([4, 6, 5], [FLATTEN], "c s"), ([4, 6, 5], [FLIP, FLATTEN], "c p"), ([4, 6], ["flatten"], "u"),
    ([4, 6, 5, 3], [{"type": "permute", "dims": [0, 1, 3, 2]}, FLATTEN, FLATTEN], "c p"),
    ([4, 6, 5], [{"type": "reshape", "shape": [5, -1]}], "f f"), ([4], [{"type": "reshape", "shape": [4, 1]}], "f u"),
    ([4, 4], ["flatten"], "u"),
    # a linear layer mixes the last axis: what was space is features
    ([4, 6, 5], [LINEAR], "c s f"), ([4, 6, 5], [LAST, LINEAR], "p p c"), ([4, 6, 5], [FLIP, LINEAR], "c p p"), ([4], [LINEAR], "f"),
    # merges: what all branches say, or space where nobody else moved it; else unknown
    ([4, 6, 5], [{"type": "add", "branches": [[], ["relu"]]}], "c s s"),
    ([4, 5, 5], [{"type": "add", "branches": [[], [FLIP]]}], "c s s"),
    ([4, 5, 5], [{"type": "add", "branches": [[FLIP], [FLIP]]}], "c p p"),
    ([5, 5, 5], [{"type": "add", "branches": [[], [LAST]]}], "u s u"),
    ([5, 5, 5], [{"type": "add", "branches": [[LINEAR], []]}], "c s u"),
])  # fmt: skip
def test_roles(shape, layers, letters):
    assert read(shape, *layers) == letters


@pytest.mark.parametrize("names", ["ab", "ba"])
def test_roles_of_unequal_ranks_are_aligned_at_the_end(names):
    add = {"type": "add", "from": list(names)}
    assert read({"a": [4, 5, 5], "b": [5, 5]}, add) == "c u s"
    assert read({"a": [4, 6, 5], "b": [6, 5]}, add) == "c u u"


@pytest.mark.parametrize(("axes", "expected"), [
    (((1,), (0,)), True), (((0,), (1,)), False), (((0,),), False), (((1,),), False), (((1,), (0,), (2,)), True),
    (((1, 0),), False), (((2,), (0,)), False), ((), False), (((1,), (0, 2)), False),
])  # fmt: skip
def test_axes_in_another_order(axes, expected):
    assert reorders(axes) == expected
