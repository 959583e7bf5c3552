"""Numbers of channels that hardware pads."""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.analysis.lint import Finding, Subject, at, layer_of, lint
from cnncalc.dims import concrete
from cnncalc.layer import WEIGHTED, Family


@lint("W501", "channels-not-multiple-of-8", level="off")
def channels_not_multiple_of_8(subject: Subject) -> Iterator[Finding]:
    """A number of channels inside the network that is not a multiple of 8.

    The lint is off unless it is selected: `cnncalc check --select W501`.

    **Why it is bad.** In half precision, NVIDIA's tensor cores work on multiples of 8, and other numbers of channels
    are padded (NVIDIA, "Convolutional Layers User's Guide").

    **Example.**

    ```yml
    input: [3, 32, 32]
    layers:
      - {type: conv2d, out_channels: 30, kernel_size: 3, act: relu}
      - {type: conv2d, out_channels: 32, kernel_size: 3, act: relu}
    ```

    **Instead.**

    ```yml
    input: [3, 32, 32]
    layers:
      - {type: conv2d, out_channels: 32, kernel_size: 3, act: relu, repeat: 2}
    ```
    """
    ends = set(subject.graph.outputs)
    for node in subject.layers:
        reader = subject.only_reader(node)
        if layer_of(node).family not in WEIGHTED or node.number in ends:
            continue
        last = reader is not None and reader.number in ends and layer_of(reader).family is Family.ACTIVATION
        channels = concrete(node.output[0 if len(node.output) > 1 else -1])
        if channels % 8 and not last:
            help = f"{channels + -channels % 8} channels cost the same on tensor cores"
            yield at(node, f"{channels} channels are not a multiple of 8", help=help)
