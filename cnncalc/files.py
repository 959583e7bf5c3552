"""Writing files whole or not at all."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from stat import S_ISBLK, S_ISCHR, S_ISFIFO

from cnncalc.errors import UsageError


def write_atomically(path: str, data: bytes) -> None:
    """Write a file so that the old content remains until the new file is complete.

    A link is followed; the mode of an existing file is kept. A device or a pipe, such as ``/dev/null``, stays what it
    is and is written to.

    Raises:
        UsageError: it cannot be written.
    """
    name = ""
    sys.audit("cnncalc.write", path, data)  # the cache listens, and looks aside
    sys.audit("cnncalc.aside")
    try:
        if _takes_a_stream(path):
            with open(path, "wb") as stream:
                stream.write(data)
            return
        target = Path(path).resolve()
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:40]}.", suffix=".tmp")
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(name, target.stat().st_mode & 0o7777 if target.exists() else 0o666 & ~_umask())
        os.replace(name, target)
    except (OSError, ValueError, RuntimeError) as error:
        if name:
            Path(name).unlink(missing_ok=True)
        raise UsageError(f"cannot write {path}: {getattr(error, 'strerror', None) or error}") from None
    finally:
        sys.audit("cnncalc.back")


def _takes_a_stream(path: str) -> bool:
    """Whether a path is a device or a pipe, which no file may replace."""
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return False
    return S_ISCHR(mode) or S_ISBLK(mode) or S_ISFIFO(mode)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
