"""Everything that can be said about a spec: errors, expectations, lints, and what is suppressed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from cnncalc.analysis import expect
from cnncalc.analysis.expect import Outcome
from cnncalc.analysis.lint import Subject
from cnncalc.analysis.rules import all_lints, rules
from cnncalc.analysis.silence import silenced
from cnncalc.dims import DimError
from cnncalc.errors import Fix, Place, Problem, Rule, SpecError, UsageError, merged
from cnncalc.interchange.files import read_spec
from cnncalc.network import Network, build
from cnncalc.reading.checking.suppression import covers
from cnncalc.reading.expressions.bounds import Bound
from cnncalc.reading.text.files import raw_text, read_text
from cnncalc.reading.text.lines import Lines
from cnncalc.reading.text.nodes import Document
from cnncalc.reading.unrolling.graphs import valid_part

#: options with an upper bound, and what they bound
BUDGETS = {"max_params": "params", "max_macs": "macs", "max_peak_activation": "peak_activation_bytes"}
MAX_FIX_ROUNDS = 20
IN_SOURCE, EXTERNAL = "inSource", "external"  # as SARIF calls them


class Options(NamedTuple):
    """Which lints run, and bounds from elsewhere than the spec."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    budgets: tuple[Bound, ...] = ()
    dtype: str = "float32"
    warn_as_error: bool = False

    def runs(self, rule: Rule) -> bool:
        """Whether a lint is on: by default those that are not off."""
        selected = any(covers(pattern, rule) for pattern in self.select)
        on = selected if self.select else rule.level != "off"
        return on and not any(covers(pattern, rule) for pattern in self.ignore)


class Result(NamedTuple):
    """What was found in one spec and its variants."""

    name: str
    problems: tuple[Problem, ...]
    outcomes: tuple[Outcome, ...]
    networks: int = 1
    readable: bool = True
    suppressed: tuple[tuple[Problem, str], ...] = ()  # each with where that is said: IN_SOURCE or EXTERNAL


def check_spec(reference: str, options: Options) -> Result:
    """Check a file, ``-`` or a shipped name, with all its variants."""
    try:
        document, variant = read_spec(reference, whole=True)
    except SpecError as error:
        return Result(reference, error.problems, ())
    except UsageError as error:
        return Result(reference, (Problem("C007", str(error), where=reference),), (), readable=False)
    return check_document(document, variant, options)


def check_text(text: str, name: str, options: Options) -> Result:
    """Check a text, to be called ``name``."""
    try:
        document = read_text(text, name)
    except SpecError as error:
        return Result(name, error.problems, ())
    return check_document(document, None, options)


def check_bytes(data: bytes, name: str, options: Options) -> Result:
    """Check what came through a pipe, to be called ``name``."""
    try:
        text, _ = raw_text(data, name)
    except SpecError as error:
        return Result(name, error.problems, ())
    return check_text(text, name, options)


def check_document(document: Document, variant: str | None, options: Options) -> Result:
    name = document.source.name
    try:
        network = build(document, variant)
    except SpecError as error:
        return _result(document, [_Found(list(error.problems))], options)
    except UsageError as error:
        return Result(name, (Problem("C202", str(error), where=name),), ())
    findings = []
    for number, each in enumerate([variant or "", *network.variants]):
        one = _check_network(document, network if number == 0 else None, each, options)
        label = f"{each}: " if each else ""
        outcomes = [outcome._replace(name=label + outcome.name) for outcome in one.outcomes]
        note = (f"in variant '{each}'",) if number else ()
        problems = [p._replace(notes=(*p.notes, *note)) for p in one.problems]
        findings.append(one._replace(problems=problems, outcomes=outcomes))
    return _result(document, findings, options)


class _Found(NamedTuple):
    """What was found in one network."""

    problems: list[Problem]
    outcomes: list[Outcome] = []
    places: frozenset[Place | None] = frozenset()  # of its layers
    ran: frozenset[Rule] = frozenset()  # lints that saw all of it


def _result(document: Document, findings: Sequence[_Found], options: Options) -> Result:
    problems = merged(_unanimous(findings))
    ran = frozenset.intersection(*(found.ran for found in findings))
    seen = lambda rule: rule in ran or not options.runs(rule)
    kept = silenced(document, problems, rules(), seen, options.runs)
    shown = set(map(id, kept))
    return Result(
        document.source.name,
        tuple(sorted(kept, key=lambda p: (p.position, p.code, p.message))),
        tuple(outcome for found in findings for outcome in found.outcomes),
        len(findings),
        suppressed=tuple((problem, IN_SOURCE) for problem in problems if id(problem) not in shown),
    )


def _check_network(document: Document, network: Network | None, variant: str, options: Options) -> _Found:
    try:
        network = network or build(document, variant or None)
    except SpecError as error:
        return _Found(list(error.problems))
    try:
        report = network.summary()
    except SpecError as error:
        graph, wanted = valid_part(network.spec)
        part = _linted(Subject(graph, network, None, wanted), options, valid=False)
        return _Found([*error.problems, *part.problems])
    outcomes = expect.outcomes(network, report)
    if options.budgets:
        outcomes += expect.budgets(report, options.budgets, options.dtype, network.source, network.spec.root)
    problems = [problem for outcome in outcomes for problem in outcome.problems]
    found = _linted(Subject(report.graph, network, report), options, valid=True)
    return found._replace(problems=[*problems, *found.problems], outcomes=outcomes)


def _linted(subject: Subject, options: Options, *, valid: bool) -> _Found:
    """What those lints say that are on; only local ones where the network is not valid."""
    problems: list[Problem] = []
    ran = set()
    for lint in all_lints():
        if (valid or lint.local) and options.runs(lint.rule):
            try:
                problems += lint(subject)
            except DimError:  # a lint needs numbers that this network does not have
                continue
            ran.add(lint.rule)
    return _Found(problems, [], frozenset(node.place for node in subject.layers), frozenset(ran))


def _unanimous(networks: Sequence[_Found]) -> list[Problem]:
    """All problems, without those of an item that is of use in another variant."""
    unanimous = {lint.rule for lint in all_lints() if lint.unanimous}
    said = [{p.place for p in found.problems if p.lint in unanimous} for found in networks]
    useful = {place for found, places in zip(networks, said, strict=True) for place in found.places - places}
    problems = [problem for found in networks for problem in found.problems]
    return [p for p in problems if p.lint not in unanimous or p.place not in useful]


# --------------------------------------------------------------------------------------- fixing


def fixed(text: str, name: str, check: Callable[[str, str], Result]) -> tuple[str, int]:
    """The text with every safe fix applied, and how many there were."""
    count, translated = 0, False
    for _ in range(MAX_FIX_ROUNDS):
        problems = check(text, name).problems
        translated = translated or any(p.fix is not None and p.severity == "error" for p in problems)
        # lints judge a translated spec, which may come from a framework with other rules: they are only shown
        safe = [p for p in problems if p.severity == "error" or not translated]
        fixes = {problem.fix for problem in safe if problem.fix is not None}
        changed = applied(text, fixes)
        if not fixes or changed == text or not _reads(changed, name, text):
            break
        text, count = changed, count + len(fixes)
    return text, count


def _reads(changed: str, name: str, before: str) -> bool:
    """Whether a fix left the file as readable as it was."""

    def readable(text: str) -> bool:
        try:
            read_text(text, name)
        except SpecError as error:
            return error.problems[0].code not in ("C001", "C003")
        return True

    return readable(changed) or not readable(before)


def applied(text: str, fixes: Iterable[Fix]) -> str:
    """Replace spans of the text, the last first; of spans that overlap only the last."""
    lines, done = Lines(text), len(text) + 1
    for fix in sorted(fixes, key=lambda f: f.mark, reverse=True):
        mark = fix.mark
        if mark.end_line >= len(lines.starts):
            continue
        start, end = lines.starts[mark.line] + mark.column, lines.starts[mark.end_line] + mark.end_column
        if end > done:
            continue
        old, done = text[start:end], start
        new = f"{old[0]}{fix.text}{old[0]}" if fix.keeps_quotes and old[:1] in ("'", '"') else fix.text
        text = text[:start] + new + text[end:]
    return text
