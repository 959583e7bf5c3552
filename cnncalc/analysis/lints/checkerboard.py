"""Transposed convolutions whose windows overlap unevenly."""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.analysis.lint import Finding, Subject, at, lint
from cnncalc.dims import concrete
from cnncalc.layers.conv_transpose import TransposedConvolution
from cnncalc.shapes import AXES


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
        if not isinstance(layer, TransposedConvolution):
            continue
        for axis, (kernel, stride, dilation) in enumerate(layer.axis_fields()):
            if dilation == 1 and stride != 1 and concrete(kernel) % concrete(stride):
                name = AXES[layer.rank][axis]
                message = f"along the {name} the kernel {kernel} is not a multiple of the stride {stride}: outputs overlap unevenly"
                yield at(node, message, help=f"{_advice(layer, axis)}, or upsample and convolve")
                break


def _advice(layer: TransposedConvolution, axis: int) -> str:
    """A kernel that is a multiple of the stride, and what keeps the size of the output."""
    kernel, stride, _ = map(concrete, layer.axis_fields()[axis])
    if layer.padding in ("same", "same_lower"):
        return f"use a kernel of {_multiple(kernel, stride)}"
    before, after = layer.padding[axis] if isinstance(layer.padding, tuple) else (0, 0)
    reach = kernel - concrete(before + after) + concrete(layer.output_padding[axis])
    wider = _multiple(max(kernel, reach), stride)
    extra = (wider - reach) % 2
    padding = f"padding {(wider - reach + extra) // 2} and output_padding {extra}"
    return f"use a kernel of {wider} with {padding}, which keeps the size"


def _multiple(number: int, of: int) -> int:
    """The least multiple that is not below a number."""
    return -(-number // of) * of
