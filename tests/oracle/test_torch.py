"""Every layer type that torch has, against torch: shapes, parameters, MACs, and what is refused.

Random hyper-parameters, impossible ones on purpose. ``CNNCALC_CASES`` sets how many.
"""

import os
import random
import warnings

import pytest

import cnncalc
from cnncalc.errors import SpecError

torch = pytest.importorskip("torch")
nn = torch.nn
CASES = int(os.environ.get("CNNCALC_CASES", "3000"))
REFUSED = "refused"


def per_axis(draw, rank, low, high):
    values = [draw.randint(low, high) for _ in range(rank)]
    return values[0] if draw.random() < 0.6 else values


def spread(value, rank):
    return (value,) * rank if isinstance(value, int) else tuple(value)


def convolution(draw, rank):
    f = {"out_channels": draw.choice([1, 2, 3, 4, 6, 8]), "kernel_size": per_axis(draw, rank, 1, 4)}
    f |= {"stride": per_axis(draw, rank, 1, 3), "padding": per_axis(draw, rank, 0, 3)}
    f |= {
        "dilation": per_axis(draw, rank, 1, 3),
        "groups": draw.choice([1, 1, 1, 2, 3, 4]),
        "bias": draw.random() < 0.5,
    }
    return f


def conv(draw, rank, channels):
    f = convolution(draw, rank)
    make = getattr(nn, f"Conv{rank}d")
    return f"conv{rank}d", f, lambda: make(channels, **f)


def conv_transpose(draw, rank, channels):
    f = convolution(draw, rank) | {"output_padding": per_axis(draw, rank, 0, 2)}
    make = getattr(nn, f"ConvTranspose{rank}d")
    return f"conv_transpose{rank}d", f, lambda: make(channels, **f)


def depthwise(draw, rank, channels):
    f = convolution(draw, 2)
    del f["out_channels"], f["groups"]
    multiplier = draw.randint(1, 3)
    torch_fields = dict(f)
    return (
        "depthwise_conv2d",
        f | {"multiplier": multiplier},
        lambda: nn.Conv2d(channels, channels * multiplier, groups=channels, **torch_fields),
    )


def pool_fields(draw, rank):
    f = {"kernel_size": per_axis(draw, rank, 1, 4), "padding": per_axis(draw, rank, 0, 3)}
    if draw.random() < 0.7:
        f["stride"] = per_axis(draw, rank, 1, 4)
    return f | {"ceil_mode": draw.random() < 0.5}


def maxpool(draw, rank, channels):
    f = pool_fields(draw, rank) | {"dilation": per_axis(draw, rank, 1, 2)}
    return f"maxpool{rank}d", f, lambda: getattr(nn, f"MaxPool{rank}d")(**f)


def avgpool(draw, rank, channels):
    f = pool_fields(draw, rank) | {"count_include_pad": draw.random() < 0.5}
    return f"avgpool{rank}d", f, lambda: getattr(nn, f"AvgPool{rank}d")(**f)


def adaptive(draw, rank, channels):
    kind, name = draw.choice([("avg", "Avg"), ("max", "Max")])
    size = per_axis(draw, rank, 1, 9)
    make = getattr(nn, f"Adaptive{name}Pool{rank}d")
    return f"adaptive_{kind}pool{rank}d", {"output_size": size}, lambda: make(size)


def norm(draw, rank, channels):
    kind = draw.choice(["batch", "group", "instance"])
    if kind == "group":
        groups = draw.randint(1, 4)
        return "groupnorm", {"num_groups": groups}, lambda: nn.GroupNorm(groups, channels)
    if kind == "instance":
        affine = draw.random() < 0.5
        return "instancenorm2d", {"affine": affine}, lambda: nn.InstanceNorm2d(channels, affine=affine)
    f = {"affine": draw.random() < 0.5, "track_running_stats": draw.random() < 0.5}
    f["track_running_stats"] = True
    return f"batchnorm{rank}d", f, lambda: getattr(nn, f"BatchNorm{rank}d")(channels, **f)


def linear(draw, rank, channels):
    out, bias = draw.randint(1, 9), draw.random() < 0.5
    return "linear", {"out_features": out, "bias": bias}, lambda: nn.LazyLinear(out, bias=bias)


def shuffles(draw, rank, channels):
    r = draw.randint(1, 3)
    return draw.choice(
        [
            ("pixel_shuffle", {"upscale_factor": r}, lambda: nn.PixelShuffle(r)),
            ("pixel_unshuffle", {"downscale_factor": r}, lambda: nn.PixelUnshuffle(r)),
            ("channel_shuffle", {"groups": r}, lambda: nn.ChannelShuffle(r)),
        ]
    )


def upsample(draw, rank, channels):
    mode = draw.choice(["nearest", {1: "linear", 2: "bilinear", 3: "trilinear"}[rank]])
    if draw.random() < 0.5:
        factor = draw.choice([1, 2, 3, 0.5, 1.5, 0.25])
        f = {"scale_factor": factor, "mode": mode}
        return "upsample", f, lambda: nn.Upsample(scale_factor=factor, mode=mode)
    size = [draw.randint(1, 9) for _ in range(rank)]
    return "upsample", {"size": size, "mode": mode}, lambda: nn.Upsample(size=size, mode=mode)


class Pad(nn.Module):  # type: ignore[name-defined]
    def __init__(self, pairs, mode):
        super().__init__()
        self.flat, self.mode = [p for pair in reversed(pairs) for p in pair], mode

    def forward(self, x):
        return nn.functional.pad(x, self.flat, mode=self.mode)


def pad(draw, rank, channels):
    pairs = [[draw.randint(0, 4), draw.randint(0, 4)] for _ in range(rank)]
    mode = draw.choice(["constant", "reflect", "replicate", "circular"])
    return "pad", {"padding": pairs, "mode": mode}, lambda: Pad(pairs, mode)


def flatten(draw, rank, channels):
    start, end = draw.randint(-3, 3), draw.randint(-3, 3)
    f = {"start_dim": start, "end_dim": end}
    shift = lambda d: d + 1 if d >= 0 else d  # torch counts the batch axis
    if start < 0 and start < -rank - 1:
        return flatten(draw, rank, channels)  # torch would reach the batch axis
    return "flatten", f, lambda: nn.Flatten(shift(start), shift(end))


def activation(draw, rank, channels):
    name, make = draw.choice(
        [
            ("relu", nn.ReLU), ("relu6", nn.ReLU6), ("leaky_relu", nn.LeakyReLU), ("elu", nn.ELU),
            ("selu", nn.SELU), ("celu", nn.CELU), ("gelu", nn.GELU), ("silu", nn.SiLU), ("mish", nn.Mish),
            ("sigmoid", nn.Sigmoid), ("hardsigmoid", nn.Hardsigmoid), ("hardswish", nn.Hardswish),
            ("tanh", nn.Tanh), ("softplus", nn.Softplus), ("identity", nn.Identity), ("dropout", nn.Dropout),
        ]
    )  # fmt: skip
    return name, {}, make


def prelu(draw, rank, channels):
    n = draw.choice([1, channels, 2])
    return "prelu", {"num_parameters": n}, lambda: nn.PReLU(n)


KINDS = [
    conv,
    conv,
    conv,
    conv_transpose,
    conv_transpose,
    depthwise,
    maxpool,
    maxpool,
    avgpool,
    adaptive,
    norm,
]
KINDS += [linear, shuffles, upsample, pad, flatten, activation, prelu]


def by_torch(module, shape):
    """Output shape, parameters and buffers, or REFUSED. A real tensor: meta forgives some of what CPU refuses."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            made = module().eval()
            out = made(torch.zeros(2, *shape))
    except (RuntimeError, ValueError, IndexError, NotImplementedError):
        return REFUSED
    if out.numel() == 0:
        return REFUSED  # torch lets a transposed convolution's padding leave nothing; cnncalc does not
    weights = sum(p.numel() for n, p in made.named_parameters() if not n.endswith("bias"))
    biases = sum(p.numel() for n, p in made.named_parameters() if n.endswith("bias"))
    buffers = sum(b.numel() for n, b in made.named_buffers() if not n.endswith("num_batches_tracked"))
    return tuple(out.shape[1:]), weights, biases, buffers


def by_cnncalc(kind, fields, shape):
    try:
        report = cnncalc.load({"input": list(shape), "layers": [{"type": kind, **fields}]}).summary()
    except SpecError:
        return REFUSED
    (row,) = report.rows
    return row.output, row.weights, row.biases, row.buffers


def case(draw):
    rank = draw.choice([1, 2, 2, 3])
    kind_of = draw.choice(KINDS)
    if kind_of in (depthwise, shuffles):
        rank = 2
    channels = draw.choice([1, 2, 3, 4, 6, 8, 9])
    shape = (channels, *(draw.randint(1, 9) for _ in range(rank)))
    kind, fields, module = kind_of(draw, rank, channels)
    if kind == "instancenorm2d":
        shape = (*shape, 3, 3)[:3]
    return kind, fields, module, shape


def test_single_layers_agree():
    draw = random.Random(20)
    refused = 0
    for _ in range(CASES):
        kind, fields, module, shape = case(draw)
        theirs, ours = by_torch(module, shape), by_cnncalc(kind, fields, shape)
        assert ours == theirs, f"{kind} {fields} on {shape}: torch {theirs}, cnncalc {ours}"
        refused += theirs == REFUSED
    assert 0.02 < refused / CASES < 0.6  # both sides of every rule are exercised


def test_chains_agree():
    draw = random.Random(21)
    for _ in range(CASES // 10):
        shape = (draw.choice([1, 3, 4]), draw.randint(5, 20), draw.randint(5, 20))
        modules, layers, now = [], [], shape
        for _ in range(draw.randint(2, 8)):
            kind, fields, module = draw.choice([conv, maxpool, avgpool, norm, conv_transpose])(
                draw, 2, now[0]
            )
            out = by_torch(module, now)
            if out == REFUSED or max(out[0]) > 200:
                continue
            modules.append(module)
            layers.append({"type": kind, **fields})
            now = out[0]
        if not layers:
            continue
        report = cnncalc.load({"input": list(shape), "layers": layers}).summary()
        made = [m() for m in modules]
        assert report.rows[-1].output == now
        assert report.totals.params == sum(p.numel() for m in made for p in m.parameters())


def test_macs_are_half_of_torchs_flops():
    from torch.utils.flop_counter import FlopCounterMode

    draw = random.Random(22)
    for _ in range(CASES // 10):
        rank = draw.choice([1, 2, 3])
        kind, fields, module = draw.choice([conv, conv_transpose, linear, depthwise])(draw, rank, 4)
        shape = (4, *(draw.randint(3, 9) for _ in range(2 if kind == "depthwise_conv2d" else rank)))
        if by_torch(module, shape) == REFUSED:
            continue
        fields["bias"] = False
        made = module().eval()
        if getattr(made, "bias", None) is not None:
            made.bias = None
        made(torch.zeros(1, *shape))
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            made(torch.zeros(1, *shape))
        report = cnncalc.load({"input": list(shape), "layers": [{"type": kind, **fields}]}).summary()
        if getattr(made, "groups", 1) == 1:  # torch's counter ignores groups of transposed convolutions
            assert report.totals.macs * 2 == counter.get_total_flops(), (kind, fields, shape)


def merged_by_torch(kind, shapes, axis):
    tensors = [torch.empty(1, *s, device="meta") for s in shapes]
    try:
        if kind == "concat":
            return tuple(torch.cat(tensors, axis + 1).shape[1:])
        out = tensors[0]
        for other in tensors[1:]:
            if out.dim() != other.dim():
                return REFUSED  # without a batch axis [C] and [C, H, W] would meet at the wrong end
            out = out + other if kind == "add" else out * other
        return tuple(out.shape[1:])
    except (RuntimeError, IndexError):
        return REFUSED


def test_graphs_agree():
    """Random graphs: each step reads any tensor made so far, or merges several of them."""
    draw = random.Random(23)
    refused = accepted = 0
    for _ in range(CASES // 10):
        tensors = {"input": (draw.choice([2, 3, 4]), draw.randint(4, 16), draw.randint(4, 16))}
        layers = []
        for number in range(draw.randint(3, 10)):
            name, names = f"n{number}", draw.choices(list(tensors), k=draw.choice([2, 2, 3]))
            if draw.random() < 0.5:
                kind = draw.choice(["add", "multiply", "concat"])
                item = {"type": kind, "name": name, "from": names}
                axis = draw.choice([0, 0, 1]) if kind == "concat" else 0
                item |= {"axis": axis} if axis else {}
                theirs = merged_by_torch(kind, [tensors[n] for n in names], axis)
            else:
                kinds = [conv, maxpool, avgpool, adaptive, conv_transpose, norm]
                kind, fields, module = draw.choice(kinds)(draw, 2, tensors[names[0]][0])
                item = {"type": kind, "name": name, "from": names[0], **fields}
                found = by_torch(module, tensors[names[0]])
                theirs = found if found == REFUSED else found[0]
            spec = {"input": list(tensors["input"]), "layers": [*layers, item]}
            try:
                ours = cnncalc.load(spec).summary()[name].output
            except SpecError:
                ours = REFUSED
            assert ours == theirs, (item, {n: tensors[n] for n in names})
            if theirs == REFUSED:
                refused += 1
            elif max(theirs) < 100:
                accepted += 1
                tensors[name] = theirs
                layers.append(item)
    assert refused > 20
    assert accepted > 200
