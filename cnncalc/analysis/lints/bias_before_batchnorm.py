"""Biases that batch normalization cancels."""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.analysis.lint import Finding, Subject, at, layer_of, lint
from cnncalc.dims import concrete
from cnncalc.layer import Family


@lint("W101", "bias-before-batchnorm", level="info")
def bias_before_batchnorm(subject: Subject) -> Iterator[Finding]:
    """A convolution or linear layer with a bias, directly followed by batch normalization.

    **Why it is bad.** Batch normalization subtracts the mean of each channel, and the bias with it. The bias costs
    parameters and has no effect (Ioffe and Szegedy, "Batch Normalization", 2015, section 3.2; PyTorch's performance
    tuning guide). This is an info rather than a warning because published networks do it, torchvision's VGG with
    batch normalization among them.

    **Example.**

    ```yml
    input: [3, 32, 32]
    layers:
      - {type: conv2d, out_channels: 8, kernel_size: 3}
      - batchnorm2d
      - relu
    ```

    **Instead.** With `norm: batch`, the bias is off unless the spec asks for it:

    ```yml
    input: [3, 32, 32]
    layers:
      - {type: conv2d, out_channels: 8, kernel_size: 3, norm: batch, act: relu}
    ```
    """
    for node in subject.layers:
        reader = subject.only_reader(node)
        if reader is None or not layer_of(reader).batch_statistics:
            continue
        shapes, family = layer_of(node).param_shapes(subject.graph.shapes_into(node)), layer_of(node).family
        of_channels = family is Family.CONV or (family is Family.LINEAR and len(node.output) == 1)
        if of_channels and any(name.endswith("bias") for name in shapes):
            count = concrete(subject.report[node.path].biases)
            message = f"{reader.path} subtracts the mean, so the bias has no effect ({count:,} params)"
            help = "write bias: false"
            if reader.path != f"{node.path}.norm":
                help += f", or norm: batch in place of {reader.path}, which implies it"
            yield at(node, message, help=help)
