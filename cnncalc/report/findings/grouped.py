"""For people with many files: each file once, and below it a line for each problem."""

from __future__ import annotations

from cnncalc.report.findings import Findings, file_of
from cnncalc.report.text import safe


def render(findings: Findings) -> str:
    blocks = []
    for result in findings.results:
        files: dict[str, list[str]] = {}
        for problem in result.problems:
            _, line, column = problem.position
            where = f"{line}:{column}" if line else "-"
            said = f"  {where:>7} {problem.severity}[{problem.code}] {safe(problem.message)}"
            files.setdefault(safe(file_of(problem, result)), []).append(said)
        blocks += ["\n".join([f"{name}:", *lines]) for name, lines in files.items()]
    return "\n\n".join(blocks)
