"""Averages that include the zeros of the padding."""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.analysis.lint import Finding, Subject, at, lint
from cnncalc.analysis.sliding import slides


@lint("W208", "pool-over-padding", level="info", local=True)
def pool_over_padding(subject: Subject) -> Iterator[Finding]:
    """Average pooling that counts the zeros of its padding.

    **Why it is bad.** The averages at the border come out too small, because zeros that are not part of the image
    are averaged in. This is an info rather than a warning because it is PyTorch's default and what Inception v3 does.

    **Example.**

    ```yml
    input: [3, 32, 32]
    layers:
      - {type: avgpool2d, kernel_size: 3, stride: 1, padding: 1}
    ```

    **Instead.**

    ```yml
    input: [3, 32, 32]
    layers:
      - {type: avgpool2d, kernel_size: 3, stride: 1, padding: 1, count_include_pad: false}
    ```
    """
    for node, layer, along in slides(subject):
        if layer.counts_padding() and any(slide.before or slide.after for slide in along):
            message = "averages at the border include the zeros of the padding, so they come out smaller"
            yield at(node, message, help="write count_include_pad: false")
