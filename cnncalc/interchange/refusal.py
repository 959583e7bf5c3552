"""What cannot be imported, and where it stands in the file."""

from __future__ import annotations

from cnncalc.errors import Problem, SpecError


class Refused(Exception):
    """A part of a model that has no counterpart: why, and what to do."""

    def __init__(self, why: str, help: str | None = None) -> None:
        super().__init__(why)
        self.why, self.help = why, help


def unreadable(name: str, why: str, help: str | None = None) -> SpecError:
    """Return the error that a file is not a model that can be read."""
    return SpecError([Problem("C007", why, where=name, help=help)])
