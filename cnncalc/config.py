"""Settings of a project: ``[tool.cnncalc]`` in ``pyproject.toml``, or a file ``cnncalc.toml``."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from cnncalc.errors import UsageError, did_you_mean

NAMES = (".cnncalc.toml", "cnncalc.toml", "pyproject.toml")  # the first that has settings is read
LONGEST_CHAIN = 16  # of files that extend each other


class Config(NamedTuple):
    """The settings of a project; options of the command line take precedence."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    force_exclude: bool = False
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    per_file_ignores: Mapping[str, tuple[str, ...]] = {}
    warn_as_error: bool = False
    max_params: str | int | None = None
    max_macs: str | int | None = None
    max_peak_activation: str | int | None = None
    dtype: str = "float32"
    baseline: str | None = None
    cache_dir: str | None = None
    source: str = ""  # the file; others that it extends are in ``files``
    files: Mapping[str, str] = {}  # the file that each setting is from

    def folder(self, key: str) -> str:
        """Return the folder to which the paths of a setting are relative."""
        return os.path.dirname(self.files.get(key, "")) or "."

    def path(self, entry: str, key: str, start: Path) -> str:
        """Return a path of a setting, relative to a folder."""
        return os.path.relpath(os.path.join(self.folder(key), entry), start)


KEYS = tuple(name for name in Config._fields if name not in ("source", "files"))
LISTS = ("include", "exclude", "select", "ignore")
FLAGS = ("force_exclude", "warn_as_error")
TEXTS = ("dtype", "baseline", "cache_dir")


def read_config(start: Path) -> Config:
    """Return the settings of the nearest file that has any, searching upwards from a folder, including those it extends.

    Files without ``[tool.cnncalc]`` are skipped; the search ends at the top of the repository.

    Raises:
        UsageError: a file cannot be read, or a key or value is not valid.
    """
    for folder in (start, *start.parents):
        for path in (folder / name for name in NAMES):
            if path.is_file() and (table := _table(path)) is not None:
                return _config(table, path)
        if (folder / ".git").exists():
            break
    return Config()


def as_toml(config: Config) -> Iterator[str]:
    """Return every setting as a line of TOML, with the file that it comes from."""
    yield f"# settings of {config.source}" if config.source else "# no settings: these are the defaults"
    for key in KEYS:
        value, name = getattr(config, key), key.replace("_", "-")
        if value is None:
            yield f"# {name} is not set"
        else:
            yield f"{name} = {_toml(value)}{f'  # {config.files[key]}' if key in config.files else ''}"


def _toml(value: Any) -> str:
    import json

    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{json.dumps(k)} = {_toml(v)}' for k, v in value.items())}}}"
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value, ensure_ascii=False)


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
    """Return the settings in a file as written; None if it has none."""
    try:
        with path.open("rb") as stream:
            data = tomllib.load(stream)
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read {path}: {error}") from None
    except RecursionError:
        raise UsageError(f"cannot read {path}: its brackets are nested too deeply") from None
    if path.name != "pyproject.toml":
        return data
    tool = data.get("tool")
    table = tool.get("cnncalc") if isinstance(tool, dict) else None
    if table is not None and not isinstance(table, dict):
        raise UsageError(f"{path}: 'tool.cnncalc' needs to be a table")
    return table


def _config(table: dict[str, Any], path: Path, chain: tuple[Path, ...] = ()) -> Config:
    """Return the settings of a table, merged with those of the file that it extends."""
    base = _extended(table["extend"], path, chain) if "extend" in table else Config()
    values: dict[str, Any] = {}
    for key, value in table.items():
        field = key.replace("-", "_")
        if field in KEYS:
            values[field] = _value(field, value, path)
        elif key != "extend":
            names = ["extend", *(name.replace("_", "-") for name in KEYS)]
            help = did_you_mean(key, names) or f"choose from {', '.join(names)}"
            where = "[tool.cnncalc]" if path.name == "pyproject.toml" else "the file"
            raise UsageError(f"{path}: {where} has no key '{key}'; {help}")
    return base._replace(**values, source=str(path), files={**base.files, **dict.fromkeys(values, str(path))})


def _extended(value: Any, path: Path, chain: tuple[Path, ...]) -> Config:
    if not isinstance(value, str) or "\0" in value:
        raise UsageError(f"{path}: 'extend' needs the path of a settings file")
    other = Path(os.path.normpath(path.parent / os.path.expanduser(value)))
    chain = (*chain, path.resolve())
    if other.resolve() in chain or len(chain) >= LONGEST_CHAIN:
        raise UsageError(f"{path}: 'extend' leads back to {other}")
    if not other.is_file():
        raise UsageError(f"{path}: 'extend' names {value}, but there is no such file")
    table = _table(other)
    if table is None:
        raise UsageError(f"{path}: 'extend' names {value}, which has no [tool.cnncalc]")
    return _config(table, other, chain)


def _value(field: str, value: Any, path: Path) -> Any:
    name = field.replace("_", "-")
    if field in LISTS:
        return _texts(value, f"{path}: '{name}' needs a list of strings")
    if field == "per_file_ignores":
        if not isinstance(value, dict):
            raise UsageError(f'{path}: \'{name}\' needs a table such as {{"old/*.yaml" = ["W201"]}}')
        return {
            pattern: _texts(codes, f"{path}: '{name}' needs a list of rules for '{pattern}'")
            for pattern, codes in value.items()
        }
    if field in FLAGS:
        if isinstance(value, bool):
            return value
        raise UsageError(f"{path}: '{name}' needs true or false")
    if field in TEXTS:
        if isinstance(value, str):
            return value
        raise UsageError(f"{path}: '{name}' needs a text")
    if isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise UsageError(f"{path}: '{name}' needs a number such as 5M or 320KiB")


def _texts(value: Any, refusal: str) -> tuple[str, ...]:
    if isinstance(value, list) and all(isinstance(v, str) for v in value):
        return tuple(value)
    raise UsageError(refusal)
