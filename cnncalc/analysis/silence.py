"""What a check does not say, because the spec's author silenced it; and suppressions that do nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from cnncalc.analysis.lint import Finding, lint
from cnncalc.errors import Mark, Place, Problem, Rule, Source, did_you_mean
from cnncalc.reading.checking.suppression import Suppression, covers, read_ignored, suppressions
from cnncalc.reading.text.nodes import Document


class Suppressed(NamedTuple):
    """The comments of a spec that silence lints, and what came of them."""

    source: Source
    comments: Sequence[Suppression]
    used: set[tuple[Mark, str]]  # comments, with the pattern that silenced something
    kept: Sequence[Problem]  # what nothing silences
    rules: Sequence[Rule]
    is_judged: Callable[[Rule], bool]  # whether all that a lint would report is known
    on: Callable[[Rule], bool]  # whether a lint runs

    def unused(self) -> Iterator[tuple[Suppression, str]]:
        """Comments, with each pattern that silences nothing, as far as that is known."""
        for comment in self.comments:
            for pattern in comment.patterns:
                lints = [r for r in self.rules if r.code.startswith("W") and covers(pattern, r)]
                lints = [rule for rule in lints if rule is not unused_suppression.rule]
                if (comment.mark, pattern) not in self.used and (
                    not lints or (any(map(self.on, lints)) and all(map(self.is_judged, lints)))
                ):
                    yield comment, pattern


@lint("W901", "unused-suppression", level="warning")
def unused_suppression(suppressed: Suppressed) -> Iterator[Finding]:
    """A suppression that suppresses nothing.

    The comment names a rule that is not reported there, a rule that does not exist, an error (errors cannot be
    suppressed), or no rule at all.

    **Why it is bad.** The comment tells readers about a problem that is no longer there, and it would hide the
    next problem of its kind.

    **Example.**

    ```yml
    input: [3, 32, 32]
    layers:
      - relu # cnncalc: ignore[W203] subsampling is intended
    ```

    **Instead.**

    ```yml
    input: [3, 32, 32]
    layers:
      - relu
    ```
    """
    for comment in suppressed.comments:
        if not comment.patterns:
            yield _nameless(comment, suppressed)
    for comment, pattern in suppressed.unused():
        yield _useless(comment, pattern, suppressed)


def _nameless(comment: Suppression, suppressed: Suppressed) -> Finding:
    here = sorted({p.code for p in suppressed.kept if p.lint is not None and comment.is_at(p)})
    help = "remove the comment"
    if here:
        help = f"name the rules and give a reason: # cnncalc: ignore[{', '.join(here)}] reason"
    message = "the comment names no rules in brackets, so it suppresses nothing"
    return Finding(message, Place(suppressed.source, comment.mark), help=help)


def _useless(comment: Suppression, pattern: str, suppressed: Suppressed) -> Finding:
    place = Place(suppressed.source, comment.mark)
    if not any(covers(pattern, rule) for rule in suppressed.rules):
        help = did_you_mean(pattern, _words(suppressed.rules))
        return Finding(f"there is no rule '{pattern[:64]}'", place, help=help)
    if pattern.startswith("C"):
        return Finding(f"{pattern} is an error: errors cannot be suppressed", place)
    message = f"{pattern} is not reported here, so there is nothing to suppress"
    return Finding(message, place, help="remove the comment")


def silenced(
    document: Document,
    problems: Iterable[Problem],
    rules: Sequence[Rule],
    seen: Callable[[Rule], bool],
    on: Callable[[Rule], bool],
) -> list[Problem]:
    """The problems that nothing silences, and a warning for each comment that silences nothing.

    Args:
        document: the spec.
        problems: all that were found.
        rules: all that there are.
        seen: whether a lint has seen the whole spec, or was not to: an error may have kept it from that.
        on: whether a lint is on.
    """
    source = document.source
    comments = suppressions(source, document.root)
    silent, complaints = read_ignored(
        document.root, source, [rule for rule in rules if rule.code.startswith("W")]
    )
    used: set[tuple[Mark, str]] = set()
    kept = []
    for problem in problems:
        if problem.lint is not None and any(covers(pattern, problem) for pattern in silent):
            continue
        hit = [(c.mark, p) for c in comments for p in c.patterns if problem.lint and c.silences(p, problem)]
        used.update(hit)
        if not hit:
            kept.append(problem)
    if comments and on(unused_suppression.rule):
        suppressed = Suppressed(source, comments, used, kept, rules, seen, on)
        complaints += unused_suppression(suppressed)
    return kept + complaints


def _words(rules: Sequence[Rule]) -> list[str]:
    return [*(rule.code for rule in rules), *(rule.name for rule in rules)]
