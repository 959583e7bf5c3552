"""Linear maps that one linear map could replace."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cnncalc.analysis.lint import Finding, Subject, at, layer_of, lint
from cnncalc.dims import concrete
from cnncalc.graph import Node
from cnncalc.layer import WEIGHTED, Family
from cnncalc.window import WindowFields


@lint("W102", "activation-missing", level="warning", local=True)
def activation_missing(subject: Subject) -> Iterator[Finding]:
    """Two convolutions or linear layers in a row without a nonlinearity between them.

    Maps that are factorized on purpose are not reported: depthwise separable pairs, strips such as 7×1 and 1×7,
    linear layers along different axes, and linear bottlenecks. A bottleneck is a 1×1 convolution to fewer channels, or a linear layer with fewer features
    than it reads and than the next layer gives.

    **Why it is bad.** Together the two are one linear map, with more parameters than it needs. Most likely an
    activation was forgotten.

    **Example.**

    ```yml
    input: [32]
    layers:
      - {type: linear, out_features: 64}
      - {type: linear, out_features: 10}
    ```

    **Instead.**

    ```yml
    input: [32]
    layers:
      - {type: linear, out_features: 64, act: relu}
      - {type: linear, out_features: 10}
    ```
    """
    for node in subject.layers:
        if layer_of(node).family not in WEIGHTED or _is_depthwise(subject, node) or _narrows(subject, node):
            continue
        reader, between = subject.only_reader(node), list[Node]()
        while reader is not None and layer_of(reader).affine_map:
            between.append(reader)
            reader = subject.only_reader(reader)
        if reader is None or layer_of(reader).family not in WEIGHTED or _is_depthwise(subject, reader):
            continue
        if _are_strips(node, reader) or _is_low_rank(subject, node, reader):
            continue
        if _along(subject, node, between) not in (None, _features(subject.producer(reader), reader)):
            continue
        message = (
            f"there is no non-linearity between it and {reader.path}, so one linear map could replace both"
        )
        yield at(node, message, help="add 'act: relu' to it, or remove one of the two")


def _is_depthwise(subject: Subject, node: Node) -> bool:
    return layer_of(node).depthwise(subject.graph.shapes_into(node))


def _narrows(subject: Subject, node: Node) -> bool:
    """A linear bottleneck: a 1×1 convolution to fewer channels (Sandler et al., "MobileNetV2", 2018, 3.2)."""
    (x, *_) = subject.graph.shapes_into(node)
    layer = node.layer
    point = isinstance(layer, WindowFields) and all(k == 1 for k in layer.kernel_size)
    return point and concrete(node.output[0]) < concrete(x[0])


def _are_strips(node: Node, reader: Node) -> bool:
    """Two halves of a separable kernel, each wide along other axes (Peng et al., "Large Kernel Matters", 2017)."""
    layers = [each.layer for each in (node, reader)]
    kernels = [layer.kernel_size for layer in layers if isinstance(layer, WindowFields)]
    wide = [{axis for axis, size in enumerate(kernel) if size != 1} for kernel in kernels]
    return len(wide) == 2 and all(wide) and not wide[0] & wide[1]


def _is_low_rank(subject: Subject, node: Node, reader: Node) -> bool:
    """A matrix as the product of two smaller ones (truncated SVD in Girshick, "Fast R-CNN", 2015, 3.1)."""
    if {layer_of(node).family, layer_of(reader).family} != {Family.LINEAR}:
        return False
    (x, *_) = subject.graph.shapes_into(node)
    return concrete(node.output[-1]) < min(concrete(x[-1]), concrete(reader.output[-1]))


def _features(tensor: Node, layer: Node) -> int:
    """The axis of a layer's features in a tensor: channels are the first, and a linear layer acts on the last."""
    return len(tensor.output) - 1 if layer_of(layer).family is Family.LINEAR else 0


def _along(subject: Subject, node: Node, between: Sequence[Node]) -> int | None:
    """The axis that the features of a layer are along after those that follow; None if they are spread over several."""
    axis = _features(node, node)
    for each in between:
        made = [i for i, of in enumerate(layer_of(each).axes(subject.graph.shapes_into(each))) if axis in of]
        if len(made) != 1:
            return None
        (axis,) = made
    return axis
