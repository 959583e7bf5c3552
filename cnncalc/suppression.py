"""What a spec's author has silenced: lints, by comments on their lines or for the whole file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from cnncalc.errors import CODES, Mark, Problem, Source

_COMMENT = re.compile(r"(?:^|(?<=\s))#\s*cnncalc:\s*ignore\[([^\]\n]*)\]")


def covers(pattern: str, code: str) -> bool:
    """Whether a code, its name, or a prefix of it means this code."""
    return pattern == CODES[code].name or (
        bool(re.fullmatch(r"[CW]\d{0,3}", pattern)) and code.startswith(pattern)
    )


def known(pattern: str) -> bool:
    """Whether a pattern means any code."""
    return any(covers(pattern, code) for code in CODES)


class Suppression(NamedTuple):
    """A comment that silences codes on a line, or on the next one if it stands alone."""

    line: int
    patterns: tuple[str, ...]
    mark: Mark

    def silences(self, pattern: str, problem: Problem) -> bool:
        """Whether one of its patterns covers a problem on its line."""
        if problem.place is None or not covers(pattern, problem.code):
            return False
        return problem.place.mark.line <= self.line <= problem.place.mark.end_line


def suppressions(source: Source) -> list[Suppression]:
    """Comments of the form ``# cnncalc: ignore[W203] reason``; JSON has none."""
    found: list[Suppression] = []
    if source.name.endswith(".json") or "cnncalc:" not in source.text:
        return found
    lines = source.text.splitlines()
    for number, line in enumerate(lines):
        match = _COMMENT.search(line) if "cnncalc:" in line else None
        if match is None or line.count('"', 0, match.start()) % 2 or line.count("'", 0, match.start()) % 2:
            continue
        target = number
        if not line[: match.start()].strip():
            following = (
                n
                for n in range(number + 1, len(lines))
                if lines[n].strip() and not lines[n].lstrip().startswith("#")
            )
            target = next(following, number)
        patterns = tuple(part.strip() for part in match[1].split(",") if part.strip())
        found.append(Suppression(target, patterns, Mark(number, match.start(), number, match.end())))
    return found


def unsilenced(problems: Iterable[Problem], source: Source, root: Mapping[str, Any]) -> list[Problem]:
    """The lints that neither a comment nor ``lint: {ignore: [...]}`` of the spec silences."""
    lint = root.get("lint")
    ignored = lint.get("ignore") if isinstance(lint, Mapping) else None
    patterns = [p for p in ignored if isinstance(p, str)] if isinstance(ignored, list) else []
    comments = suppressions(source)
    return [
        problem
        for problem in problems
        if not any(covers(pattern, problem.code) for pattern in patterns)
        and not any(c.silences(p, problem) for c in comments for p in c.patterns)
    ]
