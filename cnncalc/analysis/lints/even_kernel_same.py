"""Even kernels, which no padding can center."""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.analysis.lint import Finding, Subject, at, lint
from cnncalc.dims import concrete
from cnncalc.window import SlidingLayer


@lint("W207", "even-kernel-same", level="warning", local=True)
def even_kernel_same(subject: Subject) -> Iterator[Finding]:
    """An even kernel with stride 1 and padding `same`, `same_lower` or `half`.

    **Why it is bad.** No padding keeps the size and treats both ends alike. With `same` and `same_lower`, one end is
    padded more than the other and the image moves by half a cell; with `half`, the output is one cell smaller than
    the input. PyTorch warns about it too.

    **Example.**

    ```yml
    input: [3, 32, 32]
    layers:
      - {type: conv2d, out_channels: 8, kernel_size: 2, padding: same}
    ```

    **Instead.**

    ```yml
    input: [3, 32, 32]
    layers:
      - {type: conv2d, out_channels: 8, kernel_size: 3, padding: same}
    ```
    """
    for node in subject.layers:
        layer = node.layer
        if not isinstance(layer, SlidingLayer) or layer.padding not in ("same", "same_lower", "half"):
            continue
        even = [concrete(k) for k, s, d in layer.axis_fields() if concrete(d * (k - 1)) % 2 and s == 1]
        if even:
            what = "shrinks the map by one" if layer.padding == "half" else "pads one end more than the other"
            message = f"the even kernel {even[0]} with padding '{layer.padding}' {what}"
            yield at(node, message, help="use an odd kernel, or write the padding out")
