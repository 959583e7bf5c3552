"""Small ONNX files, written with nothing but the tables of fields that the reader has."""

import struct

import numpy as np

from cnncalc.interchange.onnx import messages

FLOAT, INT64 = 1, 7


def varint(value):
    value &= (1 << 64) - 1
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*found, value])


def field(number, wire, payload):
    return varint(number << 3 | wire) + (varint(len(payload)) + payload if wire == 2 else payload)


def encoded(table, message):
    """A message as bytes, from a dict of the names that its table has."""
    found = b""
    for number, (name, kind, repeated) in table.items():
        for value in message.get(name, []) if repeated else [message[name]] if name in message else []:
            if kind == "int":
                found += field(number, 0, varint(value))
            elif kind == "float":
                found += field(number, 5, struct.pack("<f", value))
            elif kind == "double":
                found += field(number, 1, struct.pack("<d", value))
            elif isinstance(kind, str):
                found += field(number, 2, value.encode() if isinstance(value, str) else value)
            else:
                found += field(number, 2, encoded(kind, value))
    return found


def tensor(name, array):
    """A tensor with its numbers inside."""
    array = np.asarray(array)
    kind = INT64 if array.dtype.kind in "iu" else FLOAT
    data = array.astype("<i8" if kind == INT64 else "<f4").tobytes()
    return {"dims": list(array.shape), "data_type": kind, "name": name, "raw": data}


def stored(name, *dims):
    """A tensor whose numbers are in another file."""
    return {
        "dims": list(dims),
        "data_type": FLOAT,
        "name": name,
        "location": 1,
        "external": [{"key": "location", "value": "w"}],
    }


def value(name, *dims):
    sizes = [{"param": d} if isinstance(d, str) else {"value": d} for d in dims]
    return {"name": name, "type": {"tensor": {"elem_type": FLOAT, "shape": {"dims": sizes}}}}


def attribute(name, given):
    if isinstance(given, np.ndarray):
        return {"name": name, "type": 4, "t": tensor("", given)}
    if isinstance(given, str):
        return {"name": name, "type": 3, "s": given}
    if isinstance(given, float):
        return {"name": name, "type": 1, "f": given}
    if isinstance(given, int):
        return {"name": name, "type": 2, "i": given}
    return {"name": name, "type": 7, "ints": list(given)}


def node(op, inputs, outputs, name="", domain="", **attributes):
    made = {
        "op": op,
        "inputs": (inputs.split(",") if inputs else []),
        "outputs": outputs.split(","),
        "name": name,
        "domain": domain,
    }
    return made | {"attributes": [attribute(key, given) for key, given in attributes.items()]}


def model(
    nodes, initializers=(), inputs=(("x", 1, 3, 8, 8),), outputs=("y",), opset=17, values=(), functions=()
):
    """The bytes of a model; ``values`` are stated shapes."""
    graph = {
        "nodes": [encoded(messages.NODE, each) for each in nodes],
        "name": "net",
        "initializers": [encoded(messages.TENSOR, each) for each in initializers],
        "inputs": [value(*each) for each in inputs],
        "outputs": [{"name": name} if isinstance(name, str) else value(*name) for name in outputs],
        "values": [value(*each) for each in values],
    }
    whole = {
        "ir_version": 8,
        "producer": "test",
        "graph": graph,
        "opsets": [{"version": opset}],
        "functions": list(functions),
    }
    return encoded(messages.MODEL, whole)
