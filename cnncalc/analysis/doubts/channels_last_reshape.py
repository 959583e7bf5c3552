"""Reshapes to a map with its channels last."""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.analysis.lint import Finding, Subject, at, lint
from cnncalc.shapes import show


@lint("W211", "channels-last-reshape", level="warning", local=True)
def channels_last_reshape(subject: Subject) -> Iterator[Finding]:
    """A vector reshaped to height, width, channels, which a layer then reads as a map.

    **Why it is bad.** Shapes are channels first. `[7, 7, 256]` has 7 channels of 7 rows and 256 columns, so every
    number computed from it belongs to another network. In Keras the shape would be right.

    **Example.**

    ```yml
    input: [100]
    layers:
      - {type: linear, out_features: 12544}
      - {type: reshape, shape: [7, 7, 256]}
      - {type: conv_transpose2d, out_channels: 128, kernel_size: 4, stride: 2, padding: 1}
    ```

    **Instead.**

    ```yml
    input: [100]
    layers:
      - {type: linear, out_features: 12544}
      - {type: reshape, shape: [256, 7, 7]}
      - {type: conv_transpose2d, out_channels: 128, kernel_size: 4, stride: 2, padding: 1}
    ```
    """
    nodes = subject.graph.nodes
    read = [(nodes[i], reader) for reader in nodes for i in reader.inputs]
    for node, reader in read:
        if node.layer is None or not node.layer.view or len(node.output) != 3:
            continue
        if reader.layer is None or reader.layer.rank != 2:
            continue
        height, width, channels = node.output
        if len(nodes[node.inputs[0]].output) == 1 and height == width != channels and height != 1:
            message = (
                f"{show(node.output)} looks like height, width, channels; {reader.path} reads it as a map"
            )
            yield at(node, message, help=f"channels come first: [{channels}, {height}, {width}]")
