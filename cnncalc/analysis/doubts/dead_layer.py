"""Layers that nothing reads."""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.analysis.lint import Finding, Subject, lint
from cnncalc.graph import Node


@lint("W301", "dead-layer", level="warning")
def dead_layer(subject: Subject) -> Iterator[Finding]:
    """A layer whose output nothing reads.

    Layers before it that feed nothing else are counted in a note.

    **Why it is bad.** Its parameters are counted and stored and do nothing. Most often a `from` names the wrong layer.

    **Example.**

    ```yml
    input: [3, 32, 32]
    layers:
      - {type: relu, name: a}
      - {type: tanh, from: input}
    ```

    **Instead.**

    ```yml
    input: [3, 32, 32]
    layers:
      - {type: relu, name: a}
      - {type: tanh, from: a}
    ```
    """
    for node in subject.unread:
        if node.layer is not None:
            count = len(_only_into(subject, node))
            s, feeds = ("", "feeds") if count == 1 else ("s", "feed")
            notes = (f"{count} layer{s} before it {feeds} nothing else",) if count else ()
            help = "remove it, read it with 'from', or name it under 'output'"
            yield Finding(f"nothing reads {node.path}", node.place, notes, help)


def _only_into(subject: Subject, end: Node) -> set[int]:
    """The layers that feed nothing but this one."""
    found: set[int] = set()
    waiting = [end]
    while waiting:
        for i in waiting.pop().inputs:
            node = subject.dead.get(i)
            if node is not None and i not in found and node.layer is not None:
                found.add(i)
                waiting.append(node)
    return found
