"""Valid values as text and JSON."""

from __future__ import annotations

from typing import Any

from cnncalc.analysis.solve import Reason, Solution
from cnncalc.domain import POSITIVE, Values, every
from cnncalc.report.text import safe

READABLE = 100  # characters of a closed form; the text that was asked for says it better


def as_text(solution: Solution) -> str:
    """What is valid, for people, and which layers make it so."""
    near = solution.near
    lines = [safe(solution.report.name)] if solution.report.name else []
    lines += [valid.text(name) for name, valid in solution.sets.items()]
    if solution.coupled:
        lines += [f"and together: {because(reason)}" for reason in solution.coupled]
    elif len(solution.sets) > 1:
        lines.append(f"{' and '.join(solution.sets)} do not constrain each other")
    narrowed = {name: valid.grid for name, valid in solution.sets.items() if valid.grid != POSITIVE}
    if narrowed:
        lines.append(f"among the values of {every(narrowed)}")
    if solution.tried:
        lines.append(
            f"found by trying each of the {solution.tried:,} values, because the structure depends on them"
        )
    if near is not None:
        lines += [f"nearest to {near}: {_nearest_text(n, s, near)}" for n, s in solution.sets.items()]
    if solution.reasons:
        lines += ["", "derived from"]
        lines += [f"  {safe(because(reason))}" for reason in solution.reasons]
    return "\n".join(lines)


def because(reason: Reason) -> str:
    """``concat at line 41 (up1.concat_1) needs H % 2 == 0``."""
    if reason.layer is None:
        form = str(reason.condition)
        return f"{form}, {reason.text}" if len(form) <= READABLE else reason.text
    kind = reason.text.partition(":")[0]
    line = f" at line {reason.line}" if reason.line else ""
    return f"{kind}{line} ({reason.layer}) needs {reason.condition}"


def nearest(valid: Values, number: float) -> dict[str, int | float | None]:
    """The number itself if it is valid, and the next valid ones below and above."""
    return {
        "equal": number if number in valid else None,
        "below": valid.nearest(number, step=-1),
        "above": valid.nearest(number, step=1),
    }


def _nearest_text(name: str, valid: Values, number: float) -> str:
    found = nearest(valid, number)
    if found["equal"] is not None:
        return f"{name} == {number} is itself valid"
    values = [str(v) for v in (found["below"], found["above"]) if v is not None]
    return f"{name} == {' or '.join(values)}"


def as_json(solution: Solution) -> str:
    """The same data as JSON."""
    import json

    return json.dumps(as_dict(solution), indent=2)


def as_dict(solution: Solution) -> dict[str, Any]:
    """The sets as data: each piece is the numbers from low to high whose residue is listed."""
    variables: dict[str, Any] = {}
    for name, valid in solution.sets.items():
        pieces = [piece._asdict() | {"residues": sorted(piece.residues)} for piece in valid.pieces]
        variables[name] = {"text": valid.text(name), "least": valid.least(), "pieces": pieces}
        variables[name].update(scale=valid.grid.scale)
        variables[name]["domain"] = {"text": valid.grid.text()} | valid.grid.as_dict()
        if solution.near is not None:
            variables[name]["nearest"] = nearest(valid, solution.near)
    reasons = {"derived": solution.reasons, "coupled": solution.coupled}
    return {
        "schema_version": 1,
        "name": solution.report.name,
        "variables": variables,
        **{
            key: [
                {"condition": str(r.condition), "layer": r.layer, "line": r.line, "reason": r.text}
                for r in group
            ]
            for key, group in reasons.items()
        },
    }
