"""An ONNX file as nodes, initializers and stated shapes. Weights stay where they are; external files are not opened."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from cnncalc.errors import SpecError
from cnncalc.interchange.onnx.messages import INITIALIZER, MODEL, NODE, TENSOR
from cnncalc.interchange.onnx.wire import DamagedFile, Message, Span, decode
from cnncalc.interchange.refusal import unreadable

MOST_NODES = 100_000
MOST_READ = 1 << 16  # elements of a constant that is read
OPSETS = range(7, 28)
OURS = ("", "ai.onnx")
_DTYPES = {
    1: "<f4",
    2: "u1",
    3: "i1",
    4: "<u2",
    5: "<i2",
    6: "<i4",
    7: "<i8",
    9: "?",
    10: "<f2",
    11: "<f8",
    12: "<u4",
    13: "<u8",
}
_STORED = {1: "floats", 6: "ints32", 7: "ints64", 11: "doubles"}

Size = int | str | None  # a number, a name, or not stated


class Operation(NamedTuple):
    """A node of the graph: an operator, the names of its inputs and outputs, its attributes, and where it stands."""

    number: int
    op: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any]
    name: str = ""
    scopes: tuple[str, ...] = ()
    domain: str = ""

    def get(self, name: str, default: Any = None) -> Any:
        return self.attributes.get(name, default)

    def __str__(self) -> str:
        label = f" '{self.name[:80]}'" if self.name else ""
        return f"node {self.number}{label} ({self.domain + '.' if self.domain else ''}{self.op})"


class Initializer(NamedTuple):
    """A stored tensor; its numbers are read only if they say something about shapes."""

    name: str
    dims: tuple[int, ...]
    data_type: int
    span: Span
    external: Mapping[str, str] | None = None

    @property
    def size(self) -> int:
        return int(np.prod(self.dims, dtype=object))


class Model(NamedTuple):
    """What a file says of a network."""

    name: str
    producer: str
    opset: int
    operations: tuple[Operation, ...]
    initializers: Mapping[str, Initializer]
    inputs: Mapping[str, tuple[Size, ...] | None]
    outputs: tuple[str, ...]
    stated: Mapping[str, tuple[Size, ...]]
    data: memoryview

    def array(self, stored: Initializer) -> np.ndarray | None:
        """Return the numbers of a small stored tensor; None if it is large, or in another file, or of another kind."""
        if stored.external is not None or stored.size > MOST_READ:
            return None
        return array_of(decode(TENSOR, self.data, *stored.span), self.data)


def array_of(tensor: Message, data: memoryview) -> np.ndarray | None:
    """Return the numbers of a tensor's message; None if they are not there or of a kind that is not read.

    Raises:
        DamagedFile: they are not as many as its shape says.
    """
    kind, dims = tensor.get("data_type", 0), _dims(tensor)
    if kind not in _DTYPES or tensor.get("location") == 1 or min(dims, default=1) < 0:
        return None
    if "raw" in tensor:
        raw = tensor["raw"]
        flat = (
            np.frombuffer(data[raw.start : raw.end], _DTYPES[kind])
            if len(raw) % np.dtype(_DTYPES[kind]).itemsize == 0
            else None
        )
    else:
        flat = np.array(tensor[_STORED.get(kind, "ints32")]).astype(_DTYPES[kind])
    size = int(np.prod(dims, dtype=object))
    if flat is None or flat.size != size:
        have = "?" if flat is None else flat.size
        raise DamagedFile(
            f"the tensor '{tensor.get('name', '')[:40]}' has {have} numbers for the shape {list(dims)}", 0
        )
    return flat.reshape(dims)


def _dims(message: Message) -> tuple[int, ...]:
    return tuple(message["dims"])


def read_model(data: memoryview, name: str) -> Model:
    """Read the structure of an ONNX file.

    Raises:
        SpecError: the bytes are damaged, or no graph that can be read: too many nodes, an unknown operator set.
    """
    try:
        return _read(data, name)
    except DamagedFile as error:
        raise damaged(name, error) from None


def damaged(name: str, error: DamagedFile) -> SpecError:
    """Return the error that says where a file is damaged, and what to do."""
    help = "export it again; if it was downloaded, compare its size with the original"
    return unreadable(name, f"the ONNX file is damaged: {error}", help)


def _read(data: memoryview, name: str) -> Model:
    message = decode(MODEL, data, 0, len(data))
    graph = message.get("graph")
    if graph is None:
        raise unreadable(name, "the file has no ONNX graph")
    if len(graph["nodes"]) > MOST_NODES:
        raise unreadable(
            name, f"the graph has {len(graph['nodes']):,} nodes; at most {MOST_NODES:,} are read"
        )
    opset = next((o.get("version", 1) for o in message["opsets"] if o.get("domain", "") in OURS), 0)
    if opset not in OPSETS:
        known = f"{OPSETS.start} to {OPSETS.stop - 1}"
        raise unreadable(
            name,
            f"the file uses operator set {opset}, and {known} are known",
            "convert it with onnx.version_converter",
        )
    stored = [_initializer(data, span) for span in graph["initializers"]]
    initializers = {each.name: each for each in stored}
    operations = tuple(
        _operation(i, decode(NODE, data, *span), data) for i, span in enumerate(graph["nodes"])
    )
    operations = _inlined(operations, message["functions"], data, name)
    inputs = {v.get("name", ""): _sizes(v) for v in graph["inputs"] if v.get("name", "") not in initializers}
    values = [*graph["values"], *graph["outputs"]]
    stated = {v.get("name", ""): sizes for v in values if (sizes := _sizes(v)) is not None}
    outputs = tuple(v.get("name", "") for v in graph["outputs"])
    producer = f"{message.get('producer', '')} {message.get('producer_version', '')}".strip()
    return Model(
        _stem(name) if graph.get("name", "") in GENERIC else graph["name"],
        producer,
        opset,
        operations,
        initializers,
        inputs,
        outputs,
        stated,
        data,
    )


#: names of graphs that say nothing
GENERIC = ("", "main_graph", "torch_jit", "torch-jit-export", "graph", "g")


def _stem(name: str) -> str:
    """Return the name of a file without folder and suffix."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return last.removesuffix(".onnx") or name


def _initializer(data: memoryview, span: Span) -> Initializer:
    message = decode(INITIALIZER, data, *span)
    external = None
    if message.get("location") == 1:
        external = {entry.get("key", ""): entry.get("value", "") for entry in message["external"]}
    dims = _dims(message)
    if min(dims, default=1) < 0:
        raise DamagedFile(f"the initializer '{message.get('name', '')[:40]}' has a negative size", span.start)
    return Initializer(message.get("name", ""), dims, message.get("data_type", 0), span, external)


def _sizes(value: Message) -> tuple[Size, ...] | None:
    shape = value.get("type", {}).get("tensor", {}).get("shape")
    if shape is None:
        return None
    return tuple(_size(dim) for dim in shape["dims"])


def _size(dim: Message) -> Size:
    if dim.get("value", 0) > 0:
        return int(dim["value"])
    return dim.get("param") or None


def _operation(index: int, message: Message, data: memoryview) -> Operation:
    attributes = {a.get("name", ""): _attribute(a, data) for a in message["attributes"]}
    metadata = {entry.get("key", ""): entry.get("value", "") for entry in message["metadata"]}
    domain = message.get("domain", "")
    return Operation(
        index, message.get("op", ""), tuple(message["inputs"]), tuple(message["outputs"]), attributes,
        message.get("name", ""), _scopes(metadata.get("pkg.torch.onnx.name_scopes", "")), "" if domain in OURS else domain,
    )  # fmt: skip


_ATTRIBUTES = {1: "f", 2: "i", 3: "s", 4: "t", 5: "g", 6: "floats", 7: "ints", 8: "strings"}


def _attribute(message: Message, data: memoryview) -> Any:
    if "ref" in message:
        return Reference(message["ref"])
    kind = _ATTRIBUTES.get(message.get("type", 0))
    if kind is None:
        kind = next((k for k in _ATTRIBUTES.values() if message.get(k)), "i")
    if kind == "t":
        return array_of(message["t"], data) if "t" in message else None
    return message.get(kind, {"f": 0.0, "i": 0, "s": ""}.get(kind))


class Reference(NamedTuple):
    """An attribute of the function that a node stands in."""

    name: str


def _scopes(text: str) -> tuple[str, ...]:
    """Return the names of the modules around a node: torch writes them as a list of text."""
    try:
        found = json.loads(text.replace("'", '"')) if text else []
    except ValueError:
        return ()
    return tuple(part for part in found if isinstance(part, str)) if isinstance(found, list) else ()


def _inlined(
    operations: tuple[Operation, ...], functions: list[Message], data: memoryview, name: str
) -> tuple[Operation, ...]:
    """Return the nodes with calls of the file's own functions replaced by their bodies."""
    bodies = {(f.get("domain", ""), f.get("name", "")): f for f in functions}
    for _ in range(16):
        if not any((o.domain, o.op) in bodies for o in operations):
            return operations
        found: list[Operation] = []
        for operation in operations:
            body = bodies.get((operation.domain, operation.op))
            found += [operation] if body is None else _body(operation, body, data, len(found))
            if len(found) > MOST_NODES:
                break
        operations = tuple(o._replace(number=i) for i, o in enumerate(found))
    raise unreadable(name, "the functions of the file call each other without end, or too often")


def _body(call: Operation, function: Message, data: memoryview, at: int) -> list[Operation]:
    given = dict(zip(function["inputs"], call.inputs, strict=False)) | dict(
        zip(function["outputs"], call.outputs, strict=False)
    )
    attributes = {a.get("name", ""): _attribute(a, data) for a in function["defaults"]} | dict(
        call.attributes
    )

    def renamed(name: str) -> str:
        return given.get(name) or (
            f"{call.outputs[0] if call.outputs else call.name}/{at}/{name}" if name else ""
        )

    inner = []
    for message in function["nodes"]:
        operation = _operation(0, message, data)
        own = {
            k: attributes.get(v.name) if isinstance(v, Reference) else v
            for k, v in operation.attributes.items()
        }
        inner.append(
            operation._replace(
                inputs=tuple(map(renamed, operation.inputs)),
                outputs=tuple(map(renamed, operation.outputs)),
                attributes={k: v for k, v in own.items() if v is not None},
                name=call.name or operation.name,
                scopes=call.scopes or operation.scopes,
            )
        )
    return inner


__all__ = ["Initializer", "Model", "Operation", "array_of", "read_model"]
