"""Lints that a spec suppresses, by comments on their lines or for the whole file."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

from cnncalc.errors import Mark, Place, Problem, Rule, Source, did_you_mean
from cnncalc.reading.text.nodes import ListNode, MapNode

_COMMENT = re.compile(r"(?:^|(?<=\s))#\s*cnncalc:\s*(\w+)(?:\[([^\]\n]*)\])?")
#: words that ask to be silent; only the first does, with rules in brackets
WORDS = ("ignore", "ignored", "disable", "noqa", "silence", "silent", "skip", "suppress", "off", "allow")


def covers(pattern: str, rule: Rule | Problem) -> bool:
    """Return whether a code, a name, or a prefix of a code covers this rule, or the rule of this problem."""
    return pattern == rule.name or (
        bool(re.fullmatch(r"[CW]\d{0,3}", pattern)) and rule.code.startswith(pattern)
    )


class Suppression(NamedTuple):
    """A comment that suppresses codes on its line, or on the next line if it stands alone.

    One that names no code silences nothing.
    """

    line: int
    patterns: tuple[str, ...]
    mark: Mark

    def silences(self, pattern: str, problem: Problem) -> bool:
        """Return whether one of its patterns covers a problem on its line."""
        return covers(pattern, problem) and self.is_at(problem)

    def is_at(self, problem: Problem) -> bool:
        """Return whether a problem is on its line."""
        if problem.place is None:
            return False
        return problem.place.mark.line <= self.line <= problem.place.mark.end_line


def suppressions(source: Source, root: Any = None) -> list[Suppression]:
    """Comments of the form ``# cnncalc: ignore[W203] reason``; JSON has none.

    ``root`` is the document, for what looks like a comment and stands within a text.
    """
    found: list[Suppression] = []
    if source.name.endswith(".json") or "cnncalc:" not in source.text:
        return found
    lines = source.text.splitlines()
    for number, line in enumerate(lines):
        match = _COMMENT.search(line) if "cnncalc:" in line else None
        if match is None or match[1].lower() not in WORDS or _in_text(root, number, match.start()):
            continue
        target = number
        if not line[: match.start()].strip():
            following = (
                n
                for n in range(number + 1, len(lines))
                if lines[n].strip() and not lines[n].lstrip().startswith("#")
            )
            target = next(following, number)
        named = match[2] if match[1] == "ignore" else None
        patterns = tuple(part.strip() for part in (named or "").split(",") if part.strip())
        found.append(Suppression(target, patterns, Mark(number, match.start(), number, match.end())))
    return found


def _in_text(node: Any, line: int, column: int) -> bool:
    """Whether a place is within a text of a document, quoted or of several lines."""
    inner = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    marks = getattr(node, "values_at", ())
    for value, mark in zip(inner, marks.values() if isinstance(marks, dict) else marks, strict=False):
        if (mark.line, mark.column) <= (line, column) < (mark.end_line, mark.end_column) and (
            isinstance(value, str) or _in_text(value, line, column)
        ):
            return True
    return False


def read_ignored(root: Any, source: Source, lints: Collection[Rule]) -> tuple[list[str], list[Problem]]:
    """Codes and names under ``lint: {ignore: [...]}``, and what is wrong there."""
    node = root.get("lint") if isinstance(root, MapNode) else None
    if not isinstance(node, MapNode):
        return [], []
    problems = [
        Problem(
            "C102", f"'lint' has no field '{key[:64]}'", Place(source, at), help="the only field is ignore"
        )
        for key, at in node.keys_at.items()
        if key != "ignore"
    ]
    raw, known = node.get("ignore", ListNode(node.mark)), []
    if not isinstance(raw, ListNode):
        place = Place(source, node.values_at["ignore"])
        return [], [*problems, Problem("C101", "'ignore' needs a list of lints", place)]
    for pattern, mark in zip(raw, raw.values_at, strict=True):
        if isinstance(pattern, str) and any(covers(pattern, lint) for lint in lints):
            known.append(pattern)
            continue
        help = did_you_mean(str(pattern), [word for lint in lints for word in (lint.code, lint.name)])
        message = f"there is no lint '{str(pattern)[:64]}'"
        problems.append(Problem("C101", message, Place(source, mark), help=help))
    return known, problems


def unsilenced(problems: Iterable[Problem], source: Source, root: MapNode) -> list[Problem]:
    """Return the lints that neither a comment nor ``lint: {ignore: [...]}`` in the spec suppresses."""
    problems = list(problems)
    patterns, _ = read_ignored(
        root, source, [problem.lint for problem in problems if problem.lint is not None]
    )
    comments = suppressions(source, root)
    return [
        problem
        for problem in problems
        if not any(covers(pattern, problem) for pattern in patterns)
        and not any(c.silences(p, problem) for c in comments for p in c.patterns)
    ]
