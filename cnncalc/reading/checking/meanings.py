"""Names of other frameworks that mean something else here, and what has to change with them.

A name is renamed by itself only where its value means the same. Where it does not, the value is converted; where
that takes more than the text says, the difference is explained and nothing is changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from collections.abc import Mapping as Fields
from typing import TYPE_CHECKING, Any, NamedTuple

from cnncalc.errors import Fix, Mark, Source
from cnncalc.reading.foreign import without_rank

if TYPE_CHECKING:
    from cnncalc.reading.text.nodes import MapNode


class Meaning(NamedTuple):
    """The equivalent of a field of another framework: its name, its value as text, and why they differ."""

    field: str
    value: str | None  # None: not certain; empty: as it stands
    why: str

    @property
    def advice(self) -> str:
        """Return what to write, and why."""
        if self.value is None:
            return self.why
        return f"write '{self.field}{': ' if self.value else ''}{self.value}', because {self.why}"


class _Rule(NamedTuple):
    field: str
    why: str
    value: Callable[[Any], str | None] = lambda _: None
    beside: str = ""  # it holds only where this field is given too
    unless: tuple[str, ...] = ()  # or none of these


def _counted(value: Any) -> str | None:
    """An axis that was counted from the batch."""
    return str(value - 1) if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _counted_or_from_the_end(value: Any) -> str | None:
    return str(value) if isinstance(value, int) and value < 0 else _counted(value)


_BATCH = "the batch is not an axis here, and axis 0 is the channels"
_AXIS = {name: _Rule("axis", _BATCH, _counted) for name in ("axis", "dim")}
_DIM = {"dim": _Rule("dim", _BATCH, _counted_or_from_the_end)}
_KERAS = "Keras counts the batch and has the channels last; here 'axis: 0', the default, is the channels"
_DARKNET = "in darknet 'pad: 1' stands for half the kernel size: write 'padding: half'"
_CONV = {
    "size": _Rule("kernel_size", _DARKNET, beside="pad"),
    "pad": _Rule("padding", _DARKNET, beside="size"),
}
_POOL = {
    "kernel_shape": _Rule(
        "kernel_size",
        "without 'strides' ONNX pools with a stride of 1; here the stride is the kernel size unless given",
        unless=("stride", "strides"),
    ),
    "size": _Rule("kernel_size", "darknet pads its pools by default: write the padding too"),
}

#: by type, without its rank and in small letters, and by field
_RULES: dict[str, dict[str, _Rule]] = {
    "concat": _AXIS, "cat": _AXIS, "slice": _AXIS, "softmax": _DIM, "logsoftmax": _DIM,
    "concatenate": {name: _Rule("axis", _KERAS) for name in ("axis", "dim")},
    "flatten": {name: _Rule(name, _BATCH, _counted_or_from_the_end) for name in ("start_dim", "end_dim")},
    "reshape": {
        name: _Rule("shape", "shapes are channels first here, without the batch") for name in ("target_shape", "shape")
    },
    "upsampling": {"size": _Rule("scale_factor", "here 'size' is the size of the output", lambda _: "")},
    "maxpool": _POOL, "avgpool": _POOL, "maxpooling": _POOL, "averagepool": _POOL, "averagepooling": _POOL,
    "conv": _CONV, "convolution": _CONV, "depthwiseconv": _CONV,
}  # fmt: skip

#: types that do something else by default, without a rank and in small letters
DIFFERENT = {
    **dict.fromkeys(
        ("globalaveragepool", "globalmaxpool"), "ONNX keeps the axes: write 'keepdim: true' with it"
    ),
    "instancenormalization": "with scale and offset, as in ONNX, write 'affine: true' with it",
}


def difference(type_name: str) -> str | None:
    """Return what a type of another framework does by default, if ours does something else."""
    return DIFFERENT.get(without_rank(type_name))


def meaning(type_name: str, field: str, fields: Fields[str, Any]) -> Meaning | None:
    """Return the equivalent of a field whose name has a different meaning here."""
    rule = _RULES.get(without_rank(type_name), {}).get(field)
    if rule is None or field not in fields or fields.keys() & {*rule.unless}:
        return None
    if rule.beside and rule.beside not in fields:
        return None
    return Meaning(rule.field, rule.value(fields[field]), rule.why)


def meanings(type_name: str, fields: Fields[str, Any]) -> dict[str, Meaning]:
    """The fields of an item that mean something else here, by their names."""
    found = {field: meaning(type_name, field, fields) for field in fields}
    return {field: other for field, other in found.items() if other is not None}


def faithful(type_name: str, fields: Any) -> bool:
    """Return whether the type can simply be renamed."""
    return difference(type_name) is None and not (isinstance(fields, dict) and meanings(type_name, fields))


def converted(node: MapNode, field: str, other: Meaning) -> list[Fix] | None:
    """Return the changes that convert a field; None if the conversion is not certain."""
    if other.value is None:
        return None
    fixes = [Fix(node.keys_at[field], other.field, keeps_quotes=True)]
    return [*fixes, Fix(node.values_at[field], other.value)] if other.value else fixes


def joined(fixes: Iterable[Fix], source: Source) -> Fix:
    """Combine several changes that must only be made together."""
    ordered = sorted(fixes, key=lambda fix: fix.mark)
    text, line, column = "", ordered[0].mark.line, ordered[0].mark.column
    for fix in ordered:
        text += _between(source, line, column, fix.mark.line, fix.mark.column)
        quote = source.line(fix.mark.line + 1)[fix.mark.column : fix.mark.column + 1]
        quote = quote if fix.keeps_quotes and quote in ("'", '"') else ""
        text += f"{quote}{fix.text}{quote}"
        line, column = fix.mark.end_line, fix.mark.end_column
    return Fix(Mark(ordered[0].mark.line, ordered[0].mark.column, line, column), text)


def _between(source: Source, line: int, column: int, end_line: int, end_column: int) -> str:
    if line == end_line:
        return source.line(line + 1)[column:end_column]
    whole = [source.line(number + 1) for number in range(line + 1, end_line)]
    return "\n".join([source.line(line + 1)[column:], *whole, source.line(end_line + 1)[:end_column]])
