"""Windows that see nothing but padding."""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.analysis.lint import Finding, Subject, at, lint
from cnncalc.analysis.sliding import slides


@lint("W202", "window-in-padding", level="warning", local=True)
def window_in_padding(subject: Subject) -> Iterator[Finding]:
    """Padding so wide that some windows lie entirely within it.

    **Why it is bad.** Such a window sees no cell of the input. The output there does not depend on the image: it is
    the bias alone.

    **Example.**

    ```yml
    input: [3, 32, 32]
    layers:
      - {type: conv2d, out_channels: 8, kernel_size: 3, padding: 4}
    ```

    **Instead.**

    ```yml
    input: [3, 32, 32]
    layers:
      - {type: conv2d, out_channels: 8, kernel_size: 3, padding: 1}
    ```
    """
    for node, _, along in slides(subject):
        for name, size, extent, stride, before, after, _ in along:
            last = (size + before + after - extent) // stride * stride - before
            if before >= extent or last >= size:
                message = f"along the {name}, some windows of {extent} lie entirely in the padding of {before} and {after}"
                yield at(node, message, help=f"use padding of at most {extent - 1}")
                break
