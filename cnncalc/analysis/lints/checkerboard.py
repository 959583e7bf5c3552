"""Transposed convolutions whose windows overlap unevenly."""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.analysis.lint import Finding, Subject, at, lint
from cnncalc.dims import concrete
from cnncalc.shapes import AXES
from cnncalc.window import WindowLayer


@lint("W204", "checkerboard", level="warning", local=True)
def checkerboard(subject: Subject) -> Iterator[Finding]:
    """A transposed convolution whose kernel is not a multiple of its stride.

    **Why it is bad.** The windows overlap unevenly: some cells of the output get more contributions than their
    neighbors, which shows as a checkerboard pattern (Odena, Dumoulin and Olah, "Deconvolution and Checkerboard
    Artifacts", Distill, 2016).

    **Example.**

    ```yml
    input: [3, 32, 32]
    layers:
      - {type: conv_transpose2d, out_channels: 8, kernel_size: 3, stride: 2}
    ```

    **Instead.**

    ```yml
    input: [3, 32, 32]
    layers:
      - {type: conv_transpose2d, out_channels: 8, kernel_size: 4, stride: 2}
    ```
    """
    for node in subject.layers:
        layer = node.layer
        if not isinstance(layer, WindowLayer) or not node.type.startswith("conv_transpose"):
            continue
        for name, (kernel, stride, dilation) in zip(AXES[layer.rank], layer.axis_fields(), strict=True):
            if dilation == 1 and stride != 1 and concrete(kernel) % concrete(stride):
                message = f"along the {name} the kernel {kernel} is not a multiple of the stride {stride}: outputs overlap unevenly"
                help = f"use a kernel of {2 * concrete(stride)}, or upsample and convolve"
                yield at(node, message, help=help)
                break
