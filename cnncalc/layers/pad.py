"""``pad``: cells around the map."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import PlainSerializer, PlainValidator

from cnncalc import fields
from cnncalc.conditions import at_least
from cnncalc.dims import Dim, concrete
from cnncalc.layer import Array, Arrays, Rearrangement, Requirement, Requirements, Tensors, needs_rank
from cnncalc.shapes import Shape, Shapes, Sight, Window


def _pads(value: Any) -> Any:
    if isinstance(value, list | tuple):
        if not 1 <= len(value) <= 3:
            raise fields.invalid("needs an integer, or a list with an entry for each axis")
        return fields.padding(value, len(value))
    if isinstance(value, str):
        raise fields.invalid(f"needs an integer or a list, got {fields.describe(value)}")
    return fields.integer(value, 0)


_MODES = ("constant", "reflect", "replicate", "circular")


class Pad(Rearrangement):
    """``(C, H, W) -> (C, top+H+bottom, left+W+right)``: one amount, one for each axis, or pairs.

    Source: ``torch.nn.functional.pad``; ONNX ``Pad``.
    """

    words = {"mode": _MODES}

    quiet = True

    type: Literal["pad"] = "pad"
    padding: Annotated[
        Any,
        PlainValidator(_pads),
        PlainSerializer(fields.shortest),
        fields.About(
            "Cells added around the input: a number, one for each axis, or pairs [before, after].", 1, "cells"
        ),
    ]
    mode: Annotated[
        str,
        PlainValidator(fields.choice(*_MODES)),
        fields.About("How the added cells are filled: with a constant, or with cells of the input."),
    ] = "constant"
    value: Annotated[fields.Real, fields.About("Value of the added cells if mode is constant.")] = 0.0

    def _pairs(self, x: Shape) -> tuple[tuple[Dim, Dim], ...]:
        if isinstance(self.padding, tuple):
            return self.padding
        return ((self.padding, self.padding),) * (len(x) - 1)

    def requirements(self, inputs: Shapes) -> Requirements:
        (x,) = inputs
        ranks = (len(self.padding),) if isinstance(self.padding, tuple) else (1, 2, 3)
        yield from needs_rank(self, x, *ranks)
        spare = {"reflect": 1, "circular": 0}.get(self.mode)
        if spare is None:
            return
        for size, pair in zip(x[1:], self._pairs(x), strict=True):
            for amount in pair:
                holds = at_least(size, amount + spare)
                if holds is not True:
                    message = f"{self.mode} padding of {amount} needs a map of {amount + spare}, not {size}"
                    yield Requirement(holds, "C308", message)

    def output_shape(self, inputs: Shapes) -> Shape:
        (x,) = inputs
        return (x[0], *(a + n + b for n, (a, b) in zip(x[1:], self._pairs(x), strict=True)))

    def windows(self, inputs: Shapes) -> Sight:
        return tuple(Window(before=a, after=b) for a, b in self._pairs(inputs[0]))

    def forward(self, inputs: Arrays, params: Tensors, out: Array | None = None) -> Array:
        from cnncalc.kernels import arrangement

        (x,) = inputs
        pairs = [(concrete(a), concrete(b)) for a, b in self._pairs(x.shape[1:])]
        return arrangement.pad(x, pairs, self.mode, self.value)
