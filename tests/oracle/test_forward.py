"""The numbers of the forward pass against torch, and against onnxruntime where torch has no such layer.

In float64 the tolerance is 1e-9 relative to the largest value, in float32 2e-5.
"""

import os
import random
import warnings

import numpy as np
import pytest

import cnncalc
from cnncalc.analysis.verify import prepared, verified, weights_of
from cnncalc.errors import SpecError
from cnncalc.reading.text.shipped import shipped_specs
from cnncalc.registry import all_types
from tests.shipped import files

torch = pytest.importorskip("torch")
nn, F = torch.nn, torch.nn.functional

CASES = int(os.environ.get("CNNCALC_CASES", "2000"))
EXACT, SINGLE = 1e-9, 2e-5


def oracles():
    """Modules that need torch themselves."""
    from tests.oracle import test_torch, torch_graph

    return test_torch, torch_graph


def close(ours, theirs, tolerance):
    theirs = theirs.numpy() if isinstance(theirs, torch.Tensor) else theirs
    assert ours.shape == theirs.shape
    if not np.isfinite(theirs).all():  # a maximum over padding alone
        return np.array_equal(ours, theirs)
    return np.abs(ours - theirs).max(initial=0) <= tolerance * max(1.0, np.abs(theirs).max(initial=0))


def run(spec, batch=2, dtype="float64", seed=0):
    """Our output, the input, and the weights of the last layer."""
    report = cnncalc.load(spec).summary(batch=batch)
    setup = prepared(report, seed=seed, dtype=dtype)
    result = verified(report, setup)
    assert result.agrees
    node = report.graph.nodes[-1]
    weights = weights_of(setup, node)
    tensors = {name: torch.from_numpy(np.ascontiguousarray(weights[name])) for name in weights.shapes}
    return (
        next(iter(result.outputs.values())),
        torch.from_numpy(np.ascontiguousarray(setup.inputs["input"])),
        tensors,
    )


def test_random_layers_compute_what_torch_computes():
    draw, compared = random.Random(50), {}
    test_torch, _ = oracles()
    for number in range(CASES):
        kind, fields, module, shape = test_torch.case(draw)
        try:
            ours, x, tensors = run({"input": list(shape), "layers": [{"type": kind, **fields}]}, seed=number)
        except SpecError:
            continue
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            made = module().eval()
            made(torch.zeros(2, *shape))  # lazy modules learn their sizes
            made = made.double()
            made.load_state_dict(tensors, strict=False)
            theirs = made(x)
        assert close(ours, theirs, EXACT), (kind, fields, shape)
        compared[kind] = compared.get(kind, 0) + 1
    assert len(compared) > 25


def image(draw, rank=2, channels=None):
    return [channels or draw.choice([1, 4, 6]), *(draw.randint(2, 9) for _ in range(rank))]


def lrn(draw):
    f = {"size": draw.randint(1, 6), "alpha": 0.3, "beta": 0.6, "k": 1.5}
    return (
        image(draw),
        "lrn",
        f,
        lambda x, w: F.local_response_norm(x, f["size"], f["alpha"], f["beta"], f["k"]),
    )


def layernorm_channels(draw):
    shape = image(draw, draw.choice([0, 1, 2]))
    one = lambda x, w: F.layer_norm(
        x.movedim(1, -1), shape[:1], w.get("weight"), w.get("bias"), 1e-3
    ).movedim(-1, 1)
    return shape, "layernorm", {"eps": 1e-3, "bias": draw.random() < 0.5}, one


def layernorm_last(draw):
    shape = image(draw)
    last = shape[-draw.randint(1, 3) :]
    return (
        shape,
        "layernorm",
        {"normalized_shape": last},
        lambda x, w: F.layer_norm(x, last, w["weight"], w["bias"]),
    )


def softmax(draw):
    shape, log = image(draw), draw.random() < 0.5
    dim = draw.randint(-3, 2)
    at = dim if dim < 0 else dim + 1
    return (
        shape,
        "log_softmax" if log else "softmax",
        {"dim": dim},
        lambda x, w: (F.log_softmax if log else F.softmax)(x, at),
    )


def upsample(draw):
    rank = draw.choice([1, 2, 3])
    mode = draw.choice(
        {1: ["nearest", "linear"], 2: ["nearest", "bilinear", "bicubic"], 3: ["nearest", "trilinear"]}[rank]
    )
    corners = mode != "nearest" and draw.random() < 0.5
    shape = image(draw, rank)
    f = {"mode": mode, **({"align_corners": True} if corners else {})}
    if draw.random() < 0.5:
        f["size"] = [draw.randint(1, 12) for _ in range(rank)]
    else:
        f["scale_factor"] = factor = draw.choice([1, 2, 3, 0.5, 1.5, 1.3, 2.7])
        if factor != 1 and any(int(n * factor) == n for n in shape[1:]):
            return upsample(draw)  # torch's own kernels differ there: identity, or floor(i/factor)
    return (
        shape,
        "upsample",
        f,
        lambda x, w: F.interpolate(
            x, f.get("size"), f.get("scale_factor"), mode, corners if mode != "nearest" else None
        ),
    )


def activation(draw):
    slope, alpha = draw.uniform(0.01, 0.9), draw.uniform(0.3, 2)
    return image(draw, draw.choice([0, 1, 2])), *draw.choice([
        ("leaky_relu", {"negative_slope": slope}, lambda x, w: F.leaky_relu(x, slope)),
        ("elu", {"alpha": alpha}, lambda x, w: F.elu(x, alpha)),
        ("celu", {"alpha": alpha}, lambda x, w: F.celu(x, alpha)),
        ("gelu", {"approximate": "tanh"}, lambda x, w: F.gelu(x, approximate="tanh")),
        ("softplus", {"beta": alpha, "threshold": 1.0}, lambda x, w: F.softplus(x, alpha, 1.0)),
        ("identity", {}, lambda x, w: x), ("drop_path", {}, lambda x, w: x),
    ])  # fmt: skip


def elsewhere(draw):
    shape = image(draw)
    c, h, w_ = shape
    size = [draw.randint(1, h), draw.randint(1, w_)]
    from itertools import permutations

    dims = draw.choice(list(permutations(range(3))))
    start, stop, step = draw.randint(-3, 1), draw.choice([None, h]), draw.randint(1, 2)
    return shape, *draw.choice([
        ("global_avgpool", {}, lambda x, w: x.mean((2, 3))),
        ("global_avgpool", {"keepdim": True}, lambda x, w: x.mean((2, 3), keepdim=True)),
        ("global_maxpool", {}, lambda x, w: x.amax((2, 3))),
        ("permute", {"dims": list(dims)}, lambda x, w: x.permute(0, *(d + 1 for d in dims))),
        ("reshape", {"shape": [-1, c]}, lambda x, w: x.reshape(len(x), -1, c)),
        ("crop", {"size": size}, lambda x, w: x[:, :, (h - size[0]) // 2 :, (w_ - size[1]) // 2 :][:, :, : size[0], : size[1]]),
        ("slice", {"axis": 1, "start": start, "stop": stop, "step": step}, lambda x, w: x[:, :, start:stop:step]),
        ("scale", {"bias": True}, lambda x, w: x * w["weight"][:, None, None] + w["bias"][:, None, None]),
        ("batchnorm2d", {"track_running_stats": False}, lambda x, w: F.batch_norm(x, None, None, w["weight"], w["bias"], True)),
        ("instancenorm2d", {"affine": True, "track_running_stats": True}, lambda x, w: F.instance_norm(
            x, w["running_mean"], w["running_var"], w["weight"], w["bias"], use_input_stats=False)),
        ("separable_conv2d", {"out_channels": 5, "kernel_size": 2, "multiplier": 2, "stride": 2}, lambda x, w: F.conv2d(
            F.conv2d(x, w["depthwise.weight"], None, 2, groups=c), w["pointwise.weight"], w["pointwise.bias"])),
        ("add", {"from": ["input", "input"]}, lambda x, w: x + x),
        ("multiply", {"from": ["input", "input", "input"]}, lambda x, w: x * x * x),
        ("concat", {"from": ["input", "input"], "axis": 2}, lambda x, w: torch.cat([x, x], 3)),
        ("maxpool2d", {"kernel_size": 2, "stride": 1, "padding": "same_lower"}, lambda x, w: F.max_pool2d(
            F.pad(x, (1, 0, 1, 0), value=float("-inf")), 2, 1)),
    ])  # fmt: skip


def of_imports(draw):
    """Types that models of other programs need."""
    shape = image(draw, 2, 4)
    square = [4, 5, 5]
    factor, offset = draw.uniform(-2, 2), draw.uniform(-1, 1)
    axes = draw.choice([[0], [1], [2], [0, 1], [1, 2]])
    keep = draw.random() < 0.5
    op = draw.choice(["mean", "sum", "max", "min", "l2"])
    at = [a + 1 for a in axes]
    reduced = {
        "mean": torch.mean,
        "sum": torch.sum,
        "max": torch.amax,
        "min": torch.amin,
        "l2": torch.linalg.vector_norm,
    }[op]
    learned = [draw.choice([1, n]) for n in shape][draw.randint(0, 2) :]
    tokens = [3, 6]
    return draw.choice([
        (shape, "rescale", {"factor": factor, "offset": offset}, lambda x, w: x * factor + offset),
        (shape, "clamp", {"min": -0.5}, lambda x, w: x.clamp(min=-0.5)),
        (shape, "clamp", {"min": -0.5, "max": 0.3}, lambda x, w: x.clamp(-0.5, 0.3)),
        (shape, "reduce", {"axes": axes, "op": op, "keepdim": keep}, lambda x, w: reduced(x, dim=at, keepdim=keep)),
        (shape, "subtract", {"from": ["input", "input"]}, lambda x, w: x - x),
        (shape, "divide", {"from": ["input", "input"]}, lambda x, w: x / x),
        (square, "matmul", {"from": ["input", "input"]}, lambda x, w: x @ x),
        (shape, "learned_bias", {}, lambda x, w: x + w["bias"][:, None, None]),
        (shape, "learned_bias", {"shape": learned}, lambda x, w: x + w["bias"]),
        (tokens, "class_token", {"size": 2}, lambda x, w: torch.cat([w["weight"].expand(len(x), 2, 6), x], 1)),
        (tokens, "rmsnorm", {"eps": 1e-3}, lambda x, w: F.rms_norm(x, [6], w["weight"], 1e-3)),
        (shape, "batchnorm2d", {"shift": False}, lambda x, w: F.batch_norm(x, w["running_mean"], w["running_var"], w["weight"])),
        (shape, "batchnorm2d", {"factor": False}, lambda x, w: F.batch_norm(
            x, w["running_mean"], w["running_var"], None, None) + w["bias"][:, None, None]),
    ])  # fmt: skip


@pytest.mark.parametrize("family", [
    of_imports, lrn, layernorm_channels, layernorm_last, softmax, upsample, activation, elsewhere,
])  # fmt: skip
def test_further_fields_and_types(family):
    draw, compared = random.Random(family.__name__), 0
    for number in range(CASES // 20):
        shape, kind, fields, function = family(draw)
        try:
            ours, x, tensors = run({"input": shape, "layers": [{"type": kind, **fields}]}, seed=number)
        except SpecError:
            continue
        assert close(ours, function(x, tensors), EXACT), (kind, fields, shape)
        compared += 1
    assert compared > CASES // 40


def onnx_pool(kind, fields, x):
    """One ONNX node through onnxruntime: poolings with SAME padding and dilated average pooling."""
    onnx, runtime = pytest.importorskip("onnx"), pytest.importorskip("onnxruntime")
    value = lambda name: onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None)
    node = onnx.helper.make_node(kind, ["x"], ["y"], **fields)
    graph = onnx.helper.make_graph([node], "g", [value("x")], [value("y")])
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 19)], ir_version=9)
    session = runtime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {"x": x})[0]


def test_what_torch_lacks_against_onnxruntime():
    draw = random.Random(7)
    for number in range(CASES // 20):
        shape = [3, draw.randint(3, 9), draw.randint(3, 9)]
        kernel = [draw.randint(1, 3), draw.randint(1, 3)]
        stride = [draw.randint(1, k) for k in kernel]  # onnxruntime refuses the others
        word = draw.choice(["same", "same_lower"])
        ours_kind, theirs_kind = draw.choice([("maxpool2d", "MaxPool"), ("avgpool2d", "AveragePool")])
        fields = {"kernel_size": kernel, "stride": stride}
        theirs = {"kernel_shape": kernel, "strides": stride}
        if draw.random() < 0.5:
            fields["padding"], theirs["auto_pad"] = (
                word,
                {"same": "SAME_UPPER", "same_lower": "SAME_LOWER"}[word],
            )
        else:
            fields["dilation"] = theirs["dilations"] = [draw.randint(1, 2), draw.randint(1, 2)]
        if ours_kind == "avgpool2d":
            fields["count_include_pad"], theirs["count_include_pad"] = False, 0
        try:
            ours, x, _ = run(
                {"input": shape, "layers": [{"type": ours_kind, **fields}]}, dtype="float32", seed=number
            )
        except SpecError:
            continue
        assert close(ours, onnx_pool(theirs_kind, theirs, x.numpy()), SINGLE), (ours_kind, fields, shape)


MODELS = [*files(), *(name for name in shipped_specs() if name.endswith(("_b0", "50", "v3_small")))]


@pytest.mark.parametrize("name", MODELS)
def test_whole_models_compute_what_torch_computes(name):
    """Weights copied across, at a reduced input size; every layer's output, not the last one's alone."""
    network = cnncalc.load(name)
    small = {v: 96 for v in ("H", "W") if v in network.vars}
    try:
        report = network.summary(set=small, batch=2)
    except SpecError:
        report = network.summary(batch=1)
    setup = prepared(report)
    made = oracles()[1].Network(report.graph).eval()
    with torch.no_grad():
        for node in report.graph.nodes:
            path = node.path.replace(".", "/")
            if node.layer is None or node.train_only or path not in made.made:
                continue
            weights = weights_of(setup, node)
            tensors = [torch.from_numpy(np.ascontiguousarray(weights[n])) for n in weights.shapes]
            state = [
                t for n, t in made.made[path].state_dict(keep_vars=True).items() if "num_batches" not in n
            ]
            assert len(state) == len(tensors), node.path
            for target, tensor in zip(state, tensors, strict=True):
                target.copy_(tensor.reshape(target.shape))
        inputs = [torch.from_numpy(np.ascontiguousarray(setup.inputs[n.path])) for n in report.graph.inputs]
        theirs = made.outputs(*inputs)
    result = verified(report, setup)
    assert result.agrees
    for path, ours in result.outputs.items():
        assert close(ours, theirs[path], 1e-4), path


def test_every_type_is_compared():
    """Each layer type that can run is in one of the tests above."""
    covered = {kind for kind in all_types() if kind in _TYPES}
    assert set(all_types()) - covered == {"opaque"}


_TYPES = {
    *(f"{k}{r}d" for k in ("conv", "conv_transpose", "maxpool", "avgpool", "adaptive_avgpool", "adaptive_maxpool", "batchnorm") for r in (1, 2, 3)),
    "depthwise_conv2d", "separable_conv2d", "global_avgpool", "global_maxpool", "linear", "flatten", "reshape", "permute",
    "layernorm", "groupnorm", "instancenorm2d", "lrn", "relu", "relu6", "leaky_relu", "prelu", "elu", "selu", "celu", "gelu",
    "silu", "mish", "sigmoid", "hardsigmoid", "hardswish", "tanh", "softplus", "softmax", "log_softmax", "identity",
    "dropout", "drop_path", "pad", "crop", "slice", "upsample", "pixel_shuffle", "pixel_unshuffle", "channel_shuffle",
    "scale", "add", "multiply", "concat", "rescale", "clamp", "reduce", "subtract", "divide", "matmul", "learned_bias",
    "class_token", "rmsnorm",
}  # fmt: skip
