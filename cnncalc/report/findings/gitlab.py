"""GitLab's code quality report (the Code Climate format's subset that GitLab reads)."""

from __future__ import annotations

import hashlib

from cnncalc.errors import Problem
from cnncalc.report.findings import Findings, as_json, file_in

SEVERITIES = {"error": "major", "warning": "minor", "info": "info"}


def render(findings: Findings) -> str:
    seen: dict[str, int] = {}
    found = []
    for result in findings.results:
        for problem in result.problems:
            path = file_in(findings.root, problem, result)
            _, line, _ = problem.position
            found.append(
                {
                    "description": problem.message,
                    "check_name": problem.code,
                    "fingerprint": fingerprint(problem, path, seen),
                    "severity": SEVERITIES[problem.severity],
                    "location": {"path": path, "lines": {"begin": max(line, 1)}},
                }
            )
    return as_json(found)


def fingerprint(problem: Problem, path: str, seen: dict[str, int]) -> str:
    """The same for the same problem when lines move: of the rule, the file and the message."""
    text = f"{problem.code}\0{path}\0{problem.message}"
    number = seen[text] = seen.get(text, -1) + 1
    return hashlib.sha256(f"{text}\0{number}".encode("utf-8", "backslashreplace")).hexdigest()[:32]
