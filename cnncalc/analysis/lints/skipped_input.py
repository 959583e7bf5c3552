"""Cells between two windows that no window reads."""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.analysis.lint import Finding, Subject, at, lint
from cnncalc.analysis.sliding import others_read, slides


@lint("W203", "skipped-input", level="warning", local=True)
def skipped_input(subject: Subject) -> Iterator[Finding]:
    """A stride larger than the extent of the dilated kernel.

    It is not reported if another layer reads the same input, as with shortcuts and the halves of factorized
    reductions.

    **Why it is bad.** No window reads the cells between two windows, so the layer discards a part of its input
    unseen.

    **Example.**

    ```yml
    input: [3, 32, 32]
    layers:
      - {type: conv2d, out_channels: 8, kernel_size: 2, stride: 3}
    ```

    **Instead.**

    ```yml
    input: [3, 33, 33]
    layers:
      - {type: conv2d, out_channels: 8, kernel_size: 3, stride: 3}
    ```
    """
    for node, _, along in slides(subject):
        for slide in along:
            if slide.stride > slide.extent < slide.size and not others_read(subject, node):
                message = f"along the {slide.name} the stride {slide.stride} is larger than the kernel's extent {slide.extent}"
                note = "cells between two windows are never read"
                yield at(node, message, note, help="use a wider kernel or a smaller stride")
                break
