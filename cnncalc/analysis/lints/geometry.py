"""Lints about windows: what they read, what they skip, and where branches look."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import wraps
from typing import NamedTuple

from cnncalc.analysis.lints import Lint, Subject, at, layer_of, lint
from cnncalc.conditions import at_least
from cnncalc.dims import Dim, DimError, concrete
from cnncalc.errors import Problem, SpecError
from cnncalc.graph import Node
from cnncalc.integers import meet
from cnncalc.shapes import AXES, Window
from cnncalc.window import WindowLayer


class Slide(NamedTuple):
    """A window along one axis, in numbers."""

    extent: int
    stride: int
    before: int
    after: int
    margin: int = 0  # cells at the end that pad layers before it have put there

    def unread(self, size: Dim) -> Dim:
        """Cells at the end of an axis that no window reads; padding alone may be unread (below 0)."""
        left_over = (size + self.before + self.after - self.extent) % self.stride
        return left_over - self.after - self.margin


def _windows(subject: Subject) -> Iterator[tuple[Node, str, int, Slide]]:
    """Every window that slides over an axis: the node, the axis's name, its size, and the window."""
    for node in subject.layers:
        layer = node.layer
        if isinstance(layer, WindowLayer) and not node.type.startswith("conv_transpose"):
            (x,) = subject.graph.shapes_into(node)
            margins = _margins(subject, node)
            for name, size, w, margin in zip(
                AXES[layer.rank], x[1:], layer.spatial_windows(x), margins, strict=True
            ):
                extent, stride, before, after = map(concrete, (w.extent, w.stride, w.before, w.after))
                slide = Slide(extent, stride, before, after, margin)
                yield node, name, concrete(size), slide


def _margins(subject: Subject, node: Node) -> list[int]:
    """Along each axis the cells that pad layers right before a layer have put at the end."""
    found = [0] * (len(node.output) - 1)
    before = subject.producer(node)
    while before.layer is not None and before.type == "pad":
        for axis, window in enumerate(before.layer.windows(subject.graph.shapes_into(before))):
            if isinstance(window, Window):
                found[axis] += max(0, concrete(window.after))
        before = subject.producer(before)
    return found


def one_axis(function: Lint) -> Lint:
    """What is wrong along the height is most often wrong along the width too: one problem a layer will do."""

    @wraps(function)
    def first(subject: Subject) -> Iterator[Problem]:
        seen: set[str] = set()
        for problem in function(subject):
            path = problem.message.split(":", 1)[0]
            if path not in seen:
                seen.add(path)
                yield problem

    return first


def _others_read(subject: Subject, node: Node) -> bool:
    """Whether another layer reads the same cells: a shortcut may skip what the branch beside it reads.

    So may one half of a factorised reduction, which reads them through layers that mix no cells, such as
    a pad and a slice that move them by one (Zoph et al., "Learning Transferable Architectures", 2018).
    """
    before = subject.producer(node)
    while not subject.is_shared(before.number) and _mixes_no_cells(before):
        before = subject.producer(before)
    return subject.is_shared(before.number)


def _mixes_no_cells(node: Node) -> bool:
    layer = node.layer
    return layer is not None and (
        layer.family in ("activation", "norm")
        or node.type in ("pad", "crop", "slice", "dropout", "drop_path", "identity")
    )


def _beside(sizes: Sequence[int], now: int) -> list[int]:
    """The nearest on either side."""
    below, above = [n for n in sizes if n < now], [n for n in sizes if n > now]
    return [*below[-1:], *above[:1]]


@lint("W201", local=True)
@one_axis
def dropped_pixels(subject: Subject) -> Iterator[Problem]:
    for node, name, size, window in _windows(subject):
        lost = concrete(window.unread(size))
        if getattr(node.layer, "ceil_mode", False) or 100 * lost <= size or _others_read(subject, node):
            continue  # less than one cell in a hundred is no loss
        rows = {"height": "row", "width": "column"}.get(name, "cell")
        what = (
            f"the last of its {size} {rows}s is"
            if lost == 1
            else f"the last {lost} of its {size} {rows}s are"
        )
        near = range(max(1, size - window.stride), size + window.stride + 1)
        sizes = " or ".join(map(str, _beside([n for n in near if concrete(window.unread(n)) <= 0], size)))
        notes = [f"a {name} of {sizes} loses none", *_inputs_that_lose_none(subject, node, name, window)]
        help = "change the input's size, the padding or the stride, or use ceil_mode"
        yield at(node, "W201", f"{what} not read by any window", *notes, help=help)


def _inputs_that_lose_none(subject: Subject, node: Node, name: str, window: Slide) -> list[str]:
    """The nearest sizes of the network's input at which this layer reads everything."""
    axis = AXES[len(node.output) - 1].index(name)
    variable = next((v for i in subject.graph.inputs if (v := _variable(subject, i.path, axis))), None)
    if variable is None:
        return []
    try:
        symbolic = subject.network.summary(free=[variable])
        into = symbolic.graph.nodes[node.number].inputs[0]
        size = symbolic.graph.nodes[into].output[axis + 1]
        now = concrete(subject.graph.variables[variable])
        good = meet(at_least(0, window.unread(size)), *(d.condition for d in symbolic.graph.demands))
    except (SpecError, IndexError, DimError):
        return []
    near = [str(n) for step in (-1, 1) if (n := good.nearest(now, step=step)) is not None]
    return [f"with an input of {variable} = {' or '.join(near)}, none is lost"] if near else []


def _variable(subject: Subject, path: str, axis: int) -> str | None:
    """The variable that is the size of an axis of an input, if it is one."""
    value = subject.network.inputs.get(path)
    parts = value.parsed if value is not None and isinstance(value.parsed, tuple) else ()
    raw = parts[axis + 1].raw if len(parts) > axis + 1 else None
    return raw if isinstance(raw, str) and raw in subject.network.vars else None


@lint("W202", local=True)
@one_axis
def window_in_padding(subject: Subject) -> Iterator[Problem]:
    for node, name, size, window in _windows(subject):
        extent, stride, before, after, _ = window
        last = (size + before + after - extent) // stride * stride - before
        if before >= extent or last >= size:
            message = f"along the {name}, some windows of {extent} lie entirely in the padding of {before} and {after}"
            yield at(node, "W202", message, help=f"use padding of at most {extent - 1}")


@lint("W203", local=True)
@one_axis
def skipped_input(subject: Subject) -> Iterator[Problem]:
    for node, name, size, window in _windows(subject):
        if window.stride <= window.extent or size <= window.extent or _others_read(subject, node):
            continue
        message = (
            f"along the {name} the stride {window.stride} is larger than the kernel's extent {window.extent}"
        )
        yield at(
            node,
            "W203",
            message,
            "cells between two windows are never read",
            help="use a wider kernel or a smaller stride",
        )


@lint("W204", local=True)
@one_axis
def checkerboard(subject: Subject) -> Iterator[Problem]:
    for node in subject.layers:
        layer = node.layer
        if not isinstance(layer, WindowLayer) or not node.type.startswith("conv_transpose"):
            continue
        for name, (kernel, stride, dilation) in zip(AXES[layer.rank], layer.axis_fields(), strict=True):
            if dilation == 1 and stride != 1 and concrete(kernel) % concrete(stride):
                message = f"along the {name} the kernel {kernel} is not a multiple of the stride {stride}: outputs overlap unevenly"
                yield at(
                    node,
                    "W204",
                    message,
                    help=f"use a kernel of {2 * concrete(stride)}, or upsample and convolve",
                )
                break


@lint("W206", local=True)
def dilation_gridding(subject: Subject) -> Iterator[Problem]:
    for node in subject.layers:
        rate = _rate(node)
        if rate < 2:
            continue
        before = subject.producer(node)
        while before.layer is not None and (
            before.type.startswith("batchnorm") or before.layer.family == "activation"
        ):
            before = subject.producer(before)
        if before.layer is not None and _rate(before) == rate and layer_of(before).family == "conv":
            message = f"follows {before.path} with the same dilation, {rate}, so together they see a grid with holes"
            help = "use rates without a common divisor, such as 1, 2, 5"
            yield at(node, "W206", message, "Wang et al., 2018, hybrid dilated convolution", help=help)


def _rate(node: Node) -> int:
    layer = node.layer
    if not isinstance(layer, WindowLayer) or layer.family != "conv" or node.type.startswith("conv_transpose"):
        return 1
    return min((concrete(d) for k, _, d in layer.axis_fields() if k != 1), default=1)


@lint("W207", local=True)
def even_kernel_same(subject: Subject) -> Iterator[Problem]:
    for node in subject.layers:
        layer = node.layer
        if not isinstance(layer, WindowLayer) or layer.padding not in ("same", "same_lower", "half"):
            continue
        even = [concrete(k) for k, s, d in layer.axis_fields() if concrete(d * (k - 1)) % 2 and s == 1]
        if even and not node.type.startswith("conv_transpose"):
            what = "shrinks the map by one" if layer.padding == "half" else "pads one end more than the other"
            message = f"the even kernel {even[0]} with padding '{layer.padding}' {what}"
            yield at(node, "W207", message, help="use an odd kernel, or write the padding out")


@lint("W208", local=True)
@one_axis
def pool_over_padding(subject: Subject) -> Iterator[Problem]:
    for node, _, _, window in _windows(subject):
        if (
            node.type.startswith("avgpool")
            and getattr(node.layer, "count_include_pad", False)
            and max(window.before, window.after)
        ):
            message = "averages at the border include the zeros of the padding, so they come out smaller"
            yield at(node, "W208", message, help="write count_include_pad: false")


@lint("W209")
def small_receptive_field(subject: Subject) -> Iterator[Problem]:
    if len(subject.graph.inputs) != 1:
        return
    sizes = subject.graph.inputs[0].output[1:]
    for node in subject.layers:
        before = subject.producer(node)
        field = subject.report[before.path].receptive_field if before.layer is not None else None
        if field is None or field.everything or len(field.size) != len(sizes) or len(sizes) < 2:
            continue
        small = [
            (f, s) for f, s in zip(map(concrete, field.size), map(concrete, sizes), strict=True) if f < s
        ]
        if small and _ends_features(subject, node):
            have, want = small[0]
            message = f"each incoming feature sees {have} of the input's {want} cells"
            yield at(node, "W209", message, help="add layers, strides or dilation, or use a smaller input")
            return


def _ends_features(subject: Subject, node: Node) -> bool:
    """Whether a layer makes one vector of a map, for a classifier.

    A gate (squeeze-and-excitation) or a pyramid of poolings reads the map beside others or goes back to
    one; the heads of a detector are flattened to be joined, and each is for objects of its own size.
    """
    if not node.type.startswith(("global_", "adaptive_avgpool", "adaptive_maxpool", "flatten")):
        return False
    if len(subject.readers[node.inputs[0]]) > 1 or (node.type == "flatten" and len(node.output) > 1):
        return False
    reader = subject.only_reader(node)
    while reader is not None and layer_of(reader).family not in ("conv", "linear", "merge"):
        reader = subject.only_reader(reader)
    joined = reader is not None and layer_of(reader).family == "merge"
    return not joined and not _goes_back_to_a_map(subject, node)


def _goes_back_to_a_map(subject: Subject, node: Node) -> bool:
    """Whether anything that is made of a layer's output has more than one cell."""
    waiting, seen = [*subject.readers[node.number]], set()
    while waiting:
        reader = waiting.pop()
        if any(size != 1 for size in reader.output[1:]):
            return True
        if reader.number not in seen:
            seen.add(reader.number)
            waiting += subject.readers[reader.number]
    return False
