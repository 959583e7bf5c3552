"""Entries in a folder: whole or not at all, bounded, the least recently used removed first.

Whatever is wrong with the folder or with an entry, it is as if the entry were not there: a full disk, a folder that
cannot be written, damaged or foreign files. Processes may share the folder: an entry is written to a name of its own
and then renamed.
"""

from __future__ import annotations

import os
import sys
import time
from stat import S_ISREG

try:
    from _blake2 import blake2b
except ImportError:  # hashlib has it everywhere, but loads OpenSSL first: a tenth of a remembered run
    from hashlib import blake2b

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAGIC = b"cnncalc cache 1\n"
START = len(MAGIC) + 32  # of the payload, after the digest
SUFFIX, PARTIAL = ".cnncalc", ".cnncalc.tmp"
SHARDS = "0123456789abcdef"  # an entry is in the folder of the first digit of its name
BLOCK = 4096  # what a file takes up on a disk is a multiple of this
LIMIT = 128 << 20  # bytes of all entries
LARGEST = 2 << 20  # bytes of one
USED = 3600  # seconds: a use is noted when the last one is longer ago
TAG = (
    b"Signature: 8a477f597d28d172789f06886806bc55\n# This folder is a cache of cnncalc: bford.info/cachedir\n"
)
SIGNS = {"CACHEDIR.TAG": TAG, ".gitignore": b"*\n"}  # for backups and for git


def digest(parts: Iterable[bytes]) -> str:
    """One name for a sequence of bytes; other sequences have other names."""
    found = blake2b(digest_size=16)
    for part in parts:
        found.update(b"%d:" % len(part))
        found.update(part)
    return found.hexdigest()


def default_folder() -> str | None:
    """The user's folder for caches, as platformdirs has it; importing that would take as long as a remembered run."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or os.path.expanduser(r"~\AppData\Local")
        found = os.path.join(base, "cnncalc", "Cache")
    else:
        base = os.environ.get("XDG_CACHE_HOME", "")
        if not os.path.isabs(base):
            base = os.path.expanduser("~/Library/Caches" if sys.platform == "darwin" else "~/.cache")
        found = os.path.join(base, "cnncalc")
    return found if os.path.isabs(found) else None  # there may be no home


def read_regular(path: str | bytes, most: int) -> bytes | None:
    """The bytes of a regular file, one more than ``most`` at the utmost; None for what is something else.

    Raises:
        OSError: it cannot be read.
    """
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, flags)
    try:
        status = os.fstat(descriptor)
        if not S_ISREG(status.st_mode):
            return None
        data = os.read(descriptor, min(status.st_size, most) + 1)
        while more := os.read(descriptor, most + 1 - len(data)) if 0 < len(data) <= most else b"":
            data += more
        return data
    finally:
        os.close(descriptor)


class Store:
    """Bytes by name in a folder."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self._broken = False
        self._touched: set[str] = set()

    def get(self, name: str) -> bytes | None:
        """What was put under a name; None if there is nothing, or no longer what was put."""
        sys.audit("cnncalc.aside")
        try:
            path = self._path(name)
            data = read_regular(path, LARGEST + START) or b""
            payload = data[START:]
            if data != _sealed(name, payload):
                return None
            _note_use(path)
        except (OSError, ValueError):
            return None
        finally:
            sys.audit("cnncalc.back")
        return payload

    def put(self, name: str, payload: bytes) -> None:
        """Keep bytes under a name, if that is possible."""
        if self._broken or len(payload) > LARGEST:
            return
        sys.audit("cnncalc.aside")
        path = self._path(name)
        partial = f"{path.removesuffix(SUFFIX)}.{os.urandom(6).hex()}{PARTIAL}"
        try:
            self._make(os.path.dirname(path))
            with open(partial, "xb", opener=_private) as stream:
                stream.write(_sealed(name, payload))
            os.replace(partial, path)
            self._touched.add(os.path.dirname(path))
        except (OSError, ValueError):
            self._broken = True
            _remove(partial)
        except BaseException:  # Ctrl-C
            _remove(partial)
            raise
        finally:
            sys.audit("cnncalc.back")

    def settle(self) -> None:
        """Remove what was used longest ago from folders that have grown too large."""
        for folder in self._touched:
            try:
                _shrink(folder, LIMIT // len(SHARDS))
            except OSError:
                continue
        self._touched.clear()

    def clean(self) -> int:
        """Remove every entry, and the folder if nothing else is in it; how many there were.

        Raises:
            OSError: something cannot be removed.
        """
        count = 0
        for shard in SHARDS:
            folder = os.path.join(self.folder, shard)
            for path, _ in list(_entries(folder)):
                os.unlink(path)
                count += not path.endswith(PARTIAL)
            _remove_folder(folder)
        for name, content in SIGNS.items():
            path = os.path.join(self.folder, name)
            try:
                if read_regular(path, 1024) == content:
                    os.unlink(path)
            except FileNotFoundError:
                continue
        _remove_folder(self.folder)
        return count

    def _path(self, name: str) -> str:
        return os.path.join(self.folder, name[0], name + SUFFIX)

    def _make(self, shard: str) -> None:
        if os.path.isdir(shard):
            return
        if not os.path.isdir(self.folder):
            os.makedirs(self.folder, 0o700)
            for name, content in SIGNS.items():
                with open(os.path.join(self.folder, name), "xb") as stream:
                    stream.write(content)
        os.makedirs(shard, 0o700, exist_ok=True)


def _note_use(path: str) -> None:
    try:
        if time.time() - os.stat(path).st_mtime > USED:
            os.utime(path)
    except OSError:  # a folder to read only
        pass


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _sealed(name: str, payload: bytes) -> bytes:
    return b"".join((MAGIC, digest([name.encode(), payload]).encode(), payload))


def _entries(folder: str) -> Iterator[tuple[str, os.stat_result]]:
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.endswith((SUFFIX, PARTIAL)) and entry.is_file(follow_symlinks=False):
                    yield entry.path, entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return


def _shrink(folder: str, limit: int) -> None:
    sizes = [(s.st_mtime, -(-s.st_size // BLOCK) * BLOCK, path) for path, s in _entries(folder)]
    total = sum(size for _, size, _ in sizes)
    if total <= limit:
        return
    for _, size, path in sorted(sizes):
        _remove(path)
        total -= size
        if total <= limit * 3 // 4:  # not again at once
            return


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except (OSError, ValueError):
        pass


def _remove_folder(path: str) -> None:
    try:
        os.rmdir(path)
    except OSError:  # something else is in it, or it is not there
        pass
