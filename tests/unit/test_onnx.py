"""ONNX files as specs: each operator, shape arithmetic, and what has no counterpart."""

import random

import numpy as np
import pytest

import cnncalc
from cnncalc.dims import symbol
from cnncalc.errors import SpecError
from cnncalc.interchange.onnx import imported
from cnncalc.interchange.onnx.patterns import PATTERNS
from tests.onnx_file import encoded, messages, model, node, stored, tensor

I64 = lambda *numbers: np.array(numbers, np.int64)
ONE = lambda *ops, **more: model(list(ops), **more)


def layers(data):
    """What an ONNX file is: type and fields of each layer."""
    graph = imported(data, "net.onnx").graph
    return [
        {"type": n.type, **{k: v for k, v in n.layer.written().items() if k != "type"}}
        for n in graph.nodes
        if n.layer
    ]


def single(data):
    (found,) = layers(data)
    return found


CONV = {"out_channels": 4, "kernel_size": 3}


@pytest.mark.parametrize(("nodes", "initializers", "expected"), [
    ([node("Conv", "x,w,b", "y", pads=[1, 1, 1, 1])], [stored("w", 4, 3, 3, 3), stored("b", 4)], {"type": "conv2d", **CONV, "padding": 1}),
    ([node("Conv", "x,w", "y", strides=[2, 1], dilations=[1, 2])], [stored("w", 4, 3, 3, 3)],
     {"type": "conv2d", **CONV, "stride": (2, 1), "dilation": (1, 2), "bias": False}),
    ([node("Conv", "x,w", "y", group=3)], [stored("w", 6, 1, 3, 3)],
     {"type": "conv2d", "out_channels": 6, "kernel_size": 3, "groups": 3, "bias": False}),
    ([node("Conv", "x,w", "y", auto_pad="SAME_UPPER")], [stored("w", 4, 3, 3, 3)], {"type": "conv2d", **CONV, "padding": "same", "bias": False}),
    ([node("Conv", "x,w", "y", pads=[0, 1, 1, 2])], [stored("w", 4, 3, 3, 3)],
     {"type": "conv2d", **CONV, "padding": ((0, 1), (1, 2)), "bias": False}),
    ([node("ConvTranspose", "x,w", "y", strides=[2, 2], output_padding=[1, 1])], [stored("w", 3, 4, 3, 3)],
     {"type": "conv_transpose2d", **CONV, "stride": 2, "output_padding": 1, "bias": False}),
    ([node("MaxPool", "x", "y", kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1)], [],
     {"type": "maxpool2d", "kernel_size": 2, "stride": 2, "ceil_mode": True}),
    ([node("AveragePool", "x", "y", kernel_shape=[2, 2], strides=[1, 1], pads=[1, 1, 1, 1])], [],
     {"type": "avgpool2d", "kernel_size": 2, "stride": 1, "padding": 1, "count_include_pad": False}),
    ([node("GlobalAveragePool", "x", "y")], [], {"type": "global_avgpool", "keepdim": True}),
    ([node("ReduceMean", "x", "y", axes=[2, 3], keepdims=0)], [], {"type": "global_avgpool"}),
    ([node("ReduceMean", "x,a", "y")], [tensor("a", I64(-1))], {"type": "reduce", "axes": (2,), "keepdim": True}),
    ([node("BatchNormalization", "x,s,b,m,v", "y", epsilon=1e-3)], [stored(n, 3) for n in "sbmv"], {"type": "batchnorm2d", "eps": 0.001}),
    ([node("InstanceNormalization", "x,s,b", "y")], [stored("s", 3), stored("b", 3)], {"type": "instancenorm2d", "affine": True}),
    ([node("LRN", "x", "y", size=5, alpha=1e-4, bias=2.0)], [], {"type": "lrn", "size": 5, "k": 2.0}),
    ([node("Clip", "x,lo,hi", "y")], [tensor("lo", np.float32(0)), tensor("hi", np.float32(6))], {"type": "relu6"}),
    ([node("Clip", "x,lo", "y")], [tensor("lo", np.float32(-2))], {"type": "clamp", "min": -2.0}),
    ([node("LeakyRelu", "x", "y", alpha=0.2)], [], {"type": "leaky_relu", "negative_slope": 0.2}),
    ([node("PRelu", "x,w", "y")], [stored("w", 3, 1, 1)], {"type": "prelu", "num_parameters": 3}),
    ([node("Softmax", "x", "y", axis=1)], [], {"type": "softmax"}),
    ([node("Transpose", "x", "y", perm=[0, 2, 3, 1])], [], {"type": "permute", "dims": (1, 2, 0)}),
    ([node("Flatten", "x", "y")], [], {"type": "flatten"}),
    ([node("Reshape", "x,s", "y")], [tensor("s", I64(0, 3, -1))], {"type": "reshape", "shape": (3, -1)}),
    ([node("Reshape", "x,s", "y")], [tensor("s", I64(1, -1))], {"type": "flatten"}),
    ([node("Slice", "x,b,e,a,s", "y")], [tensor("b", I64(2)), tensor("e", I64(2**62)), tensor("a", I64(-1)), tensor("s", I64(2))],
     {"type": "slice", "axis": 2, "start": 2, "step": 2}),
    ([node("Pad", "x,p", "y", mode="reflect")], [tensor("p", I64(0, 0, 1, 2, 0, 0, 1, 2))], {"type": "pad", "padding": (1, 2), "mode": "reflect"}),
    ([node("Resize", "x,,f", "y", mode="nearest")], [tensor("f", np.float32([1, 1, 2, 2]))], {"type": "upsample", "scale_factor": 2}),
    ([node("Mul", "x,w", "y")], [stored("w", 3, 1, 1)], {"type": "scale"}),
    ([node("Add", "x,w", "y")], [stored("w", 1, 3, 1, 1)], {"type": "learned_bias"}),
    ([node("Add", "x,w", "y")], [stored("w", 8, 8)], {"type": "learned_bias", "shape": (8, 8)}),
    ([node("Mul", "x,c", "y")], [tensor("c", np.float32(0.5))], {"type": "rescale", "factor": 0.5}),
    ([node("Sub", "c,x", "y")], [tensor("c", np.float32(1))], {"type": "rescale", "factor": -1.0, "offset": 1.0}),
    ([node("Div", "x,c", "y")], [tensor("c", np.float32(4))], {"type": "rescale", "factor": 0.25}),
    ([node("DepthToSpace", "x", "y", blocksize=2, mode="DCR")], [], None),
])  # fmt: skip
def test_operators(nodes, initializers, expected):
    more = {"values": [("y", 1, 1, 1, 1)]} if expected is None else {}
    found = single(model(nodes, initializers, **more))
    assert found == (expected or {"type": "opaque", "output": (1, 1, 1), "params": 0})


@pytest.mark.parametrize(("nodes", "expected"), [
    ([node("Sigmoid", "x", "s"), node("Mul", "s,x", "y")], "silu"),
    ([node("HardSigmoid", "x", "s", alpha=1 / 6), node("Mul", "x,s", "y")], "hardswish"),
    ([node("Softplus", "x", "s"), node("Tanh", "s", "t"), node("Mul", "x,t", "y")], "mish"),
    ([node("Div", "x,r", "d"), node("Erf", "d", "e"), node("Add", "e,one", "a"), node("Mul", "x,a", "m"), node("Mul", "m,half", "y")], "gelu"),
    ([node("Mul", "x,half", "h"), node("Div", "x,r", "d"), node("Erf", "d", "e"), node("Add", "one,e", "a"), node("Mul", "h,a", "y")], "gelu"),
])  # fmt: skip
def test_activations_that_were_taken_apart(nodes, expected):
    constants = [tensor(n, np.float32(v)) for n, v in (("r", 2**0.5), ("one", 1), ("half", 0.5))]
    assert [each["type"] for each in layers(model(nodes, constants))] == [expected]


def test_a_pattern_whose_middle_is_read_elsewhere_is_none():
    nodes = [node("Sigmoid", "x", "s"), node("Mul", "s,x", "m"), node("Add", "m,s", "y")]
    assert [each["type"] for each in layers(model(nodes))] == ["sigmoid", "multiply", "add"]


def test_every_pattern_ends_in_an_operator_of_onnx():
    assert all(pattern[0] in ("Add", "Div", "Mul") for _, _, pattern in PATTERNS)


def test_linear_layers():
    nodes = [
        node("Flatten", "x", "f"),
        node("Gemm", "f,w,b", "g", transB=1),
        node("MatMul", "g,v", "m"),
        node("Add", "m,c", "y"),
    ]
    weights = [stored("w", 10, 192), stored("b", 10), stored("v", 10, 5), stored("c", 5)]
    found = cnncalc.load(write(model(nodes, weights)))
    assert [row.params for row in found.summary()] == [0, 1930, 55]


def test_a_linear_layer_pins_the_size_of_the_image(tmp_path):
    nodes = [
        node("MaxPool", "x", "p", kernel_shape=[2, 2], strides=[2, 2]),
        node("Flatten", "p", "f"),
        node("Gemm", "f,w", "y", transB=1),
    ]
    net = cnncalc.load(write(model(nodes, [stored("w", 10, 48)]), tmp_path))
    solution = cnncalc.solve(net, ["H", "W"])
    assert [str(reason.condition) for reason in solution.coupled] == ["3*(H//2)*(W//2) == 48"]
    assert net.summary().totals.params == 480
    with pytest.raises(SpecError, match="in_features is 48"):
        net.summary(set={"H": 16})


def write(data, folder=None):
    import tempfile
    from pathlib import Path

    path = Path(folder or tempfile.mkdtemp()) / "net.bin"  # told by its content
    path.write_bytes(data)
    return str(path)


def test_sizes_are_free_and_shape_arithmetic_is_folded():
    """``x.view(n, c // 2, 2, h, w)`` as the exporter writes it."""
    nodes = [
        node("Shape", "x", "s"), node("Gather", "s,i2", "h"), node("Gather", "s,i3", "w"), node("Gather", "s,i0", "n"),
        node("Unsqueeze", "n,i0", "n1"), node("Unsqueeze", "h,i0", "h1"), node("Unsqueeze", "w,i0", "w1"),
        node("Concat", "n1,two,two2,h1,w1", "shape", axis=0), node("Reshape", "x,shape", "r"),
        node("Transpose", "r", "t", perm=[0, 2, 1, 3, 4]), node("Concat", "n1,four,h1,w1", "back", axis=0), node("Reshape", "t,back", "y"),
    ]  # fmt: skip
    numbers = {"i0": 0, "i2": 2, "i3": 3}
    constants = [tensor(n, np.int64(v)) for n, v in numbers.items()] + [
        tensor(n, I64(v)) for n, v in (("two", 2), ("two2", 2), ("four", 4))
    ]
    data = model(nodes, constants, inputs=(("x", "N", 4, "height", "width"),))
    graph = imported(data, "n").graph
    assert [n.type for n in graph.nodes] == ["input", "reshape", "permute", "reshape"]
    h, w = symbol("H", least=1), symbol("W", least=1)
    assert graph.nodes[-1].output == (4, h, w)


def test_an_operator_without_a_rule_is_declared():
    nodes = [node("Conv", "x,w", "c"), node("Magic", "c,k", "m", domain="acme"), node("Relu", "m", "y")]
    data = model(nodes, [stored("w", 4, 3, 3, 3), stored("k", 7)], values=[("m", 1, 4, 5, 5)])
    found = imported(data, "n")
    assert layers(data)[1] == {"type": "opaque", "output": (4, 5, 5), "params": 7}
    assert [note.text for note in found.notes] == ["1 × Magic without a rule: opaque"]
    report = cnncalc.load(write(data)).summary()
    assert report.totals.partial
    assert report.totals.params == 108 + 7


def test_a_shape_that_the_file_states_otherwise_is_an_error():
    data = model([node("Relu", "x", "y")], values=[("y", 1, 3, 8, 9)])
    with pytest.raises(SpecError, match=r"the shape of 'y' is 1×3×8×8 by its rule, and 1×3×8×9 in the file"):
        imported(data, "net.onnx")


def test_a_shared_weight_is_counted_once_and_equal_ones_each():
    shared = [node("Conv", "x,w", "a"), node("Conv", "a,w", "y")]
    assert cnncalc.load(write(model(shared, [stored("w", 3, 3, 1, 1)]))).summary().totals.params == 9
    merged = [node("Identity", "w", "v"), node("Conv", "x,w", "a"), node("Conv", "a,v", "y")]
    assert cnncalc.load(write(model(merged, [stored("w", 3, 3, 1, 1)]))).summary().totals.params == 18


@pytest.mark.parametrize(("data", "said"), [
    (model([node("Relu", "gone", "y")]), "nothing gives its input 'gone'"),
    (model([node("Relu", "x", "y")], opset=99), "operator set 99"),
    (model([node("Magic", "x", "y")]), "does not state its shape"),
    (model([node("Constant", "", "y", value_int=1)]), "no output of the graph depends on its inputs"),
    (model([node("Relu", "x", "y")], inputs=(("x",),)), "has no shape"),
    (b"\x08\x08\x12\x00", "no ONNX graph"),
    (b"\x08\x08\x3a\xff\xff\xff\xff\xff\xff\xff\xff\x7f", "reaches beyond the end"),
])  # fmt: skip
def test_files_that_cannot_be_read_say_why(data, said):
    with pytest.raises(SpecError, match=said):
        imported(data, "net.onnx")


def test_functions_of_the_file_are_inlined():
    body = {"name": "Twice", "domain": "mine", "inputs": ["a"], "outputs": ["c"],
            "nodes": [node("Relu", "a", "b"), node("Sigmoid", "b", "c")]}  # fmt: skip
    data = model(
        [node("Twice", "x", "m", domain="mine"), node("Twice", "m", "y", domain="mine")], functions=[body]
    )
    assert [each["type"] for each in layers(data)] == ["relu", "sigmoid"] * 2
    endless = {**body, "nodes": [node("Twice", "a", "c", domain="mine")]}
    with pytest.raises(SpecError, match="without end"):
        imported(model([node("Twice", "x", "y", domain="mine")], functions=[endless]), "n")


def test_damaged_files_end_in_an_error_or_a_network():
    """A thousand of them, in a second or two."""
    good = model(
        [node("Conv", "x,w", "c"), node("Shape", "c", "s"), node("Reshape", "c,k", "r"), node("Gemm", "r,v", "y")],
        [stored("w", 4, 3, 3, 3), tensor("k", I64(1, -1)), stored("v", 144, 10)], values=[("c", 1, 4, 6, 6)],
    )  # fmt: skip
    draw = random.Random(0)
    for _ in range(500):
        data = bytearray(good)
        for _ in range(draw.choice([1, 1, 2, 5])):
            at = draw.randrange(len(data))
            kind = draw.random()
            if kind < 0.5:
                data[at] = draw.randrange(256)
            elif kind < 0.75:
                del data[at : at + draw.randint(1, 9)]
            else:
                data[at:at] = bytes(draw.randrange(256) for _ in range(draw.randint(1, 4)))
        try:
            imported(bytes(data), "net.onnx")
        except SpecError as error:
            assert error.problems[0].code == "C007"


def test_names_of_layers_are_those_of_modules():
    nodes = [
        node("Conv", "x,layer1.0.conv1.weight", "a", name="/layer1/layer1.0/conv1/Conv"),
        node("Relu", "a", "b", name="/layer1/layer1.0/relu/Relu"),
        node("Conv", "b,onnx::Conv_5", "c", name="/layer1/layer1.0/conv2/Conv"),
        node("Add", "a,c", "y", name="/layer1/layer1.0/Add"),
    ]
    graph = imported(
        model(nodes, [stored("layer1.0.conv1.weight", 3, 3, 1, 1), stored("onnx::Conv_5", 3, 3, 1, 1)]), "n"
    ).graph
    assert [n.path for n in graph.nodes][1:] == [
        "layer1.0.conv1",
        "layer1.0.relu",
        "layer1.0.conv2",
        "layer1.0.add",
    ]


def test_the_writer_of_these_tests_reads_back():
    from cnncalc.interchange.onnx.wire import decode, viewed

    message = {"key": "a", "value": "b"}
    data = encoded(messages._ENTRY, message)
    assert decode(messages._ENTRY, viewed(data), 0, len(data)) == message
