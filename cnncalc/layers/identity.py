"""``identity``: passes its input on."""

from __future__ import annotations

from typing import Literal

from cnncalc.layer import Elementwise


class Identity(Elementwise):
    """``x``. Source: ``torch.nn.Identity``. flops: none."""

    cost = 0

    type: Literal["identity"] = "identity"
