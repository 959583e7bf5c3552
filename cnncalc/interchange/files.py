"""Files of every kind as documents: specs, and models of other programs, which are told apart by their content."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from cnncalc.errors import Source, UsageError
from cnncalc.reading.text import files

if TYPE_CHECKING:
    from cnncalc.reading.text.nodes import Document

HEAD = 1 << 16  # bytes that say what a file is


class Kind(NamedTuple):
    """A kind of model file: the module in this package whose ``text_of`` converts it, and how its content begins."""

    module: str
    what: str
    begins: re.Pattern[bytes]
    suffix: str  # of files whose content does not say it, because they are damaged


KINDS = (
    Kind("onnx", "an ONNX model", re.compile(rb"\x08[\x01-\x20](?=[\x12\x1a\x22\x28\x32\x3a\x42])"), ".onnx"),
)


def read_spec(reference: str, *, whole: bool = False) -> tuple[Document, str | None]:
    """Read the document that a reference names, which may be a model file; see ``reading.text.files.read_spec``."""
    return files.read_spec(reference, whole=whole, convert=converted)


def read_any(source: str | os.PathLike[str] | Mapping[str, Any]) -> tuple[Document, str | None]:
    """Read a document from a path, a shipped name, text or Python data; the path may be that of a model file."""
    return files.read_any(source, convert=converted)


def converted(path: str, variant: str) -> tuple[Source, str] | None:
    """Return the spec of a model file as text, and the variant that is left; None if it is not a model file.

    Raises:
        SpecError: it is damaged, or has a part that cannot be imported.
    """
    kind = kind_of(path)
    if kind is None:
        return None
    text, left = import_module(f"cnncalc.interchange.{kind.module}").text_of(path, variant)
    return Source(path, text), left


def spec_of(path: str, *, flat: bool = False) -> str:
    """Return the spec of a model file as text, folded unless it is to be ``flat``.

    Raises:
        UsageError: it is not a model file of a kind that is known.
        SpecError: it is damaged, or has a part that cannot be imported.
    """
    kind = kind_of(path)
    if kind is None:
        known = ", ".join(each.what for each in KINDS)
        found = os.path.isfile(path)
        raise UsageError(f"{path} is not {known}" if found else f"cannot read {path}: there is no such file")
    text, _ = import_module(f"cnncalc.interchange.{kind.module}").text_of(path, "", flat=flat)
    return str(text)


def kind_of(path: str) -> Kind | None:
    """Return the kind of a model file by its content; None for specs, and for what cannot be read."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except (OSError, ValueError):
        return None
    try:
        regular = stat.S_ISREG(os.fstat(descriptor).st_mode)
        head = os.read(descriptor, HEAD) if regular else b""
    except OSError:
        return None
    finally:
        os.close(descriptor)
    return next(
        (kind for kind in KINDS if kind.begins.match(head) or path.lower().endswith(kind.suffix)), None
    )
