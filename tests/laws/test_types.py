"""What each layer type declares, asks for, sees and computes, in tables written by hand from the types' sources."""

import json
import math
from itertools import product

import numpy as np
import pytest

import cnncalc
from cnncalc.fields import DEFERRED
from cnncalc.registry import all_types
from cnncalc.shapes import Spread, Window, Zoom, channels_first, same_padding, show, window_count
from cnncalc.testing.laws import built

N = cnncalc.parse_size("n")

# --------------------------------------------------------------------------------------- declarations

CONVOLUTION = {
    "kernel_size": ...,
    "stride": 1,
    "padding": 0,
    "dilation": 1,
    "in_channels": None,
    "bias": True,
}
POOLING = {"kernel_size": ..., "stride": None, "padding": 0, "dilation": 1, "ceil_mode": False}
BATCHNORM = {
    "num_features": None,
    "eps": 1e-5,
    "affine": True,
    "factor": True,
    "shift": True,
    "track_running_stats": True,
    "momentum": 0.1,
}
PADDING = {"padding": ("valid", "half", "same", "same_lower")}

#: names, family, spatial rank, fields with their defaults (as in torch.nn; ... where there is none), words
DECLARED = [
    ("conv{}d", "conv", (1, 2, 3), {**CONVOLUTION, "out_channels": ..., "groups": 1}, PADDING),
    ("conv_transpose{}d", "conv", (1, 2, 3), {**CONVOLUTION, "out_channels": ..., "groups": 1, "output_padding": 0}, PADDING),
    ("depthwise_conv2d", "conv", (2,), {**CONVOLUTION, "multiplier": 1}, PADDING),
    ("separable_conv2d", "conv", (2,), {**CONVOLUTION, "out_channels": ..., "multiplier": 1}, PADDING),
    ("maxpool{}d", "pool", (1, 2, 3), POOLING, PADDING),
    ("avgpool{}d", "pool", (1, 2, 3), {**POOLING, "count_include_pad": True}, PADDING),
    ("adaptive_avgpool{}d", "pool", (1, 2, 3), {"output_size": ...}, {}),
    ("adaptive_maxpool{}d", "pool", (1, 2, 3), {"output_size": ...}, {}),
    ("global_avgpool", "pool", (0,), {"keepdim": False}, {}),
    ("global_maxpool", "pool", (0,), {"keepdim": False}, {}),
    ("linear", "linear", (0,), {"out_features": ..., "in_features": None, "bias": True}, {}),
    ("batchnorm{}d", "norm", (1, 2, 3), BATCHNORM, {}),
    ("instancenorm2d", "norm", (2,),
     {"num_features": None, "eps": 1e-5, "affine": False, "factor": True, "shift": True, "track_running_stats": False}, {}),
    ("groupnorm", "norm", (0,), {"num_groups": ..., "num_channels": None, "eps": 1e-5, "affine": True}, {}),
    ("layernorm", "norm", (0,), {"normalized_shape": None, "eps": 1e-5, "elementwise_affine": True, "bias": True}, {}),
    ("lrn", "norm", (0,), {"size": ..., "alpha": 1e-4, "beta": 0.75, "k": 1.0}, {}),
    ("scale", "norm", (0,), {"bias": False, "shape": None}, {}),
    ("rmsnorm", "norm", (0,), {"eps": 1e-5, "elementwise_affine": True}, {}),
    ("subtract", "merge", (0,), {}, {}), ("divide", "merge", (0,), {}, {}), ("matmul", "merge", (0,), {}, {}),
    ("rescale", "other", (0,), {"factor": 1.0, "offset": 0.0}, {}), ("clamp", "activation", (0,), {"min": None, "max": None}, {}),
    ("reduce", "other", (0,), {"axes": ..., "op": "mean", "keepdim": False}, {"op": ("mean", "sum", "max", "min", "l2")}),
    ("learned_bias", "other", (0,), {"shape": None}, {}), ("class_token", "other", (0,), {"size": 1}, {}),
    ("add", "merge", (0,), {}, {}), ("multiply", "merge", (0,), {}, {}), ("concat", "merge", (0,), {"axis": 0}, {}),
    *((name, "activation", (0,), fields, {}) for name, fields in {
        "relu": {}, "relu6": {}, "selu": {}, "silu": {}, "mish": {}, "sigmoid": {}, "hardsigmoid": {}, "hardswish": {},
        "tanh": {}, "identity": {}, "leaky_relu": {"negative_slope": 0.01}, "elu": {"alpha": 1.0}, "celu": {"alpha": 1.0},
        "softplus": {"beta": 1.0, "threshold": 20.0}, "prelu": {"num_parameters": 1}, "softmax": {"dim": 0},
        "log_softmax": {"dim": 0}}.items()),
    ("gelu", "activation", (0,), {"approximate": "none"}, {"approximate": ("none", "tanh")}),
    ("dropout", "other", (0,), {"p": 0.5}, {}), ("drop_path", "other", (0,), {"p": 0.5}, {}),
    ("flatten", "other", (0,), {"start_dim": 0, "end_dim": -1}, {}), ("reshape", "other", (0,), {"shape": ...}, {}),
    ("permute", "other", (0,), {"dims": ...}, {}), ("channel_shuffle", "other", (0,), {"groups": ...}, {}),
    ("pixel_shuffle", "other", (2,), {"upscale_factor": ...}, {}),
    ("pixel_unshuffle", "other", (2,), {"downscale_factor": ...}, {}),
    ("crop", "other", (0,), {"size": None}, {}),
    ("slice", "other", (0,), {"axis": 0, "start": None, "stop": None, "step": 1}, {}),
    ("pad", "other", (0,), {"padding": ..., "mode": "constant", "value": 0.0},
     {"mode": ("constant", "reflect", "replicate", "circular")}),
    ("upsample", "other", (0,), {"size": None, "scale_factor": None, "mode": "nearest", "align_corners": False},
     {"mode": ("nearest", "linear", "bilinear", "trilinear", "bicubic")}),
    ("opaque", "other", (0,), {"output": None, "params": None, "biases": 0, "macs": None, "flops": None}, {}),
]  # fmt: skip
ROWS = {
    name.format(rank): (family, rank, fields, words)
    for name, family, ranks, fields, words in DECLARED
    for rank in ranks
}


def test_what_types_declare():
    found = {
        name: (
            cls.family,
            cls.rank,
            {
                f.alias or key: ... if f.is_required() else f.default
                for key, f in cls.model_fields.items()
                if key != "type"
            },
            cls.words,
        )
        for name, cls in all_types().items()
    }
    assert found == ROWS
    for name, cls in all_types().items():
        assert cls.model_fields["type"].default == name
        merges = cls.family == "merge" or name == "opaque"
        resizes = name in ("crop", "upsample")
        paired = name in ("subtract", "divide", "matmul")
        assert cls.arity == ((2, 2) if paired else (1, None) if merges else (1, 2) if resizes else (1, 1)), (
            name
        )
        assert cls.tensor_fields == (("size",) if resizes else ())
        assert cls.inferring_fields == (("shape",) if name == "reshape" else ())
        assert cls.runs == (name != "opaque")


@pytest.mark.parametrize("fields", [
    {"type": "upsample", "scale_factor": 2}, {"type": "upsample", "scale_factor": [2, "3/2"]}, {"type": "upsample", "scale_factor": "1/3"},
    {"type": "upsample", "size": [2, 3], "mode": "bicubic", "align_corners": True}, {"type": "pad", "padding": 2},
    {"type": "pad", "padding": [1, 2], "mode": "reflect"}, {"type": "pad", "padding": [[1, 0], [0, 2]], "value": 1.5},
    {"type": "opaque", "output": [2, 3], "params": 7, "biases": 2, "macs": 5, "flops": 12},
    {"type": "layernorm", "normalized_shape": [3, 4]}, {"type": "slice", "axis": 1, "start": -4, "stop": -1, "step": 2},
    {"type": "conv_transpose2d", "out_channels": 2, "kernel_size": 3, "stride": 2, "output_padding": [0, 1]},
    {"type": "adaptive_maxpool2d", "output_size": 3},
])  # fmt: skip
def test_fields_are_written_as_a_spec_has_them(fields):
    rest = {"type": fields["type"], "layers": None}
    net = cnncalc.load({"input": [8, 12, 12], "layers": [fields]}) if fields["type"] != "layernorm" else None
    layer = net.graph().nodes[1].layer if net else built(fields)
    written = json.loads(json.dumps({**layer.written(), "type": rest["type"]}))
    assert written == fields


#: values of fields that are refused, and what is said; and others that are not
WRONG = [
    ({"type": "upsample", "scale_factor": []}, "needs a factor, or a list with one for each axis"),
    ({"type": "upsample", "scale_factor": [1, 1, 1, 1]}, "needs a factor, or a list with one for each axis"),
    ({"type": "upsample", "scale_factor": 0}, "must be at least 1, got 0"),
    ({"type": "upsample", "scale_factor": True}, "needs a number, got true"),
    ({"type": "upsample", "scale_factor": 1e-7}, "from 1e-06 to 1e+06, got 1e-07"),
    ({"type": "upsample", "scale_factor": 1000001.5}, "from 1e-06 to 1e+06, got 1000001.5"),
    ({"type": "upsample", "scale_factor": 1000000.5}, "from 1e-06 to 1e+06, got 1000000.5"),
    ({"type": "upsample", "mode": "cubic"}, "needs one of nearest, linear, bilinear, trilinear, bicubic, got 'cubic'"),
    ({"type": "pad", "padding": []}, "needs an integer, or a list with an entry for each axis"),
    ({"type": "pad", "padding": [1, 1, 1, 1]}, "needs an integer, or a list with an entry for each axis"),
    ({"type": "pad", "padding": "same"}, "needs an integer or a list, got 'same'"),
    ({"type": "pad", "padding": -1}, "must be at least 0, got -1"),
    ({"type": "pad", "padding": 1, "mode": "mirror"}, "needs one of constant, reflect, replicate, circular, got 'mirror'"),
    ({"type": "gelu", "approximate": "erf"}, "needs one of none, tanh, got 'erf'"),
    ({"type": "opaque", "params": -1}, "must be at least 0, got -1"), ({"type": "opaque", "output": [0]}, "must be at least 1, got 0"),
    ({"type": "conv_transpose1d", "out_channels": 1, "kernel_size": 1, "output_padding": -1}, "must be at least 0, got -1"),
    ({"type": "layernorm", "normalized_shape": 0}, "must be at least 1, got 0"),
    ({"type": "slice", "start": -(2**31)}, "must be at least -2147483647"),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "message"), WRONG, ids=lambda p: p if isinstance(p, str) else p["type"])
def test_values_that_are_refused(fields, message):
    with pytest.raises(ValueError, match="1 validation error") as caught:
        built(fields)
    assert message in str(caught.value)


def test_values_at_their_limits():
    for value, factors in ((1, (1, 1)), (1e6, (1_000_000, 1)), (1e-6, (1, 1_000_000)), (0.7, (7, 10)), ([2], ((2, 1),)),
                           ([1, 2, 3], ((1, 1), (2, 1), (3, 1))), (None, None), (DEFERRED, DEFERRED), ([DEFERRED, 2], (DEFERRED, (2, 1)))):  # fmt: skip
        assert built({"type": "upsample", "scale_factor": value}).scale_factor == factors
    assert built({"type": "upsample", "scale_factor": N}).scale_factor == (N, 1)
    for value, padding in ((0, 0), ([1], ((1, 1),)), ([1, 2, 3], ((1, 1), (2, 2), (3, 3)))):
        assert built({"type": "pad", "padding": value}).padding == padding
    opaque = built({"type": "opaque", "params": 0, "biases": 0, "macs": 0, "flops": 0})
    assert (opaque.params, opaque.declared_macs, opaque.flops) == (0, 0, 0)
    assert built({"type": "slice", "start": -(2**31) + 1}).start == -(2**31) + 1
    assert built({"type": "layernorm", "normalized_shape": 3}).normalized_shape == (3,)
    assert built({"type": "layernorm", "normalized_shape": None}).normalized_shape is None


# --------------------------------------------------------------------------------------- requirements

SAME = "bring the branches to the same size with equal strides and paddings, or crop or upsample one of them"
BEFORE = "put it before the flatten or global pooling layer"
TAKES = {1: "[channels, length]", 2: "[channels, height, width]", 3: "[channels, depth, height, width]"}


def ranks(kind, *wanted, **fields):
    """Cases of a type that takes these numbers of spatial axes, on inputs with 0 to 4 of them."""
    takes = " or ".join({0: "[channels]", **TAKES}[rank] for rank in wanted)
    for rank in range(5):
        shape = (4, 6, 6, 6, 6)[: rank + 1]
        help = BEFORE if rank == 0 else None
        told = ("C305", f"{kind} takes {takes}, but its input is {show(shape)}", help)
        yield {"type": kind, **fields}, (shape,), [] if rank in wanted else [told]


def table():
    for rank in (1, 2, 3):
        for kind in ("maxpool", "avgpool"):
            yield from ranks(f"{kind}{rank}d", rank, kernel_size=2)
        for kind in ("conv", "conv_transpose"):
            yield from ranks(f"{kind}{rank}d", rank, kernel_size=2, out_channels=3)
        for kind in ("adaptive_avgpool", "adaptive_maxpool"):
            yield from ranks(f"{kind}{rank}d", rank, output_size=2)
        yield from ranks(f"batchnorm{rank}d", *((0, 1) if rank == 1 else (rank,)))
    for kind, fields in {"depthwise_conv2d": {"kernel_size": 2}, "separable_conv2d": {"kernel_size": 2, "out_channels": 3},
                         "instancenorm2d": {}, "pixel_shuffle": {"upscale_factor": 2}, "pixel_unshuffle": {"downscale_factor": 2},
                         "pad": {"padding": [1, 2]}}.items():  # fmt: skip
        yield from ranks(kind, 2, **fields)
    for kind, fields in {"global_avgpool": {}, "global_maxpool": {}, "pad": {"padding": 1}, "crop": {"size": 2},
                         "upsample": {"size": 2}}.items():  # fmt: skip
        yield from ranks(kind, 1, 2, 3, **fields)
    for mode, rank in {"linear": 1, "bilinear": 2, "trilinear": 3, "bicubic": 2}.items():
        yield from ranks("upsample", rank, scale_factor=2, mode=mode)
    yield from ranks("upsample", 1, 2, 3, scale_factor=2, mode="nearest")
    yield from (({"type": t[0], **t[1]}, t[2], [t[3]] if len(t) > 3 else []) for t in BOUNDARIES)


def told(code, message, help=None):
    return code, message, help


#: type, fields, input shapes, and what is told, if anything is
BOUNDARIES = [
    ("avgpool3d", {"kernel_size": 3, "padding": 1}, ((1, 3, 3, 3),)),
    ("avgpool3d", {"kernel_size": [2, 3, 4], "padding": 1}, ((1, 2, 2, 4),), told("C302", "a kernel of 3 does not fit into 2 cells without padding")),
    ("avgpool2d", {"kernel_size": [2, 3], "padding": 1}, ((1, 2, 2),)), ("avgpool3d", {"kernel_size": 2, "padding": 1, "dilation": 2}, ((1, 2, 2, 2),)),
    ("conv_transpose2d", {"out_channels": 1, "kernel_size": 1, "stride": [3, 2], "output_padding": [2, 1]}, ((1, 2, 2),)),
    ("conv_transpose2d", {"out_channels": 1, "kernel_size": 2, "dilation": [3, 2], "output_padding": [2, 1]}, ((1, 2, 2),)),
    ("conv_transpose2d", {"out_channels": 1, "kernel_size": 1, "stride": [3, 2], "output_padding": [2, 2]}, ((1, 2, 2),),
     told("C307", "output_padding must be below the stride or the dilation: along the width it is 2, but the stride is 2 and the dilation 1")),
    ("conv_transpose2d", {"out_channels": 1, "kernel_size": [3, 2], "padding": [1, 1]}, ((1, 1, 1),),
     told("C302", "the padding leaves nothing of the output: its width is 0", "use less padding")),
    ("conv_transpose2d", {"out_channels": 1, "kernel_size": [3, 3], "padding": [1, 1]}, ((1, 1, 1),)),
    ("instancenorm2d", {}, ((3, 1, 2),)), ("instancenorm2d", {}, ((3, 2, 1),)), ("instancenorm2d", {"track_running_stats": True}, ((3, 1, 1),)),
    ("instancenorm2d", {}, ((3, 1, 1),), told("C308", "a single position has no variance to normalize by", "leave the norm out where the map is 1×1")),
    ("layernorm", {}, ((3,),)), ("layernorm", {"normalized_shape": [4, 5]}, ((3, 4, 5),)), ("layernorm", {"normalized_shape": [3, 4, 5]}, ((3, 4, 5),)),
    ("layernorm", {"normalized_shape": [3, 5]}, ((3, 4, 5),), told("C308", "the last axes of 3×4×5 are not 3×5")),
    ("layernorm", {"normalized_shape": [3, 4, 5]}, ((3, 4),), told("C308", "the last axes of 3×4 are not 3×4×5")),
    ("layernorm", {"normalized_shape": [4, 3]}, ((3, 4, 5),), told("C308", "the last axes of 3×4×5 are not 4×3")),
    ("prelu", {"num_parameters": 1}, ((3, 4),)), ("prelu", {"num_parameters": 3}, ((3, 4),)),
    ("prelu", {"num_parameters": 2}, ((3, 4),), told("C308", "num_parameters is 2; it must be 1 or the 3 channels", "write num_parameters: channels")),
    ("pixel_shuffle", {"upscale_factor": 3}, ((6, 4, 4),), told("C308", "the number of channels, 6, is not a multiple of 3*3")),
    ("pixel_shuffle", {"upscale_factor": 3}, ((9, 4, 4),)),
    ("pixel_unshuffle", {"downscale_factor": 3}, ((2, 6, 4),), told("C308", "the size 4 is not a multiple of 3")),
    ("pixel_unshuffle", {"downscale_factor": 3}, ((2, 4, 6),), told("C308", "the size 4 is not a multiple of 3")),
    ("pixel_unshuffle", {"downscale_factor": 3}, ((2, 6, 3),)),
    ("permute", {"dims": [2, 0, 1]}, ((2, 3, 4),)),
    *(("permute", {"dims": dims}, ((2, 3, 4),), told("C308", "dims must name each axis of 2×3×4 once: 0 to 2"))
      for dims in ([1, 2, 3], [0, 1], [0, 1, 1], [0, 1, 2, 3])),
    *(("flatten", {"start_dim": a, "end_dim": b}, ((2, 3, 4),)) for a, b in ((0, 0), (0, 2), (2, 2), (-3, -1), (1, -2), (-1, -1))),
    *(("flatten", {"start_dim": a, "end_dim": b}, ((2, 3, 4),), told("C308", f"axes {a} to {b} are not a range of axes of 2×3×4"))
      for a, b in ((1, 0), (0, 3), (-4, -1), (-1, -2))),
    ("reshape", {"shape": [6, 4]}, ((2, 3, 4),)), ("reshape", {"shape": [-1, 8]}, ((2, 3, 4),)),
    ("reshape", {"shape": [6, 5]}, ((2, 3, 4),), told("C308", "2×3×4 has 24 elements, which do not fit into 6×5")),
    ("reshape", {"shape": [5, -1]}, ((2, 3, 4),), told("C308", "2×3×4 has 24 elements, which do not fit into 5×(-1)")),
    ("slice", {"axis": 1, "start": 3}, ((2, 4),)), ("slice", {"stop": 1}, ((2, 4),)),
    ("slice", {"axis": 1, "start": 4}, ((2, 4),), told("C308", "the slice of 4 is empty")),
    ("crop", {"size": [4, 5]}, ((2, 4, 5),)), ("crop", {}, ((2, 4, 5), (7, 3, 5))),
    ("crop", {"size": [4, 6]}, ((2, 4, 5),), told("C308", "cannot crop a map of 5 to 6")),
    ("crop", {}, ((2, 4, 5), (7, 5, 5)), told("C308", "cannot crop a map of 4 to 5")),
    ("crop", {"size": 5}, ((2, 4, 5),), told("C308", "cannot crop a map of 4 to 5")),
    ("upsample", {"scale_factor": 2, "size": 8}, ((2, 4, 5),), told("C308", "give scale_factor or size, not both")),
    ("upsample", {"scale_factor": 2}, ((2, 4, 5), (2, 8, 10)), told("C308", "give scale_factor or size, not both")),
    ("upsample", {"scale_factor": [0.25, 0.2]}, ((2, 4, 5),)), ("upsample", {}, ((2, 4, 5), (1, 9, 9))),
    ("upsample", {"scale_factor": [0.25, 0.1]}, ((2, 4, 5),), told("C308", "a size of 0 leaves nothing")),
    ("upsample", {}, ((2, 4, 5),), told("C104", "upsample needs a size, or a tensor to take it from")),
    ("pad", {"padding": 3, "mode": "reflect"}, ((1, 4, 4),)), ("pad", {"padding": 4, "mode": "circular"}, ((1, 4, 4),)),
    ("pad", {"padding": 9, "mode": "replicate"}, ((1, 4, 4),)), ("pad", {"padding": 9}, ((1, 4, 4),)),
    ("pad", {"padding": [[3, 3], [3, 4]], "mode": "reflect"}, ((1, 4, 4),), told("C308", "reflect padding of 4 needs a map of 5, not 4")),
    ("pad", {"padding": [[0, 0], [6, 1]], "mode": "reflect"}, ((1, 4, 4),), told("C308", "reflect padding of 6 needs a map of 7, not 4")),
    ("pad", {"padding": [[4, 4], [4, 5]], "mode": "circular"}, ((1, 4, 4),), told("C308", "circular padding of 5 needs a map of 5, not 4")),
    ("concat", {}, ((2, 4, 5), (3, 4, 5), (1, 4, 5))), ("concat", {"axis": 2}, ((2, 4, 5), (2, 4, 1))),
    ("concat", {}, ((2, 4, 5), (2, 4, 5), (2, 4, 6)), told("C301", "the branches differ on an axis other than 0: 2×4×5 and 2×4×6", SAME)),
    ("concat", {"axis": 1}, ((2, 4, 5), (3, 4, 5)), told("C301", "the branches differ on an axis other than 1: 2×4×5 and 3×4×5")),
    ("concat", {"axis": 3}, ((2, 4, 5),), told("C301", "the branches cannot be joined along axis 3: 2×4×5")),
    ("concat", {}, ((2, 4, 5), (2, 4)), told("C301", "the branches cannot be joined along axis 0: 2×4×5 and 2×4")),
    ("concat", {}, ((2, 4), (2, 4, 5)), told("C301", "the branches cannot be joined along axis 0: 2×4 and 2×4×5")),
    ("opaque", {"params": 3, "biases": 3}, ((2, 4),)), ("opaque", {"biases": 0}, ((2, 4),)),
    ("opaque", {"params": 3, "biases": 4}, ((2, 4),), told("C308", "biases (4) exceed params (3)")),
    ("opaque", {"biases": 1}, ((2, 4),), told("C308", "biases (1) exceed params (0)")),
    ("softmax", {"dim": 1}, ((2, 4),)), ("log_softmax", {"dim": -2}, ((2, 4),)),
    ("log_softmax", {"dim": -3}, ((2, 4),), told("C308", "2×4 has no axis -3")),
    *((kind, {key: 3}, ((c, 4),), *([told("C303", f"3 groups do not divide the {c} input channels", "use a common divisor of the channels")] if c % 3 else []))
      for kind, key in (("groupnorm", "num_groups"), ("channel_shuffle", "groups")) for c in (3, 4, 6)),
]  # fmt: skip


@pytest.mark.parametrize("case", [*table()], ids=lambda c: f"{c[0]['type']}-{c[1]}")
def test_requirements(case):
    """Only the first counts, for later ones may rely on it; where all is well, nothing is said."""
    fields, shapes, expected = case
    first = next(built(fields).requirements(shapes), None)
    assert ([(first.code, first.message, first.help)] if first else []) == expected
    assert first is None or first.holds is False


@pytest.mark.parametrize(("fields", "shape", "message"), [
    ({"type": "slice", "axis": 2}, (2, 4), "2×4 has no axis 2"), ({"type": "slice", "axis": 1}, (2,), "[2] has no axis 1"),
    ({"type": "upsample", "scale_factor": [2, 2, 2]}, (2, 4, 5), "give one scale_factor for each axis"),
    ({"type": "upsample", "scale_factor": [2]}, (2, 4, 5), "give one scale_factor for each axis"),
])  # fmt: skip
def test_an_axis_that_is_not_there_is_told_first(fields, shape, message):
    first = next(built(fields).requirements((shape,)))
    assert first == (False, "C308", message, None, None)


def test_what_is_left_open_in_symbols():
    """A requirement on a size that is not known is a condition, with the values that meet it."""
    cases = [
        ("crop", {"size": 4}, [2, "n", 9], lambda n: n >= 4), ("pad", {"padding": 3, "mode": "reflect"}, [2, "n", 9], lambda n: n >= 4),
        ("pad", {"padding": 3, "mode": "circular"}, [2, "n", 9], lambda n: n >= 3), ("pad", {"padding": 3}, [2, "n", 9], lambda n: True),
        ("pixel_shuffle", {"upscale_factor": 2}, ["n", 9, 9], lambda n: n % 4 == 0),
        ("pixel_unshuffle", {"downscale_factor": 2}, [2, "n", 8], lambda n: n % 2 == 0),
        ("pixel_unshuffle", {"downscale_factor": 2}, [2, 8, "n"], lambda n: n % 2 == 0),
        ("instancenorm2d", {}, [2, 1, "n"], lambda n: n >= 2), ("layernorm", {"normalized_shape": [5]}, [2, "n"], lambda n: n == 5),
        ("prelu", {"num_parameters": 6}, ["n", 4], lambda n: n == 6), ("avgpool3d", {"kernel_size": 4, "padding": 2}, [2, 9, "n", 9], lambda n: n >= 4),
        ("upsample", {"scale_factor": "1/3"}, [2, "n", 9], lambda n: n >= 3), ("upsample", {"size": ["n - 2", 3]}, [2, 4, 9], lambda n: n >= 3),
        ("reshape", {"shape": [4, 6]}, [2, "n"], lambda n: n == 12), ("reshape", {"shape": ["n", 6]}, [4, 6], lambda n: n == 4), ("slice", {"axis": 1, "start": 3}, [2, "n"], lambda n: n >= 4),
        ("conv_transpose1d", {"out_channels": 1, "kernel_size": 2, "padding": 3}, [2, "n"], lambda n: n >= 6),
        ("conv_transpose1d", {"out_channels": 1, "kernel_size": 1, "stride": "n", "output_padding": 3}, [2, 9], lambda n: n >= 4),
        ("conv_transpose1d", {"out_channels": 1, "kernel_size": 1, "dilation": "n", "output_padding": 3}, [2, 9], lambda n: n >= 4),
        ("groupnorm", {"num_groups": 4}, ["n", 3], lambda n: n % 4 == 0), ("channel_shuffle", {"groups": 4}, ["n", 3], lambda n: n % 4 == 0),
        ("opaque", {"params": "n", "biases": 5}, [2], lambda n: n >= 5), ("opaque", {"params": 5, "biases": "n"}, [2], lambda n: n <= 5),
    ]  # fmt: skip
    for kind, fields, shape, holds in cases:
        net = cnncalc.load({"vars": {"n": 12}, "input": shape, "layers": [{"type": kind, **fields}]})
        conditions = net.summary(free="n").conditions
        for n in range(1, 14):
            assert all(c.holds({"n": n}) for c in conditions) == holds(n), (kind, fields, n)


@pytest.mark.parametrize("word", ["same", "same_lower"])
@pytest.mark.parametrize(
    "fields", [{"type": "conv1d", "out_channels": 1}, {"type": "maxpool1d"}], ids=lambda f: f["type"]
)
def test_same_padding_fits_a_kernel_of_any_size(fields, word):
    """The input has a cell; nothing else is asked, also where the padding is too hard a term to be compared."""
    spec = {"vars": {"n": 8, "k": 3}, "input": [1, "n - 1"],
            "layers": [{**fields, "kernel_size": "k*k", "stride": 4, "dilation": 3, "padding": word}]}  # fmt: skip
    report = cnncalc.load(spec).summary(free=["n", "k"])
    assert [str(c) for c in report.conditions] == ["n >= 2"]
    assert str(report.rows[0].output[1]) == "(n + 2)//4"


# --------------------------------------------------------------------------- what is seen, and made of what

ONE, TWO = (Window(),), (Window(),) * 2
#: type, fields, input, windows
SIGHTS = [
    ("upsample", {"scale_factor": [2, 0.5]}, (3, 8, 6), (Zoom(2, 1, 1), Zoom(1, 2, 1))),
    ("upsample", {"scale_factor": 1.5, "mode": "bilinear"}, (3, 8, 6), (Zoom(3, 2, 2),) * 2),
    ("upsample", {"scale_factor": 3, "mode": "bicubic"}, (3, 8, 6), (Zoom(3, 1, 4),) * 2),
    ("upsample", {"scale_factor": 3, "mode": "linear"}, (3, 8), (Zoom(3, 1, 2),)),
    ("upsample", {"scale_factor": 3, "mode": "trilinear"}, (3, 2, 2, 2), (Zoom(3, 1, 2),) * 3),
    ("upsample", {"scale_factor": 2, "mode": "bilinear", "align_corners": True}, (3, 8, 6), "unknown"),
    ("upsample", {"scale_factor": 1, "mode": "bilinear", "align_corners": True}, (3, 8, 6), TWO),
    ("upsample", {"scale_factor": [1, 2]}, (3, 8, 6), (Zoom(), Zoom(2))),
    ("upsample", {"size": [8, 6]}, (3, 8, 6), TWO), ("upsample", {"size": [4, 9]}, (3, 8, 6), (Zoom(4, 8, 1), Zoom(9, 6, 1))),
    ("upsample", {"size": [4, 9], "mode": "bilinear"}, (3, 8, 6), (Zoom(4, 8, 2), Zoom(9, 6, 2))),
    ("upsample", {"size": [4, 9]}, (3, N, 6), "unknown"), ("upsample", {"size": [N, 9]}, (3, 8, 6), "unknown"),
    ("upsample", {"scale_factor": [2, N]}, (3, 8, 6), "unknown"), ("upsample", {"scale_factor": N}, (3, 8), "unknown"),
    ("upsample", {"scale_factor": 2}, (3, N, N), (Zoom(2),) * 2),
    ("pixel_shuffle", {"upscale_factor": 3}, (9, 2, 2), (Zoom(3, 1, 1),) * 2),
    ("pixel_unshuffle", {"downscale_factor": 3}, (2, 9, 9), (Window(3, 3),) * 2),
    ("pad", {"padding": [[1, 2], [3, 0]]}, (2, 9, 9), (Window(before=1, after=2), Window(before=3, after=0))),
    ("pad", {"padding": 2}, (2, 9), (Window(before=2, after=2),)),
    ("crop", {"size": [4, 5]}, (2, 9, 9), (Window(before=-2, after=-3), Window(before=-2, after=-2))),
    ("crop", {"size": 9}, (2, 9, 9), TWO), ("crop", {"size": 2}, (2, 7), (Window(before=-2, after=-3),)),
    ("slice", {"axis": 2, "start": 2, "step": 3}, (2, 9, 9), (Window(), Window(stride=3, before=-2))),
    ("slice", {"axis": 1, "start": -4}, (2, 9, 9), (Window(before=-5), Window())),
    ("slice", {"axis": 1, "start": -40, "step": 2}, (2, 9, 9), (Window(stride=2), Window())),
    ("slice", {"axis": 1, "stop": 5}, (2, 9, 9), TWO), ("slice", {"stop": 1, "step": 2}, (2, 9, 9), TWO), ("slice", {}, (2,), ()),
    ("concat", {}, (2, 9, 9), TWO), ("concat", {"axis": 1}, (2, 9, 9), "unknown"), ("concat", {}, (2, 9), ONE),
    ("permute", {"dims": [0, 1, 2]}, (2, 9, 9), TWO), ("permute", {"dims": [0, 2, 1]}, (2, 9, 9), "unknown"),
    ("permute", {"dims": [0]}, (2,), ()), ("linear", {"out_features": 2}, (4,), "all"), ("linear", {"out_features": 2}, (4, 4), "unknown"),
    ("channel_shuffle", {"groups": 2}, (4, 9, 9), TWO), ("channel_shuffle", {"groups": 2}, (4,), ()),
    ("flatten", {}, (4, 9, 9), "unknown"), ("reshape", {"shape": [-1]}, (4, 9, 9), "unknown"), ("opaque", {}, (4, 9, 9), "unknown"),
    ("conv_transpose2d", {"out_channels": 1, "kernel_size": [2, 3], "stride": [2, 3], "dilation": [1, 2], "padding": [[1, 0], [0, 1]]},
     (4, 9, 9), (Spread(2, 2, 1, 1), Spread(3, 3, 2, 0))),
    ("conv_transpose2d", {"out_channels": 1, "kernel_size": 2, "stride": [2, N]}, (4, 9, 9), "unknown"),
    ("conv2d", {"out_channels": 1, "kernel_size": [2, 3], "stride": [2, 3], "padding": "same"}, (4, 8, 9), (Window(2, 2), Window(3, 3))),
    ("conv2d", {"out_channels": 1, "kernel_size": [2, 3], "stride": [2, 3], "padding": "same"}, (4, 9, 8), (Window(2, 2, 1, 0, 1), Window(3, 3, 1, 0, 1))),
    ("global_avgpool", {}, (4, 6, 6), "all"), ("global_maxpool", {"keepdim": True}, (4, 6, 6), "all"),
    ("adaptive_avgpool2d", {"output_size": 1}, (4, 6, 6), "all"), ("adaptive_avgpool2d", {"output_size": 2}, (4, 6, 6), (Window(3, 3),) * 2),
    *(("adaptive_avgpool2d", {"output_size": list(size)}, shape, seen) for size, shape, seen in (
        ((1, 6), (4, 6, 6), (Window(6, 6), Window())), ((3, 2), (4, 6, 6), (Window(2, 2), Window(3, 3))), ((4, 3), (4, 6, 6), "unknown"),
        ((2, None), (4, 5, 6), "unknown"), ((3, None), (4, N, 6), "unknown"), ((N, None), (4, 6, 6), "unknown"),
        ((1, None), (4, N, 6), (Window(N, N), Window())), ((None, 3), (4, N, 6), (Window(), Window(2, 2))))),
    ("conv_transpose1d", {"out_channels": 1, "kernel_size": 4, "stride": 1, "padding": "same"}, (4, 9), (Spread(4, 1, 1, 1),)),
    ("conv_transpose1d", {"out_channels": 1, "kernel_size": 4, "stride": 1, "padding": "same_lower"}, (4, 9), (Spread(4, 1, 1, 2),)),
    ("conv_transpose1d", {"out_channels": 1, "kernel_size": 5, "stride": 1, "padding": "half"}, (4, 9), (Spread(5, 1, 1, 2),)),
    ("conv_transpose1d", {"out_channels": 1, "kernel_size": 5, "stride": 2, "padding": "valid"}, (4, 9), (Spread(5, 2, 1, 0),)),
]  # fmt: skip


@pytest.mark.parametrize("case", SIGHTS, ids=lambda c: f"{c[0]}-{c[2]}")
def test_windows(case):
    kind, fields, shape, expected = case
    layer = built(
        {
            "type": kind,
            **{k: v if k != "size" or not isinstance(v, list) else tuple(v) for k, v in fields.items()},
        }
    )
    found = layer.windows((shape,))
    assert found == expected
    assert repr(found) == repr(expected)  # the same types, and whole numbers


AXES = [
    ("flatten", {}, (2, 3, 4), ((0, 1, 2),)), ("flatten", {"start_dim": 1}, (2, 3, 4), ((0,), (1, 2))),
    ("flatten", {"end_dim": 1}, (2, 3, 4), ((0, 1), (2,))), ("flatten", {"start_dim": 1, "end_dim": -2}, (2, 3, 4, 5), ((0,), (1, 2), (3,))),
    ("flatten", {"start_dim": -1}, (2, 3, 4), ((0,), (1,), (2,))), ("permute", {"dims": [2, 0, 1]}, (2, 3, 4), ((2,), (0,), (1,))),
    ("reshape", {"shape": [6, 4]}, (2, 3, 4), ((0, 1), (2,))), ("reshape", {"shape": [2, 12]}, (2, 3, 4), ((0,), (1, 2))),
    ("reshape", {"shape": [24]}, (2, 3, 4), ((0, 1, 2),)), ("reshape", {"shape": [2, 3, 4]}, (2, 3, 4), ((0,), (1,), (2,))),
    ("reshape", {"shape": [2, 3, 2, 2]}, (6, 4), ((0,), (0,), (1,), (1,))), ("reshape", {"shape": [4, 6]}, (6, 4), ((0, 1), (0, 1))),
    ("reshape", {"shape": [-1, 4]}, (2, 3, 4), ((0, 1), (2,))), ("reshape", {"shape": [3, 2, 2, 5]}, (2, 6, 5), ((0, 1), (0, 1), (0, 1), (2,))),
    ("reshape", {"shape": [2, 3, 1]}, (2, 3), ((0,), (1,), ())), ("reshape", {"shape": [2, 1, 3]}, (2, 3), ((0,), (1,), (1,))), ("reshape", {"shape": [1, 2, 3]}, (2, 3), ((0,), (0,), (1,))),
    ("opaque", {}, (2, 3), ((0,), (1,))), ("opaque", {"output": [5, 6, 7]}, (2, 3), ((), (), ())),
    ("slice", {"axis": 1, "start": 1}, (2, 3), ((0,), (1,))), ("pad", {"padding": 1}, (2, 3), ((0,), (1,))),
]  # fmt: skip


@pytest.mark.parametrize("case", AXES, ids=lambda c: f"{c[0]}-{c[1]}")
def test_axes(case):
    kind, fields, shape, expected = case
    assert built({"type": kind, **fields}).axes((shape,)) == expected


def test_what_layers_mix():
    """An affine map its last axis, a softmax its own, elementwise maps none; others more than their windows say."""
    for rank in (1, 2, 3):
        assert built({"type": "linear", "out_features": 2}).mixes(rank) == (rank - 1,)
        assert built({"type": "relu"}).mixes(rank) == ()
        assert built({"type": "flatten"}).mixes(rank) is None
        for dim in range(-rank, rank):
            assert built({"type": "softmax", "dim": dim}).mixes(rank) == (dim % rank,)


# ------------------------------------------------------------------------------------------ numbers

#: type, fields, input shapes, output, tensors that are learned, buffers, MACs, operations
COUNTED = [
    ("conv2d", {"out_channels": 6, "kernel_size": [2, 3], "groups": 2}, ((4, 5, 7),), (6, 4, 5),
     {"weight": (6, 2, 2, 3), "bias": (6,)}, {}, 6 * 4 * 5 * 2 * 6, 120),
    ("conv2d", {"out_channels": 6, "kernel_size": [2, 3], "bias": False}, ((4, 5, 7),), (6, 4, 5), {"weight": (6, 4, 2, 3)}, {}, 2880, 0),
    ("conv_transpose2d", {"out_channels": 6, "kernel_size": [2, 3], "groups": 2, "stride": 2}, ((4, 5, 7),), (6, 10, 15),
     {"weight": (4, 3, 2, 3), "bias": (6,)}, {}, 4 * 5 * 7 * 3 * 6, 900),
    ("conv_transpose2d", {"out_channels": 6, "kernel_size": 1, "bias": False}, ((4, 5, 7),), (6, 5, 7), {"weight": (4, 6, 1, 1)}, {}, 840, 0),
    ("depthwise_conv2d", {"kernel_size": [2, 3], "multiplier": 3}, ((4, 5, 7),), (12, 4, 5), {"weight": (12, 1, 2, 3), "bias": (12,)}, {}, 1440, 240),
    ("depthwise_conv2d", {"kernel_size": [2, 3], "bias": False}, ((4, 5, 7),), (4, 4, 5), {"weight": (4, 1, 2, 3)}, {}, 480, 0),
    ("separable_conv2d", {"out_channels": 5, "kernel_size": [2, 3], "multiplier": 3}, ((4, 5, 7),), (5, 4, 5),
     {"depthwise.weight": (12, 1, 2, 3), "pointwise.weight": (5, 12, 1, 1), "pointwise.bias": (5,)}, {}, 20 * 12 * (6 + 5), 100),
    ("separable_conv2d", {"out_channels": 5, "kernel_size": 1, "bias": False}, ((4, 5, 7),), (5, 5, 7),
     {"depthwise.weight": (4, 1, 1, 1), "pointwise.weight": (5, 4, 1, 1)}, {}, 35 * 4 * 6, 0),
    ("linear", {"out_features": 5}, ((3, 4),), (3, 5), {"weight": (5, 4), "bias": (5,)}, {}, 60, 15),
    ("linear", {"out_features": 5, "bias": False}, ((4,),), (5,), {"weight": (5, 4)}, {}, 20, 0),
    ("layernorm", {}, ((3, 4),), (3, 4), {"weight": (3,), "bias": (3,)}, {}, 0, 84),
    ("layernorm", {"bias": False}, ((3, 4),), (3, 4), {"weight": (3,)}, {}, 0, 84),
    ("layernorm", {"elementwise_affine": False}, ((3, 4),), (3, 4), {}, {}, 0, 84),
    ("layernorm", {"normalized_shape": [4]}, ((3, 4),), (3, 4), {"weight": (4,), "bias": (4,)}, {}, 0, 84),
    ("groupnorm", {"num_groups": 3}, ((3, 4),), (3, 4), {"weight": (3,), "bias": (3,)}, {}, 0, 84),
    ("groupnorm", {"num_groups": 3, "affine": False}, ((3, 4),), (3, 4), {}, {}, 0, 84),
    ("batchnorm1d", {}, ((3, 4),), (3, 4), {"weight": (3,), "bias": (3,)}, {"running_mean": (3,), "running_var": (3,)}, 0, 24),
    ("instancenorm2d", {"affine": True, "track_running_stats": True}, ((3, 4, 2),), (3, 4, 2), {"weight": (3,), "bias": (3,)},
     {"running_mean": (3,), "running_var": (3,)}, 0, 168),
    ("scale", {}, ((3, 4),), (3, 4), {"weight": (3,)}, {}, 0, 12), ("scale", {"bias": True}, ((3, 4),), (3, 4), {"weight": (3,), "bias": (3,)}, {}, 0, 12),
    ("prelu", {"num_parameters": 3}, ((3, 4),), (3, 4), {"weight": (3,)}, {}, 0, 12), ("prelu", {}, ((3, 4),), (3, 4), {"weight": (1,)}, {}, 0, 12),
    ("lrn", {"size": 4}, ((3, 4),), (3, 4), {}, {}, 0, 132), ("softmax", {}, ((3, 4),), (3, 4), {}, {}, 0, 36),
    ("maxpool2d", {"kernel_size": [2, 3], "stride": 1}, ((3, 4, 5),), (3, 3, 3), {}, {}, 0, 135),
    ("avgpool2d", {"kernel_size": [2, 3], "stride": 1}, ((3, 4, 5),), (3, 3, 3), {}, {}, 0, 162),
    ("opaque", {"params": 9, "biases": 4, "macs": 5, "flops": 13}, ((3,), (4,)), (3,), {"weight": (5,), "bias": (4,)}, {}, 5, 3),
    ("opaque", {"output": [2], "params": 4, "biases": 4}, ((3,),), (2,), {"bias": (4,)}, {}, 0, 0), ("opaque", {"flops": 7}, ((3,),), (3,), {}, {}, 0, 7),
    ("opaque", {"params": 1}, ((3,),), (3,), {"weight": (1,)}, {}, 0, 0), ("opaque", {"params": 1, "biases": 1}, ((3,),), (3,), {"bias": (1,)}, {}, 0, 0),
    ("concat", {"axis": 1}, ((2, 3, 4), (2, 5, 4), (2, 1, 4)), (2, 9, 4), {}, {}, 0, 0), ("concat", {}, ((2, 3), (4, 3)), (6, 3), {}, {}, 0, 0),
    ("add", {}, ((2, 3), (2, 3), (2, 3)), (2, 3), {}, {}, 0, 12), ("multiply", {}, ((2, 3),), (2, 3), {}, {}, 0, 0),
    *(("upsample", {"size": tuple([4] * rank), "mode": mode}, ((2, 3, 3, 3)[: rank + 1],) * 1, (2, 4, 4, 4)[: rank + 1], {}, {}, 0, per * 2 * 4**rank)
      for mode, rank, per in (("nearest", 1, 0), ("nearest", 3, 0), ("linear", 1, 3), ("bilinear", 2, 7), ("trilinear", 3, 15), ("bicubic", 2, 31))),
    ("pixel_shuffle", {"upscale_factor": 3}, ((18, 2, 5),), (2, 6, 15), {}, {}, 0, 0),
    ("pixel_unshuffle", {"downscale_factor": 3}, ((2, 6, 15),), (18, 2, 5), {}, {}, 0, 0),
    ("flatten", {"start_dim": 1, "end_dim": -2}, ((2, 3, 4, 5),), (2, 12, 5), {}, {}, 0, 0),
    ("pad", {"padding": [[1, 2], [0, 3]]}, ((2, 3, 4),), (2, 6, 7), {}, {}, 0, 0), ("crop", {"size": (2, 1)}, ((2, 3, 4),), (2, 2, 1), {}, {}, 0, 0),
    ("reshape", {"shape": [4, -1, 3]}, ((2, 3, 4),), (4, 2, 3), {}, {}, 0, 0),
]  # fmt: skip


@pytest.mark.parametrize("case", COUNTED, ids=lambda c: f"{c[0]}-{c[2][0]}")
def test_counts(case):
    kind, fields, shapes, *expected = case
    layer = built({"type": kind, **fields})
    output = layer.output_shape(shapes)
    found = [
        output,
        layer.param_shapes(shapes),
        layer.buffer_shapes(shapes),
        layer.macs(shapes, output),
        layer.operations(shapes, output),
    ]
    assert found == expected
    assert [*found[1]] == [*expected[1]]  # in this order


@pytest.mark.parametrize(("said", "partial"), [
    ({}, True), ({"params": 0, "macs": 0}, True), ({"params": 0, "flops": 0}, True), ({"macs": 0, "flops": 0}, True),
    ({"params": 0, "macs": 0, "flops": 0}, False), ({"params": 1, "macs": 1, "flops": 2}, False),
])  # fmt: skip
def test_an_opaque_operation_is_partial_until_all_is_said(said, partial):
    layer = built({"type": "opaque", **said})
    assert layer.is_partial() is partial
    assert built({"type": "relu"}).is_partial() is False
    with pytest.raises(NotImplementedError, match="does not say what it computes"):
        layer.forward([np.ones((1, 2))], {})


def test_slices_count_as_python_does():
    bounds = [None, -9, *range(-4, 5), 9]
    for size, start, stop, step in product((1, 3), bounds, bounds, (1, 2)):
        layer = built({"type": "slice", "axis": 1, "start": start, "stop": stop, "step": step})
        cells = range(size)[start:stop:step]
        assert max(layer.output_shape(((2, size, 3),))[1], 0) == len(cells)
        assert all(r.holds is True for r in layer.requirements(((2, size, 3),))) == bool(cells)
        if cells:
            assert -layer.windows(((2, size, 3),))[0].before == cells[0]


# ------------------------------------------------------------------------------------------ arrays

X = np.random.default_rng(12).normal(size=(2, 4, 6, 5))


class Named(dict):
    """Parameters with numbers that tell them apart."""

    def __init__(self, layer, shapes):
        draw = np.random.default_rng(13)
        for name, shape in {**layer.param_shapes(shapes), **layer.buffer_shapes(shapes)}.items():
            self[name] = draw.uniform(0.5, 2, size=shape)

    def blocks(self, name):
        return [slice(0, len(self[name]))], lambda span: self[name][span]


def over(x, axes, eps, weight=1.0, bias=0.0):
    mean, variance = x.mean(axes, keepdims=True), x.var(axes, keepdims=True)
    return (x - mean) / np.sqrt(variance + eps) * weight + bias


def column(values):
    return values[:, None, None]


COMPUTED = [
    ({"type": "layernorm", "eps": 0.1}, lambda p: over(X, 1, 0.1, column(p["weight"]), column(p["bias"]))),
    ({"type": "layernorm", "eps": 0.1, "normalized_shape": [6, 5]}, lambda p: over(X, (2, 3), 0.1, p["weight"], p["bias"])),
    ({"type": "layernorm", "eps": 0.1, "normalized_shape": [5], "bias": False}, lambda p: over(X, 3, 0.1, p["weight"])),
    ({"type": "layernorm", "eps": 0.1, "elementwise_affine": False}, lambda p: over(X, 1, 0.1)),
    ({"type": "groupnorm", "num_groups": 2, "eps": 0.1},
     lambda p: over(X.reshape(2, 2, 2, 6, 5), (2, 3, 4), 0.1).reshape(X.shape) * column(p["weight"]) + column(p["bias"])),
    ({"type": "groupnorm", "num_groups": 4, "affine": False, "eps": 0.1}, lambda p: over(X, (2, 3), 0.1)),
    ({"type": "instancenorm2d", "eps": 0.1}, lambda p: over(X, (2, 3), 0.1)),
    ({"type": "instancenorm2d", "eps": 0.1, "affine": True}, lambda p: over(X, (2, 3), 0.1, column(p["weight"]), column(p["bias"]))),
    *(({"type": kind, "eps": 0.1, "affine": True, "track_running_stats": True},
       lambda p: (X - column(p["running_mean"])) / np.sqrt(column(p["running_var"]) + 0.1) * column(p["weight"]) + column(p["bias"]))
      for kind in ("batchnorm2d", "instancenorm2d")),
    ({"type": "scale"}, lambda p: X * column(p["weight"])), ({"type": "scale", "bias": True}, lambda p: X * column(p["weight"]) + column(p["bias"])),
    ({"type": "prelu", "num_parameters": 4}, lambda p: np.where(X > 0, X, X * column(p["weight"]))),
    ({"type": "leaky_relu", "negative_slope": 0.3}, lambda p: np.where(X > 0, X, 0.3 * X)), ({"type": "leaky_relu"}, lambda p: np.where(X > 0, X, 0.01 * X)),
    ({"type": "elu", "alpha": 0.3}, lambda p: np.where(X > 0, X, 0.3 * np.expm1(X))), ({"type": "celu", "alpha": 0.3}, lambda p: np.where(X > 0, X, 0.3 * np.expm1(X / 0.3))),
    ({"type": "linear", "out_features": 3}, lambda p: X @ p["weight"].T + p["bias"]), ({"type": "linear", "out_features": 3, "bias": False}, lambda p: X @ p["weight"].T),
    ({"type": "softmax", "dim": 1}, lambda p: np.exp(X) / np.exp(X).sum(2, keepdims=True)), ({"type": "log_softmax"}, lambda p: X - np.log(np.exp(X).sum(1, keepdims=True))),
    ({"type": "global_avgpool"}, lambda p: X.mean((2, 3))), ({"type": "global_maxpool", "keepdim": True}, lambda p: X.max((2, 3), keepdims=True)),
    ({"type": "global_maxpool"}, lambda p: X.max((2, 3))), ({"type": "global_avgpool", "keepdim": True}, lambda p: X.mean((2, 3), keepdims=True)),
    ({"type": "adaptive_avgpool2d", "output_size": [3, None]}, lambda p: X.reshape(2, 4, 3, 2, 5).mean(3)),
    ({"type": "adaptive_maxpool2d", "output_size": [2, 1]}, lambda p: X.reshape(2, 4, 2, 3, 5).max((3, 4))[..., None]),
    ({"type": "avgpool2d", "kernel_size": [2, 5]}, lambda p: X.reshape(2, 4, 3, 2, 5).mean((3, 4))[..., None]),
    ({"type": "avgpool2d", "kernel_size": [2, 1], "stride": [6, 1], "padding": [[1, 0], [0, 0]]}, lambda p: X[:, :, :1] / 2),
    ({"type": "avgpool2d", "kernel_size": [2, 1], "stride": [6, 1], "padding": [[1, 0], [0, 0]], "count_include_pad": False}, lambda p: X[:, :, :1]),
    ({"type": "maxpool2d", "kernel_size": [2, 1], "dilation": [3, 1], "stride": [3, 1]}, lambda p: np.maximum(X[:, :, :1], X[:, :, 3:4])),
    ({"type": "maxpool2d", "kernel_size": [3, 1], "stride": [4, 1], "padding": "same"}, lambda p: np.stack([X[:, :, :3].max(2), X[:, :, 4:].max(2)], 2)),
    ({"type": "maxpool2d", "kernel_size": [3, 5]}, lambda p: X.reshape(2, 4, 2, 3, 5).max((3, 4))[..., None]),
    ({"type": "maxpool2d", "kernel_size": [4, 5], "ceil_mode": True}, lambda p: np.stack([X[:, :, :4].max((2, 3)), X[:, :, 4:].max((2, 3))], 2)[..., None]),
    ({"type": "avgpool2d", "kernel_size": [4, 5], "ceil_mode": True}, lambda p: np.stack([X[:, :, :4].mean((2, 3)), X[:, :, 4:].mean((2, 3))], 2)[..., None]),
    ({"type": "conv2d", "out_channels": 6, "kernel_size": 1, "groups": 2},
     lambda p: np.einsum("ngchw,goc->ngohw", X.reshape(2, 2, 2, 6, 5), p["weight"].reshape(2, 3, 2)).reshape(2, 6, 6, 5) + column(p["bias"])),
    ({"type": "conv2d", "out_channels": 3, "kernel_size": [6, 5], "bias": False}, lambda p: np.einsum("nchw,ochw->no", X, p["weight"])[..., None, None]),
    ({"type": "depthwise_conv2d", "kernel_size": [6, 5]}, lambda p: (np.einsum("nchw,chw->nc", X, p["weight"][:, 0]) + p["bias"])[..., None, None]),
    ({"type": "separable_conv2d", "out_channels": 3, "kernel_size": [6, 5]},
     lambda p: (np.einsum("nchw,chw,oc->no", X, p["depthwise.weight"][:, 0], p["pointwise.weight"][..., 0, 0]) + p["pointwise.bias"])[..., None, None]),
    ({"type": "separable_conv2d", "out_channels": 3, "kernel_size": [6, 5], "bias": False},
     lambda p: np.einsum("nchw,chw,oc->no", X, p["depthwise.weight"][:, 0], p["pointwise.weight"][..., 0, 0])[..., None, None]),
    ({"type": "conv_transpose2d", "out_channels": 6, "kernel_size": 1, "groups": 2},
     lambda p: np.einsum("ngchw,gco->ngohw", X.reshape(2, 2, 2, 6, 5), p["weight"].reshape(2, 2, 3)).reshape(2, 6, 6, 5) + column(p["bias"])),
    ({"type": "conv_transpose2d", "out_channels": 3, "kernel_size": 2, "stride": [2, 2], "output_padding": [1, 0], "bias": False},
     lambda p: np.pad(np.einsum("nchw,coij->nohiwj", X, p["weight"]).reshape(2, 3, 12, 10), ((0, 0), (0, 0), (0, 1), (0, 0)))),
    ({"type": "upsample", "scale_factor": 2}, lambda p: X.repeat(2, 2).repeat(2, 3)), ({"type": "upsample", "scale_factor": [2, 1]}, lambda p: X.repeat(2, 2)), ({"type": "upsample", "size": (3, 5)}, lambda p: X[:, :, ::2]),
    ({"type": "upsample", "scale_factor": [1, 0.2], "mode": "bilinear"}, lambda p: X[..., 2:3]),
    ({"type": "upsample", "size": (6, 2), "mode": "bilinear", "align_corners": True}, lambda p: X[..., ::4]),
    ({"type": "upsample", "scale_factor": [1, 0.4], "mode": "bilinear", "align_corners": True}, lambda p: X[..., ::4]),
    ({"type": "upsample", "scale_factor": [1, 0.7]}, lambda p: X[..., [0, 1, 2]]),
    ({"type": "upsample", "scale_factor": [1, 0.7], "align_corners": True}, lambda p: X[..., [0, 1, 2]]),
    ({"type": "upsample", "scale_factor": [1, 1.9]}, lambda p: X[..., [0, 0, 1, 1, 2, 2, 3, 3, 4]]),
    ({"type": "crop", "size": (3, 2)}, lambda p: X[:, :, 1:4, 1:3]), ({"type": "pad", "padding": [[1, 0], [0, 2]], "value": 7}, lambda p: np.pad(
        X, ((0, 0), (0, 0), (1, 0), (0, 2)), constant_values=7)),
    ({"type": "pad", "padding": 2, "mode": "reflect"}, lambda p: np.pad(X, ((0, 0), (0, 0), (2, 2), (2, 2)), "reflect")),
    ({"type": "concat", "axis": 1}, lambda p: X), ({"type": "dropout"}, lambda p: X), ({"type": "drop_path"}, lambda p: X), ({"type": "identity"}, lambda p: X),
    ({"type": "lrn", "size": 1, "alpha": 0.3, "beta": 0.5, "k": 2.0}, lambda p: X / np.sqrt(2 + 0.3 * X**2)),
    ({"type": "lrn", "size": 1}, lambda p: X / (1 + 1e-4 * X**2) ** 0.75),
    ({"type": "flatten", "start_dim": 1}, lambda p: X.reshape(2, 4, 30)), ({"type": "flatten", "end_dim": -2}, lambda p: X.reshape(2, 24, 5)),
    ({"type": "reshape", "shape": [5, -1]}, lambda p: X.reshape(2, 5, 24)), ({"type": "permute", "dims": [1, 2, 0]}, lambda p: X.transpose(0, 2, 3, 1)),
    ({"type": "slice", "axis": 1, "start": 1, "stop": 4, "step": 2}, lambda p: X[:, :, 1:4:2]), ({"type": "slice"}, lambda p: X),
    ({"type": "channel_shuffle", "groups": 2}, lambda p: X[:, [0, 2, 1, 3]]),
    ({"type": "pixel_unshuffle", "downscale_factor": 1}, lambda p: X),
    ({"type": "relu"}, lambda p: np.maximum(X, 0)), ({"type": "relu6"}, lambda p: np.clip(X, 0, 6)), ({"type": "tanh"}, lambda p: np.tanh(X)),
    ({"type": "sigmoid"}, lambda p: 1 / (1 + np.exp(-X))), ({"type": "silu"}, lambda p: X / (1 + np.exp(-X))),
    ({"type": "mish"}, lambda p: X * np.tanh(np.log1p(np.exp(X)))), ({"type": "softplus", "beta": 2.0}, lambda p: np.log1p(np.exp(2 * X)) / 2),
    ({"type": "softplus", "threshold": 0.5}, lambda p: np.where(X > 0.5, X, np.log1p(np.exp(X)))),
    ({"type": "hardsigmoid"}, lambda p: np.clip(X + 3, 0, 6) / 6), ({"type": "hardswish"}, lambda p: X * np.clip(X + 3, 0, 6) / 6),
    ({"type": "selu"}, lambda p: 1.0507009873554805 * np.where(X > 0, X, 1.6732632423543772 * np.expm1(X))),
    ({"type": "gelu"}, lambda p: X / 2 * (1 + np.vectorize(math.erf)(X / math.sqrt(2)))),
    ({"type": "gelu", "approximate": "tanh"}, lambda p: X / 2 * (1 + np.tanh(math.sqrt(2 / math.pi) * (X + 0.044715 * X**3)))),
    ({"type": "pixel_shuffle", "upscale_factor": 2}, lambda p: X.reshape(2, 1, 2, 2, 6, 5).transpose(0, 1, 4, 2, 5, 3).reshape(2, 1, 12, 10)),
]  # fmt: skip


@pytest.mark.parametrize("case", COMPUTED, ids=lambda c: "-".join(map(str, c[0].values())))
def test_forward(case):
    fields, expected = case
    layer = built(fields)
    params = Named(layer, (X.shape[1:],))
    found, wanted = layer.forward([X], params), expected(params)
    assert found.shape == wanted.shape
    assert np.allclose(found, wanted, rtol=1e-10, atol=1e-12)


IN_PLACE = [
    *({"type": name} for name in ("relu", "relu6", "leaky_relu", "elu", "selu", "celu", "gelu", "silu", "mish", "sigmoid", "hardsigmoid",
                                  "hardswish", "tanh", "softplus", "prelu", "scale", "batchnorm2d", "add", "multiply")),
    {"type": "gelu", "approximate": "tanh"},
]  # fmt: skip


@pytest.mark.parametrize("fields", IN_PLACE, ids=lambda f: "-".join(f.values()))
def test_an_array_that_nobody_needs_is_written_to(fields):
    layer, here = built(fields), X.copy()
    inputs = [here, X] if layer.arity[1] is None else [here]
    expected = layer.forward([a.copy() for a in inputs], params := Named(layer, (X.shape[1:],)))
    result = layer.forward(inputs, params, here)
    assert np.shares_memory(result, here)
    assert np.allclose(result, expected)


def test_several_tensors_and_cells_moved_to_channels():
    assert np.allclose(built({"type": "add"}).forward([X, X**2], {}), X + X**2)
    assert np.allclose(built({"type": "multiply"}).forward([X, X**2], {}), X**3)
    assert np.array_equal(built({"type": "concat"}).forward([X, X**2], {}), np.concatenate([X, X**2], 1))
    up = built({"type": "pixel_shuffle", "upscale_factor": 2}).forward([X], {})
    assert np.array_equal(built({"type": "pixel_unshuffle", "downscale_factor": 2}).forward([up], {}), X)
    cube = X.reshape(2, 2, 2, 2, 3, 5)[:, 0]
    for kind, reduce in (
        ("avgpool3d", np.mean),
        ("maxpool3d", np.max),
        ("adaptive_avgpool3d", np.mean),
        ("adaptive_maxpool3d", np.max),
    ):
        size = {"output_size": 1} if kind.startswith("adaptive") else {"kernel_size": [2, 3, 5]}
        assert np.allclose(
            built({"type": kind, **size}).forward([cube], {})[..., 0, 0, 0], reduce(cube, axis=(2, 3, 4))
        )


def test_the_size_of_another_tensor():
    like = np.zeros((2, 9, 3, 2))
    assert np.array_equal(built({"type": "crop"}).forward([X, like], {}), X[:, :, 1:4, 1:3])
    assert np.array_equal(built({"type": "upsample"}).forward([X, like[..., :1]], {}), X[:, :, ::2, :1])
    for kind in ("crop", "upsample"):
        assert built({"type": kind}).output_shape(((4, 6, 5), (9, 3, 2))) == (4, 3, 2)
    assert built({"type": "upsample"}).windows(((4, 6, 5), (9, 3, 2))) == (Zoom(3, 6), Zoom(2, 5))


def test_average_of_three_axes_and_words_of_transposed_padding():
    x = np.random.default_rng(14).normal(size=(1, 1, 2, 2, 2))
    assert np.allclose(built({"type": "avgpool3d", "kernel_size": 2}).forward([x], {}), x.mean())
    for word, kernel, stride in product(("same", "same_lower"), (2, 3, 4, 5), (1, 2)):
        layer = built(
            {
                "type": "conv_transpose1d",
                "out_channels": 1,
                "kernel_size": kernel,
                "stride": stride,
                "padding": word,
            }
        )
        ((kind, step, _, before, after),) = layer.spatial_windows((1, 7))
        assert layer.output_shape(((1, 7),)) == (1, 7 * stride)
        assert before + after == kind - step
        assert before - after in ((0, -1) if word == "same" else (0, 1))


# ------------------------------------------------------------------------------------------ shapes


def test_what_a_window_is_where_nothing_is_said():
    """One cell that sees itself; the quotient is rounded down, and an odd cell of padding comes after the input."""
    assert (*Window(), Window().extent) == (1, 1, 1, 0, 0, 1)
    assert Zoom() == (1, 1, 1)
    assert (window_count(6, Window(3, 2)), window_count(6, Window(3, 2), ceil_mode=True)) == (2, 3)
    assert (same_padding(6, Window(2)), same_padding(6, Window(2), lower=True)) == ((0, 1), (1, 0))
    (refused,) = built({"type": "maxpool1d", "kernel_size": 5}).requirements(((1, 2),))
    assert refused.help == "use padding of at least 2, a smaller kernel or a larger input"


@pytest.mark.parametrize(("shape", "text"), [
    ((), "[]"), ((5,), "[5]"), ((N,), "[n]"), ((3, 4), "3×4"), ((64, N, N // 2), "64×n×(n//2)"), ((2, -1), "2×(-1)"), ((N + 1,), "[n + 1]"),
])  # fmt: skip
def test_shapes_in_messages(shape, text):
    assert show(shape) == text


#: written channels last, if it is taken for that
PICTURES = [
    ((64, 1), True), ((63, 1), False), ((64, 2), False), ((64, 3), False), ((64, 4), False), ((64,), False), ((3,), False),
    ((16, 16, 3), True), ((15, 16, 3), False), ((16, 15, 3), False), ((16, 17, 3), True), ((224, 224, 1), True), ((224, 224, 4), True),
    ((224, 223, 1), False), ((224, 223, 4), False), ((224, 224, 2), False), ((224, 224, 5), False), ((224, 224, 0), False),
    ((8, 8, 8, 1), True), ((8, 8, 8, 3), True), ((8, 8, 8, 4), False), ((7, 8, 8, 1), False), ((8, 8, 7, 3), False), ((9, 8, 8, 1), True),
    ((8, 8, 9, 1), False), ((9, 8, 10, 3), True), ((64, 64, 64, 64, 1), False), ((3, 224, 224), False), ((224, 224, N), False),
    ((N, N, 3), True), ((N, 224, 3), True), ((N, 15, 3), False), ((224, N, 1), True), ((N, 224, 1), False), ((N, 1), True),
]  # fmt: skip


@pytest.mark.parametrize(("shape", "taken"), PICTURES)
def test_pictures_written_channels_last(shape, taken):
    assert channels_first(shape) == ((shape[-1], *shape[:-1]) if taken else None)
