"""What is at a path, as bytes to compare: whether a run would find the same there again."""

from __future__ import annotations

import os
from stat import S_IFMT, S_ISDIR, S_ISLNK, S_ISREG

from cnncalc.cache.store import digest, read_regular

READ = 5 << 20  # bytes of a file; no spec has more
KEPT = 2 * 10**9  # nanoseconds: a file that changed later than this before now may do so again unnoticed
stat, lstat, readlink = os.stat, os.lstat, os.readlink  # themselves, also while a run is watched


class Untold(Exception):
    """A state that cannot be told."""


def state(path: bytes, *, deep: bool) -> bytes:
    """What is at a path: its kind, where a link leads, and with ``deep`` the content of a file or folder.

    Raises:
        Untold: a file is too large.
    """
    said = b""
    try:
        mode = lstat(path).st_mode
        if S_ISLNK(mode):
            said = b"link " + readlink(path) + b" "
            mode = stat(path).st_mode
        if deep and S_ISDIR(mode):
            said += _listing(path)
        elif deep and S_ISREG(mode):
            said += _content(path)
    except OSError as error:
        return said + b"error %d" % (error.errno or 0)
    except ValueError:
        return b"no path"
    return b"%s%o" % (said, S_IFMT(mode))


def _content(path: bytes) -> bytes:
    data = read_regular(path, READ)
    if data is None or len(data) > READ:
        raise Untold
    return digest([data]).encode()


def _listing(path: bytes) -> bytes:
    with os.scandir(path) as entries:
        names = sorted(b"%s/%d%d%d" % (e.name, e.is_dir(), e.is_file(), e.is_symlink()) for e in entries)
    return digest(names).encode()


def signature(path: bytes) -> bytes:
    """By what a regular file can be seen not to have changed without reading it; empty for what is something else."""
    try:
        status = lstat(path)
    except (OSError, ValueError):
        return b""
    if not S_ISREG(status.st_mode):
        return b""
    return b"%d %d %d %d" % (status.st_ino, status.st_mtime_ns, status.st_ctime_ns, status.st_size)


def settled(path: bytes, now: int) -> bool:
    """Whether a file changed so long ago that another change would show in its times."""
    try:
        status = lstat(path)
    except (OSError, ValueError):
        return False
    return now - max(status.st_mtime_ns, status.st_ctime_ns) > KEPT


def answer(code: int, out: bytes, err: bytes) -> bytes:
    """What a process said."""
    return digest([b"%d" % code, out, err]).encode()
