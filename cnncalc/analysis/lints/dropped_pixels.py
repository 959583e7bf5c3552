"""Cells at the end of a map that no window reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cnncalc.analysis.lint import Finding, Subject, at, lint
from cnncalc.analysis.sliding import Slide, others_read, slides
from cnncalc.conditions import at_least
from cnncalc.dims import DimError, concrete
from cnncalc.errors import SpecError
from cnncalc.graph import Node
from cnncalc.integers import meet
from cnncalc.pooling import Pooling
from cnncalc.shapes import AXES


@lint("W201", "dropped-pixels", level="warning", local=True)
def dropped_pixels(subject: Subject) -> Iterator[Finding]:
    """Rows or columns at the end of the input that no window reads.

    A stride that does not divide the input evenly leaves some cells over. The lint reports more than one cell in a
    hundred. It does not report unread padding, which is normal, or cells that another layer reads, as in factorized
    reductions. The notes list the nearest sizes at which nothing is lost.

    **Why it is bad.** The network never sees what is at that border of the image. Deeplearning4j refuses such sizes
    in its strict mode.

    **Example.**

    ```yml
    input: [3, 33, 33]
    layers:
      - {type: maxpool2d, kernel_size: 2}
    ```

    **Instead.**

    ```yml
    input: [3, 32, 32]
    layers:
      - {type: maxpool2d, kernel_size: 2}
    ```
    """
    for node, layer, along in slides(subject):
        if layer.rounds_up() or others_read(subject, node):
            continue
        for slide in along:
            lost = concrete(slide.unread(slide.size))
            if 100 * lost > slide.size:  # less than one cell in a hundred is no loss
                help = "change the input's size, the padding or the stride"
                help += ", or use ceil_mode" if isinstance(layer, Pooling) else ""
                yield at(node, _what(slide, lost), *_sizes_that_lose_none(subject, node, slide), help=help)
                break  # what is lost along the height is most often lost along the width too


def _what(slide: Slide, lost: int) -> str:
    rows = {"height": "row", "width": "column"}.get(slide.name, "cell")
    if lost == 1:
        return f"the last of its {slide.size} {rows}s is not read by any window"
    return f"the last {lost} of its {slide.size} {rows}s are not read by any window"


def _sizes_that_lose_none(subject: Subject, node: Node, slide: Slide) -> list[str]:
    near = range(max(1, slide.size - slide.stride), slide.size + slide.stride + 1)
    sizes = _beside([n for n in near if concrete(slide.unread(n)) <= 0], slide.size)
    return [f"a {slide.name} of {' or '.join(map(str, sizes))} loses none", *_inputs(subject, node, slide)]


def _beside(sizes: Sequence[int], now: int) -> list[int]:
    """The nearest on either side."""
    below, above = [n for n in sizes if n < now], [n for n in sizes if n > now]
    return [*below[-1:], *above[:1]]


def _inputs(subject: Subject, node: Node, slide: Slide) -> list[str]:
    """The nearest sizes of the network's input at which this layer reads everything."""
    axis = AXES[len(node.output) - 1].index(slide.name)
    variable = next((v for i in subject.graph.inputs if (v := _variable(subject, i.path, axis))), None)
    if variable is None:
        return []
    try:
        symbolic = subject.network.summary(free=[variable])
        into = symbolic.graph.nodes[node.number].inputs[0]
        size = symbolic.graph.nodes[into].output[axis + 1]
        now = concrete(subject.graph.variables[variable])
        good = meet(at_least(0, slide.unread(size)), *(d.condition for d in symbolic.graph.demands))
    except (SpecError, IndexError, DimError):
        return []
    near = [str(n) for step in (-1, 1) if (n := good.nearest(now, step=step)) is not None]
    return [f"with an input of {variable} = {' or '.join(near)}, none is lost"] if near else []


def _variable(subject: Subject, path: str, axis: int) -> str | None:
    """The variable that is the size of an axis of an input, if it is one."""
    value = subject.network.spec.inputs.get(path)
    parts = value.parsed if value is not None and isinstance(value.parsed, tuple) else ()
    raw = parts[axis + 1].raw if len(parts) > axis + 1 else None
    return raw if isinstance(raw, str) and raw in subject.network.spec.vars else None
