"""Problems as data: one type for all output formats, independent of printing and exiting."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Advise = Callable[[tuple["Problem", ...]], tuple["Problem", ...]]


class Rule(NamedTuple):
    """The name of a rule, and how serious its problems are."""

    code: str
    name: str
    level: str = "error"  # a lint: warning, info, or off unless it is selected


#: Errors by code, in families: C0 file, C1 fields, C2 graph, C3 shapes, C4 expectations, C5 limits. The page
#: of each is in error_codes/. Lints (W1 parameters, W2 geometry, W3 structure, W4 cost, W5 hardware,
#: W9 lints themselves) have their rule where they are written.
ERRORS: dict[str, str] = {
    "C001": "syntax",
    "C002": "empty-spec",
    "C003": "duplicate-key",
    "C004": "yaml-feature",
    "C005": "ambiguous-scalar",
    "C006": "encoding",
    "C007": "cannot-read",
    "C101": "invalid-value",
    "C102": "unknown-field",
    "C103": "unknown-type",
    "C104": "missing-field",
    "C105": "invalid-expression",
    "C106": "undefined-name",
    "C107": "invalid-name",
    "C201": "duplicate-name",
    "C202": "unknown-reference",
    "C203": "recursive-block",
    "C204": "wrong-inputs",
    "C301": "branches-differ",
    "C302": "kernel-too-large",
    "C303": "groups",
    "C304": "pool-padding",
    "C305": "wrong-rank",
    "C306": "depends-on-symbol",
    "C307": "output-padding",
    "C308": "invalid-shape",
    "C309": "wrong-values",
    "C310": "input-mismatch",
    "C401": "expectation",
    "C402": "no-solution",
    "C403": "cross-check",
    "C501": "too-many-layers",
    "C502": "file-too-large",
    "C503": "nesting-too-deep",
}


class Source(NamedTuple):
    """A text that was read, and its name in messages."""

    name: str
    text: str

    def __repr__(self) -> str:
        """Return the name only: every place refers to the whole text."""
        return f"<Source {self.name}>"

    def line(self, number: int) -> str:
        """Return line ``number`` (from 1) without its line end; empty past the last line."""
        lines = self.text.splitlines()
        return lines[number - 1] if 0 < number <= len(lines) else ""


class Mark(NamedTuple):
    """A range of text: line and column from 0, end exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


class Place(NamedTuple):
    """A mark in a source."""

    source: Source
    mark: Mark


class Fix(NamedTuple):
    """A safe change of the text: the range at ``mark`` is replaced by ``text``."""

    mark: Mark
    text: str
    keeps_quotes: bool = False  # a name or key, which keeps its quotes if it has any


class Problem(NamedTuple):
    """What is wrong, where, why, and what to do.

    Attributes:
        code: the code of the rule: ``C302`` for an error, ``W201`` for a lint.
        message: what is wrong, in a sentence.
        place: where the spec has it; ``position`` has its file, line and column.
        notes: further sentences.
        help: what to do; None if that is not known.
        where: the file, if no place in it is known.
        fix: a safe change of the text: the range ``mark``, and the ``text`` to put there; None if there is none.
        lint: the lint that found it; None for an error.
    """

    code: str
    message: str
    place: Place | None = None
    notes: tuple[str, ...] = ()
    help: str | None = None
    where: str | None = None  # the file, if no place is known
    fix: Fix | None = None
    lint: Rule | None = None  # the lint that found it; None for an error

    @property
    def name(self) -> str:
        """The name of its code: ``dropped-pixels``."""
        return ERRORS[self.code] if self.lint is None else self.lint.name

    @property
    def severity(self) -> str:
        """``error``, or the level of a lint: ``warning`` or ``info``."""
        if self.lint is None:
            return "error"
        return "warning" if self.lint.level == "off" else self.lint.level

    @property
    def position(self) -> tuple[str, int, int]:
        """File, line and column (from 1) for sorting and printing; 0 if unknown."""
        if self.place is None:
            return (self.where or "", 0, 0)
        mark = self.place.mark
        return (self.place.source.name, mark.line + 1, mark.column + 1)

    def at(self, place: Place | None) -> Problem:
        """Return the problem at this place, unless it already has a place."""
        return self if self.place is not None else self._replace(place=place)


class CnncalcError(Exception):
    """The base of every error that cnncalc raises on purpose.

    Attributes:
        exit_code: what the command line exits with.
    """

    exit_code = 1


class SpecError(CnncalcError):
    """A spec that is wrong, with all independent problems found in it.

    ``str(error)`` has a line for each. It can be pickled, so that worker processes can raise it.
    """

    def __init__(self, problems: Iterable[Problem], advise: Advise | None = None) -> None:
        super().__init__()
        self._found = tuple(sorted(dict.fromkeys(problems), key=_sort_key))
        self._advise = advise

    @cached_property
    def problems(self) -> tuple[Problem, ...]:
        """The problems, with their help. The help is computed on first access, because it may take longer than finding the problems."""
        return self._found if self._advise is None else self._advise(self._found)

    def __reduce__(self) -> tuple[Any, ...]:
        """Compute the help before pickling, because worker processes send the error."""
        return type(self), (self.problems,)

    def __str__(self) -> str:
        return "\n".join(map(_one_line, self.problems))

    def __repr__(self) -> str:
        """Return the first problem, and how many there are."""
        first = f": {self._found[0].code} {self._found[0].message[:80]}" if self._found else ""
        return f"<SpecError, {len(self._found)} problem{'s' * (len(self._found) != 1)}{first}>"


class UsageError(CnncalcError):
    """A request that cannot be carried out, such as an unknown file, variable, column or format."""

    exit_code = 2


def _sort_key(problem: Problem) -> tuple[tuple[str, int, int], str, str]:
    return (problem.position, problem.code, problem.message)


def _one_line(problem: Problem) -> str:
    name, line, column = problem.position
    where = f"{name}:{line}:{column}: " if line else f"{name}: " if name else ""
    text = f"{where}{problem.code} {problem.message}"
    return f"{text} ({problem.help})" if problem.help else text


def merged(problems: Iterable[Problem]) -> list[Problem]:
    """Merge equal lints at one place, which repetitions and variants report again."""
    first: dict[tuple[object, ...], Problem] = {}
    more: dict[tuple[object, ...], int] = {}
    for problem in problems:
        same = "" if problem.place is not None and problem.lint is not None else problem.message
        key = (problem.code, problem.position[0], problem.place and problem.place.mark, same)
        more[key] = more.get(key, -1) + 1
        first.setdefault(key, problem)
    return [
        p
        if not more[key]
        else p._replace(notes=(*p.notes, f"and {more[key]} more like it, in repetitions or variants"))
        for key, p in first.items()
    ]


def nearest(word: str, known: Iterable[str], likeness: float = 0.6) -> str | None:
    """Return the known word that ``word`` most likely means."""
    from difflib import get_close_matches  # only errors need difflib

    found = get_close_matches(word.lower(), {k.lower(): k for k in known}, n=1, cutoff=likeness)
    return next((k for k in known if found and k.lower() == found[0]), None)


def nearest_path(path: str, known: Iterable[str]) -> str | None:
    """Return help that names the paths with the same ending as ``path``, or the closest one."""
    known = list(known)
    ends = [k for k in known if k.endswith(f".{path}")][:3]
    quoted = " or ".join(f"'{end}'" for end in ends)
    return f"did you mean {quoted}?" if ends else did_you_mean(path, known)


def did_you_mean(word: str, known: Iterable[str], likeness: float = 0.6) -> str | None:
    """Return help that names the closest word."""
    match = nearest(str(word)[:64], list(known), likeness)
    return f"did you mean '{match}'?" if match else None
