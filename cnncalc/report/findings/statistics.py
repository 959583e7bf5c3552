"""How often each rule is broken, the most frequent first."""

from __future__ import annotations

from collections import Counter

from cnncalc.errors import CODES
from cnncalc.report.findings import Findings


def render(findings: Findings) -> str:
    counts = Counter(problem.code for problem in findings.problems)
    width = max((len(f"{count:,}") for count in counts.values()), default=0)
    fixable = {problem.code for problem in findings.problems if problem.fix is not None}
    return "\n".join(
        f"{count:{width},}  {code}  {CODES[code].name}{' (--fix)' if code in fixable else ''}"
        for code, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    )
