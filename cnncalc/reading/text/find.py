"""Finding specs in folders."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterator, Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import NamedTuple

from cnncalc.reading.text.files import SUFFIXES

SKIPPED = {"node_modules", "__pycache__", "venv", "site-packages", "build", "dist"}
_YAML = re.compile(rb"(?m)^layers:"), re.compile(rb"(?m)^input:")
_JSON = re.compile(rb'"layers"\s*:'), re.compile(rb'"input"\s*:')
LOOKED_AT = 1 << 20  # bytes
SURE = tuple(f".cnn{suffix}" for suffix in SUFFIXES)


class Excluded(NamedTuple):
    """Patterns of excluded paths, relative to a folder; with ``forced`` they apply to named files as well.

    As in ``.gitignore``: what a pattern matches is excluded with all that is in it, a name without a slash
    is excluded in every folder, and ``**/`` is any number of folders, or none. As in ruff ``*`` matches slashes too.
    """

    patterns: tuple[str, ...] = ()
    root: str = "."
    forced: bool = False

    def __contains__(self, path: object) -> bool:
        try:
            posix = os.path.relpath(str(path), self.root).replace(os.sep, "/")
        except ValueError:
            return False  # on another drive
        names = posix.split("/")
        on_the_way = ["//" + "//".join(names[: i + 1]) for i in range(len(names))]
        return any(fnmatch(each, _pattern(p)) for p in self.patterns for each in on_the_way)


def _pattern(text: str) -> str:
    """A pattern for paths whose slashes are doubled, so that ``**/`` can stand for no folder at all."""
    plain = text.rstrip("/")
    anchored = re.sub(r"\A(\.?/)+", "", plain) if "/" in plain else f"**/{plain}"
    single = re.sub(r"(\*\*/)+", "**/", f"/{anchored}")
    return single.replace("/", "//").replace("//**//", "/*/")


NOTHING = Excluded()


def find_specs(paths: Sequence[str], excluded: Excluded = NOTHING) -> list[str]:
    """Return files, matches of globs, and the specs in folders, each once and in order.

    In folders a spec is a file whose name ends in ``.cnn.yaml``, ``.cnn.yml`` or ``.cnn.json``, or
    one of these types with ``input`` and ``layers`` at its top level. What is named is kept, whether
    it exists or not: reading it will say so.
    """
    found: list[str] = []
    for path in paths:
        if path == "-":
            found.append(path)
        elif os.path.isdir(path):
            found += (p for p in _in_folder(path) if p not in excluded)
        elif glob.has_magic(path) and not os.path.lexists(path):
            once = re.sub(
                r"(?<![^/\\])(\*\*[/\\])+\*\*(?=[/\\]|\Z)", "**", path
            )  # each '**' more is a walk within a walk
            matches = sorted(glob.glob(once, recursive=True))
            kept = [match for match in matches if match not in excluded]
            found += find_specs(kept, excluded) if matches else [path]
        elif not excluded.forced or path not in excluded:
            found.append(path)
    return list(dict.fromkeys(found))


def _in_folder(folder: str) -> Iterator[str]:
    for root, folders, files in os.walk(folder):
        folders[:] = sorted(f for f in folders if not f.startswith(".") and f not in SKIPPED)
        for name in sorted(files):
            path = os.path.join(root, name)
            if name.endswith(SUFFIXES) and os.path.isfile(path) and _is_spec(path):
                yield os.path.normpath(path)


def _is_spec(path: str) -> bool:
    try:
        with Path(path).open("rb") as stream:
            return is_spec(path, stream.read(LOOKED_AT))
    except OSError:
        return path.endswith(SURE)


def is_spec(path: str, start: bytes) -> bool:
    """Whether a YAML or JSON file is a spec, by its name and its beginning."""
    if path.endswith(SURE):
        return True
    if b'"$defs"' in start:
        return False  # a schema of specs
    return all(pattern.search(start) for pattern in (_JSON if path.endswith(".json") else _YAML))
