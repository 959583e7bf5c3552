"""``prelu``: a leaky ReLU whose slope is learned."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from cnncalc import fields
from cnncalc.conditions import equal
from cnncalc.layer import Array, Arrays, Elementwise, Requirement, Requirements, Tensors
from cnncalc.shapes import Shape, Shapes


class Prelu(Elementwise):
    """``x`` or ``weight*x``; ``num_parameters`` is 1 or the number of channels.

    Source: He et al., "Delving Deep into Rectifiers", 2015; ``torch.nn.PReLU``. flops: one operation
    per element.
    """

    type: Literal["prelu"] = "prelu"
    num_parameters: Annotated[
        fields.Size, fields.About("Number of learned slopes: 1, or the number of channels.")
    ] = 1

    def requirements(self, inputs: Shapes) -> Requirements:
        (x,) = inputs
        holds = equal(self.num_parameters, 1) is True or equal(self.num_parameters, x[0])
        if holds is not True:
            message = f"num_parameters is {self.num_parameters}; it must be 1 or the {x[0]} channels"
            yield Requirement(holds, "C308", message, "write num_parameters: channels")

    def param_shapes(self, inputs: Shapes) -> Mapping[str, Shape]:
        return {"weight": (self.num_parameters,)}

    def forward(self, inputs: Arrays, params: Tensors, out: Array | None = None) -> Array:
        from cnncalc.kernels import activation

        return activation.prelu(inputs[0], params["weight"], out)
