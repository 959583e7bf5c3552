"""A network in a few lines."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from cnncalc.analysis.memory import bytes_of
from cnncalc.analysis.overview import Memory, Overview
from cnncalc.counting.propagate import Report
from cnncalc.counting.quantities import ITEM_BYTES, QUANTITIES
from cnncalc.dims import Dim
from cnncalc.reading.expressions.rational import plain
from cnncalc.report import text
from cnncalc.report.json_ import SCHEMA_VERSION, field_of
from cnncalc.shapes import Shape, show

WIDTH = 100
ORDER = 40  # layers of a better order that are named
COUNTED = (
    "a tensor is kept until its last reader has run; while a layer runs, its inputs and output are alive. Training: one "
    "gradient per parameter, and each output is kept once. Not included: recomputation, temporary buffers, allocator overhead"
)


def lines(found: Overview) -> Iterator[tuple[str, str]]:
    """Headings and sentences; the first, without a heading, names the network."""
    report, totals = found.report, found.report.totals
    yield "", f"{report.name}: {_shapes(report.inputs)} -> {_shapes(report.outputs)}"
    for part in found.parts:
        counted = f"{text.count(part.params)} params, {text.count(part.macs)} MACs"
        yield (
            part.name,
            f"{part.layers} layer{'' if part.layers == 1 else 's'}, output {show(part.output)}, {counted}",
        )
    yield "parameters", f"{text.count(totals.params)}: {_most(found, 'params')}"
    if isinstance(totals.params, int):
        sizes = [f"{dtype} {text.size(totals.params * item)}" for dtype, item in ITEM_BYTES.items()]
        yield "parameter memory", ", ".join(sizes)
    macs = text.count(totals.macs)
    yield "MACs", f"{macs}: {_most(found, 'macs')}" if isinstance(totals.macs, int) else macs
    if isinstance(totals.bytes_moved, int):
        moved, intensity = text.size(totals.bytes_moved), text.count(totals.arithmetic_intensity)
        yield "bytes moved", f"{moved}, {intensity} flops per byte ({report.dtype}, batch {report.batch})"
    if (last := found.last_map) is not None:
        size, stride, padding = (text.dims(part) for part in last.receptive_field[:3])  # type: ignore[index]
        yield "receptive field", f"{size} at {last.path}, stride {stride}, padding {padding}"
    if found.memory is not None:
        yield from _memory(found.memory, report)
    else:
        bytes = totals.activation_bytes
        yield "memory", f"all activations {bytes} bytes; for the peak, set the free variables"
    if report.free:
        yield "valid", report.validity.removeprefix("Valid ")


def _shapes(shapes: Any) -> str:
    return ", ".join(show(shape) for shape in shapes.values())


def _most(found: Overview, name: str) -> str:
    shares = [f"{row.path} {100 * share:.1f} %" for share, row in found.most(name)]
    return ", ".join(shares) or "none, or a closed form"


def _memory(found: Memory, report: Report) -> Iterator[tuple[str, str]]:
    own, best, spent = found.own, found.best, found.training

    def size(elements: Dim) -> str:
        return text.size(bytes_of(elements, report))

    peaks = own.peaks(3)
    how = "in place where possible" if found.in_place else "nothing in place"
    exact = f"{bytes_of(own.peak, report):,} bytes"
    counted = f"{size(own.peak)}; {report.dtype}, batch {report.batch}, {how}"
    yield "peak activations", f"{exact} ({counted}) while {peaks[0].path} runs"
    yield "alive at the peak", ", ".join(f"{path} {size(n)}" for path, n in peaks[0].alive.items())
    yield "next highest", ", ".join(f"{moment.path} {size(moment.elements)}" for moment in peaks[1:])
    if best.peak < own.peak:
        differ = [i for i, (a, b) in enumerate(zip(own.order, best.order, strict=True)) if a != b]
        moved = ", ".join(best.order[differ[0] : differ[-1] + 1][:ORDER])
        moved += ", ..." if differ[-1] - differ[0] >= ORDER else ""
        least = f"{size(best.peak)}, the minimum over all orders"
        yield "better order", f"{least}, if these layers run in this order: {moved}"
    else:
        yield (
            "order",
            "no order needs less memory" if best.optimal else f"no order needs less than {size(own.bound)}",
        )
    parts = (
        f"parameters {text.size(spent.params)}, gradients {text.size(spent.gradients)}, "
        f"{found.optimizer} {text.size(spent.optimizer)}"
    )
    kept = f"outputs kept for the backward pass {text.size(spent.activations)}"
    yield "training (estimate)", f"{text.size(spent.total)}: {parts}, {kept}"
    yield "counted", COUNTED


def as_text(found: Overview) -> str:
    """The few lines, for a terminal."""
    named = list(lines(found))
    width = max(len(name) for name, _ in named)
    parts = []
    for name, sentence in named:
        if not name:
            parts += [text.safe(sentence), ""]
            continue
        parts += textwrap.wrap(
            text.safe(sentence),
            WIDTH,
            initial_indent=f"{name:{width}}  ",
            subsequent_indent=" " * (width + 2),
            break_long_words=False,
            break_on_hyphens=False,
        )
    return "\n".join(parts)


def as_markdown(found: Overview) -> str:
    """The few lines, in Markdown."""
    return "\n".join(
        f"- **{name}**: {text.escape(sentence, 'github')}"
        if name
        else f"### {text.escape(sentence, 'github')}\n"
        for name, sentence in lines(found)
    )


def as_json(found: Overview) -> str:
    """The network, as JSON."""
    import json

    return json.dumps(as_dict(found), indent=2, ensure_ascii=True)


def as_dict(found: Overview) -> dict[str, Any]:
    """The network as plain data, schema version 1."""
    report, last = found.report, found.last_map
    largest = {
        name: [{"layer": row.path, "share": share} for share, row in found.most(name)]
        for name in ("params", "macs")
    }
    return {
        "schema_version": SCHEMA_VERSION,
        "name": report.name,
        "input": _plain_shapes(report.inputs),
        "output": _plain_shapes(report.outputs),
        "batch": report.batch,
        "dtype": report.dtype,
        "parts": [
            part._asdict()
            | {"output": _plain(part.output), "params": plain(part.params), "macs": plain(part.macs)}
            for part in found.parts
        ],
        "totals": {name: plain(report.number(name)) for name in QUANTITIES},
        "largest": largest,
        "receptive_field": None if last is None else {"layer": last.path, **field_of(last)},
        "memory": None if found.memory is None else _memory_of(found.memory, report),
        "validity": report.validity,
    }


def _plain_shapes(shapes: Mapping[str, Shape]) -> dict[str, Any]:
    return {name: _plain(shape) for name, shape in shapes.items()}


def _plain(shape: Shape) -> list[Any]:
    return [plain(size) for size in shape]


def _memory_of(found: Memory, report: Report) -> dict[str, Any]:
    own, best, spent = found.own, found.best, found.training

    def size(elements: Dim) -> Any:
        return plain(bytes_of(elements, report))

    peaks = [
        {
            "layer": moment.path,
            "bytes": size(moment.elements),
            "alive": {path: size(n) for path, n in moment.alive.items()},
        }
        for moment in own.peaks(3)
    ]
    training = {
        "optimizer": found.optimizer,
        "total": spent.total,
        "params": spent.params,
        "gradients": spent.gradients,
    }
    return {
        "in_place": found.in_place,
        "peaks": peaks,
        "least_peak_bytes": size(best.peak),
        "least_is_proven": best.optimal,
        "best_order": list(best.order),
        "training": training | {"optimizer_state": spent.optimizer, "activations": spent.activations},
    }
