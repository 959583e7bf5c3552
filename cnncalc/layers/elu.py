"""``elu``: ``x`` or ``alpha*(exp(x) - 1)``."""

from __future__ import annotations

from typing import Literal

from cnncalc import fields
from cnncalc.layer import Elementwise


class Elu(Elementwise):
    """``x`` or ``alpha*(exp(x) - 1)`` for each element. Source: Clevert et al., 2015; ``torch.nn.ELU``.

    flops: one operation per element, by convention, whatever its formula costs.
    """

    type: Literal["elu"] = "elu"
    alpha: fields.Real = 1.0
