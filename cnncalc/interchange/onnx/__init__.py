"""ONNX files: the wire format, the messages, and a rule for each operator.

Only names, shapes and small constants are read. Weights are not, and external files are not opened.
"""

from __future__ import annotations

import mmap
import os
from typing import TYPE_CHECKING

from cnncalc.interchange.refusal import unreadable

if TYPE_CHECKING:
    from cnncalc.interchange.imported import Imported


def text_of(path: str, variant: str, *, flat: bool = False) -> tuple[str, str]:
    """Return the spec of an ONNX file as text.

    Raises:
        SpecError: the file is damaged, or a node cannot be imported.
    """
    from cnncalc.interchange.imported import written

    return written(read(path), flat=flat), variant


def read(path: str) -> Imported:
    """Return the network of an ONNX file.

    Raises:
        SpecError: the file is damaged, or a node cannot be imported.
    """
    try:
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            data: bytes | mmap.mmap = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if size else b""
    except OSError as error:
        raise unreadable(path, f"cannot read the file: {error.strerror}") from None
    return imported(data, path)


def imported(data: bytes | mmap.mmap, name: str) -> Imported:
    """Return the network of an ONNX file's bytes, with free sizes where it has them for every size.

    Raises:
        SpecError: the bytes are damaged, or a node cannot be imported.
    """
    from cnncalc.interchange.onnx.importer import Importer
    from cnncalc.interchange.onnx.model import damaged, read_model
    from cnncalc.interchange.onnx.wire import DamagedFile, viewed

    model = read_model(viewed(data), name)
    try:
        return Importer.best(model)
    except DamagedFile as error:
        raise damaged(name, error) from None


__all__ = ["imported", "read", "text_of"]
