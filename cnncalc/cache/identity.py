"""What the program is: its own code by content, the packages it stands on by their versions, the interpreter.

An edited file of a checkout makes another program. Reading all of them takes longer than a remembered run: which
content belongs to which times of change and sizes is remembered, too.
"""

from __future__ import annotations

import os
import sys
import time

from cnncalc.cache.store import Store, digest, read_regular

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SETTLED = 2  # seconds: what changed later than this before now may change again without a trace
LARGEST = 4 << 20  # bytes of one file of code


def fingerprint() -> bytes | None:
    """The files of the program by times of change and sizes; None where they may not be told apart."""
    now = time.time_ns()
    found = [sys.version, sys.platform, PACKAGE]
    for path, status in _code(PACKAGE):
        latest = max(status.st_mtime_ns, status.st_ctime_ns)
        if now - latest < SETTLED * 10**9:
            return None
        found.append(f"{path} {status.st_ino} {status.st_mtime_ns} {status.st_ctime_ns} {status.st_size}")
    for folder in sys.path:
        try:
            found.append(f"{folder} {os.stat(folder or '.').st_mtime_ns}")
        except OSError:
            found.append(folder)
    return "\0".join(found).encode("utf-8", "surrogatepass")


def identity(store: Store, seen: bytes) -> bytes | None:
    """The program with this fingerprint, by content."""
    name = digest([b"identity", seen])
    known = store.get(name)
    if known is None:
        try:
            if _has_types_without_version():
                return None
            parts = [sys.version.encode(), sys.platform.encode(), *_contents(), *_distributions()]
        except OSError:
            return None
        known = digest(parts).encode()
        if fingerprint() == seen:
            store.put(name, known)
    return known


def _has_types_without_version() -> bool:
    """Whether a package that announces layer types is installed from a folder, whose code may change at any time."""
    import json
    from importlib.metadata import entry_points

    from cnncalc.registry import GROUP

    for point in entry_points(group=GROUP):
        source = point.dist.read_text("direct_url.json") if point.dist else None
        if point.dist is None or point.dist.read_text("RECORD") is None:
            return True
        if source and json.loads(source).get("dir_info", {}).get("editable"):
            return True
    return False


def code_folders() -> tuple[str, ...]:
    """Folders whose code has a version: the package, the standard library, installed distributions."""
    installed = [folder for folder in sys.path if folder and any(_distributions_in(folder))]
    library = os.path.dirname(os.path.abspath(os.__file__))
    return tuple(os.path.join(os.path.abspath(folder), "") for folder in (PACKAGE, library, *installed))


def _code(folder: str) -> Iterator[tuple[str, os.stat_result]]:
    folders = []
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda e: e.name):
            if entry.name.endswith(".py"):
                yield entry.path, entry.stat()
            elif "." not in entry.name and entry.name != "__pycache__" and entry.is_dir():
                folders.append(entry.path)
    for path in folders:
        yield from _code(path)


def _contents() -> Iterator[bytes]:
    for path, _ in _code(PACKAGE):
        yield path.removeprefix(PACKAGE).replace(os.sep, "/").encode()
        data = read_regular(path, LARGEST)
        if data is None or len(data) > LARGEST:
            raise OSError
        yield data


def _distributions() -> Iterator[bytes]:
    """Names and versions of what is installed, as folders of metadata are called; elsewhere what may be a module."""
    for folder in sys.path:
        names = sorted(_distributions_in(folder)) if folder else []
        yield from (
            name.encode("utf-8", "surrogatepass") for name in names or sorted(_modules_in(folder or "."))
        )


def _modules_in(folder: str) -> Iterator[str]:
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.endswith((".py", ".so", ".pyd")) or ("." not in entry.name and entry.is_dir()):
                    yield entry.name
    except OSError:
        return


def _distributions_in(folder: str) -> Iterator[str]:
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.endswith(".dist-info"):
                    yield entry.name
    except OSError:
        return
