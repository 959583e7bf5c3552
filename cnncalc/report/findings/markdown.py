"""Markdown for a comment on a pull request or a job's summary: a table, as long as GitHub takes."""

from __future__ import annotations

from cnncalc.report import text
from cnncalc.report.findings import Findings, file_of, summary

LONGEST = 60_000  # bytes; GitHub refuses a comment of more than 65,536 characters
MARKS = {"error": "❌", "warning": "⚠️", "info": "ℹ️"}


def render(findings: Findings) -> str:
    head = f"### cnncalc: {summary(findings)}"
    rows = [
        _row(problem.severity, f"{file_of(problem, result)}:{problem.position[1] or 1}", problem.code, said)
        for result in findings.results
        for problem in result.problems
        for said in [". ".join(filter(None, (problem.message, problem.help)))]
    ]
    if not rows:
        return head
    lines = [head, "", "| | place | rule | |", "|---|---|---|---|"]
    room = LONGEST - sum(len(line.encode("utf-8", "backslashreplace")) + 1 for line in lines)
    for number, row in enumerate(rows):
        room -= len(row.encode("utf-8", "backslashreplace")) + 1
        if room < 0:
            return "\n".join([*lines, "", f"{len(rows) - number:,} more are not shown."])
        lines.append(row)
    return "\n".join(lines)


def _row(severity: str, place: str, code: str, said: str) -> str:
    cells = [MARKS[severity], *(text.escape(cell, "github") for cell in (place, code, said))]
    return f"| {' | '.join(cells)} |"
