"""The wire format of protocol buffers, read in place: what nobody asks for, above all the weights, is never touched.

Source: protobuf.dev/programming-guides/encoding. A message is decoded by a table of its fields; unknown fields are passed
over, as the format demands.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from mmap import mmap
from typing import Any, NamedTuple

VARINT, FIXED64, BYTES, GROUP, GROUP_END, FIXED32 = range(6)
DEEPEST = 64  # messages within messages


class DamagedFile(ValueError):
    """The bytes are not what the format allows; ``offset`` is where."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(f"{message} at byte {offset:,}")
        self.offset = offset


class Span(NamedTuple):
    """Bytes of the file that were not read: from ``start`` to ``end``."""

    start: int
    end: int

    def __len__(self) -> int:
        return self.end - self.start


class Field(NamedTuple):
    """A field of a message: its name, and how its values are read.

    ``kind`` is "int", "float", "double", "text", "bytes" (text that may be damaged), "span", or the table of a message.
    """

    name: str
    kind: Any
    repeated: bool = False


Table = Mapping[int, Field]
Message = dict[str, Any]


def decode(table: Table, data: memoryview, start: int, end: int, depth: int = 0) -> Message:
    """Return the fields of a message that are in its table: the last value of each, or the list of a repeated one.

    Raises:
        DamagedFile: the bytes are not a message, or messages nest too deep.
    """
    if depth > DEEPEST:
        raise DamagedFile(f"messages nest more than {DEEPEST} deep", start)
    found: Message = {field.name: [] for field in table.values() if field.repeated}
    for number, wire, first, last in fields(data, start, end):
        field = table.get(number)
        if field is None:
            continue
        if field.repeated:
            found[field.name].extend(_values(field, wire, data, first, last, depth))
        else:
            found[field.name] = next(iter(_values(field, wire, data, first, last, depth)))
    return found


def fields(data: memoryview, start: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """Yield number and wire type of each field of a message, and where its value is: or the value, of a varint, twice.

    Raises:
        DamagedFile: a field reaches beyond the end, or there is no such wire type.
    """
    at = start
    while at < end:
        begin = at
        key, at = _varint(data, at, end)
        number, wire = key >> 3, key & 7
        if number == 0:
            raise DamagedFile("a field has the number 0", begin)
        if wire == VARINT:
            value, at = _varint(data, at, end)
            yield number, wire, value, value
            continue
        if wire == BYTES:
            length, at = _varint(data, at, end)
        elif wire in (FIXED32, FIXED64):
            length = 4 if wire == FIXED32 else 8
        else:
            raise DamagedFile(f"there is no wire type {wire}", begin)
        if length > end - at:
            raise DamagedFile(f"a field of {length:,} bytes reaches beyond the end", begin)
        yield number, wire, at, at + length
        at += length


def _varint(data: memoryview, at: int, end: int) -> tuple[int, int]:
    value = shift = 0
    for place in range(at, min(end, at + 10)):
        byte = data[place]
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & (1 << 64) - 1, place + 1
        shift += 7
    raise DamagedFile("a number does not end", at)


def _values(field: Field, wire: int, data: memoryview, first: int, last: int, depth: int) -> list[Any]:
    """Return the values of one occurrence: several of a repeated field whose numbers are packed."""
    kind = field.kind
    if kind == "int":
        if wire == VARINT:
            return [_signed(first)]
        if wire == BYTES and field.repeated:
            return list(_packed(data, first, last))
    elif kind in ("float", "double"):
        size, form = (4, "<f") if kind == "float" else (8, "<d")
        if wire == (FIXED32 if kind == "float" else FIXED64) or (
            wire == BYTES and field.repeated and (last - first) % size == 0
        ):
            return [value for (value,) in struct.iter_unpack(form, data[first:last])]
    elif wire == BYTES:
        if kind == "span":
            return [Span(first, last)]
        if kind == "bytes":
            return [str(data[first:last], "utf-8", "replace")]
        if kind == "text":
            return [_text(data, first, last)]
        return [decode(kind, data, first, last, depth + 1)]
    raise DamagedFile(
        f"{field.name} has the wire type {wire}, which it cannot have", first if wire == BYTES else 0
    )


def _packed(data: memoryview, at: int, end: int) -> Iterator[int]:
    while at < end:
        value, at = _varint(data, at, end)
        yield _signed(value)


def _signed(value: int) -> int:
    return value - (1 << 64) if value >> 63 else value


def _text(data: memoryview, first: int, last: int) -> str:
    try:
        return str(data[first:last], "utf-8")
    except UnicodeDecodeError as error:
        raise DamagedFile("a text is not UTF-8", first + error.start) from None


def viewed(buffer: bytes | mmap) -> memoryview:
    """Return bytes or a mapped file as something that is cut without copies."""
    return memoryview(buffer).cast("B")
