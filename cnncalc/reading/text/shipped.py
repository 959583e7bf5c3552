"""The specs that are shipped, by their names."""

from __future__ import annotations

import re
from pathlib import Path

from cnncalc.errors import UsageError, nearest

PACKAGE = Path(__file__).parents[2]


def shipped_folder() -> Path:
    """Where the shipped specs are: inside the package, or beside it in a checkout."""
    inside = PACKAGE / "specs"
    return inside if inside.is_dir() else PACKAGE.parent / "specs"


_VARIANTS = re.compile(r"^variants:[^\n]*\n((?:[ \t#][^\n]*\n|\n)*)", re.MULTILINE)
_VARIANT = re.compile(r"^  ([A-Za-z_][A-Za-z0-9_]*):", re.MULTILINE)


def shipped_specs() -> dict[str, tuple[Path, str]]:
    """Every shipped architecture: its file, and the variant of it (empty: the file itself)."""
    found: dict[str, tuple[Path, str]] = {}
    for path in sorted(shipped_folder().glob("*.yaml")):
        members = _variants(path)
        found |= {name: (path, name) for name in members if name not in found}
        if not members:
            found[path.stem] = (path, "")
    return dict(sorted(found.items()))


def shipped_lessons() -> dict[str, tuple[Path, str]]:
    """Every lesson of the course, as ``shipped_specs`` has architectures."""
    files = sorted((shipped_folder() / "lessons").glob("*.yaml"))
    return {f"lessons/{path.stem}": (path, "") for path in files}


def _variants(path: Path) -> list[str]:
    """The variants of a shipped file, found by their two-space indentation: parsing takes long."""
    block = _VARIANTS.search(path.read_text(encoding="utf-8") + "\n")
    return _VARIANT.findall(block[1]) if block else []


def members(name: str) -> list[str]:
    """Who belongs to a shipped family, small ones first; nobody where it is none."""
    variants = _variants(shipped_folder() / f"{name}.yaml")
    alike = [path.stem for path in shipped_folder().glob(f"{name}[0-9]*.yaml")] if variants else []
    return sorted(
        {*variants, *alike}, key=lambda n: [int(p) if p.isdigit() else p for p in re.split(r"(\d+)", n)]
    )


def shipped_text(name: str) -> tuple[str, str]:
    """The text of a shipped spec, and the variant of it that the name means.

    Raises:
        UsageError: nothing of this name is shipped.
    """
    path, variant = shipped_file(name)
    return Path(path).read_text(encoding="utf-8"), variant


def shipped_file(name: str) -> tuple[str, str]:
    direct = shipped_folder() / f"{name}.yaml"
    if re.fullmatch(r"\w+(/\w+)?", name) and direct.is_file():
        return str(direct), ""
    known = shipped_specs() | shipped_lessons()
    if name not in known:
        match = nearest(name, known)
        help = f"did you mean '{match}'?" if match else "'cnncalc zoo' lists the shipped specs"
        raise UsageError(f"no file and no shipped spec '{name}'; {help}")
    path, variant = known[name]
    return str(path), variant
