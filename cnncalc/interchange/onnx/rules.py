"""What each ONNX operator is here, one function an operator. Source: github.com/onnx/onnx, ``docs/Operators.md``.

A rule that meets what it has no counterpart for refuses, and the node is declared opaque.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from cnncalc.dims import Dim, Expr, product_of
from cnncalc.interchange.onnx.constants import Quotient, slices
from cnncalc.interchange.refusal import Refused
from cnncalc.interchange.values import BATCH, Constant, Tensor, Value, Weight, for_one, is_batch

if TYPE_CHECKING:
    from cnncalc.interchange.onnx.importer import Importer
    from cnncalc.interchange.onnx.model import Operation

Rule = Callable[["Importer", "Operation"], Any]
RULES: dict[Any, Rule] = {}


def rule(*names: str, domain: str = "") -> Callable[[Rule], Rule]:
    """Enter a function as the rule of operators."""

    def entered(function: Rule) -> Rule:
        for name in names:
            RULES[(domain, name) if domain else name] = function
        return function

    return entered


# --------------------------------------------------------------------------------------- windows


def _pads(node: Operation, rank: int) -> Any:
    auto = node.get("auto_pad", "NOTSET")
    if auto in ("SAME_UPPER", "SAME_LOWER"):
        return "same" if auto == "SAME_UPPER" else "same_lower"
    flat = node.get("pads") if auto == "NOTSET" else None
    flat = flat or [0] * (2 * rank)
    if len(flat) != 2 * rank:
        raise Refused(f"{len(flat)} pads for {rank} axes")
    return [[int(before), int(after)] for before, after in zip(flat[:rank], flat[rank:], strict=True)]


def _window(node: Operation, kernel: Sequence[int]) -> dict[str, Any]:
    rank = len(kernel)
    window: dict[str, Any] = {"kernel_size": list(kernel), "padding": _pads(node, rank)}
    window["stride"] = list(node.get("strides") or [1] * rank)
    window["dilation"] = list(node.get("dilations") or [1] * rank)
    if any(len(window[key]) != rank for key in ("stride", "dilation")):
        raise Refused(f"strides or dilations do not fit {rank} axes")
    return window


def _batched(x: Tensor) -> Tensor:
    if not x.batched:
        raise Refused("the batch is not its first axis")
    return x


@rule("Conv")
def conv(g: Importer, node: Operation) -> Tensor:
    x, weight, bias = _batched(g.tensor(node, 0)), g.weight(node, 1), g.weight(node, 2)
    if weight is None or not 3 <= len(weight.shape) <= 5:
        raise Refused("its weight is not a parameter of three to five axes")
    groups, channels = node.get("group", 1), g.shape(x)[0]
    if weight.shape[1] * groups != channels:
        raise Refused(f"its weight takes {weight.shape[1] * groups} channels, and its input has {channels}")
    fields = _window(node, weight.shape[2:])
    return _convolution(
        g, node, f"conv{len(weight.shape) - 2}d", x, weight, bias, weight.shape[0], groups, fields
    )


@rule("ConvTranspose")
def conv_transpose(g: Importer, node: Operation) -> Tensor:
    x, weight, bias = _batched(g.tensor(node, 0)), g.weight(node, 1), g.weight(node, 2)
    if weight is None or not 3 <= len(weight.shape) <= 5:
        raise Refused("its weight is not a parameter of three to five axes")
    groups = node.get("group", 1)
    rank = len(weight.shape) - 2
    fields = _window(node, weight.shape[2:])
    if node.get("output_shape") is not None:
        raise Refused("output_shape has no counterpart")
    fields["output_padding"] = list(node.get("output_padding") or [0] * rank)
    return _convolution(
        g, node, f"conv_transpose{rank}d", x, weight, bias, weight.shape[1] * groups, groups, fields
    )


def _convolution(
    g: Importer,
    node: Operation,
    kind: str,
    x: Tensor,
    weight: Weight,
    bias: Weight | None,
    out: int,
    groups: int,
    fields: dict[str, Any],
) -> Tensor:
    tensors = {"weight": weight, "bias": bias}
    return g.add(kind, [x], node, tensors, out_channels=out, groups=groups, bias=bias is not None, **fields)


@rule("MaxPool")
def max_pool(g: Importer, node: Operation) -> Tensor:
    if len([name for name in node.outputs if name]) > 1:
        raise Refused("its indices are used")
    x = _batched(g.tensor(node, 0))
    kernel = node.get("kernel_shape") or []
    return g.add(
        f"maxpool{len(kernel)}d", [x], node, **_window(node, kernel), ceil_mode=bool(node.get("ceil_mode", 0))
    )


@rule("AveragePool")
def average_pool(g: Importer, node: Operation) -> Tensor:
    x = _batched(g.tensor(node, 0))
    kernel = node.get("kernel_shape") or []
    fields = {**_window(node, kernel), "ceil_mode": bool(node.get("ceil_mode", 0))}
    if (
        fields["padding"] in ("same", "same_lower")
        or any(sum(pair) for pair in fields["padding"])
        or fields["ceil_mode"]
    ):
        fields["count_include_pad"] = bool(node.get("count_include_pad", 0))
    return g.add(f"avgpool{len(kernel)}d", [x], node, **fields)


@rule("GlobalAveragePool", "GlobalMaxPool")
def global_pool(g: Importer, node: Operation) -> Tensor:
    kind = "global_avgpool" if node.op == "GlobalAveragePool" else "global_maxpool"
    return g.add(kind, [_batched(g.tensor(node, 0))], node, keepdim=True)


@rule("ReduceMean", "ReduceMax", "ReduceMin", "ReduceSum", "ReduceL2")
def reduce(g: Importer, node: Operation) -> Tensor:
    x = g.tensor(node, 0)
    given = g.listed(node, 1)
    axes = node.get("axes") if given is None else [int(a) for a in given]
    found = sorted(g.axis(x, a) for a in axes or range(g.rank(x)))
    keep = bool(node.get("keepdims", 1))
    whole = found == list(range(1, len(g.shape(x)))) and found and x.batched
    if whole and node.op in ("ReduceMean", "ReduceMax"):
        kind = "global_avgpool" if node.op == "ReduceMean" else "global_maxpool"
        return g.add(kind, [x], node, keepdim=keep)
    if len(found) == len(g.shape(x)) and not keep:
        raise Refused("no axis is left")
    return g.add("reduce", [x], node, op=node.op.removeprefix("Reduce").lower(), axes=found, keepdim=keep)


# --------------------------------------------------------------------------------------- products


@rule("Gemm")
def gemm(g: Importer, node: Operation) -> Tensor:
    x, weight, bias = g.tensor(node, 0), g.weight(node, 1), g.weight(node, 2)
    if node.get("alpha", 1.0) != 1.0 or node.get("beta", 1.0) != 1.0 or node.get("transA", 0):
        raise Refused("alpha, beta and transA have no counterpart")
    if weight is None or len(weight.shape) != 2:
        raise Refused("its second input is not a parameter of two axes")
    if node.get("transB", 0):
        weight = weight._replace(shape=weight.shape[::-1], turned=None if weight.turned == (1, 0) else (1, 0))
    return _linear(g, node, x, weight, bias)


@rule("MatMul", "Linear")
def matmul(g: Importer, node: Operation) -> Tensor:
    if all(isinstance(g.value(node, place), Tensor) for place in (0, 1)):
        a, b = _with_batch(g, node, [g.tensor(node, 0), g.tensor(node, 1)])
        return g.add("matmul", [a, b], node)
    x, weight, bias = g.tensor(node, 0), g.weight(node, 1), g.weight(node, 2)
    if weight is None or len(weight.shape) != 2 or len(g.shape(x)) < 1:
        raise Refused("its second input is not a parameter of two axes")
    return _linear(g, node, x, weight, bias)


def _linear(g: Importer, node: Operation, x: Tensor, weight: Weight, bias: Weight | None) -> Tensor:
    """Add a linear layer; ``weight`` is (in, out) as the product takes it."""
    features, out = weight.shape
    if bias is not None and bias.size != out:
        raise Refused(f"its bias has {bias.size} numbers for {out} features")
    have = g.shape(x)[-1]
    claim = features if isinstance(have, Expr) else None
    if claim is None and have != features:
        raise Refused(f"its weight takes {features} features, and its input has {have}")
    stored = weight._replace(shape=(out, features), turned=None if weight.turned == (1, 0) else (1, 0))
    return g.add(
        "linear",
        [x],
        node,
        {"weight": stored, "bias": bias},
        out_features=out,
        in_features=claim,
        bias=bias is not None,
    )


# --------------------------------------------------------------------------------------- normalization


def _float(value: Any) -> float:
    """Return a stored 32-bit number as the decimal that a person wrote."""
    return float(str(np.float32(value)))


@rule("BatchNormalization")
def batch_norm(g: Importer, node: Operation) -> Tensor:
    x = _batched(g.tensor(node, 0))
    names = ("weight", "bias", "running_mean", "running_var")
    tensors = {name: g.weight(node, place) for place, name in enumerate(names, 1)}
    rank = max(len(g.shape(x)) - 1, 1)
    return g.add(f"batchnorm{rank}d", [x], node, tensors, eps=_float(node.get("epsilon", 1e-5)))


@rule("InstanceNormalization")
def instance_norm(g: Importer, node: Operation) -> Tensor:
    x = _batched(g.tensor(node, 0))
    if len(g.shape(x)) != 3:
        raise Refused("only maps of two axes have a counterpart")
    tensors = {name: g.weight(node, place) for place, name in enumerate(("weight", "bias"), 1)}
    return g.add("instancenorm2d", [x], node, tensors, affine=True, eps=_float(node.get("epsilon", 1e-5)))


@rule("LayerNormalization")
def layer_norm(g: Importer, node: Operation) -> Tensor:
    x, axis = g.tensor(node, 0), node.get("axis", -1)
    return _layernorm(
        g, node, x, g.axis(x, axis), node.get("epsilon", 1e-5), g.weight(node, 1), g.weight(node, 2)
    )


@rule("LayerNorm")
def taken_apart(g: Importer, node: Operation) -> Tensor:
    x, reduction = g.tensor(node, 0), node.get("reduction")
    given = g.listed(reduction, 1)
    axes = reduction.get("axes") if given is None else [int(a) for a in given]
    found = sorted(g.axis(x, a) for a in axes)
    eps = g.numbers(node, 3)
    if found != list(range(found[0], len(g.shape(x)))) or eps is None:
        raise Refused("it does not normalize the last axes")
    return _layernorm(g, node, x, found[0], float(np.ravel(eps)[0]), g.weight(node, 1), g.weight(node, 2))


def _layernorm(
    g: Importer, node: Operation, x: Tensor, axis: int, eps: float, weight: Weight | None, bias: Weight | None
) -> Tensor:
    shape = list(weight.shape if weight is not None else g.shape(x)[axis:])
    fields = {
        "elementwise_affine": weight is not None,
        "bias": bias is not None if weight is not None else None,
    }
    return g.add(
        "layernorm",
        [x],
        node,
        {"weight": weight, "bias": bias},
        normalized_shape=shape,
        eps=_float(eps),
        **fields,
    )


@rule("GroupNormalization")
def group_norm(g: Importer, node: Operation) -> Tensor:
    x = _batched(g.tensor(node, 0))
    tensors = {name: g.weight(node, place) for place, name in enumerate(("weight", "bias"), 1)}
    return g.add(
        "groupnorm",
        [x],
        node,
        tensors,
        num_groups=node.get("num_groups", 1),
        eps=_float(node.get("epsilon", 1e-5)),
    )


@rule("LRN")
def lrn(g: Importer, node: Operation) -> Tensor:
    x, get = _batched(g.tensor(node, 0)), node.get
    alpha, beta, k = _float(get("alpha", 1e-4)), _float(get("beta", 0.75)), _float(get("bias", 1.0))
    return g.add("lrn", [x], node, size=get("size", 1), alpha=alpha, beta=beta, k=k)


@rule("Scale")
def scale(g: Importer, node: Operation) -> Tensor:
    x, weight, bias = g.tensor(node, 0), g.weight(node, 1), g.weight(node, 2)
    assert weight is not None
    if bias is not None and _own_shape(g, x, bias) != _own_shape(g, x, weight):
        return _with_parameter(
            g, node._replace(op="Add"), _scaled(g, node, x, weight, None), bias, first=True
        )
    return _scaled(g, node, x, weight, bias)


def _scaled(g: Importer, node: Operation, x: Tensor, weight: Weight, bias: Weight | None) -> Tensor:
    fields = {"weight": weight, "bias": bias}
    return g.add("scale", [x], node, fields, bias=bias is not None, shape=_own_shape(g, x, weight))


def _own_shape(g: Importer, x: Tensor, weight: Weight) -> list[int] | None:
    """Return the shape of a parameter, aligned at the last axis; None if it has a number for each channel.

    Raises:
        Refused: it has more axes than the tensor.
    """
    rank = len(g.shape(x))
    if rank > 1 and _per_channel(g, x, weight):
        return None
    shape = list(weight.shape)
    while len(shape) > 1 and shape[0] == 1:
        del shape[0]
    if len(shape) > rank:
        raise Refused(f"a parameter of {list(weight.shape)} has more axes than {list(g.shape(x))}")
    return shape or [1]


def _per_channel(g: Importer, x: Tensor, weight: Weight) -> bool:
    channels, rank = g.shape(x)[0], len(g.shape(x))
    shape = (1,) * (rank - len(weight.shape)) + weight.shape[-rank:]
    return weight.size == channels and len(shape) == rank and shape[0] == channels


# --------------------------------------------------------------------------------------- elementwise

_PLAIN = {
    "Relu": "relu", "Sigmoid": "sigmoid", "Tanh": "tanh", "Selu": "selu", "Softplus": "softplus", "HardSwish": "hardswish",
    "Mish": "mish", "Silu": "silu", "Swish": "silu", "HardSigmoid6": "hardsigmoid",
}  # fmt: skip


@rule(*_PLAIN)
def plain(g: Importer, node: Operation) -> Tensor:
    return g.add(_PLAIN[node.op], [g.tensor(node, 0)], node)


@rule("LeakyRelu")
def leaky_relu(g: Importer, node: Operation) -> Tensor:
    return g.add("leaky_relu", [g.tensor(node, 0)], node, negative_slope=_float(node.get("alpha", 0.01)))


@rule("Elu", "Celu")
def elu(g: Importer, node: Operation) -> Tensor:
    return g.add(node.op.lower(), [g.tensor(node, 0)], node, alpha=_float(node.get("alpha", 1.0)))


@rule("HardSigmoid")
def hard_sigmoid(g: Importer, node: Operation) -> Tensor:
    if not math.isclose(node.get("alpha", 0.2), 1 / 6, rel_tol=1e-4) or node.get("beta", 0.5) != 0.5:
        raise Refused("its slope is not 1/6")
    return g.add("hardsigmoid", [g.tensor(node, 0)], node)


@rule("Gelu", "TanhGelu")
def gelu(g: Importer, node: Operation) -> Tensor:
    tanh = node.op == "TanhGelu" or node.get("approximate", "none") == "tanh"
    return g.add("gelu", [g.tensor(node, 0)], node, approximate="tanh" if tanh else "none")


@rule("PRelu")
def prelu(g: Importer, node: Operation) -> Tensor:
    x, weight = g.tensor(node, 0), g.weight(node, 1)
    if weight is None or not (weight.size == 1 or _per_channel(g, x, weight)):
        raise Refused("its slope is not one, or one for each channel")
    return g.add("prelu", [x], node, {"weight": weight}, num_parameters=weight.size)


@rule("Softmax", "LogSoftmax")
def softmax(g: Importer, node: Operation) -> Tensor:
    x = g.tensor(node, 0)
    axis = g.axis(x, node.get("axis", -1 if g.model.opset >= 13 else 1))
    if g.model.opset < 13 and axis != len(g.shape(x)) - 1:
        raise Refused("before operator set 13 it works along several axes")
    kind = "softmax" if node.op == "Softmax" else "log_softmax"
    return g.add(kind, [x], node, dim=axis)


@rule("Clip")
def clip(g: Importer, node: Operation) -> Tensor:
    low, high = ((g.listed(node, place) or [node.get(name)])[0] for place, name in ((1, "min"), (2, "max")))
    if low == 0 and high == 6:
        return g.add("relu6", [g.tensor(node, 0)], node)
    if low == 0 and (high is None or high > 1e30):
        return g.add("relu", [g.tensor(node, 0)], node)
    low, high = (None if v is None else _float(v) for v in (low, high))
    return g.add("clamp", [g.tensor(node, 0)], node, min=low, max=high)


@rule("Identity", "Dropout", "Cast", "CastLike")
def nothing(g: Importer, node: Operation) -> list[Value]:
    return [g.tensor(node, 0)]


BROADCASTING = {"Add", "Mul", "Sub", "Div"}


@rule("Add", "Mul", "Sub", "Div", "Max", "Min", "Pow")
def arithmetic(g: Importer, node: Operation) -> Tensor:
    values = [value for place in range(len(node.inputs)) if (value := g.value(node, place)) is not None]
    tensors = [value for value in values if isinstance(value, Tensor)]
    if len(tensors) == len(values):
        kind = {"Add": "add", "Mul": "multiply", "Sub": "subtract", "Div": "divide"}.get(node.op)
        if kind is None:
            raise Refused(f"{node.op} of two tensors has no counterpart")
        return g.add(kind, _alike(g, node, _with_batch(g, node, tensors)), node)
    (x,), other = tensors, next(value for value in values if not isinstance(value, Tensor))
    first = isinstance(values[0], Tensor)
    if isinstance(other, Constant) and other.numbers.size == 1:
        return _with_number(g, node, x, np.ravel(other.numbers)[0], first=first)
    if isinstance(other, Constant):
        other = g.weight(node, 1 if first else 0) or other
    if not isinstance(other, Weight):
        raise Refused("it computes with several numbers")
    if node.op == "Mul":
        return _scaled(g, node, x, other, None)
    return _with_parameter(g, node, x, other, first=first)


def _with_batch(g: Importer, node: Operation, tensors: list[Tensor]) -> list[Tensor]:
    """Return tensors whose batch is the same axis; of one sample, an axis of size 1 can be it."""
    known = next((tensor.batch for tensor in tensors if tensor.batch is not None), None)
    found = []
    for tensor in tensors:
        sizes = g.sizes(tensor)
        if tensor.batch != known:
            if tensor.batch is not None or known is None or len(sizes) <= known or not _is(sizes[known], 1):
                raise Refused("the batch is not the same axis of its inputs")
            sizes[known] = BATCH
            tensor = _reshaped(g, node, tensor, sizes)
        found.append(tensor)
    return found


def _alike(g: Importer, node: Operation, tensors: list[Tensor]) -> list[Tensor]:
    """Return tensors of as many axes, as broadcasting has them."""
    rank = max(len(g.shape(tensor)) for tensor in tensors)
    found = []
    for tensor in tensors:
        shape = g.shape(tensor)
        if len(shape) < rank:
            tensor = g.add("reshape", [tensor], node, shape=[1] * (rank - len(shape)) + list(shape))
        found.append(tensor)
    return found


def _with_number(g: Importer, node: Operation, x: Tensor, number: Any, *, first: bool) -> Tensor:
    """Arithmetic with one number; ``first`` says whether the tensor comes first."""
    if isinstance(number, Expr | Quotient):
        raise Refused("it computes with a size")
    value = _float(number)
    factor, offset = {
        "Add": (1.0, value),
        "Sub": (1.0, -value) if first else (-1.0, value),
        "Mul": (value, 0.0),
        "Div": (1 / value, 0.0) if first and value else (None, 0.0),
    }.get(node.op, (None, 0.0))
    if (factor, offset) == (1.0, 0.0):
        return x
    if node.op in ("Max", "Min"):
        return g.add(
            "clamp",
            [x],
            node,
            min=value if node.op == "Max" else None,
            max=value if node.op == "Min" else None,
        )
    if factor is None:
        raise Refused(f"{node.op} with a number has no counterpart")
    return g.add("rescale", [x], node, factor=None if factor == 1 else factor, offset=offset or None)


def _with_parameter(g: Importer, node: Operation, x: Tensor, weight: Weight, *, first: bool) -> Tensor:
    """Add a stored tensor: one number for each channel, or of a shape that is aligned at the last axis."""
    if node.op != "Add":
        raise Refused(f"{node.op} with a parameter has no counterpart")
    return g.add("learned_bias", [x], node, {"bias": weight}, shape=_own_shape(g, x, weight))


# --------------------------------------------------------------------------------------- arrangement


@rule("Flatten")
def flatten(g: Importer, node: Operation) -> Tensor:
    x, axis = g.tensor(node, 0), node.get("axis", 1)
    if axis % (g.rank(x) + 1) == 1 and x.batched:
        return x if len(g.shape(x)) == 1 else g.add("flatten", [x], node)
    return _reshaped(g, node, x, [product_of(g.sizes(x)[:axis]), product_of(g.sizes(x)[axis:])])


@rule("Reshape")
def reshape(g: Importer, node: Operation) -> Tensor:
    x = g.tensor(node, 0)
    given = g.listed(node, 1)
    if given is None:
        raise Refused("its shape is computed")
    have = g.sizes(x)
    wanted = [
        have[i] if _is(size, 0) and not node.get("allowzero", 0) else size for i, size in enumerate(given)
    ]
    return _reshaped(g, node, x, wanted)


def _is(size: Any, number: int) -> bool:
    return isinstance(size, int) and size == number


def _reshaped(g: Importer, node: Operation, x: Tensor, wanted: list[Any]) -> Tensor:
    """Reshape to sizes as the graph has them; the batch is where its size stands, or where a 1 can be it."""
    if any(isinstance(size, Quotient) for size in wanted):
        raise Refused("a size is not a whole number")
    shape, batch = g.shape(x), _batch_of(x, wanted, g.shape(x))
    target = [for_one(size) for axis, size in enumerate(wanted) if axis != batch] or [1]
    if list(shape) == target:
        return x._replace(batch=batch)
    if target == [-1] and batch == 0:
        same = x._replace(batch=batch)
        return same if len(shape) == 1 else g.add("flatten", [x], node)._replace(batch=batch)
    return g.add("reshape", [x], node, shape=target)._replace(batch=batch)


def _batch_of(x: Tensor, wanted: list[Any], shape: Sequence[Dim]) -> int | None:
    """Return which of the sizes is the batch's; None if it is a part of one of them."""
    named = [axis for axis, size in enumerate(wanted) if is_batch(size)]
    if named:
        return named[0] if len(named) == 1 else None
    if len(wanted) > 1 and (_is(wanted[0], 1) or (_is(wanted[0], -1) and _fills(wanted[1:], shape))):
        return 0
    kept = x.batch is not None and x.batch < len(wanted) and _is(wanted[x.batch], 1)
    return x.batch if kept and list(shape[: x.batch]) == wanted[: x.batch] else None


def _fills(sizes: list[Any], shape: Sequence[Dim]) -> bool:
    """Return whether sizes hold one sample, so that what is left is the batch."""
    if any(_is(size, -1) for size in sizes):
        return False
    return bool(product_of([for_one(size) for size in sizes]) == product_of(shape))


@rule("Transpose")
def transpose(g: Importer, node: Operation) -> Tensor:
    x = g.tensor(node, 0)
    order = [axis % g.rank(x) for axis in node.get("perm") or reversed(range(g.rank(x)))]
    dims = [g.axis(x, axis) for axis in order if axis != x.batch]
    moved = x if dims == sorted(dims) else g.add("permute", [x], node, dims=dims)
    return moved._replace(batch=None if x.batch is None else order.index(x.batch))


@rule("Squeeze", "Unsqueeze")
def squeeze(g: Importer, node: Operation) -> Tensor:
    x = g.tensor(node, 0)
    given = g.listed(node, 1)
    axes = node.get("axes") if given is None else [int(a) for a in given]
    sizes = g.sizes(x)
    if node.op == "Squeeze":
        axes = [a % len(sizes) for a in axes] if axes else [i for i, size in enumerate(sizes) if _is(size, 1)]
        return _reshaped(g, node, x, [size for i, size in enumerate(sizes) if i not in axes])
    rank = len(sizes) + len(axes)
    places = {a % rank for a in axes}
    rest = iter(sizes)
    return _reshaped(g, node, x, [1 if i in places else next(rest) for i in range(rank)])


@rule("Concat")
def concat(g: Importer, node: Operation) -> Tensor:
    first = g.value(node, 0)
    if isinstance(first, Weight) and len(node.inputs) == 2:
        return _class_token(g, node, first, g.tensor(node, 1))
    tensors = _with_batch(g, node, [g.tensor(node, place) for place in range(len(node.inputs))])
    return (
        tensors[0]
        if len(tensors) == 1
        else g.add("concat", tensors, node, axis=g.axis(tensors[0], node.get("axis", 0)))
    )


def _class_token(g: Importer, node: Operation, weight: Weight, x: Tensor) -> Tensor:
    """Learned cells that are put before those of the first axis of each sample."""
    if g.axis(x, node.get("axis", 0)) != 0 or weight.size % product_of(g.shape(x)[1:]):
        raise Refused("a parameter is joined that does not come first")
    return g.add("class_token", [x], node, {"weight": weight}, size=weight.size // product_of(g.shape(x)[1:]))


@rule("Split")
def split(g: Importer, node: Operation) -> list[Value]:
    x = g.tensor(node, 0)
    axis = g.axis(x, node.get("axis", 0))
    given = g.listed(node, 1)
    parts = node.get("split") if given is None else given
    size = g.shape(x)[axis]
    if not parts:
        count = node.get("num_outputs") or len(node.outputs)
        each = -(-size // count)
        parts = [each] * (count - 1) + [size - each * (count - 1)]
    found: list[Value] = []
    start: Dim = 0
    for part in parts:
        found.append(_cut(g, node, x, axis, start, start + part, 1))
        start = start + part
    return found


@rule("Slice")
def slice_(g: Importer, node: Operation) -> Tensor:
    x = g.tensor(node, 0)
    parts = slices(node, [g.numbers(node, place) for place in range(1, len(node.inputs))], g.rank(x))
    for axis, (start, stop, step) in parts.items():
        if step < 1:
            raise Refused("it runs backwards")
        x = _cut(g, node, x, g.axis(x, axis), start, stop, step)
    return x


def _cut(g: Importer, node: Operation, x: Tensor, axis: int, start: Any, stop: Any, step: int) -> Tensor:
    size = g.shape(x)[axis]
    if isinstance(start, Quotient) or isinstance(stop, Quotient):
        raise Refused("an end is not a whole number")
    if (not isinstance(stop, Expr) and (stop >= 1 << 31 or (isinstance(size, int) and stop >= size))) or (
        isinstance(stop, Expr) and stop == size
    ):
        stop = None
    if _is(start, 0) and stop is None and step == 1:
        return x
    return g.add(
        "slice",
        [x],
        node,
        axis=axis,
        start=None if _is(start, 0) else for_one(start),
        stop=stop if stop is None else for_one(stop),
        step=step,
    )


@rule("Gather")
def gather(g: Importer, node: Operation) -> Tensor:
    x, indices = g.tensor(node, 0), g.numbers(node, 1)
    assert indices is not None
    axis = g.axis(x, node.get("axis", 0))
    places = [int(i) for i in np.ravel(indices)]
    size = g.shape(x)[axis]
    if isinstance(size, int) and places == list(range(size)):  # as dynamo writes as_strided
        sizes, at = g.sizes(x), node.get("axis", 0) % g.rank(x)
        return _reshaped(g, node, x, [*sizes[:at], *indices.shape, *sizes[at + 1 :]])
    if places and places == list(range(places[0], places[0] + len(places))) and places[0] >= 0:
        found = _cut(g, node, x, axis, places[0], places[0] + len(places), 1)
    elif places == [-1]:
        found = g.add("slice", [x], node, axis=axis, start=-1)
    else:
        raise Refused("it takes single cells")
    if indices.ndim == 0:
        sizes = g.sizes(found)
        return _reshaped(
            g, node, found, [size for i, size in enumerate(sizes) if i != node.get("axis", 0) % len(sizes)]
        )
    return found


@rule("Pad")
def pad(g: Importer, node: Operation) -> Tensor:
    x = g.tensor(node, 0)
    given = g.listed(node, 1)
    flat = list(node.get("pads") or []) if given is None else [int(n) for n in given]
    axes = g.numbers(node, 3)
    rank = g.rank(x)
    places = list(range(rank)) if axes is None else [int(a) % rank for a in np.ravel(axes)]
    count = len(places)
    if len(flat) != 2 * count:
        raise Refused(f"{len(flat)} pads for {count} axes")
    if x.batch != 0:
        raise Refused("the batch is not its first axis")
    pairs = [[0, 0] for _ in range(rank)]
    for place, before, after in zip(places, flat[:count], flat[count:], strict=True):
        pairs[place] = [before, after]
    if not any(map(any, pairs)):
        return x
    spatial = pairs[2:]
    if any(map(any, pairs[:2])) or not spatial:
        raise Refused("it pads the channels")
    mode = {"constant": "constant", "reflect": "reflect", "edge": "replicate", "wrap": "circular"}.get(
        node.get("mode", "constant")
    )
    if mode is None:
        raise Refused(f"the mode {node.get('mode')} has no counterpart")
    fill = (g.listed(node, 2) or [node.get("value", 0.0)])[0]
    for axis, (before, after) in enumerate(spatial, 1):
        if before < 0 or after < 0:
            x = _cut(g, node, x, axis, max(-before, 0), g.shape(x)[axis] - max(-after, 0), 1)
    amounts = [[max(before, 0), max(after, 0)] for before, after in spatial]
    if not any(map(any, amounts)):
        return x
    return g.add(
        "pad",
        [x],
        node,
        padding=amounts,
        mode=mode,
        value=_float(fill) if mode == "constant" and abs(fill) < 1e30 else None,
    )


@rule("Resize", "Upsample")
def resize(g: Importer, node: Operation) -> Tensor:
    x = _batched(g.tensor(node, 0))
    old = node.op == "Upsample" or g.model.opset < 11
    factors = node.get("scales") if old and len(node.inputs) < 2 else g.numbers(node, 1 if old else 2)
    wanted = None if old else g.numbers(node, 3)
    shape, rank = g.shape(x), len(g.shape(x)) - 1
    mode = {
        "nearest": "nearest",
        "linear": {1: "linear", 2: "bilinear", 3: "trilinear"}.get(rank),
        "cubic": "bicubic",
    }.get(node.get("mode", "nearest"))
    corners = node.get("coordinate_transformation_mode", "half_pixel") == "align_corners"
    if mode is None or node.get("axes") is not None:
        raise Refused("its mode or axes have no counterpart")
    fields: dict[str, Any] = {"mode": mode, "align_corners": corners or None}
    if wanted is not None and wanted.size:
        sizes = [for_one(size) for size in np.ravel(wanted)][2:]
        ratios = [_ratio(size, have) for size, have in zip(sizes, shape[1:], strict=True)]
        if all(isinstance(ratio, int) for ratio in ratios) and any(isinstance(size, Expr) for size in sizes):
            return g.add("upsample", [x], node, scale_factor=_shortest(ratios), **fields)
        return g.add("upsample", [x], node, size=sizes, **fields)
    if factors is None:
        raise Refused("neither sizes nor scales are known")
    fractions = [Fraction(float(f)).limit_denominator(1000) for f in list(np.ravel(factors))[2:]]
    texts = [int(f) if f.denominator == 1 else float(f) for f in fractions]
    return g.add("upsample", [x], node, scale_factor=_shortest(texts), **fields)


def _ratio(size: Any, have: Any) -> Any:
    for factor in (1, 2, 3, 4, 8, 16):
        if size == have * factor:
            return factor
    return None


def _shortest(values: list[Any]) -> Any:
    return values[0] if all(value == values[0] for value in values) else values


@rule("DepthToSpace")
def depth_to_space(g: Importer, node: Operation) -> Tensor:
    if node.get("mode", "DCR") != "CRD":
        raise Refused("the order DCR has no counterpart")
    return g.add("pixel_shuffle", [_batched(g.tensor(node, 0))], node, upscale_factor=node.get("blocksize"))


@rule("Expand")
def expand(g: Importer, node: Operation) -> Tensor:
    """Leave out what broadcasting does anyway: the readers are elementwise, or no cell is repeated."""
    x, sizes = g.tensor(node, 0), g.listed(node, 1)
    have, name = g.sizes(x), node.outputs[0]
    if sizes is None or len(sizes) != len(have):
        raise Refused("it adds axes")
    repeats = any(not (a == b or _is(b, 1) or is_batch(a)) for a, b in zip(have, sizes, strict=True))
    if repeats and (name in g.model.outputs or not set(g.readers.get(name, ())) <= BROADCASTING):
        raise Refused("it repeats cells")
    return x


__all__ = ["BATCH", "RULES"]
