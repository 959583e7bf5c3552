"""Inputs that nothing reads."""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.analysis.lint import Finding, Subject, lint


@lint("W302", "unused-input", level="warning")
def unused_input(subject: Subject) -> Iterator[Finding]:
    """An input of the network that no layer reads.

    An input that only dead layers read is not reported: W301 reports those layers.

    **Why it is bad.** Whoever feeds the network expects each input to matter.

    **Example.**

    ```yml
    input: {a: [3, 8, 8], b: [3, 8, 8]}
    layers:
      - {type: relu, from: a}
    ```

    **Instead.**

    ```yml
    input: {a: [3, 8, 8], b: [3, 8, 8]}
    layers:
      - {type: add, from: [a, b]}
    ```
    """
    for node in subject.unread:
        if node.layer is None:
            yield Finding(f"nothing reads the input {node.path}", node.place)
