"""Settings of a project: ``[tool.cnncalc]`` in ``pyproject.toml``."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, NamedTuple

from cnncalc.errors import UsageError, did_you_mean


class Config(NamedTuple):
    """What a project asks for; options of the command line win."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    warn_as_error: bool = False
    max_params: str | int | None = None
    max_macs: str | int | None = None
    max_peak_activation: str | int | None = None
    dtype: str = "float32"


LISTS = ("include", "exclude", "select", "ignore")


def read_config(start: Path) -> Config:
    """The settings of the nearest ``pyproject.toml``, from a folder upwards to the top of the repository.

    Raises:
        UsageError: the file cannot be read, or a key or value is not one of ours.
    """
    for folder in (start, *start.parents):
        path = folder / "pyproject.toml"
        if path.is_file():
            return _config(path)
        if (folder / ".git").exists():
            break
    return Config()


def _config(path: Path) -> Config:
    try:
        with path.open("rb") as stream:
            data = tomllib.load(stream)
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read {path}: {error}") from None
    tool = data.get("tool")
    table = tool.get("cnncalc", {}) if isinstance(tool, dict) else {}
    if not isinstance(table, dict):
        raise UsageError(f"{path}: 'tool.cnncalc' needs to be a table")
    values: dict[str, Any] = {}
    for key, value in table.items():
        field = key.replace("-", "_")
        if field not in Config._fields:
            names = [name.replace("_", "-") for name in Config._fields]
            help = did_you_mean(key, names) or f"there are {', '.join(names)}"
            raise UsageError(f"{path}: [tool.cnncalc] has no key '{key}'; {help}")
        values[field] = _value(field, value, path)
    return Config(**values)


def _value(field: str, value: Any, path: Path) -> Any:
    if field in LISTS:
        if isinstance(value, list) and all(isinstance(v, str) for v in value):
            return tuple(value)
        raise UsageError(f"{path}: '{field}' needs a list of texts")
    if field == "warn_as_error":
        if isinstance(value, bool):
            return value
        raise UsageError(f"{path}: 'warn-as-error' needs true or false")
    if isinstance(value, str) or (
        isinstance(value, int) and not isinstance(value, bool) and field != "dtype"
    ):
        return value
    raise UsageError(f"{path}: '{field.replace('_', '-')}' needs a number such as 5M or 320KiB")
