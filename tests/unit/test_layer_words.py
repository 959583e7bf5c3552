"""What layer types say of themselves: what they are, how sizes follow, what would help, and when they change nothing."""

import pytest

import cnncalc
from cnncalc.dims import symbol
from cnncalc.registry import all_types
from cnncalc.shapes import key_of
from cnncalc.testing.laws import built

N = symbol("n", least=1)
ALIKE = ("avgpool", "batchnorm")


def named(text):
    """Names of types; ``avgpool`` stands for all its ranks."""
    return {
        each
        for name in text.split()
        for each in ([f"{name}{r}d" for r in (1, 2, 3)] if name in ALIKE else [name])
    }


@pytest.mark.parametrize(("attribute", "types"), [
    ("affine_map", "avgpool batchnorm drop_path dropout flatten identity learned_bias permute rescale reshape scale"),
    ("batch_statistics", "batchnorm"), ("probabilities", "log_softmax softmax"), ("view", "flatten reshape"), ("in_parts", "linear"),
    ("quiet", ("batchnorm celu clamp drop_path dropout elu flatten gelu groupnorm hardsigmoid hardswish identity instancenorm2d "
              "layernorm leaky_relu learned_bias lrn mish pad permute prelu relu relu6 rescale reshape rmsnorm scale selu sigmoid "
              "silu softplus tanh")),
])  # fmt: skip
def test_what_types_are(attribute, types):
    found = {name: getattr(cls, attribute) for name, cls in all_types().items()}
    assert {name for name, value in found.items() if value is True} == named(types)
    assert set(found.values()) <= {True, False}


@pytest.mark.parametrize(("item", "shape", "expected"), [
    ({"type": "conv2d", "out_channels": 2, "kernel_size": [3, 5], "stride": [1, 2], "padding": [1, 0]}, (4, 9, 11), [
        ("output height", "(input + padding - kernel)//stride + 1", "(9 + 1 + 1 - 3)//1 + 1", 9, ""),
        ("output width", "(input + padding - kernel)//stride + 1", "(11 + 0 + 0 - 5)//2 + 1", 4, "")]),
    ({"type": "conv1d", "out_channels": 2, "kernel_size": 3, "dilation": 2}, (4, 9), [
        ("output length", "(input + padding - extent)//stride + 1", "(9 + 0 + 0 - (2*(3 - 1) + 1))//1 + 1", 5,
         "the extent of 3 cells with dilation 2 is 5")]),
    ({"type": "conv2d", "out_channels": 2, "kernel_size": 3, "stride": 2, "padding": "same"}, (4, 9, 8), [
        ("output height", "input/stride, rounded up ('same')", "(9 + 2 - 1)//2", 5, ""),
        ("output width", "input/stride, rounded up ('same')", "(8 + 2 - 1)//2", 4, "")]),
    ({"type": "conv1d", "out_channels": 2, "kernel_size": 3, "padding": "same_lower"}, (4, N), [
        ("output length", "input/stride, rounded up ('same')", "(n + 1 - 1)//1", N, "")]),
    ({"type": "maxpool1d", "kernel_size": 3, "stride": 2, "ceil_mode": True}, (4, 8), [
        ("output length", "(input + padding - kernel)/stride + 1, rounded up, but no window begins in the padding at the end",
         "min((8 + 0 + 0 - 3 + 2 - 1)//2, (8 + 0 - 1)//2) + 1", 4, "")]),
    ({"type": "conv_transpose1d", "out_channels": 2, "kernel_size": 3, "stride": 2, "padding": 1, "output_padding": 1}, (4, 5), [
        ("output length", "(input - 1)*stride - padding + extent + output_padding", "(5 - 1)*2 - 1 - 1 + 3 + 1", 10, "")]),
    ({"type": "flatten"}, (2, 3, 4), [("output", "all elements in one row", "2*3*4", 24, "")]),
    ({"type": "relu"}, (2, 3), []),
])  # fmt: skip
def test_how_sizes_follow(item, shape, expected):
    layer = built(item)
    assert [tuple(line) for line in layer.derivation((shape,), layer.output_shape((shape,)))] == expected


@pytest.mark.parametrize(("axis", "shapes", "expected"), [
    (0, ((2, 5), (3, 5)), ("output channels", "the sum over the branches", "2 + 3", 5, "")),
    (2, ((2, 5, 1), (2, 5, 4)), ("output width", "the sum over the branches", "1 + 4", 5, "")),
    (1, ((2, 5, 1), (2, 6, 1)), ("output height", "the sum over the branches", "5 + 6", 11, "")),
])  # fmt: skip
def test_how_a_concatenation_grows(axis, shapes, expected):
    layer = built({"type": "concat", "axis": axis})
    assert [tuple(line) for line in layer.derivation(shapes, layer.output_shape(shapes))] == [expected]


NOTHING: dict[str, list] = {
    "pooling of single cells changes nothing": [{"type": "maxpool2d", "kernel_size": 1}, {"type": "avgpool2d", "kernel_size": 1, "stride": 1}],
    "a shuffle of one group changes nothing": [{"type": "channel_shuffle", "groups": 1}],
    "a shuffle by 1 changes nothing": [{"type": "pixel_shuffle", "upscale_factor": 1}, {"type": "pixel_unshuffle", "downscale_factor": 1}],
    "dropout with p: 0 changes nothing": [{"type": "dropout", "p": 0}],
    "drop_path with p: 0 changes nothing": [{"type": "drop_path", "p": 0}],
    "a factor of 1 and an offset of 0 change nothing": [{"type": "rescale"}],
    "without min and max this changes nothing": [{"type": "clamp"}],
    None: [
        {"type": "maxpool2d", "kernel_size": [1, 2]}, {"type": "maxpool2d", "kernel_size": 1, "stride": [1, 2]}, {"type": "maxpool2d", "kernel_size": 2},
        {"type": "avgpool2d", "kernel_size": 3, "stride": 1, "padding": [[1, 0], [1, 0]]}, {"type": "avgpool2d", "kernel_size": 1, "stride": 2},
        {"type": "maxpool2d", "kernel_size": 2, "stride": 1, "padding": [[0, 1], [0, 1]]}, {"type": "maxpool2d", "kernel_size": 2, "stride": 1, "padding": [[1, 0], [1, 0]]},
        {"type": "maxpool2d", "kernel_size": 2, "stride": 1, "dilation": 1},
        {"type": "channel_shuffle", "groups": 2}, {"type": "pixel_shuffle", "upscale_factor": 2}, {"type": "pixel_unshuffle", "downscale_factor": 2},
        {"type": "dropout", "p": 0.1}, {"type": "drop_path", "p": 0.1}, {"type": "rescale", "factor": 2}, {"type": "rescale", "offset": 1},
        {"type": "clamp", "min": 0}, {"type": "clamp", "max": 0},
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("item", "said"), [(item, said) for said, items in NOTHING.items() for item in items], ids=str
)
def test_what_changes_nothing_says_so(item, said):
    assert built(item).changes_nothing(((8, 8, 8),)) == said


def test_a_concatenation_of_one_tensor_changes_nothing():
    concat = built({"type": "concat"})
    assert concat.changes_nothing(((2, 3),)) == "a concatenation of one tensor changes nothing"
    assert concat.changes_nothing(((2, 3), (2, 3))) is None


@pytest.mark.parametrize(("item", "channels", "expected"), [
    ({"type": "conv2d", "out_channels": 8, "kernel_size": 3, "groups": 4}, 4, True),
    ({"type": "conv2d", "out_channels": 8, "kernel_size": 3, "groups": 2}, 4, False),
    ({"type": "conv2d", "out_channels": 8, "kernel_size": 3}, 1, False),
    ({"type": "conv2d", "out_channels": 8, "kernel_size": 3, "groups": 9}, 8, False),
    ({"type": "conv_transpose2d", "out_channels": 8, "kernel_size": 3, "groups": 4}, 4, True),
    ({"type": "conv_transpose2d", "out_channels": 8, "kernel_size": 3, "groups": 2}, 4, False),
    ({"type": "depthwise_conv2d", "kernel_size": 3}, 4, True),
    ({"type": "separable_conv2d", "out_channels": 8, "kernel_size": 3}, 4, True),
    ({"type": "linear", "out_features": 8}, 4, False),
])  # fmt: skip
def test_depthwise(item, channels, expected):
    assert built(item).depthwise(((channels, 9, 9),)) is expected


@pytest.mark.parametrize(("item", "output", "expected"), [
    ({"type": "adaptive_avgpool2d", "output_size": 1}, (8, 1, 1), True), ({"type": "adaptive_avgpool2d", "output_size": [1, 2]}, (8, 1, 2), False),
    ({"type": "adaptive_avgpool2d", "output_size": [2, 1]}, (1, 2, 1), False), ({"type": "global_avgpool"}, (8,), True),
    ({"type": "adaptive_avgpool1d", "output_size": 2}, (1, 2), False), ({"type": "flatten"}, (8,), True), ({"type": "relu"}, (8, 1, 1), False),
])  # fmt: skip
def test_what_ends_feature_maps(item, output, expected):
    assert built(item).ends_features(output) is expected


UP = {"type": "conv_transpose2d", "out_channels": 4, "kernel_size": 3, "stride": 3}


@pytest.mark.parametrize(("more", "output", "wanted", "expected"), [
    ({}, (4, 9, 9), (4, 10, 10), "output_padding: 1"),
    ({}, (4, 9, 9), (4, 10, 11), "output_padding: [1, 2]"),
    ({}, (4, 9, 9), (4, 9, 10), "output_padding: [0, 1]"),
    ({"output_padding": 1}, (4, 10, 10), (4, 11, 11), "output_padding: 2"),
    ({"output_padding": [1, 0]}, (4, 10, 9), (4, 10, 11), "output_padding: [1, 2]"),
    ({}, (4, 9, 9), (4, 9, 9), None),  # it is as wanted
    ({}, (4, 9, 9), (4, 8, 10), None),  # too large already
    ({}, (4, 9, 9), (4, 12, 9), None),  # not below the stride
    ({}, (4, 9, 9), (4, 12, 10), None),
    ({"dilation": 4}, (4, 9, 9), (4, 12, 12), "output_padding: 3"),  # but below the dilation
    ({}, (4, 9, 9), (4, 10), None),
    ({}, (4, 9, 9), (4, N, 10), None),
    ({"stride": N}, (4, 9, 9), (4, 10, 10), None),
    ({"dilation": N}, (4, 9, 9), (4, 10, 10), None),
    ({"output_padding": N}, (4, 9, 9), (4, 10, 10), None),
])  # fmt: skip
def test_the_output_padding_that_would_do(more, output, wanted, expected):
    assert built({**UP, **more}).advice(output, wanted) == expected


def test_keys_of_shapes():
    numpy = pytest.importorskip("numpy")
    assert key_of(((1, 2), (3,))) == ((1, 2), (3,))
    assert key_of(((N, 2 * N),)) == ((N.key, (2 * N).key),)
    found = key_of(((numpy.int64(3), True),))[0]
    assert found == (3, 1)
    assert [type(n) for n in found] == [int, int]


@pytest.mark.parametrize(("kind", "fits", "needs"), [("maxpool1d", 4, 5), ("conv1d", 5, 5)])
def test_a_window_may_hang_over_by_less_than_a_stride(kind, fits, needs):
    layer = built(
        {
            "type": kind,
            "kernel_size": 5,
            "stride": 2,
            **({"ceil_mode": True} if "pool" in kind else {"out_channels": 2}),
        }
    )
    judged = lambda size: all(r.holds is True for r in layer.window_requirements((3, size)))
    assert [size for size in range(1, 9) if judged(size)] == list(range(fits, 9))
    assert cnncalc.load({"input": [3, fits], "layers": [{"type": "relu"}]})
    assert needs == 5


@pytest.mark.parametrize(("pads", "least"), [([[2, 0]], 3), ([[0, 2]], 3), ([[1, 1]], 3), ([[0, 0]], 5)])
def test_padding_counts_on_both_sides(pads, least):
    layer = built({"type": "conv1d", "out_channels": 2, "kernel_size": 5, "padding": pads})
    assert (
        next(n for n in range(1, 9) if all(r.holds is True for r in layer.window_requirements((3, n))))
        == least
    )
