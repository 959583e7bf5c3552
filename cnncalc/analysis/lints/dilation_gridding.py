"""Dilated convolutions that together see a grid with holes."""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.analysis.lint import Finding, Subject, at, lint
from cnncalc.dims import concrete
from cnncalc.graph import Node
from cnncalc.layer import Family
from cnncalc.window import SlidingLayer


@lint("W206", "dilation-gridding", level="warning", local=True)
def dilation_gridding(subject: Subject) -> Iterator[Finding]:
    """Two convolutions in a row with the same dilation above 1.

    **Why it is bad.** Together they see a grid with holes: the values of neighboring cells never meet (Wang et al.,
    "Understanding Convolution for Semantic Segmentation", 2018, section 3.2).

    **Example.**

    ```yml
    input: [3, 32, 32]
    layers:
      - {type: conv2d, out_channels: 8, kernel_size: 3, dilation: 2, act: relu}
      - {type: conv2d, out_channels: 8, kernel_size: 3, dilation: 2}
    ```

    **Instead.**

    ```yml
    input: [3, 32, 32]
    layers:
      - {type: conv2d, out_channels: 8, kernel_size: 3, dilation: 1, act: relu}
      - {type: conv2d, out_channels: 8, kernel_size: 3, dilation: 2}
    ```
    """
    for node in subject.layers:
        rate = _rate(node)
        if rate < 2:
            continue
        before = subject.producer(node)
        while before.layer is not None and (
            before.layer.batch_statistics or before.layer.family is Family.ACTIVATION
        ):
            before = subject.producer(before)
        if before.layer is not None and _rate(before) == rate:
            message = f"follows {before.path} with the same dilation, {rate}, so together they see a grid with holes"
            help = "use rates without a common divisor, such as 1, 2, 5"
            yield at(node, message, "Wang et al., 2018, hybrid dilated convolution", help=help)


def _rate(node: Node) -> int:
    layer = node.layer
    if not isinstance(layer, SlidingLayer) or layer.family is not Family.CONV:
        return 1
    return min((concrete(d) for k, _, d in layer.axis_fields() if k != 1), default=1)
