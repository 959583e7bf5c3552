"""The messages of ``onnx.proto`` and their fields, as far as shapes and counts need them.

Source: github.com/onnx/onnx, ``onnx/onnx.proto3`` (IR version 13). Numbers of fields never change.
"""

from __future__ import annotations

from cnncalc.interchange.onnx.wire import Field, Table

_ENTRY: Table = {1: Field("key", "text"), 2: Field("value", "text")}
_DIMENSION: Table = {1: Field("value", "int"), 2: Field("param", "text")}
_SHAPE: Table = {1: Field("dims", _DIMENSION, repeated=True)}
_TENSOR_TYPE: Table = {1: Field("elem_type", "int"), 2: Field("shape", _SHAPE)}
_TYPE: Table = {1: Field("tensor", _TENSOR_TYPE)}
_VALUE: Table = {1: Field("name", "text"), 2: Field("type", _TYPE)}
TENSOR: Table = {
    1: Field("dims", "int", repeated=True),
    2: Field("data_type", "int"),
    4: Field("floats", "float", repeated=True),
    5: Field("ints32", "int", repeated=True),
    7: Field("ints64", "int", repeated=True),
    8: Field("name", "text"),
    9: Field("raw", "span"),
    10: Field("doubles", "double", repeated=True),
    13: Field("external", _ENTRY, repeated=True),
    14: Field("location", "int"),
}
#: an initializer's numbers may be many: where they are is enough
INITIALIZER: Table = {
    1: Field("dims", "int", repeated=True),
    2: Field("data_type", "int"),
    8: Field("name", "text"),
    13: Field("external", _ENTRY, repeated=True),
    14: Field("location", "int"),
}
_SPARSE: Table = {1: Field("values", INITIALIZER), 3: Field("dims", "int", repeated=True)}
ATTRIBUTE: dict[int, Field] = {
    1: Field("name", "text"),
    2: Field("f", "float"),
    3: Field("i", "int"),
    4: Field("s", "bytes"),
    5: Field("t", TENSOR),
    7: Field("floats", "float", repeated=True),
    8: Field("ints", "int", repeated=True),
    9: Field("strings", "bytes", repeated=True),
    20: Field("type", "int"),
    21: Field("ref", "text"),
}
NODE: Table = {
    1: Field("inputs", "text", repeated=True),
    2: Field("outputs", "text", repeated=True),
    3: Field("name", "text"),
    4: Field("op", "text"),
    5: Field("attributes", ATTRIBUTE, repeated=True),
    7: Field("domain", "text"),
    9: Field("metadata", _ENTRY, repeated=True),
}
GRAPH: Table = {
    1: Field("nodes", "span", repeated=True),
    2: Field("name", "text"),
    5: Field("initializers", "span", repeated=True),
    11: Field("inputs", _VALUE, repeated=True),
    12: Field("outputs", _VALUE, repeated=True),
    13: Field("values", _VALUE, repeated=True),
    15: Field("sparse", _SPARSE, repeated=True),
}
ATTRIBUTE[6] = Field("g", GRAPH)
_OPSET: Table = {1: Field("domain", "text"), 2: Field("version", "int")}
FUNCTION: Table = {
    1: Field("name", "text"),
    4: Field("inputs", "text", repeated=True),
    5: Field("outputs", "text", repeated=True),
    6: Field("attributes", "text", repeated=True),
    7: Field("nodes", NODE, repeated=True),
    10: Field("domain", "text"),
    11: Field("defaults", ATTRIBUTE, repeated=True),
}
MODEL: Table = {
    1: Field("ir_version", "int"),
    2: Field("producer", "text"),
    3: Field("producer_version", "text"),
    7: Field("graph", GRAPH),
    8: Field("opsets", _OPSET, repeated=True),
    25: Field("functions", FUNCTION, repeated=True),
}
#: bytes of an element, by data type
ITEM_BYTES = {
    1: 4,
    2: 1,
    3: 1,
    4: 2,
    5: 2,
    6: 4,
    7: 8,
    9: 1,
    10: 2,
    11: 8,
    12: 4,
    13: 8,
    14: 8,
    15: 16,
    16: 2,
}
