"""A cnncalc graph as torch modules, node by node, for tests and benchmarks."""

from functools import reduce

import torch
from torch import nn

ACTIVATIONS = {
    "relu": nn.ReLU, "relu6": nn.ReLU6, "silu": nn.SiLU, "gelu": nn.GELU, "sigmoid": nn.Sigmoid, "tanh": nn.Tanh,
    "hardswish": nn.Hardswish, "hardsigmoid": nn.Hardsigmoid, "softplus": nn.Softplus, "mish": nn.Mish,
    "identity": nn.Identity, "dropout": nn.Dropout, "drop_path": nn.Identity,
}  # fmt: skip


class Scale(nn.Module):
    def __init__(self, channels, rank):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(channels, *[1] * rank))

    def forward(self, x):
        return x * self.weight


class ChannelNorm(nn.Module):
    """Layer normalization of the channels at each position."""

    def __init__(self, channels, eps):
        super().__init__()
        self.norm = nn.LayerNorm(channels, eps)

    def forward(self, x):
        return self.norm(x.movedim(1, -1)).movedim(-1, 1)


def pairs_of(layer, x):
    return [(w.before, w.after) for w in layer.spatial_windows(x)]


def padded(module, pairs, value=0.0):
    """Torch's layers pad both ends alike; anything else is padded before."""
    if all(a == b for a, b in pairs):
        return module
    flat = [p for pair in reversed(pairs) for p in pair]
    return nn.Sequential(nn.ConstantPad2d(flat, value), module)


def module_of(layer, inputs):
    """The torch module that does what a layer does on inputs of these shapes."""
    kind, rank = layer.type, layer.rank
    x = inputs[0]
    if kind in ACTIVATIONS:
        return ACTIVATIONS[kind]()
    if kind.startswith(("conv", "depthwise", "maxpool", "avgpool", "separable")) and not kind.startswith(
        "concat"
    ):
        pairs = pairs_of(layer, x)
        even = all(a == b for a, b in pairs)
        padding = tuple(a for a, _ in pairs) if even else 0
        kernel, stride, dilation = (tuple(v) for v in zip(*layer.axis_fields(), strict=True))
        if kind == "separable_conv2d":
            middle = x[0] * layer.multiplier
            depthwise = nn.Conv2d(x[0], middle, kernel, stride, padding, dilation, x[0], bias=False)
            return nn.Sequential(depthwise, nn.Conv2d(middle, layer.out_channels, 1, bias=layer.bias))
        if kind.startswith("depthwise"):
            out = x[0] * layer.multiplier
            return padded(
                nn.Conv2d(x[0], out, kernel, stride, padding, dilation, x[0], bias=layer.bias), pairs
            )
        if kind.startswith("conv_transpose"):
            make = getattr(nn, f"ConvTranspose{rank}d")
            return make(x[0], layer.out_channels, kernel, stride, padding, tuple(layer.output_padding), layer.groups,
                        layer.bias, dilation)  # fmt: skip
        if kind.startswith("conv"):
            make = getattr(nn, f"Conv{rank}d")
            made = make(x[0], layer.out_channels, kernel, stride, padding, dilation, layer.groups, layer.bias)
            return padded(made, pairs)
        if kind.startswith("max"):
            make = getattr(nn, f"MaxPool{rank}d")
            return padded(
                make(kernel, stride, padding, dilation, ceil_mode=layer.ceil_mode), pairs, float("-inf")
            )
        return padded(getattr(nn, f"AvgPool{rank}d")(kernel, stride, padding, layer.ceil_mode), pairs)
    if kind.startswith("batchnorm"):
        return getattr(nn, f"BatchNorm{rank}d")(x[0], layer.eps, affine=layer.affine)
    if kind.startswith("adaptive"):
        name = "AdaptiveAvgPool" if "avg" in kind else "AdaptiveMaxPool"
        return getattr(nn, f"{name}{rank}d")(layer.output_size)
    makers = {
        "linear": lambda: nn.Linear(x[-1], layer.out_features, bias=layer.bias),
        "layernorm": lambda: (
            nn.LayerNorm(layer.normalized_shape, layer.eps)
            if layer.normalized_shape
            else ChannelNorm(x[0], layer.eps)
        ),
        "lrn": lambda: nn.LocalResponseNorm(layer.size),
        "scale": lambda: Scale(x[0], len(x) - 1),
        "softmax": lambda: nn.Softmax(1),
        "channel_shuffle": lambda: nn.ChannelShuffle(layer.groups),
        "flatten": lambda: nn.Flatten(layer.start_dim + 1),
    }
    return makers[kind]() if kind in makers else None


def centered(x, height, width):
    top, left = (x.shape[2] - height) // 2, (x.shape[3] - width) // 2
    return x[:, :, top : top + height, left : left + width]


def function_of(layer):
    """What is a function in torch, not a module."""
    functions = {
        "add": lambda *xs: reduce(torch.add, xs),
        "multiply": lambda *xs: reduce(torch.mul, xs),
        "concat": lambda *xs: torch.cat(xs, layer.axis + 1),
        "global_avgpool": lambda x: x.mean(tuple(range(2, x.dim())), keepdim=layer.keepdim),
        "permute": lambda x: x.permute(0, *(d + 1 for d in layer.dims)),
        "slice": lambda x: x[
            (slice(None),) * (layer.axis + 1) + (slice(layer.start, layer.stop, layer.step),)
        ],
        "crop": lambda x, like: centered(x, *like.shape[2:]),
    }
    return functions[layer.type]


class Network(nn.Module):
    """All nodes of a graph; ``forward`` gives every node's shape, as hooks would."""

    def __init__(self, graph):
        super().__init__()
        self.graph = graph
        made = {
            n.path.replace(".", "/"): module_of(n.layer, graph.shapes_into(n)) for n in graph.nodes if n.layer
        }
        self.made = nn.ModuleDict({path: module for path, module in made.items() if module is not None})

    def forward(self, *inputs, heads=True):
        """Shapes of all nodes; without ``heads`` what is for training only does not run, as at inference."""
        return [tuple(t.shape[1:]) for t in self.tensors(*inputs, heads=heads)]

    def outputs(self, *inputs):
        """The network's outputs by path, at inference."""
        tensors = self.tensors(*inputs, heads=False)
        return {self.graph.nodes[i].path: tensors[i] for i in self.graph.outputs}

    def tensors(self, *inputs, heads):
        given, tensors = iter(inputs), []
        for node in self.graph.nodes:
            if node.layer is None:
                tensors.append(next(given))
                continue
            if node.train_only and not heads:
                tensors.append(torch.empty(0))
                continue
            path = node.path.replace(".", "/")
            run = self.made[path] if path in self.made else function_of(node.layer)
            tensors.append(run(*(tensors[i] for i in node.inputs)))
        return tensors


def shapes_and_params(graph, sizes=None, *, heads=True):
    """Every node's shape by torch on the meta device (at other input sizes if asked), and the parameters."""
    with torch.device("meta"):
        network = Network(graph).eval()
        inputs = [torch.empty(1, *(sizes or {}).get(n.path, n.output)) for n in graph.inputs]
        shapes = network(*inputs, heads=heads)
    return shapes, sum(p.numel() for p in network.parameters())


def accepts(graph, sizes, seen):
    """Whether torch's inference runs at these input sizes: node by node on the meta device.

    ``seen`` remembers what torch said of one layer on one set of shapes: most layers of a network, and most
    sizes, meet again.
    """
    shapes = []
    for node in graph.nodes:
        if node.layer is None or node.train_only:
            shapes.append(sizes.get(node.path, node.output))
            continue
        given = tuple(shapes[i] for i in node.inputs)
        question = (node.layer, tuple(graph.shapes_into(node)), given)
        if question not in seen:
            seen[question] = shape_by_torch(*question)
        if seen[question] is None:
            return False
        shapes.append(seen[question])
    return True


def shape_by_torch(layer, built_for, given):
    """What torch makes of one layer, its parameters made for one set of shapes and its inputs of another."""
    with torch.device("meta"):
        run = module_of(layer, built_for) or function_of(layer)
        try:
            if isinstance(run, nn.Module):
                run.eval()
            return tuple(run(*(torch.empty(1, *shape) for shape in given)).shape[1:])
        except (RuntimeError, ValueError, IndexError):
            return None
