"""Which specs ``cnncalc check`` reads, and with which options: those of the command line, then those of each folder."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cnncalc.config import NAMES, Config, read_config
from cnncalc.errors import UsageError

if TYPE_CHECKING:
    from cnncalc.analysis.check import Options

NO_SPECS = "a spec is a .yaml or .json file with 'input' and 'layers' at its top level, or called *.cnn.yaml"


class Settings:
    """The settings of each spec: of its own folder and those above, else of the working folder."""

    def __init__(self) -> None:
        self.here = read_config(Path.cwd())
        self._by_folder: dict[str, Config] = {}

    def of(self, reference: str) -> Config:
        """The settings that hold for a file, ``file@variant``, a shipped name or ``-``.

        Raises:
            UsageError: the settings cannot be read.
        """
        named = "@" in reference and not os.path.lexists(reference)
        path = reference.rpartition("@")[0] if named else reference
        if not os.path.lexists(path):
            return self.here
        folder = os.path.dirname(os.path.abspath(path))
        if folder not in self._by_folder:
            found = read_config(Path(folder))
            self._by_folder[folder] = found if found.source else self.here
        return self._by_folder[folder]


def references(paths: Sequence[str], settings: Settings, *, forced: bool, since: str | None) -> list[str]:
    """The specs that are named, in folders, and match globs, without those excluded.

    Raises:
        UsageError: folders hold no specs, or git knows no such revision.
    """
    from cnncalc.reading.text.find import Excluded, find_specs

    config = settings.here
    include = tuple(config.path(entry, "include", Path.cwd()) for entry in config.include)
    wanted = paths or include or (".",)
    excluded = Excluded(config.exclude, config.folder("exclude"), forced)
    named = () if forced else wanted
    found = [p for p in find_specs(wanted, excluded) if p in named or not _excluded(p, settings.of(p))]
    if not found and not (forced and all(path in excluded for path in wanted)):
        if any(map(os.path.isdir, wanted)):
            kept = " and is not excluded" if config.exclude else ""
            raise UsageError(f"no specs in {', '.join(wanted)}: {NO_SPECS}{kept}")
        click.echo(f"warning: no specs in {', '.join(wanted)}", err=True)
    return found if since is None else list(_changed(found, since))


def _excluded(path: str, config: Config) -> bool:
    """Whether the settings of a file's own folder exclude it."""
    from cnncalc.reading.text.find import Excluded

    return path in Excluded(config.exclude, config.folder("exclude"))


def _changed(found: Sequence[str], since: str) -> Iterator[str]:
    """The specs that differ from a revision, or whose settings do."""
    from cnncalc.reading.text.git import changed_since

    changed = changed_since(since)
    folders = [os.path.dirname(path) for path in changed if os.path.basename(path) in NAMES]
    for path in found:
        real = os.path.realpath(path)
        if real in changed or any(real.startswith(os.path.join(folder, "")) for folder in folders):
            yield path


def options_by_spec(settings: Settings, given: dict[str, Any]) -> Callable[[str], Options]:
    """A function from a spec to what is checked in it, and how; options of the command line win over settings.

    Raises:
        UsageError: there is no such rule, number or dtype.
    """
    from cnncalc.reading.text.find import Excluded

    known: dict[str, Options] = {}

    def options(reference: str) -> Options:
        config = settings.of(reference)
        if config.source not in known:
            known[config.source] = _options(config, given)
        found = known[config.source]
        folder = config.folder("per_file_ignores")
        ignored = [
            code
            for pattern, codes in config.per_file_ignores.items()
            if reference in Excluded((pattern,), folder)
            for code in codes
        ]
        return found._replace(ignore=(*found.ignore, *ignored)) if ignored else found

    return options


def _options(config: Config, given: dict[str, Any]) -> Options:
    from cnncalc.analysis.check import BUDGETS, Options
    from cnncalc.analysis.rules import refuse_unknown
    from cnncalc.counting.quantities import ITEM_BYTES
    from cnncalc.reading.expressions.bounds import Bound

    lists = {}
    for key in ("select", "ignore"):
        texts: Sequence[str] = given[key] or getattr(config, key)
        lists[key] = tuple(part.strip() for text in texts for part in text.split(",") if part.strip())
    for patterns in (*lists.values(), *config.per_file_ignores.values()):
        refuse_unknown(patterns)
    budgets = []
    for option, total in BUDGETS.items():
        text = given[option] if given[option] is not None else getattr(config, option)
        if text is not None:
            try:
                budgets.append(Bound.at_most(total, str(text)))
            except UsageError as error:
                raise UsageError(f"--{option.replace('_', '-')}: {error}") from None
    dtype = given["dtype"] or config.dtype
    if dtype not in ITEM_BYTES:
        raise UsageError(f"unknown dtype '{dtype}'; choose from {', '.join(ITEM_BYTES)}")
    return Options(
        **lists,
        budgets=tuple(budgets),
        dtype=dtype,
        warn_as_error=given["warn_as_error"] or config.warn_as_error,
    )
