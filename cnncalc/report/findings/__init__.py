"""What ``cnncalc check`` found, one file a format, found in a table by name."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from cnncalc.analysis.check import Result
from cnncalc.errors import Problem
from cnncalc.report import formats
from cnncalc.report.text import safe, unicode

FORMATS = tuple(formats.FORMATS["findings"])


class Findings(NamedTuple):
    """All results of a run."""

    results: Sequence[Result]
    width: int = 100
    root: str = "."  # the top of the repository, which files of a report for its host are named from

    @property
    def problems(self) -> list[Problem]:
        """Every problem, file by file."""
        return [problem for result in self.results for problem in result.problems]

    def count(self, severity: str) -> int:
        """How many problems there are of a severity."""
        return sum(problem.severity == severity for problem in self.problems)


def renderer(name: str) -> Callable[[Findings], str]:
    """The function of a format, which gives the whole document."""
    return formats.FORMATS["findings"][name]


def as_json(data: Any) -> str:
    """A document as JSON, in ASCII; it has nothing for bytes of file names that are not UTF-8: they are spelled out."""
    import json

    text = json.dumps(data, indent=2, ensure_ascii=True)
    return json.dumps(_unicode(data), indent=2, ensure_ascii=True) if "\\udc" in text else text


def _unicode(data: Any) -> Any:
    if isinstance(data, str):
        return unicode(data)
    if isinstance(data, dict):
        return {key: _unicode(value) for key, value in data.items()}
    return list(map(_unicode, data)) if isinstance(data, list) else data


def file_of(problem: Problem, result: Result) -> str:
    """The file that a problem is in, with forward slashes, relative as it was given."""
    return (problem.position[0] or result.name).replace(os.sep, "/")


def file_in(root: str, problem: Problem, result: Result) -> str:
    """The same, from the top of the repository; absolute outside of it."""
    name = problem.position[0] or result.name
    if name.startswith("<"):
        return name  # no file: standard input
    try:
        top, path = os.path.realpath(root), os.path.abspath(name)
        tracked = os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))
    except ValueError:
        return name  # no name that a file could have
    for each in (tracked, path):  # folders may be links; a link to a file is a file of the repository itself
        if each.startswith(os.path.join(top, "")):
            return os.path.relpath(each, top).replace(os.sep, "/")
    return path.replace(os.sep, "/")


def summary(findings: Findings) -> str:
    """One line: what was checked, and what came of it."""
    specs, networks = len(findings.results), sum(result.networks for result in findings.results)
    met = sum(not outcome.problems for result in findings.results for outcome in result.outcomes)
    counts = [plural(findings.count(severity), severity) for severity in ("error", "warning")]
    if infos := findings.count("info"):
        counts.append(f"{infos:,} info")
    asked = sum(len(result.outcomes) for result in findings.results)
    more = f" ({networks:,} networks)" if networks > specs else ""
    return (
        f"{plural(specs, 'spec')}{more}: {', '.join(counts)}; {met:,} of {plural(asked, 'expectation')} met"
    )


def headroom(findings: Findings) -> list[str]:
    """What upper bounds leave: of one spec each of them, of several the tightest of each number."""
    several = len(findings.results) > 1
    rooms = [
        (outcome.room, f"{safe(result.name)}: {outcome.name}" if several else outcome.name)
        for result in findings.results
        for outcome in result.outcomes
        if outcome.room is not None
    ]
    if several:
        loosest_first = sorted(rooms, key=lambda pair: pair[0].left, reverse=True)
        rooms = [*{room.quantity: (room, name) for room, name in loosest_first}.values()]
    return [
        f"headroom: {name.removesuffix(' budget')} {room.actual:,} of {room.limit:,}, "
        + (f"{room.left:.1%} left" if room.left >= 0 else f"{-room.left:.1%} over")
        for room, name in rooms
    ]


def plural(count: int, word: str) -> str:
    return f"{count:,} {word}{'' if count == 1 else 's'}"
