"""The results of ``solve``, ``diff``, ``explain``, ``check``, ``sweep`` and ``verify``.

Each prints the same text as its command, is displayed as a table in notebooks, and is converted to plain data by ``to_dict``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cnncalc.analysis import check as checking
from cnncalc.analysis import diff as comparing
from cnncalc.analysis import explain as explaining
from cnncalc.analysis import solve as solving
from cnncalc.analysis import verify as verifying
from cnncalc.api.reports import data_frame

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cnncalc.errors import Problem


class Solution(solving.Solution):
    """The values of variables for which a network is valid.

    ``300 in solution.sets["H"]`` and ``solution.sets["H"].nearest(300, step=1)`` answer questions about single values.

    Attributes:
        report: the report with these variables free.
        sets: the valid values of each variable, as a set that may be unbounded: ``300 in found``, ``found.least()``,
            ``found.nearest(300, step=-1)``, and ``found.text("H")`` in words.
        coupled: conditions that relate several variables, each with ``condition``, ``layer``, ``line`` and ``text``.
        reasons: the conditions from which the sets follow, in the same form.
        tried: the number of settings that were tried one by one because the structure depends on the variable; otherwise 0.
        near: the number whose nearest valid values the text names; None from ``cnncalc.solve``.
    """

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """The sets as plain data: what ``cnncalc solve --format json`` prints."""
        from cnncalc.report import solution

        return solution.as_dict(self)

    def __str__(self) -> str:
        """Return the text that ``cnncalc solve`` prints."""
        from cnncalc.report import solution

        return solution.as_text(self)

    def __repr__(self) -> str:
        found = "; ".join(valid.text(name) for name, valid in self.sets.items())
        return f"<Solution {self.report.name}: {found}>"

    def _repr_html_(self) -> str:
        from cnncalc.report import notebook

        return notebook.solution(self)


class Diff(comparing.Diff):
    """What changed between two networks.

    Attributes:
        before: the report of the first network.
        after: the report of the second.
        changes: a change for each layer that was added, removed or changed: ``kind``, ``path``, the rows ``before`` and
            ``after``, and ``fields``, each a name with its values before and after.
        same: the number of unchanged layers.
        totals: for each total ``name``, ``before``, ``after``, ``difference`` and ``relative``.
    """

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """The changes as plain data: what ``cnncalc diff --format json`` prints."""
        from cnncalc.report import difference

        return difference.as_dict(self)

    def __str__(self) -> str:
        """Return the text that ``cnncalc diff`` prints."""
        from cnncalc.report import difference

        return difference.as_table(self)

    def __repr__(self) -> str:
        return f"<Diff {self.before.name} -> {self.after.name}: {len(self.changes)} layers changed, {self.same} the same>"

    def _repr_html_(self) -> str:
        from cnncalc.report import notebook

        return notebook.diff(self)


class Explanation(explaining.Explanation):
    """The derivation of one layer's numbers.

    Attributes:
        row: the layer's row in the report.
        inputs: the shapes of its inputs.
        summary: what the layer does, in a sentence.
        lines: the steps: ``what`` a number is, the ``rule`` in words, the ``numbers`` put in, and the ``result``.
        validity: a sentence that states for which values of the free variables this holds.
    """

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """The derivation as plain data: what ``cnncalc explain SPEC LAYER --format json`` prints."""
        from cnncalc.report import explanation

        return explanation.as_dict(self)

    def __str__(self) -> str:
        """Return the text that ``cnncalc explain`` prints."""
        from cnncalc.report import explanation

        return explanation.as_text(self)

    def __repr__(self) -> str:
        return f"<Explanation {self.row.path} ({self.row.type}): {len(self.lines)} lines>"

    def _repr_html_(self) -> str:
        from cnncalc.report import notebook

        return notebook.explanation(self)


class Verification(verifying.Verification):
    """The results of a forward pass, layer by layer.

    Attributes:
        report: the report whose numbers were checked.
        checks: for each layer its ``row``, the ``output`` (without the batch), ``params`` and ``macs`` (of one sample) that
            were found, ``seconds``, ``bytes`` of its output, and ``differences`` in words; ``agrees`` where there are none.
        outputs: the network's output arrays ``(N, C, *spatial)``, by the path of their layer.
        setup: what the pass ran with: ``seed``, ``dtype``, ``inputs`` and ``given`` weights.
        seconds: time spent in layers.
        reached: the number of layers whose receptive field was checked too, by changing inputs; None from ``verify``.
        memory: the most bytes that the process took; None from ``verify``.
    """

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """The checks as plain data: what ``cnncalc verify --format json`` prints."""
        from cnncalc.report import verification

        return verification.as_dict(self)

    def __str__(self) -> str:
        """Return the text that ``cnncalc verify`` prints."""
        from cnncalc.report import verification

        return verification.as_text(self)

    def __repr__(self) -> str:
        wrong = sum(not check.agrees for check in self.checks)
        found = f"{wrong} disagree" if wrong else "all agree"
        return f"<Verification {self.report.name}: {len(self.checks)} layers, {found}>"

    def _repr_html_(self) -> str:
        from cnncalc.report import notebook

        return notebook.verified(self)


class Result(checking.Result):
    """The findings in a spec and its variants.

    Attributes:
        name: the file or shipped name; ``<text>`` or ``<dict>`` if there is none.
        problems: errors, broken expectations and lints, in the order of their places.
        outcomes: each expectation by ``name``, with the ``problems`` of those that are not met.
        networks: the number of networks checked: the spec and its variants.
        readable: whether the spec could be read at all.
        suppressed: the findings that the spec suppresses, each with where it does so.
    """

    __slots__ = ()

    @property
    def ok(self) -> bool:
        """Whether there is no error; warnings are in ``problems`` too."""
        return not self.errors

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that are errors."""
        return tuple(problem for problem in self.problems if problem.severity == "error")

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """The problems that are warnings."""
        return tuple(problem for problem in self.problems if problem.severity == "warning")

    def to_dict(self) -> dict[str, Any]:
        """The findings as plain data: what ``cnncalc check --format json`` prints."""
        from cnncalc.report.findings import Findings
        from cnncalc.report.findings.json import as_dict

        return as_dict(Findings([self]))

    def __str__(self) -> str:
        """Return the text that ``cnncalc check`` prints."""
        from cnncalc.report.findings import Findings, summary
        from cnncalc.report.findings.text import render

        found = Findings([self])
        return "\n".join(part for part in (render(found), summary(found)) if part)

    def __repr__(self) -> str:
        return f"<Result {self.name}: {len(self.errors)} errors, {len(self.warnings)} warnings>"

    def _repr_html_(self) -> str:
        from cnncalc.report import notebook

        return notebook.findings(self)


@dataclass(frozen=True, repr=False)
class Sweep:
    """The numbers of a network over a grid of settings.

    Iteration gives the rows as dicts.

    Attributes:
        name: the name of the network.
        columns: the variables, ``valid``, and the numbers.
        rows: a tuple for each setting; the numbers are None if the network is not valid.
    """

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]

    def __len__(self) -> int:
        """How many settings there are."""
        return len(self.rows)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """The rows as dicts."""
        return (dict(zip(self.columns, row, strict=True)) for row in self.rows)

    def column(self, name: str) -> list[Any]:
        """The values of one column.

        Raises:
            ValueError: there is no such column.
        """
        index = self.columns.index(name)
        return [row[index] for row in self.rows]

    def to_dict(self) -> list[dict[str, Any]]:
        """The rows as plain data: what ``cnncalc sweep --format json`` prints."""
        return list(self)

    def to_pandas(self) -> Any:
        """The rows as a ``pandas.DataFrame``.

        Raises:
            UsageError: pandas is not installed.
        """
        return data_frame(self.to_dict())

    def __str__(self) -> str:
        """Return the text that ``cnncalc sweep`` prints."""
        from io import StringIO

        from cnncalc.report.rows_out import Rows, write_table

        text = StringIO()
        write_table(Rows(self.columns, self.columns.index("valid") + 1, [list(self.rows)]), text)
        return text.getvalue().rstrip("\n")

    def __repr__(self) -> str:
        valid = self.columns.index("valid")
        variables, numbers = (", ".join(names) for names in (self.columns[:valid], self.columns[valid + 1 :]))
        return f"<Sweep {self.name}: {numbers} at {len(self.rows)} settings of {variables}>"

    def _repr_html_(self) -> str:
        from cnncalc.report import notebook

        return notebook.sweep(self.columns, self.rows)
