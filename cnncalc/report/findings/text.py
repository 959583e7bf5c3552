"""For people: each problem with its line, and help."""

from __future__ import annotations

from cnncalc.report import problems
from cnncalc.report.findings import Findings


def render(findings: Findings) -> str:
    return problems.render(findings.problems, findings.width)
