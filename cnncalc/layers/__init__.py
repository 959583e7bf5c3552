"""Layer types, one file each (ranks of one type together). None imports another."""

#: words that ``norm`` takes beside the names of types; the rank of a type that has one follows from the tensor
NORMS = {
    "batch": "batchnorm", "layer": "layernorm", "group": "groupnorm",
    "instance": "instancenorm2d", "local_response": "lrn",
}  # fmt: skip
