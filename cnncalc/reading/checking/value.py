"""Values of fields: literals, or expressions with the place where they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from cnncalc.errors import Fix, Mark, Place, Problem, Source, did_you_mean
from cnncalc.fields import DEFERRED
from cnncalc.reading import foreign, slips
from cnncalc.reading.expressions import grammar as expressions
from cnncalc.reading.expressions.grammar import Expression, ExpressionError
from cnncalc.reading.expressions.words import NAME
from cnncalc.reading.text.nodes import ListNode

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Value(NamedTuple):
    """A value as written, its place, and its parsed expression or elements, if any."""

    raw: Any
    place: Place
    parsed: Expression | tuple[Value, ...] | None = None

    @property
    def constant(self) -> bool:
        """Whether it contains no names and is therefore constant."""
        if isinstance(self.parsed, tuple):
            return all(v.constant for v in self.parsed)
        return self.parsed is None

    def names(self) -> frozenset[str]:
        """The names that its expressions use."""
        if isinstance(self.parsed, tuple):
            return frozenset().union(*(v.names() for v in self.parsed))
        return frozenset() if self.parsed is None else self.parsed.names

    def probe(self) -> Any:
        """Return the value with expressions replaced by ``DEFERRED``."""
        if isinstance(self.parsed, tuple):
            return [v.probe() for v in self.parsed]
        return self.raw if self.parsed is None else DEFERRED

    def evaluate(self, env: Mapping[str, Any]) -> Any:
        """Evaluate the value.

        Raises:
            Failed: with the problem, placed.
        """
        if isinstance(self.parsed, tuple):
            return [v.evaluate(env) for v in self.parsed]
        if self.parsed is None:
            return self.raw
        try:
            return self.parsed.evaluate(env)
        except ExpressionError as error:
            raise Failed(located(error, self)) from None


class Failed(Exception):
    """Carries a problem up to where it is collected."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def located(error: ExpressionError, value: Value) -> Problem:
    """Return the problem for an expression's error, at its place in the file."""
    text = value.raw if isinstance(value.raw, str) else ""
    source, mark = value.place.source, value.place.mark
    if mark.line == mark.end_line and "\n" not in text:
        quote = source.line(mark.line + 1)[mark.column : mark.column + 1] in ("'", '"')
        start = mark.column + quote
        end = min(start + max(error.end, error.start + 1), max(mark.end_column, start + error.start + 1))
        mark = Mark(mark.line, start + error.start, mark.line, end)
    return Problem(error.code, error.message, Place(source, mark), help=error.help)


def compile_value(
    raw: Any, mark: Mark, source: Source, names: Iterable[str], words: tuple[str, ...] = ()
) -> Value:
    """Parse a value. Strings are expressions unless they are one of ``words``.

    Raises:
        Failed: an expression cannot be read or uses a name not in ``names``.
    """
    place = Place(source, mark)
    if isinstance(raw, ListNode):
        pairs = zip(raw, raw.values_at, strict=True)
        return Value(raw, place, tuple(compile_value(v, m, source, names, words) for v, m in pairs))
    if not isinstance(raw, str) or raw in words:
        return Value(raw, place)
    try:
        parsed = expressions.parse(raw)
        for name in sorted(parsed.names.difference(names)):
            start = raw.find(name)
            raise expressions.undefined(name, dict.fromkeys([*names]), start, start + len(name))
    except ExpressionError as error:
        raise Failed(_meant(raw, words, place) or located(error, Value(raw, place))) from None
    return Value(raw, place, parsed)


def _meant(raw: str, words: tuple[str, ...], place: Place) -> Problem | None:
    """Return the problem with a text that is certainly a list or a word and not an expression."""
    if (listed := slips.listed(raw)) is not None:
        quoted = raw.lstrip().startswith("[")
        why = (
            "is text because of its quotes"
            if quoted
            else "is not a list: lists are written in square brackets"
        )
        message = f"'{raw[:40]}' {why}"
        return Problem("C105", message, place, help=f"write {listed}", fix=Fix(place.mark, listed))
    if (number := slips.amount(raw)) is not None:
        return Problem("C105", f"'{raw[:40]}' is not a plain number", place, help=f"write {number}")
    if not words or not NAME.match(raw):
        return None
    word = foreign.WORDS.get(raw.lower(), raw.lower())
    if word in words:
        help = f"here it is called '{word}'" if word != raw.lower() else f"write {word}"
        fix = Fix(place.mark, word, keeps_quotes=True)
    else:
        fix, help = None, did_you_mean(raw, words) or f"choose from {', '.join(words)}"
    return Problem(
        "C106", f"'{raw}' is neither a word of this field nor a defined name", place, help=help, fix=fix
    )
