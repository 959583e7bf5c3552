"""A cnncalc graph as an ONNX model, by way of torch."""

import io
import warnings

import numpy as np
import onnx
import torch

from tests.oracle.torch_graph import Network


class _First(torch.nn.Module):
    def __init__(self, graph):
        super().__init__()
        self.network = Network(graph)

    def forward(self, *inputs):
        return next(iter(self.network.outputs(*inputs).values()))


def exported(graph):
    """The model, and random inputs for it by name."""
    inputs = tuple(torch.randn(1, *n.output) for n in graph.inputs)
    stream = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(_First(graph).eval(), inputs, stream, dynamo=False, opset_version=17)
    model = onnx.load_from_string(stream.getvalue())
    names = [i.name for i in model.graph.input]
    return model, {n: np.asarray(x) for n, x in zip(names, inputs, strict=False)}
