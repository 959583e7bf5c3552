"""Baselines: a check with a baseline reports only new findings, and recorded findings that are gone.

A finding is identified by its file, its rule and the text of its line, and by how often these occur, so that lines may
move. Editing the line makes it a new one.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from cnncalc.analysis.check import EXTERNAL, Result
from cnncalc.errors import Problem, UsageError

VERSION = 1
KEY = "cnncalc_baseline"
LONGEST = 200  # characters of a line


class Finding(NamedTuple):
    """The identity of a finding; ``line`` is the text of its line, or the message if it has no place."""

    file: str
    code: str
    line: str


class Judged(NamedTuple):
    """Results without what is known, how many findings that leaves out, and those that are no longer there."""

    results: list[Result]
    known: int
    gone: Counter[Finding]


def findings_of(results: Iterable[Result], folder: str) -> Counter[Finding]:
    """Return the findings as a baseline in a folder records them; files that cannot be read have none."""
    return Counter(
        _finding(problem, result, folder)
        for result in results
        if result.readable
        for problem in result.problems
    )


def judge(
    results: Sequence[Result], baseline: Counter[Finding], folder: str, runs: Callable[[str, str], bool]
) -> Judged:
    """Separate new findings from known ones, and find the known ones that are gone.

    A finding is gone if its file is, or if the file was checked and the rule ran to its end; ``runs`` says whether a
    lint is on for a spec.
    """
    left, kept = baseline.copy(), []
    for result in results:
        new: list[Problem] = []
        known: list[Problem] = []
        for problem in result.problems:
            finding = _finding(problem, result, folder)
            left[finding] -= (is_known := left[finding] > 0)
            (known if is_known else new).append(problem)
        suppressed = (*result.suppressed, *((problem, EXTERNAL) for problem in known))
        kept.append(result._replace(problems=tuple(new), suppressed=suppressed))
    checked = {_file(result.name, folder): result for result in results}

    def is_gone(finding: Finding) -> bool:
        result = checked.get(finding.file)
        if result is None:
            return not os.path.lexists(os.path.join(folder, finding.file))
        if finding.code.startswith("C"):
            return result.readable
        return runs(result.name, finding.code) and all(p.severity != "error" for p in result.problems)

    gone = Counter({finding: count for finding, count in left.items() if count and is_gone(finding)})
    return Judged(kept, baseline.total() - left.total(), gone)


def as_text(findings: Counter[Finding]) -> str:
    """Return a baseline as sorted JSON with one finding per line, so that changes are readable in a review."""
    rows = [json.dumps({**f._asdict(), "count": n}, ensure_ascii=True) for f, n in sorted(findings.items())]
    body = ",\n    ".join(rows)
    return f'{{\n  "{KEY}": {VERSION},\n  "findings": [{f"{chr(10)}    {body}{chr(10)}  " if rows else ""}]\n}}\n'


def from_text(text: str, name: str) -> Counter[Finding]:
    """Read the findings of a baseline.

    Raises:
        UsageError: the text is not a baseline, or has a different version.
    """
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{name} is not a baseline: {error}; {_anew(name)}") from None
    version = data.get(KEY) if isinstance(data, dict) else None
    if version is None:
        raise UsageError(f"{name} is not a baseline: it has no key '{KEY}'; {_anew(name)}")
    if version != VERSION:
        raise UsageError(
            f"{name} is a baseline of version {str(version)[:20]}, and this cnncalc reads version {VERSION}; {_anew(name)}"
        )
    rows = data.get("findings")
    if not isinstance(rows, list) or not all(map(_is_row, rows)):
        raise UsageError(
            f"{name} is damaged: 'findings' needs a list of file, code, line and count; {_anew(name)}"
        )
    found: Counter[Finding] = Counter()
    for row in rows:
        found[Finding(row["file"], row["code"], row["line"])] += row["count"]
    return found


def _anew(name: str) -> str:
    return f"write it again with --write-baseline {name}"


def _is_row(row: Any) -> bool:
    return (
        isinstance(row, dict)
        and all(isinstance(row.get(field), str) for field in Finding._fields)
        and type(row.get("count")) is int
        and row["count"] > 0
    )


def _finding(problem: Problem, result: Result, folder: str) -> Finding:
    if problem.place is None:
        line = problem.message
    else:
        line = problem.place.source.line(problem.place.mark.line + 1).strip()
    return Finding(_file(problem.position[0] or result.name, folder), problem.code, line[:LONGEST])


def _file(name: str, folder: str) -> str:
    """Return a file's path relative to the baseline's folder; names that are not files are unchanged."""
    if not os.path.lexists(name):
        return name
    try:
        return os.path.relpath(name, folder).replace(os.sep, "/")
    except ValueError:  # on another drive
        return os.path.abspath(name).replace(os.sep, "/")
