"""``softmax``: ``exp(x)/sum(exp(x))`` along ``dim``."""

from __future__ import annotations

from typing import Literal

from cnncalc import fields
from cnncalc.layer import Array, Arrays, Elementwise, Requirement, Requirements, Tensors
from cnncalc.shapes import Shapes, Sight, show


class Softmax(Elementwise):
    """``exp(x)/sum(exp(x))`` along ``dim``: axis 0 is the channels.

    Source: ``torch.nn.Softmax``. flops: three per element: exponential, sum, division.
    """

    cost = 3

    type: Literal["softmax"] = "softmax"
    dim: fields.Integer = 0

    def requirements(self, inputs: Shapes) -> Requirements:
        (x,) = inputs
        if not -len(x) <= self.dim < len(x):
            message = f"{show(x)} has no axis {self.dim}"
            yield Requirement(holds=False, code="C308", message=message)

    def windows(self, inputs: Shapes) -> Sight:
        return super().windows(inputs) if self.dim % len(inputs[0]) == 0 else "all"

    def forward(self, inputs: Arrays, params: Tensors, out: Array | None = None) -> Array:
        from cnncalc.kernels import activation

        axis = self.dim % (inputs[0].ndim - 1) + 1
        return activation.softmax(inputs[0], axis)
