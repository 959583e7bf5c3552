"""Shapes, parameters and MACs of every layer type by hand, and what is refused."""

import pytest

import cnncalc
from cnncalc.dims import substitute
from cnncalc.errors import SpecError
from cnncalc.registry import all_types


def row(kind, size, /, **fields):
    spec = {"vars": {"H": 9}, "input": list(size), "layers": [{"type": kind, **fields}]}
    return cnncalc.load(spec).summary().rows[0]


def chain(shape, *layers):
    return cnncalc.load({"input": list(shape), "layers": list(layers)}).summary().rows[-1].output


#: type, input, fields, output, weights, biases, buffers, MACs, flops
BY_HAND = [
    ("conv1d", (4, 10), {"out_channels": 6, "kernel_size": 3}, (6, 8), 72, 6, 0, 576, 1200),
    ("conv2d", (3, 8, 8), {"out_channels": 4, "kernel_size": 3}, (4, 6, 6), 108, 4, 0, 3888, 7920),
    ("conv2d", (4, 9, 9), {"out_channels": 8, "kernel_size": [3, 5], "stride": 2, "padding": [1, 2], "groups": 2,
                           "bias": False}, (8, 5, 5), 240, 0, 0, 6000, 12000),
    ("conv2d", (1, 7, 7), {"out_channels": 1, "kernel_size": 3, "padding": [[0, 1], [2, 0]], "dilation": 2,
                           "bias": False}, (1, 4, 5), 9, 0, 0, 180, 360),
    ("conv3d", (2, 5, 6, 7), {"out_channels": 3, "kernel_size": 2}, (3, 4, 5, 6), 48, 3, 0, 5760, 11880),
    ("conv_transpose1d", (4, 5), {"out_channels": 2, "kernel_size": 3, "stride": 2}, (2, 11), 24, 2, 0, 120, 262),
    ("conv_transpose2d", (8, 4, 4), {"out_channels": 4, "kernel_size": 2, "stride": 2}, (4, 8, 8), 128, 4, 0, 2048, 4352),
    ("conv_transpose2d", (8, 7, 7), {"out_channels": 4, "kernel_size": 3, "stride": 2, "padding": 1,
                                     "output_padding": 1, "bias": False}, (4, 14, 14), 288, 0, 0, 14112, 28224),
    ("conv_transpose2d", (2, 7, 7), {"out_channels": 1, "kernel_size": 3, "stride": 2, "padding": "same",
                                     "bias": False}, (1, 14, 14), 18, 0, 0, 882, 1764),
    ("conv_transpose3d", (2, 2, 2, 2), {"out_channels": 2, "kernel_size": 2}, (2, 3, 3, 3), 32, 2, 0, 256, 566),
    ("depthwise_conv2d", (4, 8, 8), {"kernel_size": 3, "multiplier": 2}, (8, 6, 6), 72, 8, 0, 2592, 5472),
    ("separable_conv2d", (4, 8, 8), {"out_channels": 6, "kernel_size": 3}, (6, 6, 6), 60, 6, 0, 2160, 4536),
    ("maxpool1d", (2, 7), {"kernel_size": 3}, (2, 2), 0, 0, 0, 0, 8),
    ("maxpool2d", (2, 7, 7), {"kernel_size": 3, "stride": 2, "ceil_mode": True}, (2, 3, 3), 0, 0, 0, 0, 144),
    ("maxpool2d", (1, 6, 6), {"kernel_size": 3, "stride": 2, "ceil_mode": True}, (1, 3, 3), 0, 0, 0, 0, 72),
    ("maxpool3d", (1, 4, 4, 4), {"kernel_size": 2}, (1, 2, 2, 2), 0, 0, 0, 0, 56),
    ("avgpool1d", (2, 6), {"kernel_size": 2}, (2, 3), 0, 0, 0, 0, 12),
    ("avgpool2d", (2, 6, 6), {"kernel_size": 2}, (2, 3, 3), 0, 0, 0, 0, 72),
    ("avgpool3d", (1, 4, 4, 4), {"kernel_size": 2}, (1, 2, 2, 2), 0, 0, 0, 0, 64),
    ("adaptive_avgpool1d", (2, 9), {"output_size": 4}, (2, 4), 0, 0, 0, 0, 18),
    ("adaptive_avgpool2d", (2, 9, 9), {"output_size": [1, None]}, (2, 1, 9), 0, 0, 0, 0, 162),
    ("adaptive_avgpool3d", (1, 4, 4, 4), {"output_size": 1}, (1, 1, 1, 1), 0, 0, 0, 0, 64),
    ("adaptive_maxpool1d", (2, 9), {"output_size": 4}, (2, 4), 0, 0, 0, 0, 18),
    ("adaptive_maxpool2d", (2, 9, 9), {"output_size": 3}, (2, 3, 3), 0, 0, 0, 0, 162),
    ("adaptive_maxpool3d", (1, 4, 4, 4), {"output_size": 2}, (1, 2, 2, 2), 0, 0, 0, 0, 64),
    ("global_avgpool", (8, 7, 7), {}, (8,), 0, 0, 0, 0, 392),
    ("global_maxpool", (8, 7, 7), {"keepdim": True}, (8, 1, 1), 0, 0, 0, 0, 392),
    ("rescale", (2, 3, 3), {"factor": 0.5, "offset": -1.0}, (2, 3, 3), 0, 0, 0, 0, 36),
    ("clamp", (2, 3), {"min": 0, "max": 1}, (2, 3), 0, 0, 0, 0, 6),
    ("reduce", (4, 6, 5), {"axes": [0]}, (6, 5), 0, 0, 0, 0, 120),
    ("reduce", (4, 6, 5), {"axes": [1, 2], "op": "max", "keepdim": True}, (4, 1, 1), 0, 0, 0, 0, 120),
    ("learned_bias", (7, 8), {"shape": [7, 8]}, (7, 8), 0, 56, 0, 0, 56),
    ("learned_bias", (7, 8, 2), {}, (7, 8, 2), 0, 7, 0, 0, 112),
    ("class_token", (196, 768), {}, (197, 768), 768, 0, 0, 0, 0),
    ("rmsnorm", (5, 8), {}, (5, 8), 8, 0, 0, 0, 160),
    ("subtract", (2, 3, 3), {"from": ["input", "input"]}, (2, 3, 3), 0, 0, 0, 0, 18),
    ("divide", (2, 3, 3), {"from": ["input", "input"]}, (2, 3, 3), 0, 0, 0, 0, 18),
    ("matmul", (3, 4, 4), {"from": ["input", "input"]}, (3, 4, 4), 0, 0, 0, 192, 384),
    ("batchnorm2d", (6, 2, 2), {"factor": False}, (6, 2, 2), 0, 6, 12, 0, 48),
    ("linear", (10,), {"out_features": 4}, (4,), 40, 4, 0, 40, 84),
    ("linear", (5, 10), {"out_features": 4, "bias": False}, (5, 4), 40, 0, 0, 200, 400),
    ("flatten", (3, 4, 5), {}, (60,), 0, 0, 0, 0, 0),
    ("flatten", (3, 4, 5), {"start_dim": 1}, (3, 20), 0, 0, 0, 0, 0),
    ("reshape", (3, 4, 5), {"shape": [6, -1]}, (6, 10), 0, 0, 0, 0, 0),
    ("permute", (3, 4, 5), {"dims": [1, 2, 0]}, (4, 5, 3), 0, 0, 0, 0, 0),
    ("batchnorm1d", (6,), {}, (6,), 6, 6, 12, 0, 12),
    ("batchnorm2d", (6, 2, 2), {}, (6, 2, 2), 6, 6, 12, 0, 48),
    ("batchnorm3d", (6, 2, 2, 2), {"affine": False}, (6, 2, 2, 2), 0, 0, 12, 0, 96),
    ("layernorm", (6, 2, 2), {}, (6, 2, 2), 6, 6, 0, 0, 168),
    ("layernorm", (2, 2, 6), {"normalized_shape": [2, 6], "bias": False}, (2, 2, 6), 12, 0, 0, 0, 168),
    ("groupnorm", (6, 2, 2), {"num_groups": 3}, (6, 2, 2), 6, 6, 0, 0, 168),
    ("instancenorm2d", (6, 2, 2), {"affine": True}, (6, 2, 2), 6, 6, 0, 0, 168),
    ("lrn", (6, 2, 2), {"size": 5}, (6, 2, 2), 0, 0, 0, 0, 312),
    ("prelu", (6, 2, 2), {"num_parameters": "channels"}, (6, 2, 2), 6, 0, 0, 0, 24),
    ("softmax", (10,), {}, (10,), 0, 0, 0, 0, 30),
    ("log_softmax", (10,), {}, (10,), 0, 0, 0, 0, 30),
    ("dropout", (10,), {"p": 0.1}, (10,), 0, 0, 0, 0, 0),
    ("drop_path", (10,), {"p": 0.1}, (10,), 0, 0, 0, 0, 0),
    ("identity", (10,), {}, (10,), 0, 0, 0, 0, 0),
    ("pad", (3, 4, 5), {"padding": [[1, 2], [0, 3]]}, (3, 7, 8), 0, 0, 0, 0, 0),
    ("crop", (3, 9, 9), {"size": [4, 5]}, (3, 4, 5), 0, 0, 0, 0, 0),
    ("slice", (8, 9, 9), {"stop": 4}, (4, 9, 9), 0, 0, 0, 0, 0),
    ("slice", (8, 9, 9), {"axis": 1, "start": 1, "stop": -1, "step": 2}, (8, 4, 9), 0, 0, 0, 0, 0),
    ("upsample", (2, 3, 3), {"scale_factor": 2}, (2, 6, 6), 0, 0, 0, 0, 0),
    ("upsample", (2, 3, 3), {"size": [5, 7], "mode": "bilinear"}, (2, 5, 7), 0, 0, 0, 0, 490),
    ("upsample", (2, 5, 5), {"scale_factor": 1.5}, (2, 7, 7), 0, 0, 0, 0, 0),
    ("upsample", (2, 10, 10), {"scale_factor": 0.7}, (2, 7, 7), 0, 0, 0, 0, 0),
    ("pixel_shuffle", (8, 3, 3), {"upscale_factor": 2}, (2, 6, 6), 0, 0, 0, 0, 0),
    ("pixel_unshuffle", (2, 6, 6), {"downscale_factor": 2}, (8, 3, 3), 0, 0, 0, 0, 0),
    ("channel_shuffle", (8, 3, 3), {"groups": 2}, (8, 3, 3), 0, 0, 0, 0, 0),
    ("scale", (8, 3, 3), {"bias": True}, (8, 3, 3), 8, 8, 0, 0, 72),
    ("opaque", (8, 3, 3), {"output": [4, 3, 3], "params": 100, "biases": 4, "macs": 500, "flops": 1200}, (4, 3, 3),
     96, 4, 0, 500, 1200),
    ("add", (8, 3, 3), {"from": ["input", "input"]}, (8, 3, 3), 0, 0, 0, 0, 72),
    ("multiply", (8, 3, 3), {"from": ["input", "input", "prev"]}, (8, 3, 3), 0, 0, 0, 0, 144),
    ("concat", (8, 3, 3), {"from": ["input", "prev"]}, (16, 3, 3), 0, 0, 0, 0, 0),
    ("concat", (8, 3, 3), {"from": ["input", "prev"], "axis": 2}, (8, 3, 6), 0, 0, 0, 0, 0),
    *[(name, (4, 2, 2), {}, (4, 2, 2), 0, 0, 0, 0, 16)
      for name in ("relu", "relu6", "leaky_relu", "elu", "selu", "celu", "gelu", "silu", "mish", "sigmoid",
                   "hardsigmoid", "hardswish", "tanh", "softplus")],
]  # fmt: skip


@pytest.mark.parametrize("case", BY_HAND, ids=lambda c: c[0])
def test_numbers_by_hand(case):
    kind, shape, fields, *expected = case
    found = row(kind, shape, **fields)

    assert [found.output, found.weights, found.biases, found.buffers, found.macs, found.flops] == expected


def test_every_type_is_in_the_table():
    assert {case[0] for case in BY_HAND} == set(all_types())


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "padding", "dilation", "out"),
    [  # Dumoulin and Visin, "A guide to convolution arithmetic for deep learning"
        (4, 3, 1, 0, 1, 2), (5, 4, 1, 2, 1, 6), (5, 3, 1, 1, 1, 5), (5, 3, 1, 2, 1, 7), (5, 3, 2, 0, 1, 2),
        (5, 3, 2, 1, 1, 3), (6, 3, 2, 1, 1, 3), (7, 3, 1, 0, 2, 3),
        # the first layers of LeNet-5, of AlexNet at 227 and at 224, of VGG and of ResNet
        (32, 5, 1, 0, 1, 28), (227, 11, 4, 0, 1, 55), (224, 11, 4, 2, 1, 55), (224, 3, 1, 1, 1, 224), (224, 7, 2, 3, 1, 112),
    ],
)  # fmt: skip
def test_convolution_arithmetic(size, kernel, stride, padding, dilation, out):
    fields = {"kernel_size": kernel, "stride": stride, "padding": padding, "dilation": dilation}
    assert row("conv2d", (1, size, size), out_channels=1, **fields).output == (1, out, out)
    transposed = row("conv_transpose2d", (1, out, out), out_channels=1, **fields).output[1]
    assert size - stride < transposed <= size  # the transposed convolution undoes it, up to the stride


@pytest.mark.parametrize("size", range(1, 12))
@pytest.mark.parametrize("kernel", [1, 2, 3, 5])
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_same_padding_gives_size_over_stride_rounded_up(size, kernel, stride):
    for word in ("same", "same_lower"):
        out = row(
            "conv2d", (1, size, size), out_channels=1, kernel_size=kernel, stride=stride, padding=word
        ).output
        assert out == (1, -(-size // stride), -(-size // stride))


def test_known_chains():
    block = [{"type": "conv2d", "out_channels": 8, "kernel_size": 3}] * 2
    down = [*block, {"type": "maxpool2d", "kernel_size": 2}]
    assert chain((1, 572, 572), *down * 4, *block) == (8, 28, 28)  # U-Net's bottom
    stem = [{"type": "conv2d", "out_channels": 64, "kernel_size": 7, "stride": 2, "padding": 3}]
    assert (
        chain((3, 224, 224), *stem, {"type": "maxpool2d", "kernel_size": 3, "stride": 2, "padding": 1})[1]
        == 56
    )


REFUSED = [
    ("conv2d", (3, 8, 8), {"out_channels": 4, "kernel_size": 3, "groups": 2}, "C303", "2 groups do not divide the 3 input"),
    ("conv2d", (4, 8, 8), {"out_channels": 3, "kernel_size": 3, "groups": 2}, "C303", "the 3 output channels"),
    ("conv2d", (3, 2, 9), {"out_channels": 4, "kernel_size": 3}, "C302", "along the height: it needs 3 cells, but the input has 2"),
    ("conv2d", (3, 9, 2), {"out_channels": 4, "kernel_size": 3, "padding": [0, 1], "dilation": 2}, "C302",
     "along the width: it needs 2*(3 - 1) + 1 = 5 cells, but the input has 2 + 1 + 1 = 4"),
    ("conv2d", (100,), {"out_channels": 4, "kernel_size": 3}, "C305", "takes [channels, height, width]"),
    ("conv1d", (3, 8, 8), {"out_channels": 4, "kernel_size": 3}, "C305", "takes [channels, length]"),
    ("maxpool2d", (1, 2, 2), {"kernel_size": 3, "stride": 2}, "C302", "it needs 3 cells, but the input has 2"),
    ("maxpool2d", (1, 9, 9), {"kernel_size": 3, "padding": 2}, "C304", "more than half the kernel size, 3"),
    ("maxpool2d", (1, 9, 9), {"kernel_size": 3, "padding": 2, "dilation": 2}, "C304", "more than half the kernel size, 3"),
    ("avgpool3d", (1, 2, 2, 2), {"kernel_size": 3, "padding": 1}, "C302", "without padding"),
    ("conv_transpose2d", (1, 4, 4), {"out_channels": 1, "kernel_size": 3, "stride": 2, "output_padding": 2}, "C307",
     "it is 2, but the stride is 2 and the dilation 1"),
    ("conv_transpose2d", (1, 1, 1), {"out_channels": 1, "kernel_size": 2, "padding": 1}, "C302", "its height is 0"),
    ("instancenorm2d", (3, 1, 1), {}, "C308", "no variance"),
    ("groupnorm", (3, 2, 2), {"num_groups": 2}, "C303", "do not divide"),
    ("layernorm", (3, 4), {"normalized_shape": 3}, "C308", "the last axes of 3×4 are not [3]"),
    ("prelu", (3, 4), {"num_parameters": 2}, "C308", "it must be 1 or the 3 channels"),
    ("pixel_shuffle", (6, 4, 4), {"upscale_factor": 2}, "C308", "not a multiple of 2*2"),
    ("pixel_unshuffle", (6, 5, 4), {"downscale_factor": 2}, "C308", "the size 5 is not a multiple of 2"),
    ("channel_shuffle", (6, 5, 4), {"groups": 4}, "C303", "do not divide"),
    ("reshape", (3, 4), {"shape": [5, -1]}, "C308", "12 elements"),
    ("permute", (3, 4), {"dims": [0, 0]}, "C308", "name each axis"),
    ("flatten", (3, 4), {"start_dim": 2}, "C308", "not a range of axes"),
    ("slice", (3, 4), {"start": 3}, "C308", "empty"),
    ("slice", (3, 4), {"axis": 2}, "C308", "no axis 2"),
    ("crop", (3, 4, 4), {"size": 5}, "C308", "cannot crop a map of 4 to 5"),
    ("crop", (3, 4, 4), {}, "C104", "needs a size"),
    ("upsample", (3, 4, 4), {"scale_factor": 2, "size": 8}, "C308", "not both"),
    ("upsample", (3, 4, 4), {"scale_factor": 0.1}, "C308", "leaves nothing"),
    ("upsample", (3, 4), {"scale_factor": 2, "mode": "bilinear"}, "C305", "takes [channels, height, width]"),
    ("pad", (3, 4, 4), {"padding": 4, "mode": "reflect"}, "C308", "needs a map of 5"),
    ("softmax", (3,), {"dim": 1}, "C308", "no axis 1"),
    ("concat", (3, 4, 4), {"from": ["input", "input"], "axis": 3}, "C301", "axis 3"),
    ("batchnorm2d", (3,), {}, "C305", "takes [channels, height, width]"),
    ("opaque", (3,), {"params": 3, "biases": 4}, "C308", "biases (4) exceed params (3)"),
]  # fmt: skip


@pytest.mark.parametrize("case", REFUSED, ids=lambda c: f"{c[0]}-{c[3]}")
def test_refused(case):
    kind, shape, fields, code, message = case
    with pytest.raises(SpecError) as caught:
        row(kind, shape, **fields)

    (problem,) = caught.value.problems
    assert problem.code == code
    assert message in problem.message
    assert problem.place is not None


def test_symbolic_bounds_of_a_slice_are_what_each_value_gives():
    """``stop: k - 2`` leaves nothing at 2, and counts from the end below."""
    net = cnncalc.load({"vars": {"k": 3}, "input": [8, 4, 4], "layers": [{"type": "slice", "stop": "k - 2"}]})
    found = net.summary(free=["k"])
    for k in range(1, 12):
        valid = all(c.holds({"k": k}) for c in found.conditions)
        assert valid == (k != 2)
        if valid:
            assert (
                substitute(found.output[0], {"k": k})
                == net.summary(set={"k": k}).output[0]
                == len(range(8)[: k - 2])
            )


def test_infinity_in_an_expression_is_refused():
    with pytest.raises(SpecError, match="finite"):
        cnncalc.load("vars: {x: .inf}\ninput: [3, x + 1, 4]\nlayers: [relu]\n").summary()


def test_opaque_leaves_totals_partial():
    spec = {"input": [3, 4, 4], "layers": [{"type": "opaque", "output": [2]}]}
    assert cnncalc.load(spec).summary().totals.partial
    said = {"type": "opaque", "params": 0, "macs": 0, "flops": 0}
    assert not cnncalc.load({"input": [3], "layers": [said]}).summary().totals.partial


@pytest.mark.parametrize(("layer", "said"), [
    ({"type": "permute", "dims": [0, 1, 2]}, "this permute changes nothing here"),
    ({"type": "permute", "dims": [0, 2, 1]}, None),
    ({"type": "maxpool2d", "kernel_size": 1}, "pooling of single cells changes nothing"),
    ({"type": "maxpool2d", "kernel_size": 1, "padding": [[0, 0], [0, 0]], "dilation": 2}, "pooling of single cells changes nothing"),
    ({"type": "avgpool2d", "kernel_size": 1, "stride": 2}, None),
    ({"type": "channel_shuffle", "groups": 1}, "a shuffle of one group changes nothing"),
    ({"type": "slice", "stop": 4}, "this slice changes nothing here"),
    ({"type": "slice", "stop": 3}, None),
    ({"type": "dropout", "p": 0}, "dropout with p: 0 changes nothing"),
    ({"type": "dropout"}, None),
    ({"type": "flatten", "start_dim": 2}, None),
    ({"type": "upsample", "scale_factor": 1}, "this upsample changes nothing here"),
])  # fmt: skip
def test_a_layer_says_that_it_changes_nothing(layer, said):
    cls = all_types()[layer["type"]]
    assert cls.model_validate(layer).changes_nothing(((4, 6, 6),)) == said
