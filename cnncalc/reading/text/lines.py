"""A text by its lines, and what is found wrong with it: what explains syntax errors builds on."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import NamedTuple

from cnncalc.errors import Mark


class Slip(NamedTuple):
    """What is wrong, where, and what to write."""

    message: str
    mark: Mark
    help: str


class Found(Exception):
    """The first slip: the walk ends."""

    def __init__(self, message: str, start: int, end: int, help: str) -> None:
        super().__init__(message)
        self.message, self.start, self.end, self.help = message, start, end, help


class Lines:
    """A text, and where its lines begin."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.starts = [0, *(m.end() for m in re.finditer("\n", text))]

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column, from 0."""
        line = bisect_right(self.starts, offset) - 1
        return line, offset - self.starts[line]

    def number(self, offset: int) -> int:
        """The line as people count."""
        return bisect_right(self.starts, offset)

    def end_of_line(self, offset: int) -> int:
        end = self.text.find("\n", offset)
        return len(self.text) if end < 0 else end

    def indentation(self, start: int) -> int:
        """The spaces at the start of a line."""
        spaces = _SPACES.match(self.text, start)
        return len(spaces[0]) if spaces else 0

    def mark(self, start: int, end: int) -> Mark:
        """A stretch of one line, at least a character long."""
        line, column = self.position(start)
        last, to = self.position(end)
        return Mark(line, column, line, max(to if last == line else 0, column + 1))


_SPACES = re.compile(r" *")


def unclosed_quote(at: int) -> Found:
    return Found("this quote is never closed", at, at + 1, "add the closing quote at the end of the text")
