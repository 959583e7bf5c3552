"""``cnncalc check --baseline``: what is known stays silent, and what is new fails."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from cnncalc.errors import UsageError

if TYPE_CHECKING:
    from cnncalc.analysis.check import Options, Result
    from cnncalc.config import Config

SHOWN = 10  # findings that are gone


class Ratchet(NamedTuple):
    """The baseline of a run: the file it is read from, and the one it is written to."""

    read: str | None
    written: str | None

    @classmethod
    def of(cls, config: Config, given: dict[str, Any]) -> Ratchet:
        """The files that the options name, else the one of the settings."""
        setting = None if config.baseline is None else config.path(config.baseline, "baseline", Path.cwd())
        return cls(given["baseline"] or setting, given["write_baseline"])

    @property
    def holds(self) -> bool:
        """Whether findings are compared with a baseline."""
        return self.read is not None

    def judge(
        self, results: list[Result], options: Callable[[str], Options]
    ) -> tuple[list[Result], list[str]]:
        """Results without what the baseline knows, and what to say of it in the last line.

        Raises:
            UsageError: the baseline cannot be read.
        """
        from cnncalc.analysis.baseline import from_text, judge
        from cnncalc.analysis.rules import rules

        if self.read is None:
            return results, []
        try:
            text = Path(self.read).read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "not a text file"
            raise UsageError(
                f"cannot read the baseline {self.read}: {reason}; write it with --write-baseline {self.read}"
            ) from None
        baseline = from_text(text, self.read)
        by_code = {rule.code: rule for rule in rules()}  # a baseline may name rules of another version
        runs = lambda name, code: code in by_code and options(name).runs(by_code[code])
        judged = judge(results, baseline, _folder(self.read), runs)
        for finding, count in sorted(judged.gone.items())[:SHOWN]:
            times = f" ({count} times)" if count > 1 else ""
            click.echo(f"gone: {finding.file}: {finding.code}{times}: {finding.line}", err=True)
        if (more := len(judged.gone) - SHOWN) > 0:
            click.echo(f"gone: and {more} more", err=True)
        said = [f"{judged.known:,} known in {self.read}"]
        if gone := judged.gone.total():
            said.append(f"{gone:,} of it gone: update it with --write-baseline {self.read}")
        return judged.results, said

    def write(self, results: Sequence[Result]) -> int:
        """Write all findings as known; the exit code.

        Raises:
            UsageError: the file cannot be written.
        """
        from cnncalc.analysis.baseline import as_text, findings_of
        from cnncalc.files import write_atomically
        from cnncalc.report.findings import plural

        assert self.written is not None
        unreadable = [result.name for result in results if not result.readable]
        if unreadable:
            raise UsageError(f"cannot read {', '.join(unreadable[:SHOWN])}: no baseline was written")
        findings = findings_of(results, _folder(self.written))
        write_atomically(self.written, as_text(findings).encode())
        count, files = findings.total(), plural(len({finding.file for finding in findings}), "file")
        are = "is" if count == 1 else "are"
        click.echo(f"{plural(count, 'finding')} in {files} {are} known in {self.written}", err=True)
        return 0


def _folder(path: str) -> str:
    return os.path.dirname(os.path.abspath(path))
