"""Lints about where parameters are, and what hardware makes of them."""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.analysis.lints import Subject, at, layer_of, lint
from cnncalc.dims import concrete
from cnncalc.errors import Problem
from cnncalc.shapes import show


@lint("W401")
def dense_dominates(subject: Subject) -> Iterator[Problem]:
    total = concrete(subject.report.totals.params)
    for node in subject.layers:
        if node.type != "linear" or node.shares is not None:
            continue
        before = subject.producer(node)
        while before.layer is not None and before.type in ("dropout", "identity"):
            before = subject.producer(before)
        if before.type != "flatten":
            continue
        maps = subject.producer(before).output
        if subject.producer(before).layer is None:
            continue  # a multilayer perceptron has no features to pool
        params = concrete(subject.report[node.path].params)
        positions = concrete(before.output[0]) // concrete(maps[0])
        if 2 * params > total and positions > 1:
            saved = concrete(node.output[-1]) * concrete(maps[0]) * (positions - 1)
            message = f"{params:,} of {total:,} params are in this layer, behind the flatten of {show(maps)}"
            yield at(node, "W401", message, help=f"global_avgpool instead of flatten would save {saved:,}")


@lint("W501")
def channels_not_multiple_of_8(subject: Subject) -> Iterator[Problem]:
    ends = set(subject.graph.outputs)
    for node in subject.layers:
        reader = subject.only_reader(node)
        if layer_of(node).family not in ("conv", "linear") or node.number in ends:
            continue
        last = reader is not None and reader.number in ends and layer_of(reader).family == "activation"
        channels = concrete(node.output[0 if len(node.output) > 1 else -1])
        if channels % 8 and not last:
            message = f"{channels} channels are not a multiple of 8"
            yield at(
                node,
                "W501",
                message,
                help=f"{channels + -channels % 8} channels cost the same on tensor cores",
            )
