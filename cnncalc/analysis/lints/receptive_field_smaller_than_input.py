"""Classifiers whose features see only a part of the input."""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.analysis.lint import Finding, Subject, at, layer_of, lint
from cnncalc.dims import concrete
from cnncalc.graph import Node
from cnncalc.layer import WEIGHTED, Family
from cnncalc.pooling import AdaptivePooling


@lint("W209", "receptive-field-smaller-than-input", level="info")
def receptive_field_smaller_than_input(subject: Subject) -> Iterator[Finding]:
    """A classifier whose features do not see the whole input.

    The lint looks at the map that global pooling or a flatten turns into one vector. Gates such as
    squeeze-and-excitation, pyramids of poolings and the joined heads of a detector are not reported.

    **Why it is bad.** No feature sees an object as large as the image whole, only parts of it. This is an info rather
    than a warning because many good classifiers combine such parts.

    **Example.**

    ```yml
    input: [3, 32, 32]
    layers:
      - {type: conv2d, out_channels: 8, kernel_size: 3, padding: half, act: relu}
      - global_avgpool
      - {type: linear, out_features: 10}
    ```

    **Instead.**

    ```yml
    input: [3, 5, 5]
    layers:
      - {type: conv2d, out_channels: 8, kernel_size: 3, padding: half, act: relu, repeat: 2}
      - global_avgpool
      - {type: linear, out_features: 10}
    ```
    """
    if len(subject.graph.inputs) != 1:
        return
    sizes = subject.graph.inputs[0].output[1:]
    for node in subject.layers:
        before = subject.producer(node)
        field = subject.report[before.path].receptive_field if before.layer is not None else None
        if field is None or field.everything or len(field.size) != len(sizes) or len(sizes) < 2:
            continue
        small = [
            (f, s) for f, s in zip(map(concrete, field.size), map(concrete, sizes), strict=True) if f < s
        ]
        if small and _ends_features(subject, node):
            have, want = small[0]
            message = f"each incoming feature sees {have} of the input's {want} cells"
            yield at(node, message, help="add layers, strides or dilation, or use a smaller input")
            return


def _ends_features(subject: Subject, node: Node) -> bool:
    """Whether a layer makes one vector of a map, for a classifier.

    A gate (squeeze-and-excitation) or a pyramid of poolings reads the map beside others or goes back to
    one; the heads of a detector are flattened to be joined, and each is for objects of its own size.
    """
    layer = layer_of(node)
    if not layer.ends_features(node.output) and not isinstance(layer, AdaptivePooling):
        return False
    if len(subject.readers[node.inputs[0]]) > 1 or (layer.view and len(node.output) > 1):
        return False
    reader = subject.only_reader(node)
    while reader is not None and layer_of(reader).family not in (*WEIGHTED, Family.MERGE):
        reader = subject.only_reader(reader)
    joined = reader is not None and layer_of(reader).family is Family.MERGE
    return not joined and not _goes_back_to_a_map(subject, node)


def _goes_back_to_a_map(subject: Subject, node: Node) -> bool:
    """Whether anything that is made of a layer's output has more than one cell."""
    waiting, seen = [*subject.readers[node.number]], set()
    while waiting:
        reader = waiting.pop()
        if any(size != 1 for size in reader.output[1:]):
            return True
        if reader.number not in seen:
            seen.add(reader.number)
            waiting += subject.readers[reader.number]
    return False
