"""SARIF 2.1.0 (OASIS): what GitHub code scanning and many others read."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from cnncalc import __version__
from cnncalc.analysis.check import Result
from cnncalc.errors import CODES, Problem
from cnncalc.report.findings import Findings, file_of
from cnncalc.report.findings.gitlab import fingerprint
from cnncalc.report.rules import page

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {"error": "error", "warning": "warning", "info": "note", "off": "none"}


def render(findings: Findings) -> str:
    import json

    codes = sorted({problem.code for problem in findings.problems})
    seen: dict[str, int] = {}
    run = {
        "tool": {
            "driver": {
                "name": "cnncalc",
                "version": __version__,
                "rules": [_rule(code) for code in codes],
            }
        },
        "originalUriBaseIds": {"ROOT": {"description": {"text": "The folder that cnncalc was run in."}}},
        "columnKind": "unicodeCodePoints",
        "results": [
            _result(problem, result, codes, seen)
            for result in findings.results
            for problem in result.problems
        ],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=True)


def _rule(code: str) -> dict[str, Any]:
    rule = CODES[code]
    text = page(code)
    return {
        "id": code,
        "name": "".join(part.capitalize() for part in rule.name.split("-")),
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": text.what},
        "help": {"text": text.text, "markdown": text.text},
        "defaultConfiguration": {"level": LEVELS[rule.level], "enabled": rule.level != "off"},
    }


def _result(problem: Problem, result: Result, codes: list[str], seen: dict[str, int]) -> dict[str, Any]:
    path = file_of(problem, result)
    location: dict[str, Any] = {"artifactLocation": _artifact(path)}
    if problem.place is not None:
        mark = problem.place.mark
        location["region"] = {
            "startLine": mark.line + 1,
            "startColumn": mark.column + 1,
            "endLine": mark.end_line + 1,
            "endColumn": max(mark.end_column, mark.column if mark.line == mark.end_line else 0) + 1,
        }
    parts = [problem.message, *problem.notes, *([problem.help] if problem.help else [])]
    return {
        "ruleId": problem.code,
        "ruleIndex": codes.index(problem.code),
        "level": LEVELS[problem.severity],
        "message": {"text": "\n".join(parts)},
        "locations": [{"physicalLocation": location}],
        "partialFingerprints": {"cnncalc/v1": fingerprint(problem, path, seen)},
    }


def _artifact(path: str) -> dict[str, Any]:
    if path.startswith(("/", "<", "-")) or ":" in path[:3]:
        return {"uri": f"file://{quote(path)}" if path.startswith("/") else quote(path)}
    return {"uri": quote(path.removeprefix("./")), "uriBaseId": "ROOT"}
