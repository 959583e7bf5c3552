"""Settings of a project: ``[tool.cnncalc]`` in ``pyproject.toml``."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from cnncalc.errors import UsageError, did_you_mean


class Config(NamedTuple):
    """What a project asks for; options of the command line win."""

    include: tuple[str, ...] = ()  # from the working folder, wherever the file is that says it
    exclude: tuple[str, ...] = ()  # from the folder of the file
    force_exclude: bool = False
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    warn_as_error: bool = False
    max_params: str | int | None = None
    max_macs: str | int | None = None
    max_peak_activation: str | int | None = None
    dtype: str = "float32"
    root: str = "."  # the folder of the file


KEYS = tuple(name for name in Config._fields if name != "root")
LISTS = ("include", "exclude", "select", "ignore")
FLAGS = ("force_exclude", "warn_as_error")


def read_config(start: Path) -> Config:
    """The settings of the nearest ``pyproject.toml`` that has any, from a folder upwards.

    Files without ``[tool.cnncalc]`` are passed over; the top of the repository is the last folder.

    Raises:
        UsageError: a file cannot be read, or a key or value is not one of ours.
    """
    for folder in (start, *start.parents):
        path = folder / "pyproject.toml"
        if path.is_file() and (table := _table(path)) is not None:
            config = _config(table, path)
            include = tuple(os.path.relpath(folder / entry, start) for entry in config.include)
            return config._replace(include=include, root=str(folder))
        if (folder / ".git").exists():
            break
    return Config()


def repository(start: Path, environment: Mapping[str, str]) -> Path:
    """The folder that reports name files from: the top of the repository that a folder is in.

    It is what the CI system checked out where that is a repository, so that files of a submodule are
    named as its parent does; else the nearest folder with ``.git``; without one what the CI system says.
    """
    here = [start, *start.parents]
    said = [Path(environment[v]) for v in ("GITHUB_WORKSPACE", "CI_PROJECT_DIR") if environment.get(v)]
    given = [folder for folder in map(Path.resolve, said) if folder in here]
    marked = [folder for folder in (*given, *here) if (folder / ".git").exists()]
    return (*marked, *given, start)[0]


def _table(path: Path) -> dict[str, Any] | None:
    """``[tool.cnncalc]`` of a file; None if it has none."""
    try:
        with path.open("rb") as stream:
            data = tomllib.load(stream)
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read {path}: {error}") from None
    except RecursionError:
        raise UsageError(f"cannot read {path}: its brackets are nested too deeply") from None
    tool = data.get("tool")
    table = tool.get("cnncalc") if isinstance(tool, dict) else None
    if table is not None and not isinstance(table, dict):
        raise UsageError(f"{path}: 'tool.cnncalc' needs to be a table")
    return table


def _config(table: dict[str, Any], path: Path) -> Config:
    values: dict[str, Any] = {}
    for key, value in table.items():
        field = key.replace("-", "_")
        if field not in KEYS:
            names = [name.replace("_", "-") for name in KEYS]
            help = did_you_mean(key, names) or f"choose from {', '.join(names)}"
            raise UsageError(f"{path}: [tool.cnncalc] has no key '{key}'; {help}")
        values[field] = _value(field, value, path)
    return Config(**values)


def _value(field: str, value: Any, path: Path) -> Any:
    if field in LISTS:
        if isinstance(value, list) and all(isinstance(v, str) for v in value):
            return tuple(value)
        raise UsageError(f"{path}: '{field}' needs a list of texts")
    if field in FLAGS:
        if isinstance(value, bool):
            return value
        raise UsageError(f"{path}: '{field.replace('_', '-')}' needs true or false")
    if isinstance(value, str) or (
        isinstance(value, int) and not isinstance(value, bool) and field != "dtype"
    ):
        return value
    raise UsageError(f"{path}: '{field.replace('_', '-')}' needs a number such as 5M or 320KiB")
