"""Signs that the numbers of a network are right for what is written, and not for what is meant.

A lint in this folder is run by every command that prints numbers, and by ``Report.warnings``; those in
``lints/`` are for ``cnncalc check``.
"""

from __future__ import annotations

import sys
from functools import cache
from typing import TYPE_CHECKING

from cnncalc.analysis.lint import Lint, Subject, lints_in
from cnncalc.dims import DimError
from cnncalc.errors import Problem, merged

if TYPE_CHECKING:
    from cnncalc.graph import Graph


@cache
def doubts() -> tuple[Lint[Subject], ...]:
    """The lints of this folder, by code."""
    return lints_in(sys.modules[__name__])


def doubts_about(graph: Graph) -> tuple[Problem, ...]:
    """What they say of a network and the spec does not silence, each place once."""
    subject, found = Subject(graph), list[Problem]()
    for lint in doubts():
        try:
            found += lint(subject)
        except DimError:  # it needs numbers where symbols leave an axis open
            continue
    return tuple(merged(graph.unsilenced(found))) if found else ()
