"""Probabilities that another layer squashes again."""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.analysis.lint import Finding, Subject, at, layer_of, lint
from cnncalc.dims import concrete
from cnncalc.graph import Node
from cnncalc.layer import WEIGHTED, Family
from cnncalc.norm import ChannelNorm
from cnncalc.shapes import AXES


@lint("W305", "softmax-not-last", level="warning", local=True)
def softmax_not_last(subject: Subject) -> Iterator[Finding]:
    """A softmax whose output goes into a layer with weights, a normalization or an activation.

    A softmax that weights a sum is not reported: attention does this, and so does a layer that takes the mean under
    the probabilities, which has its weights written in the spec, or few outputs and no bias. Pooled probabilities, such
    as the average over all positions, are not reported either.

    **Why it is bad.** Probabilities saturate, and their gradients vanish. Most often a classifier was extended without
    its last layer being removed.

    **Example.**

    ```yml
    input: [8]
    layers:
      - {type: linear, out_features: 10}
      - softmax
      - {type: linear, out_features: 4}
    ```

    **Instead.**

    ```yml
    input: [8]
    layers:
      - {type: linear, out_features: 10, act: relu}
      - {type: linear, out_features: 4}
      - softmax
    ```
    """
    for node in subject.layers:
        if not layer_of(node).probabilities:
            continue
        for reader in subject.readers[node.number]:
            if _squashed_again(reader) and not _means(subject, reader):
                message = f"{reader.path} reads its probabilities, which saturate, so gradients vanish"
                help = "use softmax as the last layer, or to weight a sum (multiply)"
                yield at(node, message, help=help)
                break


def _squashed_again(reader: Node) -> bool:
    layer = layer_of(reader)
    return isinstance(layer, ChannelNorm) or layer.family in (*WEIGHTED, Family.ACTIVATION)


def _means(subject: Subject, reader: Node) -> bool:
    """Whether a layer takes a mean under the probabilities, which is what they are for.

    Its weights are written out, or it gives a number or a place for each distribution and has no bias: the
    mean distance from a box's side (distribution focal loss, Li et al., "Generalized Focal Loss", 2020),
    the mean place of a feature (Levine et al., "End-to-End Training of Deep Visuomotor Policies", 2016).
    """
    layer = layer_of(reader)
    outputs = reader.output[-1 if layer.family is Family.LINEAR else 0]
    biased = any(name.endswith("bias") for name in layer.param_shapes(subject.graph.shapes_into(reader)))
    few = layer.family in WEIGHTED and concrete(outputs) <= len(AXES)
    return "weight" in reader.values or (few and not biased)
