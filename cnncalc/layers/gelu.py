"""``gelu``: ``x*Phi(x)``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import PlainValidator

from cnncalc import fields
from cnncalc.layer import Elementwise


class Gelu(Elementwise):
    """``x*Phi(x)`` for each element. Source: Hendrycks and Gimpel, 2016; ``torch.nn.GELU``.

    flops: one operation per element, by convention, whatever its formula costs.
    """

    words = {"approximate": ("none", "tanh")}

    type: Literal["gelu"] = "gelu"
    approximate: Annotated[str, PlainValidator(fields.choice(*("none", "tanh")))] = "none"
