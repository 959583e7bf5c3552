"""``opaque``: an operation that the list of types lacks, with what is known of it declared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, PlainValidator

from cnncalc import fields
from cnncalc.conditions import at_least
from cnncalc.dims import Dim
from cnncalc.layer import Array, Arrays, Axes, Layer, Requirement, Requirements, Tensors
from cnncalc.shapes import Shape, Shapes

Declared = Annotated[Any, PlainValidator(lambda v: v if v is None else fields.integer(v, 0))]
DeclaredShape = Annotated[Any, PlainValidator(lambda v: v if v is None else fields.shape(v))]


def _known(size: Dim | None) -> Dim:
    """What is left unsaid counts as 0; whether a symbol is 0 is not asked."""
    return 0 if size is None else size


class Opaque(Layer):
    """Declares ``output`` (default: the input's shape), ``params``, ``biases``, ``macs``, ``flops``.

    ``params`` holds the biases; ``flops`` is all of it, MACs included. What is left unsaid of
    ``params``, ``macs`` and ``flops`` counts as 0 and makes the totals ``partial``.
    """

    arity = (1, None)
    runs = False

    type: Literal["opaque"] = "opaque"
    output: Annotated[DeclaredShape, fields.About("Declared shape of the output; default: the input's.")] = (
        None
    )
    params: Annotated[Declared, fields.About("Declared number of parameters, biases included.")] = None
    biases: Annotated[Declared, fields.About("How many of the parameters are biases.")] = 0
    declared_macs: Annotated[Declared, fields.About("Declared multiply-accumulates.")] = Field(
        None, alias="macs"
    )
    flops: Annotated[Declared, fields.About("Declared operations, MACs included.")] = None

    def is_partial(self) -> bool:
        return None in (self.params, self.declared_macs, self.flops)

    def requirements(self, inputs: Shapes) -> Requirements:
        params = _known(self.params)
        holds = at_least(params, self.biases)
        if holds is not True:
            yield Requirement(holds, "C308", f"biases ({self.biases}) exceed params ({params})")

    def output_shape(self, inputs: Shapes) -> Shape:
        return self.output or inputs[0]

    def axes(self, inputs: Shapes) -> Axes:
        return super().axes(inputs) if self.output is None else ((),) * len(self.output)

    def param_shapes(self, inputs: Shapes) -> Mapping[str, Shape]:
        sizes = {"weight": _known(self.params) - self.biases, "bias": self.biases}
        return {name: (size,) for name, size in sizes.items() if size != 0}

    def macs(self, inputs: Shapes, output: Shape) -> Dim:
        return _known(self.declared_macs)

    def operations(self, inputs: Shapes, output: Shape) -> Dim:
        return _known(self.flops) - 2 * self.macs(inputs, output)

    def forward(self, inputs: Arrays, params: Tensors, out: Array | None = None) -> Array:
        raise NotImplementedError("an opaque operation does not say what it computes")
