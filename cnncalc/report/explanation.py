"""Derivations as text or Markdown, and a network in a few lines."""

from __future__ import annotations

import textwrap
from typing import Any

from cnncalc.analysis import memory
from cnncalc.analysis.explain import Explanation, Line
from cnncalc.counting.propagate import Report
from cnncalc.counting.quantities import ITEM_BYTES, QUANTITIES
from cnncalc.counting.rows import Row
from cnncalc.dims import Dim, Expr, sum_of
from cnncalc.report import text
from cnncalc.report.latex import formula
from cnncalc.shapes import show

ENDS = ("flatten", "global_avgpool", "global_maxpool")
WIDTH = 100
ORDER = 40  # layers of a better order that are named
COUNTED = (
    "a tensor lives until its last reader; while a layer runs, its inputs and output are alive. Training: a gradient for "
    "each parameter, and every output kept once; nothing recomputed, no temporary results, arenas or scratch of kernels"
)


def layer_text(found: Explanation) -> str:
    """One layer, for a terminal."""
    lines = [
        _head(found),
        *textwrap.wrap(text.safe(found.summary), WIDTH),
        *([f"{found.validity}."] if found.validity else []),
        "",
    ]
    width = max((len(line.what) for line in found.lines), default=0)
    for line in found.lines:
        lines.append(f"{line.what:{width}}  {line.rule}")
        result = f" = {text.count(line.result)}" if str(line.result) != line.numbers else ""
        lines.append(f"{'':{width}}  = {line.numbers}{result}")
        if line.note:
            lines.append(f"{'':{width}}  ({line.note})")
    return "\n".join(lines)


def layer_markdown(found: Explanation) -> str:
    """One layer, in Markdown with LaTeX."""
    lines = [f"### {text.escape(_head(found), 'github')}", "", text.escape(found.summary, "github"), ""]
    lines += [f"{found.validity}.", ""] if found.validity else []
    for line in found.lines:
        lines.append(f"- **{line.what}**: {line.rule}")
        lines.append(f"  {_equation(line)}")
        if line.note:
            lines.append(f"  ({line.note})")
    return "\n".join(lines)


def _equation(line: Line) -> str:
    """The numbers put in, and the result; as it stands in specs where it is too long for LaTeX."""
    sides = dict.fromkeys((line.numbers, str(line.result)))
    try:
        return f"$${' = '.join(dict.fromkeys(map(formula, sides)))}$$"
    except ValueError:
        return f"`{' = '.join(sides)}`"


def _head(found: Explanation) -> str:
    given = " and ".join(show(shape) for shape in found.inputs)
    return f"{found.row.path} ({found.row.type}): {given} -> {show(found.row.output)}"


# ------------------------------------------------------------------------------------- networks


def overview(report: Report, *, in_place: bool, optimizer: str) -> list[tuple[str, str]]:
    """A network in a few lines: headings and sentences."""
    totals = report.totals
    found = [("", f"{report.name}: {_shapes(report.inputs)} -> {_shapes(report.outputs)}")]
    found += [(name, _part(rows)) for name, rows in _parts(report) if rows]
    found.append(("parameters", f"{text.count(totals.params)}: {_top(report, 'params')}"))
    if isinstance(totals.params, int):
        sizes = [f"{dtype} {text.size(totals.params * size)}" for dtype, size in ITEM_BYTES.items()]
        found.append(("their memory", ", ".join(sizes)))
    macs = text.count(totals.macs)
    found.append(("MACs", f"{macs}: {_top(report, 'macs')}" if isinstance(totals.macs, int) else macs))
    fields = [
        row
        for row in report
        if row.receptive_field is not None and not row.receptive_field.everything and not row.train_only
    ]
    if fields:
        last = fields[-1]
        size, stride, padding = (text.dims(part) for part in last.receptive_field[:3])  # type: ignore[index]
        found.append(("receptive field", f"{size} at {last.path}, stride {stride}, padding {padding}"))
    if isinstance(totals.activation_bytes, Expr):
        found.append(
            (
                "memory",
                f"all activations {totals.activation_bytes} bytes; give the free variables values for the peak",
            )
        )
    else:
        found += _memory(report, in_place=in_place, optimizer=optimizer)
    if report.free:
        found.append(("valid", report.validity.removeprefix("Valid ")))
    return found


def _shapes(shapes: Any) -> str:
    return ", ".join(show(shape) for shape in shapes.values())


def _parts(report: Report) -> list[tuple[str, list[Row]]]:
    rows = [row for row in report if not row.train_only]
    cut = next(
        (
            i
            for i, row in enumerate(rows)
            if row.type in ENDS or (row.type.startswith("adaptive") and set(row.output[1:]) == {1})
        ),
        len(rows),
    )
    heads = [row for row in report if row.train_only]
    return [("features", rows[:cut]), ("classifier", rows[cut:]), ("training only", heads)]


def _part(rows: list[Row]) -> str:
    params, macs = sum_of(r.params for r in rows), sum_of(r.macs for r in rows)
    return (
        f"{len(rows)} layers to {show(rows[-1].output)}, {text.count(params)} params, {text.count(macs)} MACs"
    )


def _top(report: Report, name: str) -> str:
    total = report.number(name)
    if not isinstance(total, int) or not total:
        return "none, or a closed form"
    largest = QUANTITIES[name].most(report, report.scale)
    return ", ".join(f"{row.path} {100 * n / total:.1f} %" for n, row in largest)


def _memory(report: Report, *, in_place: bool, optimizer: str) -> list[tuple[str, str]]:
    def size(elements: Dim) -> str:
        return text.size(memory.bytes_of(elements, report))

    own, best = (
        memory.schedule(report.graph, in_place=in_place),
        memory.best_schedule(report.graph, in_place=in_place),
    )
    peaks = own.peaks(3)
    how = "in place where a tensor dies" if in_place else "nothing in place"
    exact = f"{memory.bytes_of(own.peak, report):,} bytes"
    found = [
        (
            "peak of activations",
            f"{exact} ({size(own.peak)}; {report.dtype}, batch {report.batch}, {how}) while {peaks[0].path} runs",
        )
    ]
    alive = ", ".join(f"{path} {size(n)}" for path, n in peaks[0].alive.items())
    found.append(("alive then", alive))
    found.append(("next", ", ".join(f"{moment.path} {size(moment.elements)}" for moment in peaks[1:])))
    if best.peak < own.peak:
        differ = [i for i, (a, b) in enumerate(zip(own.order, best.order, strict=True)) if a != b]
        moved = ", ".join(best.order[differ[0] : differ[-1] + 1][:ORDER])
        moved += ", ..." if differ[-1] - differ[0] >= ORDER else ""
        found.append(
            (
                "a better order",
                f"{size(best.peak)}, the least of all orders, by running {moved} in this order",
            )
        )
    else:
        found.append(
            (
                "order",
                "no order needs less" if best.optimal else f"no order needs less than {size(own.bound)}",
            )
        )
    spent = memory.training(report, optimizer=optimizer)
    parts = f"parameters {text.size(spent.params)}, gradients {text.size(spent.gradients)}, {optimizer} {text.size(spent.optimizer)}"
    found.append(
        (
            "training, about",
            f"{text.size(spent.total)}: {parts}, outputs kept for the backward pass {text.size(spent.activations)}",
        )
    )
    found.append(("counted", COUNTED))
    return found


def overview_text(lines: list[tuple[str, str]]) -> str:
    """The few lines, for a terminal."""
    width = max(len(name) for name, _ in lines)
    parts = []
    for name, sentence in lines:
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


def overview_markdown(lines: list[tuple[str, str]]) -> str:
    """The few lines, in Markdown."""
    return "\n".join(
        f"- **{name}**: {text.escape(sentence, 'github')}"
        if name
        else f"### {text.escape(sentence, 'github')}\n"
        for name, sentence in lines
    )
