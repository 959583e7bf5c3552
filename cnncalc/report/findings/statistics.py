"""How often each rule is broken, the most frequent first."""

from __future__ import annotations

from collections import Counter

from cnncalc.report.findings import Findings


def render(findings: Findings) -> str:
    counts = Counter((problem.code, problem.name) for problem in findings.problems)
    width = max((len(f"{count:,}") for count in counts.values()), default=0)
    fixable = {problem.code for problem in findings.problems if problem.fix is not None}
    return "\n".join(
        f"{count:{width},}  {code}  {name}{' (--fix)' if code in fixable else ''}"
        for (code, name), count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    )
