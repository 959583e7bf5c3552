"""Lints about how layers are put together."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cnncalc.analysis.lints import Subject, at, layer_of, lint
from cnncalc.analysis.lints.names import references
from cnncalc.errors import Place, Problem
from cnncalc.graph import Node
from cnncalc.shapes import AXES
from cnncalc.window import WindowLayer


def _pools_single_cells(node: Node) -> bool:
    layer = node.layer
    if not isinstance(layer, WindowLayer) or layer.family != "pool":
        return False
    return (
        all(k == 1 and s == 1 for k, s, _ in layer.axis_fields())
        and layer.padding in ("valid", "half", "same")
    ) or (
        isinstance(layer.padding, tuple)
        and all(k == 1 and s == 1 for k, s, _ in layer.axis_fields())
        and all(a == b == 0 for a, b in layer.padding)
    )


#: by type (without the rank): when the layer changes nothing, and how to say it
IDENTITIES: dict[str, tuple[Callable[[Node], bool], str]] = {
    "dropout": (lambda n: getattr(n.layer, "p", 1) == 0, "dropout with p: 0"),
    "drop_path": (lambda n: getattr(n.layer, "p", 1) == 0, "drop_path with p: 0"),
    "identity": (lambda n: True, "an identity"),
    "maxpool": (_pools_single_cells, "pooling of single cells"),
    "avgpool": (_pools_single_cells, "pooling of single cells"),
    "channel_shuffle": (lambda n: getattr(n.layer, "groups", 0) == 1, "a shuffle of one group"),
    "pixel_shuffle": (lambda n: getattr(n.layer, "upscale_factor", 0) == 1, "a shuffle by 1"),
    "pixel_unshuffle": (lambda n: getattr(n.layer, "downscale_factor", 0) == 1, "a shuffle by 1"),
    "concat": (lambda n: len(n.inputs) == 1, "a concatenation of one tensor"),
}


@lint("W304")
def identity_layer(subject: Subject) -> Iterator[Problem]:
    """An item changes nothing if no layer that it makes does: the first repetition may be a special case.

    An identity that something refers to is there for its name.
    """
    used = references(subject.network.spec.root)
    made: dict[Place | None, list[Node]] = {}
    for node in subject.layers:
        made.setdefault(node.place, []).append(node)
    for nodes in made.values():
        said = [_nothing_done(subject, node) for node in nodes]
        for node, what in zip(nodes, said, strict=True):
            refers = _name(node) in used
            if what is not None and None not in said and not (refers and node.type == "identity"):
                help = "write identity in its place, since its name is used" if refers else "leave it out"
                yield at(node, "W304", what, help=help)


def _name(node: Node) -> str:
    """The name of the item that made a layer, not of its repetition."""
    return next(name for name in reversed(node.path.split(".")) if not name.isdigit())


def _nothing_done(subject: Subject, node: Node) -> str | None:
    """How to say that a layer changes nothing; None if it changes something."""
    kind = node.type.rstrip("d").rstrip("123") if node.type[-2:] in ("1d", "2d", "3d") else node.type
    test, what = IDENTITIES.get(kind, (None, ""))
    if test is not None and test(node):
        return f"{what} changes nothing"
    same = node.output == subject.producer(node).output
    if node.type in ("pad", "crop", "slice", "reshape", "upsample") and same:
        return f"this {node.type} changes nothing here"
    return None


@lint("W305", local=True)
def softmax_not_last(subject: Subject) -> Iterator[Problem]:
    for node in subject.layers:
        if node.type not in ("softmax", "log_softmax"):
            continue
        for reader in subject.readers[node.number]:
            if _squashed_again(reader) and not _means(reader):
                message = f"{reader.path} reads its probabilities, which saturate, so gradients vanish"
                yield at(
                    node, "W305", message, help="use softmax as the last layer, or to weight a sum (multiply)"
                )
                break


def _squashed_again(reader: Node) -> bool:
    return reader.type != "scale" and layer_of(reader).family in (
        "conv",
        "linear",
        "norm",
        "activation",
        "pool",
    )


def _means(reader: Node) -> bool:
    """Whether a layer takes a mean under the probabilities, which is what they are for.

    Its weights are written out, or it gives a number or a place for each distribution and has no bias: the
    mean distance from a box's side (distribution focal loss, Li et al., "Generalized Focal Loss", 2020),
    the mean place of a feature (Levine et al., "End-to-End Training of Deep Visuomotor Policies", 2016).
    """
    layer = layer_of(reader)
    outputs = getattr(layer, "out_channels", None) or getattr(layer, "out_features", None)
    few = isinstance(outputs, int) and outputs <= len(AXES)
    return "weight" in reader.values or (few and not getattr(layer, "bias", True))
