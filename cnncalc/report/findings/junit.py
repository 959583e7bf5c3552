"""JUnit XML: a suite for each spec, a test case for its validity, each expectation and each case."""

from __future__ import annotations

from collections.abc import Iterable

from cnncalc.analysis.check import Result
from cnncalc.errors import Problem
from cnncalc.report.findings import Findings
from cnncalc.report.problems import one
from cnncalc.report.text import markup, safe, xml


def render(findings: Findings) -> str:
    suites = [_suite(result, findings.width) for result in findings.results]
    tests = sum(count for count, _, _ in suites)
    failures = sum(failed for _, failed, _ in suites)
    head = f'<testsuites name="cnncalc" tests="{tests}" failures="{failures}" errors="0">'
    body = "\n".join(text for _, _, text in suites)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{head}\n{body}\n</testsuites>'


def _suite(result: Result, width: int) -> tuple[int, int, str]:
    of_outcomes = {problem for outcome in result.outcomes for problem in outcome.problems}
    valid = [p for p in result.problems if p.severity == "error" and _bare(p) not in of_outcomes]
    lints = [p for p in result.problems if p.severity != "error"]
    cases = [("valid", valid), *((o.name, list(o.problems)) for o in result.outcomes)]
    failed = sum(bool(problems) for _, problems in cases)
    name = _attribute(result.name)
    lines = [f'  <testsuite name={name} tests="{len(cases)}" failures="{failed}" errors="0" skipped="0">']
    for case, problems in cases:
        head = f"    <testcase classname={name} name={_attribute(case)}"
        if problems:
            message = _attribute(problems[0].message)
            text = _text("\n".join(one(problem, width) for problem in problems))
            lines += [
                f"{head}>",
                f"      <failure message={message} type={_attribute(problems[0].code)}>{text}</failure>",
            ]
            lines.append("    </testcase>")
        else:
            lines.append(f"{head}/>")
    if lints:
        lines.append(f"    <system-out>{_text(_all(lints, width))}</system-out>")
    return len(cases), failed, "\n".join([*lines, "  </testsuite>"])


def _bare(problem: Problem) -> Problem:
    """Without the note that names the variant."""
    return problem._replace(notes=tuple(n for n in problem.notes if not n.startswith("in variant ")))


def _all(problems: Iterable[Problem], width: int) -> str:
    return "\n".join(one(problem, width) for problem in problems)


def _text(text: str) -> str:
    return markup(xml(text))


def _attribute(text: str) -> str:
    return f'"{markup(xml(safe(text)))}"'
