"""A line a problem, as compilers and editors have it: ``file:line:column: error[C301] message``."""

from __future__ import annotations

from cnncalc.report.findings import Findings, file_of
from cnncalc.report.text import safe


def render(findings: Findings) -> str:
    lines = []
    for result in findings.results:
        for problem in result.problems:
            _, line, column = problem.position
            where = (
                f"{safe(file_of(problem, result))}:{line}:{column}"
                if line
                else safe(file_of(problem, result))
            )
            lines.append(f"{where}: {problem.severity}[{problem.code}] {safe(problem.message)}")
    return "\n".join(lines)
