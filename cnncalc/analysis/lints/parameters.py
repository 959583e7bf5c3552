"""Lints about what is learned."""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.analysis.lints import Subject, at, layer_of, lint
from cnncalc.dims import concrete
from cnncalc.errors import Problem
from cnncalc.graph import Node

LINEAR = ("conv", "linear")
#: layers between two linear maps that leave the pair linear; other normalisations and max pooling do not
TRANSPARENT = ("batchnorm1d", "batchnorm2d", "batchnorm3d", "dropout", "drop_path", "identity", "flatten", "scale",
               "avgpool1d", "avgpool2d", "avgpool3d", "reshape", "permute")  # fmt: skip


@lint("W101")
def bias_before_batchnorm(subject: Subject) -> Iterator[Problem]:
    for node in subject.layers:
        reader = subject.only_reader(node)
        if reader is None or not reader.type.startswith("batchnorm"):
            continue
        shapes = layer_of(node).param_shapes(subject.graph.shapes_into(node))
        if layer_of(node).family in LINEAR and any(name.endswith("bias") for name in shapes):
            count = concrete(subject.report[node.path].biases)
            message = f"{reader.path} subtracts the mean, so the bias has no effect ({count:,} params)"
            help = "write bias: false"
            if reader.path != f"{node.path}.norm":
                help += f", or norm: batch in place of {reader.path}, which implies it"
            yield at(node, "W101", message, help=help)


@lint("W102", local=True)
def activation_missing(subject: Subject) -> Iterator[Problem]:
    for node in subject.layers:
        if layer_of(node).family not in LINEAR or _is_depthwise(subject, node) or _narrows(subject, node):
            continue
        reader = subject.only_reader(node)
        while reader is not None and reader.type in TRANSPARENT:
            reader = subject.only_reader(reader)
        if reader is None or layer_of(reader).family not in LINEAR or _is_depthwise(subject, reader):
            continue
        message = (
            f"there is no non-linearity between it and {reader.path}, so one linear map could replace both"
        )
        yield at(node, "W102", message, help="add 'act: relu' to it, or remove one of the two")


def _is_depthwise(subject: Subject, node: Node) -> bool:
    """Also a separable one: the pair of them is a factorised convolution, linear in between on purpose."""
    (x, *_) = subject.graph.shapes_into(node)
    groups = getattr(node.layer, "groups", 1)
    return node.type.startswith(("depthwise", "separable")) or (groups == x[0] and groups != 1)


def _narrows(subject: Subject, node: Node) -> bool:
    """A linear bottleneck: a 1×1 convolution to fewer channels (Sandler et al., "MobileNetV2", 2018, 3.2)."""
    (x, *_) = subject.graph.shapes_into(node)
    kernel = getattr(node.layer, "kernel_size", ())
    return bool(kernel) and all(k == 1 for k in kernel) and concrete(node.output[0]) < concrete(x[0])
