"""For programs: schema version 1."""

from __future__ import annotations

from typing import Any

from cnncalc.analysis.check import Result
from cnncalc.analysis.expect import Outcome
from cnncalc.errors import Problem
from cnncalc.report.findings import Findings, as_json, file_of
from cnncalc.report.json_ import SCHEMA_VERSION


def render(findings: Findings) -> str:
    return as_json(as_dict(findings))


def as_dict(findings: Findings) -> dict[str, Any]:
    """The findings as plain data."""
    return {
        "schema_version": SCHEMA_VERSION,
        "summary": {severity: findings.count(severity) for severity in ("error", "warning", "info")},
        "specs": [_spec(result) for result in findings.results],
    }


def _spec(result: Result) -> dict[str, Any]:
    return {
        "file": result.name,
        "networks": result.networks,
        "problems": [_problem(problem, result) for problem in result.problems],
        "expectations": [_outcome(outcome) for outcome in result.outcomes],
    }


def _outcome(outcome: Outcome) -> dict[str, Any]:
    found: dict[str, Any] = {"name": outcome.name, "met": not outcome.problems}
    if (room := outcome.room) is not None:
        found |= {"actual": room.actual, "max": room.limit, "left": room.limit - room.actual}
    return found


def _problem(problem: Problem, result: Result) -> dict[str, Any]:
    _, line, column = problem.position
    mark = problem.place.mark if problem.place else None
    return {
        "code": problem.code,
        "rule": problem.name,
        "severity": problem.severity,
        "file": file_of(problem, result),
        "line": line or None,
        "column": column or None,
        "end_line": mark and mark.end_line + 1,
        "end_column": mark and mark.end_column + 1,
        "message": problem.message,
        "notes": list(problem.notes),
        "help": problem.help,
        "fixable": problem.fix is not None,
    }
