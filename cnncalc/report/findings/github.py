"""Annotations of GitHub Actions: workflow commands, escaped as ``@actions/core`` does."""

from __future__ import annotations

from cnncalc.report.findings import Findings, file_in
from cnncalc.report.text import safe

COMMANDS = {"error": "error", "warning": "warning", "info": "notice"}


def render(findings: Findings) -> str:
    lines = []
    for result in findings.results:
        for problem in result.problems:
            _, line, column = problem.position
            fields = {"title": problem.code, "file": file_in(findings.root, problem, result)}
            if line and problem.place:
                mark = problem.place.mark
                fields |= {"line": str(line), "col": str(column), "endLine": str(mark.end_line + 1)}
                if mark.end_line == mark.line:
                    fields["endColumn"] = str(max(mark.end_column, mark.column + 1))
            text = ". ".join(part for part in (problem.message, *problem.notes, problem.help) if part)
            properties = ",".join(f"{name}={_property(value)}" for name, value in fields.items())
            lines.append(f"::{COMMANDS[problem.severity]} {properties}::{_data(safe(text))}")
    return "\n".join(lines)


def _data(text: str) -> str:
    return safe(text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A"))


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
