"""Inputs written with their channels last."""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.analysis.lint import Finding, Subject, at, lint
from cnncalc.shapes import axis_names, channels_first, show


@lint("W210", "channels-last-input", level="warning", local=True)
def channels_last_input(subject: Subject) -> Iterator[Finding]:
    """An input that looks like height, width, channels: its last size is that of colors, the others those of sides.

    **Why it is bad.** Shapes are channels first, as in PyTorch and ONNX. Keras and TensorFlow write `[224, 224, 3]`;
    here that is an image of 224 channels, 224 rows and 3 columns, and every number computed from it is wrong.
    `{shape: [224, 224, 3], layout: nhwc}` declares the order, and `layout: nchw` confirms that the channels come
    first.

    **Example.**

    ```yml
    input: [32, 32, 3]
    layers:
      - {type: conv2d, out_channels: 8, kernel_size: 3}
    ```

    **Instead.**

    ```yml
    input: [3, 32, 32]
    layers:
      - {type: conv2d, out_channels: 8, kernel_size: 3}
    ```
    """
    graph = subject.graph
    spatial = {i for node in graph.nodes if node.layer and node.layer.rank for i in node.inputs}
    for node in graph.inputs:
        meant, rank = channels_first(node.output), len(node.output) - 1
        if meant is None or node.path in graph.layouts:
            continue
        if rank > 1 or node.number in spatial:  # otherwise two sizes may be tokens and features
            message = f"{show(node.output)} looks like {', '.join((*axis_names(rank), 'channels'))}"
            first, given = (", ".join(map(str, shape)) for shape in (meant, node.output))
            yield at(
                node,
                message,
                help=f"channels come first: [{first}]; or write {{shape: [{given}], layout: nhwc}}",
            )
