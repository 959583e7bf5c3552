"""The arithmetic behind a layer's numbers: each formula, with its numbers and its result.

The numbers are those of the report. The formulas are in the language of specs, and a test compares each
against its result with ``cnncalc.parse_size``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from cnncalc.counting.propagate import Report
from cnncalc.counting.receptive_field import ReceptiveField, receptive_fields
from cnncalc.counting.rows import Row
from cnncalc.dims import Dim, product_of
from cnncalc.errors import UsageError
from cnncalc.graph import Graph, Node
from cnncalc.layer import Layer, Line, term
from cnncalc.shapes import AXES, Shape, Window, axis_names
from cnncalc.window import SlidingLayer

MAX_NAMED = 12  # layers of a group, in a message


class Explanation(NamedTuple):
    """A layer's inputs and output, and the steps that derive its numbers."""

    row: Row
    inputs: tuple[Shape, ...]
    summary: str
    lines: tuple[Line, ...]
    validity: str = ""  # for which values of free variables it holds


def explain(report: Report, path: str) -> Explanation:
    """Return the derivation of one layer's numbers.

    Raises:
        UsageError: there is no such layer; the message names the closest match.
    """
    graph = report.graph
    if path in graph.groups and path not in {row.path for row in report}:
        inside = [row.path for row in report if row.path.startswith(path + ".")]
        shown = ", ".join(inside[:MAX_NAMED]) + (", ..." if len(inside) > MAX_NAMED else "")
        count = f"{len(inside)} layer{'' if len(inside) == 1 else 's'}"
        raise UsageError(
            f"'{path}' is a group of {count}: name one of {shown}" if inside else f"'{path}' is empty"
        )
    try:
        row = report[path]
    except KeyError as error:
        raise UsageError(str(error.args[0])) from None
    node = next(node for node in graph.nodes if node.path == path)
    assert node.layer is not None
    shapes = graph.shapes_into(node)
    lines = [
        *node.layer.derivation(shapes, row.output),
        *_parameters(node.layer, shapes, row),
        *_work(row),
        *_sight(graph, node),
    ]
    lines = _together(lines)
    doc = next(c.__doc__ for c in type(node.layer).__mro__ if c.__doc__)
    summary = " ".join(doc.split("\n\n")[0].replace("``", "").split())
    return Explanation(row, shapes, summary, tuple(lines), report.validity)


def _together(lines: list[Line]) -> list[Line]:
    """Combine axes with the same derivation into one line."""
    found: dict[tuple[str, str, str, str], Line] = {}
    axes = {name for names in AXES.values() for name in names}
    for line in lines:
        axis = next((name for name in axes if line.what.endswith(name)), "")
        key = (line.what.removesuffix(axis), line.rule, line.numbers, str(line.result))
        if axis and key in found:
            line = found[key]._replace(what=f"{found[key].what} and {axis}")
        found[key] = line
    return list(found.values())


def _parameters(layer: Layer, inputs: tuple[Shape, ...], row: Row) -> Iterator[Line]:
    shapes = layer.param_shapes(inputs)
    for name, shape in shapes.items():
        numbers = "*".join(map(term, shape))
        rule = "one per filter or output feature" if name.endswith("bias") else "the product of its shape"
        note = ""
        if isinstance(layer, SlidingLayer) and name == "weight":
            rule = "filters × channels of a filter × cells of its kernel"
            kernel = "×".join(map(str, shape[2:]))
            kernels = "1 kernel" if isinstance(shape[1], int) and shape[1] == 1 else f"{shape[1]} kernels"
            note = f"{shape[0]} filters, each with {kernels} of {kernel}: {product_of(shape[1:])} weights per filter"
        yield Line(name, rule, numbers, product_of(shape), note)
    if len(shapes) > 1:
        counts = [product_of(shape) for shape in shapes.values()]
        yield Line("params", "weights + biases", " + ".join(map(term, counts)), sum(counts[1:], counts[0]))
    if row.shared_with is not None:
        yield Line("params here", f"shared with {row.shared_with}, counted there", "0", 0)


def _work(row: Row) -> Iterator[Line]:
    if isinstance(row.macs, int) and row.macs == 0:
        return
    elements = product_of(row.output)
    if isinstance(row.macs, int) and isinstance(elements, int) and row.macs % elements == 0:
        each: Dim = row.macs // elements
        numbers = f"{'*'.join(map(term, row.output))}*{term(each)}"
        yield Line(
            "MACs",
            "outputs × multiplications per output",
            numbers,
            row.macs,
            f"{each} for each of {elements} outputs",
        )
    else:
        yield Line("MACs", "the closed form", str(row.macs), row.macs)


def _sight(graph: Graph, node: Node) -> Iterator[Line]:
    fields = receptive_fields(graph)
    field = fields[node.number]
    before = fields[node.inputs[0]]
    if field is None or field.everything or before is None or before.everything:
        return
    layer = node.layer
    assert layer is not None
    sight = layer.windows(graph.shapes_into(node))
    names = axis_names(len(field.size))
    if isinstance(sight, str) or not _plain(before) or not _plain(field) or len(node.inputs) > 1:
        rule = "the largest receptive field of any cell"
        note = ""
        if len(node.inputs) > 1:
            rule = "the union of the receptive fields of its inputs"
            note = "" if field.aligned else "its branches are not aligned: they differ in stride or center"
        for name, size in zip(names, field.size, strict=True):
            yield Line(f"receptive field, {name}", rule, str(size), size, note=note)
        return
    for index, (name, step) in enumerate(zip(names, sight, strict=True)):
        if not isinstance(step, Window):
            continue
        size, stride = before.size[index], before.stride[index]
        numbers = f"{term(size)} + ({term(step.extent)} - 1)*{term(stride)}"
        rule = "previous receptive field + (extent - 1)*stride so far"
        yield Line(f"receptive field, {name}", rule, numbers, field.size[index])
        yield Line(
            f"its stride, {name}",
            "stride so far × stride of the layer",
            f"{term(stride)}*{term(step.stride)}",
            field.stride[index],
        )
        padding = f"{term(before.padding[index])} + {term(step.before)}*{term(stride)}"
        yield Line(
            f"its padding, {name}", "padding so far + padding*stride so far", padding, field.padding[index]
        )


def _plain(field: ReceptiveField) -> bool:
    return all(axis.period == 1 for axis in field.axes)
