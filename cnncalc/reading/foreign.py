"""Names in other frameworks and formats: Keras, TensorFlow, ONNX, Caffe, darknet."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

#: fields, and our names for them
FIELDS = {
    "filters": "out_channels", "num_output": "out_channels", "out_planes": "out_channels",
    "units": "out_features", "kernel": "kernel_size", "kernel_shape": "kernel_size",
    "filter_size": "kernel_size", "pool_size": "kernel_size", "size": "kernel_size",
    "strides": "stride", "pads": "padding", "pad": "padding", "auto_pad": "padding",
    "dilations": "dilation", "dilation_rate": "dilation", "group": "groups", "use_bias": "bias",
    "bias_term": "bias", "rate": "p", "dropout_ratio": "p", "epsilon": "eps",
    "activation": "act", "normalization": "norm", "depth_multiplier": "multiplier",
    "num_groups": "groups", "keepdims": "keepdim", "inputs": "from", "input": "from",
    **dict.fromkeys(("num_filters", "n_filters", "nb_filter", "out_ch"), "out_channels"),
    **dict.fromkeys(("num_units", "n_units", "neurons", "hidden_size", "out_dim"), "out_features"),
    "out_channels": "out_features", "out_features": "out_channels", "scale": "scale_factor", "factor": "scale_factor",
    **dict.fromkeys(("times", "count", "num_repeats"), "repeat"),
    "kernel_sizes": "kernel_size", "window": "kernel_size", "target_shape": "shape", "prob": "p",
    "output_shape": "output_size", "target_size": "output_size", "activation_fn": "act", "dim": "axis",
}  # fmt: skip

#: words for no activation, and for a branch without layers
NOTHING = ("none", "linear", "identity", "null", "nil", "")
PASSING = ("identity",)

#: keys of a spec, and our names for them
KEYS = {
    "input_shape": "input", "input_size": "input", "inputs": "input", "outputs": "output",
    "network": "layers", "architecture": "layers", "modules": "layers",
    "variables": "vars", "parameters": "vars", "params": "vars", "constants": "vars", "title": "name",
}  # fmt: skip

#: fields that are unnecessary here, and why
NEEDLESS = {
    **dict.fromkeys(("in_channels", "in_features", "num_features"), "it follows from the input: leave it out"),
    **dict.fromkeys(("batch_norm", "batchnorm", "bn", "use_bn"), "write norm: batch"),
    "data_format": "shapes are always channels first: leave it out",
    "input_shape": "the input is a key of the spec: 'input: [3, 224, 224]'",
    "padding_mode": "padding is with zeros; for another mode put a layer of type 'pad' before this one",
}  # fmt: skip

#: layer types without their rank, in lower case, and our types with their rank
TYPES = {
    "dense": "linear", "fc": "linear", "fullyconnected": "linear", "innerproduct": "linear", "gemm": "linear",
    "conv": "conv{}", "convolution": "conv{}", "convtranspose": "conv_transpose{}",
    "deconv": "conv_transpose{}", "deconvolution": "conv_transpose{}", "depthwiseconv": "depthwise_conv2d",
    "separableconv": "separable_conv2d", "maxpool": "maxpool{}", "maxpooling": "maxpool{}",
    "averagepool": "avgpool{}", "averagepooling": "avgpool{}", "avgpool": "avgpool{}",
    "globalaveragepool": "global_avgpool", "globalaveragepooling": "global_avgpool", "gap": "global_avgpool",
    "globalmaxpool": "global_maxpool", "globalmaxpooling": "global_maxpool",
    "batchnorm": "batchnorm{}", "batchnormalization": "batchnorm{}", "bn": "batchnorm{}",
    "layernormalization": "layernorm", "groupnormalization": "groupnorm", "localresponsenorm": "lrn",
    "instancenorm": "instancenorm2d", "instancenormalization": "instancenorm2d",
    "dropout": "dropout", "spatialdropout": "dropout", "stochasticdepth": "drop_path",
    "concatenate": "concat", "cat": "concat", "sum": "add", "eltwise": "add", "mul": "multiply",
    "swish": "silu", "depthtospace": "pixel_shuffle", "spacetodepth": "pixel_unshuffle", "cropping": "crop",
    "zeropad": "pad", "zeropadding": "pad", "upsampling": "upsample", "resize": "upsample",
    "transpose": "permute", "affine": "linear", "hswish": "hardswish", "hsigmoid": "hardsigmoid",
    "lrelu": "leaky_relu", "leaky": "leaky_relu", "logistic": "sigmoid",
}  # fmt: skip

#: types that are not layers here, and what to write instead; without a rank, in lower case
HINTS = {
    **dict.fromkeys(("input", "inputlayer"), "the input is a key of the spec: 'input: [3, 224, 224]'"),
    "activation": "name the function itself, such as relu; or write 'act: relu' in the layer before it",
    **dict.fromkeys(("pool", "pooling"), "choose one: maxpool2d, avgpool2d, adaptive_avgpool2d or global_avgpool"),
    **dict.fromkeys(("norm", "normalization"), "choose one: batchnorm2d, layernorm, groupnorm or instancenorm2d"),
    **dict.fromkeys(("adaptivepool", "globalpool"), "choose one: adaptive_avgpool2d, global_avgpool or global_maxpool"),
    **dict.fromkeys(("sequential", "module", "block", "stage"),
                    "a group has no type: write {name: ..., layers: [...]}; reusable layers go under 'blocks'"),
    **dict.fromkeys(("residual", "residualblock", "resblock", "basicblock", "bottleneck"),
                    "a residual block is an add of two branches: {type: add, branches: [[...], []]}"),
    "shortcut": "a shortcut is {type: add, from: [NAME, prev]}",
    **dict.fromkeys(("route", "merge"), "to join tensors write {type: concat, from: [NAME, prev]}, or type add"),
    "output": "the output is a key of the spec: 'output: NAME'; the last layer by default",
}  # fmt: skip

#: operations that have no rule here, in lower case; they are not misspellings of other types
WITHOUT_RULE = frozenset((
    "attention", "selfattention", "multiheadattention", "mha", "transformer", "transformerencoderlayer", "lstm",
    "gru", "rnn", "simplernn", "convlstm", "bilstm", "einsum", "matmul", "embedding", "roialign", "roipool",
    "deformconv", "gridsample", "fft", "nms", "anchor", "lambda", "custom", "view", "gather", "topk", "split",
))  # fmt: skip
OPAQUE = (
    "'cnncalc rule C103' lists the types; an operation that they lack can be declared:"
    " {type: opaque, output: [...], params: 0, macs: 0}"
)

#: words in fields, and our words for them
WORDS = {"same_upper": "same", "zero": "valid", "none": "valid"}

#: files that are not specs, by the ending of their name
SUFFIXES = {
    ".tflite": "a TensorFlow Lite model", ".pb": "a TensorFlow graph",
    **dict.fromkeys((".pt", ".pth", ".ckpt", ".safetensors"), "weights of PyTorch"),
    **dict.fromkeys((".h5", ".hdf5", ".keras"), "a Keras model"),
    **dict.fromkeys((".py", ".ipynb"), "a Python program"),
    **dict.fromkeys((".prototxt", ".caffemodel"), "a Caffe model"),
}  # fmt: skip

#: files of other programs, by their top-level keys
FILES = {
    "an Ultralytics model": ({"backbone", "head"}, {"nc", "scales", "depth_multiple", "anchors"}),
    "a Keras model": ({"class_name", "config"}, {"keras_version", "backend", "module", "config"}),
    "a Hugging Face configuration": (
        {"model_type"},
        {"architectures", "transformers_version", "torch_dtype"},
    ),
}


def without_rank(name: str) -> str:
    """A type's name in small letters, without what leads to it, underscores and its rank: ``nn.Conv2d``, conv."""
    return re.sub("[123]d", "", re.sub(r"[\s_-]", "", name.lower().rpartition(".")[2]))


def other_file(keys: Collection[str]) -> str | None:
    """What a file with these keys at its top is, if another program's."""
    return next(
        (what for what, (all_of, some) in FILES.items() if all_of <= {*keys} and some & {*keys}), None
    )


def our_type(name: str, known: Iterable[str]) -> str | None:
    """The layer type that another framework calls ``name``."""
    word = re.sub(r"[\s_-]", "", name.lower().rpartition(".")[2])  # nn.Conv2d, keras.layers.Conv2D
    types = {ours.replace("_", ""): ours for ours in known}
    rank = re.search("[123]d", word)
    ours = TYPES.get(word.replace(rank[0], "", 1) if rank else word, "").format(rank[0] if rank else "2d")
    return types.get(word) or types.get(ours.replace("_", ""))
