"""``softplus``: ``log(1 + exp(beta*x))/beta``."""

from __future__ import annotations

from typing import Literal

from cnncalc import fields
from cnncalc.layer import Elementwise


class Softplus(Elementwise):
    """``log(1 + exp(beta*x))/beta`` for each element. Source: ``torch.nn.Softplus``.

    flops: one operation per element, by convention, whatever its formula costs.
    """

    type: Literal["softplus"] = "softplus"
    beta: fields.Positive = 1.0
    threshold: fields.Real = 20.0
