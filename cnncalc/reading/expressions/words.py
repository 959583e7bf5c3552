"""The words of the language, and the names that are left for variables, blocks, layers and inputs."""

from __future__ import annotations

import re
from typing import Any

from cnncalc.errors import Place, Problem
from cnncalc.fields import describe
from cnncalc.reading.expressions.grammar import CONSTANTS, KEYWORDS
from cnncalc.reading.expressions.operations import FUNCTIONS

NAME_PATTERN = "[A-Za-z_][A-Za-z0-9_]{0,63}"
_STEP = f"({NAME_PATTERN}|[0-9]+)"
#: of a layer, as ``res.0.conv2d_1``
REFERENCE_PATTERN = rf"{_STEP}(\.{_STEP})*"
NAME, REFERENCE = (re.compile(rf"{pattern}\Z") for pattern in (NAME_PATTERN, REFERENCE_PATTERN))
#: sizes of the input tensor
TENSOR_NAMES = ("channels", "height", "width")
#: words that are reserved for expressions and references, and their meaning
RESERVED = {
    **{size: f"the {size} of the current tensor" for size in TENSOR_NAMES},
    "input": "the network's input",
    "prev": "the preceding item",
    **dict.fromkeys((*KEYWORDS, *CONSTANTS), "a word of expressions"),
    **dict.fromkeys(FUNCTIONS, "a function"),
}


def is_name(value: Any) -> bool:
    """Return whether a text is a valid name."""
    return isinstance(value, str) and NAME.match(value) is not None


def is_reference(value: Any) -> bool:
    """Whether it could refer to a layer."""
    return isinstance(value, str) and REFERENCE.match(value) is not None


def wrong_name(name: Any, place: Place) -> Problem | None:
    """Return what is wrong with the name of a variable, block, parameter, layer or input; None if it is valid."""
    if not is_name(name):
        help = "a name has at most 64 letters, digits and underscores, and does not begin with a digit"
        meant = re.sub(r"[^A-Za-z0-9]+", "_", name) if isinstance(name, str) else ""
        if NAME.match(meant) and meant not in RESERVED:
            help = f"write {meant}: {help}"
        return Problem("C107", f"{describe(name)} is not a valid name", place, help=help)
    if name in RESERVED:
        message = f"the name '{name}' is reserved: it means {RESERVED[name]}"
        return Problem("C107", message, place, help="choose another name")
    return None
