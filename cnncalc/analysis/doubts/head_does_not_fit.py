"""Heads for training that do not fit the input."""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.analysis.lint import Finding, Subject, lint


@lint("W303", "head-does-not-fit", level="warning", local=True)
def head_does_not_fit(subject: Subject) -> Iterator[Finding]:
    """A head marked `train_only` that does not fit this input size.

    **Why it is bad.** The network works at inference, but it cannot be trained at this size.

    **Example.**

    ```yml
    input: [3, 4, 4]
    layers:
      - relu
      - {type: conv2d, out_channels: 8, kernel_size: 5, train_only: true}
      - global_avgpool
    ```

    **Instead.**

    ```yml
    input: [3, 4, 4]
    layers:
      - relu
      - {type: conv2d, out_channels: 8, kernel_size: 3, train_only: true}
      - global_avgpool
    ```
    """
    for problem in subject.graph.misfits:
        yield Finding(problem.message, problem.place)
