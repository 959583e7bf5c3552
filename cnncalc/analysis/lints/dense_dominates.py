"""Linear layers that hold most of the parameters."""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.analysis.lint import Finding, Subject, at, layer_of, lint
from cnncalc.dims import concrete
from cnncalc.layer import Elementwise, Family
from cnncalc.shapes import show


@lint("W401", "dense-dominates", level="info")
def dense_dominates(subject: Subject) -> Iterator[Finding]:
    """One linear layer after a `flatten` holds most of the parameters.

    **Why it is bad.** Global average pooling needs a fraction of the parameters and works with any input size (Lin et
    al., "Network in Network", 2013, section 3.2). This is an info rather than a warning because VGG and AlexNet are
    built this way.

    **Example.**

    ```yml
    input: [3, 32, 32]
    layers:
      - {type: conv2d, out_channels: 8, kernel_size: 3, padding: half, act: relu}
      - flatten
      - {type: linear, out_features: 10}
    ```

    **Instead.**

    ```yml
    input: [3, 32, 32]
    layers:
      - {type: conv2d, out_channels: 8, kernel_size: 3, padding: half, act: relu}
      - global_avgpool
      - {type: linear, out_features: 10}
    ```
    """
    total = concrete(subject.report.totals.params)
    for node in subject.layers:
        if layer_of(node).family is not Family.LINEAR or node.shares is not None:
            continue
        before = subject.producer(node)
        while isinstance(before.layer, Elementwise) and before.layer.cost == 0:
            before = subject.producer(before)
        if before.layer is None or not before.layer.view or not before.layer.ends_features(before.output):
            continue
        maps = subject.producer(before).output
        if subject.producer(before).layer is None:
            continue  # a multilayer perceptron has no features to pool
        params = concrete(subject.report[node.path].params)
        positions = concrete(before.output[0]) // concrete(maps[0])
        if 2 * params > total and positions > 1:
            saved = concrete(node.output[-1]) * concrete(maps[0]) * (positions - 1)
            message = f"{params:,} of {total:,} params are in this layer, behind the flatten of {show(maps)}"
            yield at(node, message, help=f"global_avgpool instead of flatten would save {saved:,}")
