"""Problems as text: what, where with a caret, why, what to do."""

from __future__ import annotations

from collections.abc import Sequence

from cnncalc.errors import Mark, Problem
from cnncalc.report.text import safe

MAX_SHOWN = 50


def render(problems: Sequence[Problem], width: int = 100) -> str:
    """All problems in order of place; past the fiftieth they are counted."""
    parts = [one(problem, width) for problem in problems[:MAX_SHOWN]]
    if len(problems) > MAX_SHOWN:
        parts.append(f"and {len(problems) - MAX_SHOWN:,} more problems")
    return "\n".join(parts)


def one(problem: Problem, width: int = 100) -> str:
    """A problem with the line of the source that it is about."""
    lines = [f"{problem.severity}[{problem.code}]: {safe(problem.message)}"]
    name, line, column = problem.position
    margin = " " * len(str(line))
    if problem.place is not None:
        lines.append(f"{margin}--> {safe(name)}:{line}:{column}")
        lines.append(f"{margin} |")
        source_line = problem.place.source.line(line)
        lines += _snippet(source_line, problem.place.mark, line, margin, width - len(margin) - 3)
    elif name:
        lines.append(f"{margin}--> {safe(name)}")
    lines += [f"{margin} = note: {safe(note)}" for note in problem.notes]
    if problem.help:
        lines.append(f"{margin} = help: {safe(problem.help)}")
    return "\n".join(lines)


def _snippet(text: str, mark: Mark, line: int, margin: str, width: int) -> list[str]:
    """The line, cut to a window around the caret where it is too long."""
    start = mark.column
    end = mark.end_column if mark.end_line == mark.line else len(text)
    end = max(min(end, len(text)), start + 1)
    first = 0
    if len(text) > width:
        first = max(0, min(start - width // 3, len(text) - width))
    shown = text[first : first + max(width, 20)]
    before = safe(shown[: start - first])
    marked = safe(shown[start - first : end - first]) or " "
    after = safe(shown[end - first :])
    return [
        f"{line} | {before}{marked}{after}".replace("\t", " ").rstrip(),
        f"{margin} | {' ' * len(before)}{'^' * len(marked)}",
    ]
