"""What a check does not say, because the spec's author silenced it; and silencings that do nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from cnncalc.errors import CODES, Mark, Place, Problem, Source, did_you_mean
from cnncalc.reading.text.nodes import Document, ListNode, MapNode
from cnncalc.suppression import Suppression, covers, known, suppressions


def silenced(
    document: Document, problems: Iterable[Problem], seen: Callable[[str], bool], on: Callable[[str], bool]
) -> list[Problem]:
    """The problems that nothing silences, and a warning for each comment that silences nothing.

    Args:
        document: the spec.
        problems: all that were found.
        seen: whether a lint has seen the whole spec, or was not to: an error may have kept it from that.
        on: whether a lint is on.
    """
    source = document.source
    comments = suppressions(source, document.root)
    silent, complaints = _of_the_file(document.root, source)
    used: set[tuple[Mark, str]] = set()
    kept = []
    for problem in problems:
        lint = problem.code.startswith("W")
        if lint and any(covers(pattern, problem.code) for pattern in silent):
            continue
        hit = [(c.mark, p) for c in comments for p in c.patterns if lint and c.silences(p, problem)]
        used.update(hit)
        if not hit:
            kept.append(problem)
    if on("W901"):
        complaints += [_nameless(comment, kept, source) for comment in comments if not comment.patterns]
        complaints += [
            _useless(comment, pattern, source)
            for comment in comments
            for pattern in comment.patterns
            if (comment.mark, pattern) not in used and _is_judged(pattern, seen, on)
        ]
    return kept + complaints


def _is_judged(pattern: str, seen: Callable[[str], bool], on: Callable[[str], bool]) -> bool:
    """Whether it is known what a pattern would silence: its lints are on, and ran to their end."""
    lints = [code for code in CODES if covers(pattern, code) and code.startswith("W") and code != "W901"]
    return not lints or (any(map(on, lints)) and all(map(seen, lints)))


def _nameless(comment: Suppression, problems: Iterable[Problem], source: Source) -> Problem:
    here = sorted({p.code for p in problems if p.code.startswith("W") and comment.is_at(p)})
    help = "remove the comment"
    if here:
        help = f"name the rules and give a reason: # cnncalc: ignore[{', '.join(here)}] reason"
    message = "the comment names no rules in brackets, so it suppresses nothing"
    return Problem("W901", message, Place(source, comment.mark), help=help)


def _useless(comment: Suppression, pattern: str, source: Source) -> Problem:
    place = Place(source, comment.mark)
    if not known(pattern):
        return Problem(
            "W901", f"there is no rule '{pattern[:64]}'", place, help=did_you_mean(pattern, _names())
        )
    if pattern.startswith("C"):
        return Problem("W901", f"{pattern} is an error: errors cannot be suppressed", place)
    return Problem(
        "W901",
        f"{pattern} is not reported here, so there is nothing to suppress",
        place,
        help="remove the comment",
    )


def _names() -> list[str]:
    return [*CODES, *(rule.name for rule in CODES.values())]


def _of_the_file(root: Any, source: Source) -> tuple[list[str], list[Problem]]:
    """Codes under ``lint: {ignore: [...]}``, and what is wrong there."""
    node = root.get("lint") if isinstance(root, MapNode) else None
    if not isinstance(node, MapNode):
        return [], []
    complaints = [
        Problem(
            "C102",
            f"'lint' has no field '{key[:64]}'",
            Place(source, node.keys_at[key]),
            help="the only field is ignore",
        )
        for key in node
        if key != "ignore"
    ]
    raw = node.get("ignore", ListNode(node.mark))
    if not isinstance(raw, ListNode):
        complaints.append(
            Problem("C101", "'ignore' needs a list of lints", Place(source, node.values_at["ignore"]))
        )
        return [], complaints
    patterns = []
    for pattern, mark in zip(raw, raw.values_at, strict=True):
        if isinstance(pattern, str) and known(pattern) and not pattern.startswith("C"):
            patterns.append(pattern)
        else:
            help = did_you_mean(str(pattern), [n for n in _names() if not n.startswith("C")])
            complaints.append(
                Problem("C101", f"there is no lint '{str(pattern)[:64]}'", Place(source, mark), help=help)
            )
    return patterns, complaints
