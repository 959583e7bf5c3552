"""SARIF 2.1.0 (OASIS): what GitHub code scanning and many others read."""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import quote

from cnncalc.analysis.check import Result
from cnncalc.errors import Fix, Mark, Problem
from cnncalc.report.findings import Findings, as_json, file_in
from cnncalc.report.findings.gitlab import fingerprint
from cnncalc.report.findings.line_hash import line_hashes
from cnncalc.report.rules import page
from cnncalc.version import HOME, __version__

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
BASE = "%SRCROOT%"
SEVERITIES = {"error": "error", "warning": "warning", "info": "recommendation", "off": "recommendation"}
FAMILIES = {
    "C0": "file", "C1": "field", "C2": "graph", "C3": "shape", "C4": "expectation", "C5": "limit",
    "W1": "parameters", "W2": "geometry", "W3": "structure", "W4": "cost", "W5": "hardware", "W9": "suppression",
}  # fmt: skip
LEVELS = {"error": "error", "warning": "warning", "info": "note", "off": "none"}


def render(findings: Findings) -> str:
    found = [
        (problem, kind, result)
        for result in findings.results
        for problem, kind in [*((problem, None) for problem in result.problems), *result.suppressed]
    ]
    codes = sorted({problem.code for problem, _, _ in found})
    fingerprints = _Fingerprints(findings.root)
    run = {
        "tool": {
            "driver": {
                "name": "cnncalc",
                "version": __version__,
                "semanticVersion": __version__,
                "informationUri": HOME,
                "rules": [_rule(code) for code in codes],
            }
        },
        "originalUriBaseIds": {BASE: {"description": {"text": "The top of the repository."}}},
        "columnKind": "unicodeCodePoints",
        "results": [_result(*each, codes, fingerprints) for each in found],
    }
    return as_json({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def _rule(code: str) -> dict[str, Any]:
    rule = page(code)
    return {
        "id": code,
        "name": "".join(part.capitalize() for part in rule.name.split("-")),
        "shortDescription": {"text": f"{rule.summary}."},
        "fullDescription": {"text": rule.what},
        "help": {"text": rule.text, "markdown": rule.text},
        "helpUri": f"{HOME}/blob/v{__version__}/docs/rules.md#{rule.anchor}",
        "defaultConfiguration": {"level": LEVELS[rule.level], "enabled": rule.level != "off"},
        "properties": {
            "tags": ["cnn", FAMILIES[code[:2]]],
            "precision": "very-high" if code.startswith("C") else "high",
            "problem.severity": SEVERITIES[rule.level],
        },
    }


class _Fingerprints:
    """What findings are known by in later runs: GitHub reads the first, others any."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.seen: dict[str, int] = {}
        self.hashes: dict[str, list[str]] = {}  # of each file's lines

    def of(self, problem: Problem, path: str) -> dict[str, str]:
        own = {"cnncalc/v1": fingerprint(problem, path, self.seen)}
        if problem.place is None:
            return own
        source, mark = problem.place
        if path not in self.hashes:
            self.hashes[path] = line_hashes(source.text)
        lines = self.hashes[path]
        return {"primaryLocationLineHash": lines[min(mark.line, len(lines) - 1)], **own}


def _result(
    problem: Problem, kind: str | None, result: Result, codes: list[str], fingerprints: _Fingerprints
) -> dict[str, Any]:
    path = file_in(fingerprints.root, problem, result)
    parts = [problem.message, *problem.notes, *([problem.help] if problem.help else [])]
    found: dict[str, Any] = {
        "ruleId": problem.code,
        "ruleIndex": codes.index(problem.code),
        "level": LEVELS[problem.severity],
        "message": {"text": "\n".join(parts)},
        "locations": [
            {"physicalLocation": {"artifactLocation": _artifact(path), "region": _region(problem)}}
        ],
        "partialFingerprints": fingerprints.of(problem, path),
    }
    if kind is not None:
        found["suppressions"] = [{"kind": kind}]
    if problem.fix is not None:
        found["fixes"] = [{"artifactChanges": [_change(problem, problem.fix, path)]}]
    return found


def _change(problem: Problem, fix: Fix, path: str) -> dict[str, Any]:
    """A fix as the text that replaces a region."""
    text = fix.text
    if fix.keeps_quotes and problem.place is not None:
        old = problem.place.source.line(fix.mark.line + 1)[fix.mark.column : fix.mark.column + 1]
        text = f"{old}{text}{old}" if old in ("'", '"') else text
    replacement = {"deletedRegion": _span(fix.mark), "insertedContent": {"text": text}}
    return {"artifactLocation": _artifact(path), "replacements": [replacement]}


def _region(problem: Problem) -> dict[str, int]:
    """Where to show it; a file that could not be read has a first line at least."""
    return _span(problem.place.mark if problem.place is not None else Mark(0, 0, 0, 0))


def _span(mark: Mark) -> dict[str, int]:
    return {
        "startLine": mark.line + 1,
        "startColumn": mark.column + 1,
        "endLine": mark.end_line + 1,
        "endColumn": max(mark.end_column, mark.column if mark.line == mark.end_line else 0) + 1,
    }


def _artifact(path: str) -> dict[str, Any]:
    uri = quote(os.fsencode(path.removeprefix("/")))  # names need not be UTF-8
    if path.startswith("<"):
        return {"uri": uri}
    if os.path.isabs(path):
        return {"uri": f"file:///{uri}"}
    return {"uri": uri, "uriBaseId": BASE}
