"""The key ``input``: the shapes of the network's inputs and the order of their sizes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from cnncalc.errors import Fix, Mark, Place, Problem, Source
from cnncalc.fields import describe
from cnncalc.reading.checking import instead
from cnncalc.reading.checking.problems import unknown_field
from cnncalc.reading.checking.value import Failed, Value, compile_value
from cnncalc.reading.expressions.words import wrong_name
from cnncalc.reading.text.nodes import ListNode, MapNode

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

LAYOUTS = ("nchw", "nhwc")
#: what others call them
_MEANT = {"channels_first": "nchw", "channels_last": "nhwc", "NCHW": "nchw", "NHWC": "nhwc"}


class Inputs(NamedTuple):
    """The shapes by input, channels first, and the declared layouts."""

    shapes: dict[str, Value]
    layouts: dict[str, str]
    problems: list[Problem]


def read_inputs(raw: Any, mark: Mark, source: Source, names: Iterable[str]) -> Inputs:
    """Return the inputs: one, or several by name, each a shape or ``{shape: ..., layout: ...}``."""
    known = [*names]
    found = Inputs({}, {}, [])
    if (meant := instead.axes(raw)) is not None:
        message = "an input is a list of its sizes, channels first"
        return Inputs({}, {}, [Problem("C101", message, Place(source, mark), help=f"write {meant}")])
    entries = {"input": (raw, mark)} if _is_one(raw, known) else by_input(raw, mark)
    for name, (written, at) in entries.items():
        problem = wrong_name(name, Place(source, at)) if name != "input" else None
        if problem is not None:
            found.problems.append(problem)
        try:
            if name == "layout" and written in LAYOUTS and written not in known:
                message = f"an input needs a list of sizes, got {describe(written)}"
                help = f"write it at each input: NAME: {{shape: [...], layout: {written}}}"
                raise Failed(Problem("C101", message, Place(source, at), help=help))
            shape, at, layout = (
                _described(written, at, source) if isinstance(written, MapNode) else (written, at, None)
            )
            if layout == "nhwc":
                shape = _channels_first(shape, at, source)
            if layout is not None:
                found.layouts[name] = layout
            found.shapes[name] = compile_value(shape, at, source, known)
        except Failed as failed:
            meant = instead.of_input(written)
            found.problems.append(failed.problem._replace(help=meant) if meant else failed.problem)
    return found


def by_input(raw: Any, mark: Mark) -> dict[str, tuple[Any, Mark]]:
    """Return the nodes of the inputs by name; a single input has the default name."""
    if isinstance(raw, MapNode):
        return {name: (raw[name], raw.values_at[name]) for name in raw}
    return {"input": (raw, mark)}


def _is_one(raw: Any, names: Container[str]) -> bool:
    """Whether a mapping describes one input: of inputs called ``shape`` and ``layout`` both would have sizes."""
    layout = raw.get("layout") if isinstance(raw, MapNode) else None
    return isinstance(layout, str) and "shape" in raw and layout not in names


def _described(node: MapNode, mark: Mark, source: Source) -> tuple[Any, Mark, str | None]:
    for key in node:
        if key not in ("shape", "layout"):
            raise Failed(
                unknown_field(key, ["layout", "shape"], "an input", Place(source, node.keys_at[key]))
            )
    if "shape" not in node:
        help = "write {shape: [224, 224, 3], layout: nhwc}"
        raise Failed(Problem("C104", "an input needs 'shape'", Place(source, mark), help=help))
    return node["shape"], node.values_at["shape"], _layout(node, source) if "layout" in node else None


def _layout(node: MapNode, source: Source) -> str:
    word, at = node["layout"], node.values_at["layout"]
    if word in LAYOUTS:
        return str(word)
    meant = _MEANT.get(word) if isinstance(word, str) else None
    help = (
        f"write {meant}"
        if meant
        else "nchw: channels first, nhwc: channels last, whatever the number of axes"
    )
    message = f"'layout' needs nchw or nhwc, got {describe(word)}"
    raise Failed(
        Problem("C101", message, Place(source, at), help=help, fix=Fix(at, meant) if meant else None)
    )


def _channels_first(shape: Any, mark: Mark, source: Source) -> ListNode:
    """Convert sizes from channels last to channels first."""
    if not isinstance(shape, ListNode) or not shape:
        message = f"with 'layout: nhwc' the shape is written out as a list, got {describe(shape)}"
        raise Failed(Problem("C101", message, Place(source, mark), help="write [height, width, channels]"))
    turned = ListNode(shape.mark)
    turned += [shape[-1], *shape[:-1]]
    turned.values_at = [shape.values_at[-1], *shape.values_at[:-1]]
    return turned
