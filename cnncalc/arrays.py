"""Arrays in files: ``.npy`` inputs and outputs, ``.npz`` weights. Nothing is unpickled."""

from __future__ import annotations

import os
import stat
import zipfile
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any, cast

import numpy as np

from cnncalc.errors import UsageError
from cnncalc.files import write_atomically
from cnncalc.kernels.work import Array

MEMORY_OF_CGROUP = "/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"


def _refuse_special(path: str) -> None:
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot read {path}: {getattr(error, 'strerror', None) or error}") from None
    if not stat.S_ISREG(mode):
        raise UsageError(f"cannot read {path}: it is not a regular file")


def read_npy(path: str) -> Array:
    """Map an array in a ``.npy`` file into memory without loading it.

    Raises:
        UsageError: the file cannot be read or is not an array.
    """
    _refuse_special(path)
    try:
        return cast("Array", np.lib.format.open_memmap(path, mode="r"))
    except (OSError, ValueError, EOFError) as error:
        raise UsageError(f"cannot read {path}: {_reason(error)}") from None


def _reason(error: Exception) -> str:
    text = (getattr(error, "strerror", None) or str(error)).splitlines()
    return text[0][:200] if text else "it is not a NumPy array"


class WeightFile(Mapping[str, Array]):
    """The arrays of a ``.npz`` file, each loaded when it is asked for; ``shapes`` are read at once.

    Raises:
        UsageError: the file cannot be read or holds something else than arrays.
    """

    def __init__(self, path: str) -> None:
        _refuse_special(path)
        self.path = path
        self.shapes: dict[str, tuple[int, ...]] = {}
        try:
            self.archive = zipfile.ZipFile(path)
            for member in self.archive.namelist():
                with self.archive.open(member) as stream:
                    version = np.lib.format.read_magic(stream)
                    read = {
                        (1, 0): np.lib.format.read_array_header_1_0,
                        (2, 0): np.lib.format.read_array_header_2_0,
                    }
                    shape, _, dtype = read[version](stream)
                if dtype.hasobject:
                    raise ValueError(f"'{member}' holds Python objects")
                self.shapes[member.removesuffix(".npy")] = shape
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise UsageError(f"cannot read {path}: {_reason(error)}") from None

    def __getitem__(self, name: str) -> Array:
        try:
            with self.archive.open(f"{name}.npy") as stream:
                array: Array = np.lib.format.read_array(stream, allow_pickle=False)
                return array
        except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
            raise UsageError(f"cannot read '{name}' in {self.path}: {_reason(error)}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self.shapes)

    def __len__(self) -> int:
        return len(self.shapes)


def write_arrays(path: str, arrays: Mapping[str, Array]) -> None:
    """Write arrays by name as ``.npz``, or the only one as ``.npy``, whole or not at all.

    Raises:
        UsageError: the file cannot be written.
    """
    stream = BytesIO()
    if path.endswith(".npz"):
        with zipfile.ZipFile(stream, "w") as archive:  # np.savez cannot name an array 'file'
            for name, array in arrays.items():
                with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                    np.lib.format.write_array(member, np.ascontiguousarray(array), allow_pickle=False)
    else:
        (array,) = arrays.values()
        np.save(stream, np.ascontiguousarray(array), allow_pickle=False)
    write_atomically(path, stream.getvalue())


def free_memory() -> int | None:
    """Return the bytes that this process may still use; None if the system does not say."""
    known = [n for n in (_available(), _left_of_cgroup()) if n is not None]
    return min(known, default=None)


def _available() -> int | None:
    try:
        lines = Path("/proc/meminfo").read_text("ascii").splitlines()
        found = next(line for line in lines if line.startswith("MemAvailable:"))
        return int(found.split()[1]) * 1024
    except (OSError, ValueError, StopIteration):
        pass
    sysconf: Any = getattr(os, "sysconf", None)
    try:
        return int(sysconf("SC_PHYS_PAGES")) * int(sysconf("SC_PAGE_SIZE")) if sysconf else None
    except (OSError, ValueError):
        return None


def _left_of_cgroup() -> int | None:
    try:
        limit, used = (Path(p).read_text("ascii").strip() for p in MEMORY_OF_CGROUP)
        return int(limit) - int(used)
    except (OSError, ValueError):
        return None
