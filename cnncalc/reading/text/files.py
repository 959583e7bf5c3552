"""From a path, a shipped name, text or a dict to a document."""

from __future__ import annotations

import os
import re
import stat
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeGuard

from cnncalc.errors import CnncalcError, Mark, Place, Problem, Source, SpecError, UsageError
from cnncalc.reading import foreign
from cnncalc.reading.text.nodes import Builder, Document, mark_at, problem
from cnncalc.reading.text.shipped import members, shipped_file

if TYPE_CHECKING:
    from collections.abc import Mapping


class Syntax(NamedTuple):
    """A syntax of specs: the module beside this one whose ``read_into`` feeds a ``Builder``, and its files."""

    module: str
    suffixes: tuple[str, ...]
    limit: int  # bytes


YAML = Syntax("yaml", (".yaml", ".yml"), 1 << 20)
JSON = Syntax("json", (".json",), 4 << 20)
SYNTAXES = (YAML, JSON)
SUFFIXES = tuple(suffix for syntax in SYNTAXES for suffix in syntax.suffixes)
LARGEST = max(syntax.limit for syntax in SYNTAXES)


def syntax_of(path: str) -> Syntax:
    """The syntax of a file, by its name; YAML where that does not say."""
    return next((syntax for syntax in SYNTAXES if path.endswith(syntax.suffixes)), YAML)


class MissingFile(UsageError):
    """A file that does not exist, as far as can be determined."""


def read_bytes(data: bytes, reference: str, path: str) -> Document:
    """Parse a file's bytes into a document; ``reference`` is its name in messages.

    Raises:
        SpecError: they are too many, or no valid YAML or JSON.
    """
    syntax = syntax_of(path)
    if len(data) > syntax.limit:
        raise SpecError([_too_large(reference, syntax.limit)])
    return read(Source(reference, _decode(data, reference)), syntax)


#: what turns a file that is not a spec into one: given its path and a variant, the text and the variant that is left
Convert = Callable[[str, str], "tuple[Source, str] | None"]


def read_spec(
    reference: str, *, whole: bool = False, convert: Convert | None = None
) -> tuple[Document, str | None]:
    """Read the document that ``reference`` names. Return it with the requested variant.

    ``reference`` is a path, ``path@variant``, ``-``, or the name of a shipped spec or variant. With
    ``whole`` it may be that of a shipped family, none of whose members is the one that is meant. ``convert`` is
    asked first whether the file is a model of another program.

    Raises:
        UsageError: there is no such file, or it is a family.
        SpecError: the file is no valid YAML or JSON.
    """
    path, _, variant = reference.rpartition("@") if "@" in reference else (reference, "", "")
    if reference == "-":
        return read_text(_decode(standard_input(), "<stdin>"), "<stdin>"), None
    if os.path.lexists(reference) or not variant:
        path, variant = reference, ""
    if not os.path.lexists(path) and not _looks_like_path(path):
        name, (path, found) = path, shipped_file(path)
        variant = variant or found
        if not variant and not whole and (known := members(name)):
            raise UsageError(f"{name} is a family: name one of {', '.join(known)}")
    if convert is not None and (converted := convert(path, variant)) is not None:
        return read(converted[0], YAML), converted[1] or None
    if (what := foreign.SUFFIXES.get(Path(path).suffix.lower())) is not None:
        raise UsageError(
            f"{path} is {what}: cnncalc reads specs in YAML or JSON, and ONNX files: export the model to ONNX"
        )
    syntax = syntax_of(path)
    return read(Source(path, _decode(_read(path, syntax.limit), path)), syntax), variant or None


def read_any(
    source: str | os.PathLike[str] | Mapping[str, Any], *, convert: Convert | None = None
) -> tuple[Document, str | None]:
    """Read a document from a path, a shipped name, text or Python data. Return it with the requested variant.

    Raises:
        UsageError: there is no such file.
        SpecError: it is no valid YAML or JSON.
    """
    if not isinstance(source, str | os.PathLike):
        return read_mapping(source), None
    if isinstance(source, str) and not names_file(source):
        return read_text(source), None
    return read_spec(os.fspath(source), convert=convert)


def names_file(source: object) -> TypeGuard[str | os.PathLike[str]]:
    """Whether it is a path or a name, not the text of a spec or data."""
    if isinstance(source, str):
        return "\n" not in source and not source.lstrip().startswith("{")
    return isinstance(source, os.PathLike)


def read_raw(reference: str) -> tuple[str, str, Callable[[str], bytes]] | None:
    """A file's path and text, and a function that gives changed text the bytes it had: BOM and line ends.

    None where there is nothing that could be rewritten.
    """
    path = reference.rpartition("@")[0] if "@" in reference and not os.path.lexists(reference) else reference
    if path == "-" or not os.path.isfile(path):
        return None
    try:
        return path, *raw_text(_read(path, LARGEST), path)
    except CnncalcError:
        return None


def raw_text(data: bytes, name: str) -> tuple[str, Callable[[str], bytes]]:
    """The text that bytes are, and a function that gives changed text the bytes it had: BOM and line ends.

    Raises:
        SpecError: they are not text.
    """
    text = _decode(data, name)
    start = next((bom for bom in (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff") if data.startswith(bom)), b"")
    encoding = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}.get(start, "utf-8")
    newline = "\r\n" if "\r\n" in data.decode(encoding, "replace") else "\n"
    return text, lambda changed: start + changed.replace("\n", newline).encode(encoding)


def standard_input() -> bytes:
    """Read all of standard input.

    Raises:
        UsageError: it is closed.
        SpecError: it is larger than any spec may be.
    """
    if sys.stdin is None:
        raise UsageError("cannot read standard input: it is closed")
    data = sys.stdin.buffer.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise SpecError([_too_large("<stdin>", LARGEST)])
    return data


def read_text(text: str, name: str = "<text>") -> Document:
    """Parse text as JSON if it looks like JSON, and otherwise as YAML."""
    syntax = JSON if _looks_like_json(text) else YAML
    if len(text) > syntax.limit:
        raise SpecError([_too_large(name, syntax.limit)])
    return read(Source(name, text), syntax)


def read_mapping(data: Mapping[str, Any]) -> Document:
    """Convert Python data to a document. Its text, for messages, is the data as JSON."""
    import json

    try:
        text = json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False, default=_plain)
    except (TypeError, ValueError, RecursionError) as error:
        raise SpecError([Problem("C001", f"the data cannot be a spec: {error}", where="<dict>")]) from None
    return read(Source("<dict>", text), JSON)


def plain(value: Any) -> Any:
    """Convert NumPy numbers and arrays to Python numbers and lists."""
    return value.tolist() if hasattr(value, "tolist") else value


def _plain(value: Any) -> Any:
    if (found := plain(value)) is value:
        raise TypeError(f"{type(value).__name__} is not text, a number, a list or a mapping")
    return found


def read(source: Source, syntax: Syntax) -> Document:
    """Parse a text into a document.

    Raises:
        SpecError: the text is not valid, or exceeds a limit.
    """
    builder = Builder(source)
    _refuse_control_characters(source)
    import_module(f"cnncalc.reading.text.{syntax.module}").read_into(source, builder)
    return builder.document()


def _looks_like_json(text: str) -> bool:
    """Whether text without a file name is JSON rather than YAML."""
    return re.match(r'\s*\{\s*["}]', text) is not None


_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")


def _refuse_control_characters(source: Source) -> None:
    found = _CONTROL.search(source.text)
    if found:
        message = f"the character U+{ord(found[0]):04X} is not allowed in text"
        raise problem(source, "C006", message, mark_at(source.text, found.start()))


def _looks_like_path(text: str) -> bool:
    return text.endswith(SUFFIXES) or text.startswith(".") or Path(text).is_absolute()


# --------------------------------------------------------------------------------------- files


def _read(path: str, limit: int) -> bytes:
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a file name"
        refusal = MissingFile if isinstance(error, FileNotFoundError) else UsageError
        raise refusal(f"cannot read {path}: {reason or error}") from None
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        kind = "a folder" if stat.S_ISDIR(mode) else "not a regular file"
        raise UsageError(f"cannot read {path}: it is {kind}")
    with os.fdopen(descriptor, "rb") as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise SpecError([_too_large(path, limit)])
    return data


def _too_large(name: str, limit: int) -> Problem:
    help = "use 'blocks' and 'repeat' for what recurs"
    return Problem("C502", f"the spec is larger than {limit >> 20} MiB", help=help, where=name)


def _decode(data: bytes, name: str) -> str:
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start)
        column = error.start - (data.rfind(b"\n", 0, error.start) + 1)
        source = Source(name, data.decode("utf-8", errors="replace"))
        message = f"the byte {error.object[error.start]:#04x} is not UTF-8"
        place = Place(source, Mark(line, column, line, column + 1))
        raise SpecError([Problem("C006", message, place, help="save the file as UTF-8")]) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")
