"""Problems as data: one type feeds every output format. Knows nothing of printing or exiting."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Advise = Callable[[tuple["Problem", ...]], tuple["Problem", ...]]


class Rule(NamedTuple):
    """One row of the table of codes."""

    name: str
    summary: str
    level: str = "error"  # or warning, info, off


#: Codes by family: C0 file, C1 fields, C2 graph, C3 shapes, C4 expectations, C5 limits; lints: W1
#: parameters, W2 geometry, W3 structure, W4 cost, W5 hardware, W9 lints themselves.
CODES: dict[str, Rule] = {
    "C001": Rule("syntax", "the text is not valid YAML or JSON"),
    "C002": Rule("empty-spec", "the file is empty"),
    "C003": Rule("duplicate-key", "a key appears twice in one mapping; one value would silently be lost"),
    "C004": Rule("yaml-feature", "tags, anchors, aliases, merge keys and further documents"),
    "C005": Rule("ambiguous-scalar", "a value that YAML readers understand in different ways"),
    "C006": Rule("encoding", "the file is not UTF-8 text"),
    "C007": Rule("cannot-read", "the file cannot be opened"),
    "C101": Rule("invalid-value", "a field's value is of the wrong type or out of range"),
    "C102": Rule("unknown-field", "a key that the layer, block or document does not have"),
    "C103": Rule("unknown-type", "there is no layer type or block with this name"),
    "C104": Rule("missing-field", "a required field is missing"),
    "C105": Rule("invalid-expression", "an expression that cannot be read or evaluated"),
    "C106": Rule("undefined-name", "an expression uses a name that is not defined"),
    "C107": Rule("invalid-name", "a name that is not [A-Za-z_][A-Za-z0-9_]*, or is reserved"),
    "C201": Rule("duplicate-name", "two items of one list have the same name"),
    "C202": Rule("unknown-reference", "a reference to a layer that does not exist before it"),
    "C203": Rule("recursive-block", "a block that contains itself"),
    "C204": Rule("wrong-inputs", "a layer with fewer or more inputs than it takes"),
    "C301": Rule("branches-differ", "a merge of tensors whose shapes do not fit together"),
    "C302": Rule("kernel-too-large", "a window larger than its padded input"),
    "C303": Rule("groups", "groups that do not divide the channels"),
    "C304": Rule("pool-padding", "pooling padding of more than half the kernel"),
    "C305": Rule("wrong-rank", "a layer given a tensor of the wrong number of dimensions"),
    "C306": Rule("depends-on-symbol", "a decision that depends on a free variable"),
    "C307": Rule("output-padding", "output_padding not below stride or dilation"),
    "C308": Rule("invalid-shape", "a shape that the layer cannot take or give"),
    "C309": Rule("wrong-values", "numbers for a tensor whose shape they do not have"),
    "C310": Rule("input-mismatch", "a field that describes the input, but does not match it"),
    "C401": Rule("expectation", "a number or shape that differs from what the spec expects"),
    "C402": Rule("no-solution", "conditions that no value of a variable meets"),
    "C403": Rule("cross-check", "an array of the forward pass that differs from what was derived"),
    "C501": Rule("too-many-layers", "more layers than the limit after blocks are unrolled"),
    "C502": Rule("file-too-large", "a file, or a part of it, over the limit"),
    "C503": Rule("nesting-too-deep", "lists, groups or blocks nested deeper than the limit"),
    "W101": Rule("bias-before-batchnorm", "a bias that batch normalisation subtracts again", "info"),
    "W102": Rule("activation-missing", "two linear maps in a row, which one could replace", "warning"),
    "W201": Rule("dropped-pixels", "rows or columns of the input that no window reads", "warning"),
    "W202": Rule("window-in-padding", "padding so wide that a window sees nothing else", "warning"),
    "W203": Rule(
        "skipped-input", "a stride larger than the kernel: cells between windows are not read", "warning"
    ),
    "W204": Rule(
        "checkerboard", "a transposed convolution whose kernel is not a multiple of its stride", "warning"
    ),
    "W205": Rule("misaligned-merge", "branches that look at different places of the input", "warning"),
    "W206": Rule("dilation-gridding", "dilated convolutions that together see a grid with holes", "warning"),
    "W207": Rule("even-kernel-same", "an even kernel with 'same' or 'half' padding", "warning"),
    "W208": Rule("pool-over-padding", "average pooling that counts the zeros of its padding", "info"),
    "W209": Rule(
        "receptive-field-smaller-than-input", "a classifier whose features do not see the whole input", "info"
    ),
    "W210": Rule("channels-last-input", "an input written as height, width, channels", "warning"),
    "W211": Rule("channels-last-reshape", "a reshape to height, width, channels", "warning"),
    "W301": Rule("dead-layer", "a layer whose output nothing reads; its parameters do nothing", "warning"),
    "W302": Rule("unused-input", "an input of the network that nothing reads", "warning"),
    "W303": Rule("head-does-not-fit", "a head for training only that does not fit this input", "warning"),
    "W304": Rule("identity-layer", "a layer that changes nothing", "warning"),
    "W305": Rule("softmax-not-last", "a softmax in the middle of the network", "warning"),
    "W306": Rule("unused-name", "a variable, block or parameter that nothing uses", "warning"),
    "W307": Rule("missing-flatten", "a linear layer that runs along a spatial axis", "warning"),
    "W401": Rule("dense-dominates", "one linear layer after a flatten holds most parameters", "info"),
    "W501": Rule("channels-not-multiple-of-8", "channels that tensor cores must pad", "off"),
    "W901": Rule("unused-suppression", "a suppression that suppresses nothing, or cannot", "warning"),
}


class Source(NamedTuple):
    """A text that was read, and what to call it."""

    name: str
    text: str

    def line(self, number: int) -> str:
        """Line ``number`` (from 1), without its end; empty past the last."""
        lines = self.text.splitlines()
        return lines[number - 1] if 0 < number <= len(lines) else ""


class Mark(NamedTuple):
    """A stretch of text: line and column from 0, end exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


class Place(NamedTuple):
    """A mark in a source."""

    source: Source
    mark: Mark


class Fix(NamedTuple):
    """A safe change of the text: what stands at ``mark`` becomes ``text``."""

    mark: Mark
    text: str
    keeps_quotes: bool = False  # a name or key: if it stands in quotes, it stays in them


class Problem(NamedTuple):
    """What is wrong, where, why, and what to do."""

    code: str
    message: str
    place: Place | None = None
    notes: tuple[str, ...] = ()
    help: str | None = None
    where: str | None = None  # the file, when no place is known
    fix: Fix | None = None

    @property
    def severity(self) -> str:
        """``error``, or the level of a lint: ``warning`` or ``info``."""
        level = CODES[self.code].level
        return "warning" if level == "off" else level

    @property
    def position(self) -> tuple[str, int, int]:
        """File, line and column (from 1) for sorting and printing; 0 where unknown."""
        if self.place is None:
            return (self.where or "", 0, 0)
        mark = self.place.mark
        return (self.place.source.name, mark.line + 1, mark.column + 1)

    def at(self, place: Place | None) -> Problem:
        """The same problem, placed, unless it has a place already."""
        return self if self.place is not None else self._replace(place=place)


class CnncalcError(Exception):
    """The base of every error cnncalc raises on purpose."""

    exit_code = 1


class SpecError(CnncalcError):
    """A spec that is wrong, with all independent problems found in it."""

    def __init__(self, problems: Iterable[Problem], advise: Advise | None = None) -> None:
        super().__init__()
        self._found = tuple(sorted(dict.fromkeys(problems), key=_sort_key))
        self._advise = advise

    @cached_property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong. What to do is worked out when somebody asks: it may take longer than to find out."""
        return self._found if self._advise is None else self._advise(self._found)

    def __str__(self) -> str:
        return "\n".join(map(_one_line, self.problems))


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
    """A lint once for each place: repetitions and variants say the same thing again."""
    first: dict[tuple[object, ...], Problem] = {}
    more: dict[tuple[object, ...], int] = {}
    for problem in problems:
        same = "" if problem.place is not None and problem.code.startswith("W") else problem.message
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
    """The known word that ``word`` most likely means."""
    from difflib import get_close_matches  # only errors need it

    found = get_close_matches(word.lower(), {k.lower(): k for k in known}, n=1, cutoff=likeness)
    return next((k for k in known if found and k.lower() == found[0]), None)


def nearest_path(path: str, known: Iterable[str]) -> str | None:
    """A line of help that names the paths that end like ``path``, or the nearest one."""
    known = list(known)
    ends = [k for k in known if k.endswith(f".{path}")][:3]
    quoted = " or ".join(f"'{end}'" for end in ends)
    return f"did you mean {quoted}?" if ends else did_you_mean(path, known)


def did_you_mean(word: str, known: Iterable[str], likeness: float = 0.6) -> str | None:
    """A line of help that names the nearest word."""
    match = nearest(str(word)[:64], list(known), likeness)
    return f"did you mean '{match}'?" if match else None
