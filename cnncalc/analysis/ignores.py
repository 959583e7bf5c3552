"""Comments that silence the lints of a spec, written beside what they are about."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping

from cnncalc.errors import Problem, SpecError
from cnncalc.reading.text.files import read_text

_OURS = re.compile(r"#\s*cnncalc:\s*ignore\[([^\]]*)\]")


def with_ignores(text: str, name: str, problems: Iterable[Problem]) -> str:
    """The text with a comment for each lint that has a place: at the end of its line, or above where that cannot be.

    What the spec says stays the same; where a comment would change it, the text stays as it is.
    """
    rules: defaultdict[int, set[str]] = defaultdict(set)
    for problem in problems:
        if problem.lint is not None and problem.place is not None:
            rules[problem.place.mark.line].add(problem.code)
    for line in sorted(rules, reverse=True):  # from below, so that lines above keep their numbers
        for candidate in _candidates(text.split("\n"), line, rules):
            if _same(text, candidate, name):
                text = candidate
                break
    return text


def _candidates(lines: list[str], at: int, rules: Mapping[int, set[str]]) -> Iterable[str]:
    """Ways to write the comment, the best first."""
    for near in (at, at - 1):
        ours = _OURS.search(lines[near]) if 0 <= near < len(lines) else None
        if ours is not None and (near == at or not lines[near][: ours.start()].strip()):
            have = [code.strip() for code in ours[1].split(",") if code.strip()]
            both = ", ".join(dict.fromkeys([*have, *sorted(rules[at])]))
            changed = f"{lines[near][: ours.start(1)]}{both}{lines[near][ours.end(1) :]}"
            yield "\n".join([*lines[:near], changed, *lines[near + 1 :]])
    comment = f"# cnncalc: ignore[{', '.join(sorted(rules[at]))}]"
    if not re.search(r"(^|\s)#", lines[at]):
        yield "\n".join([*lines[:at], f"{lines[at].rstrip()} {comment}", *lines[at + 1 :]])
    indent = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
    yield "\n".join([*lines[:at], f"{indent}{comment}", *lines[at:]])


def _same(before: str, after: str, name: str) -> bool:
    """Whether two texts say the same, and the comment is one."""
    try:
        return bool(read_text(after, name).root == read_text(before, name).root)
    except SpecError:
        return False
