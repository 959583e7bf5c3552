"""Names that other frameworks and formats have: Keras, TensorFlow, ONNX, Caffe, darknet."""

from __future__ import annotations

import re
from collections.abc import Iterable

#: fields, and ours
FIELDS = {
    "filters": "out_channels", "num_output": "out_channels", "out_planes": "out_channels",
    "units": "out_features", "kernel": "kernel_size", "kernel_shape": "kernel_size",
    "filter_size": "kernel_size", "pool_size": "kernel_size", "size": "kernel_size",
    "strides": "stride", "pads": "padding", "pad": "padding", "auto_pad": "padding",
    "dilations": "dilation", "dilation_rate": "dilation", "group": "groups", "use_bias": "bias",
    "bias_term": "bias", "rate": "p", "dropout_ratio": "p", "epsilon": "eps",
    "activation": "act", "normalization": "norm", "depth_multiplier": "multiplier",
    "num_groups": "groups", "keepdims": "keepdim", "inputs": "from", "input": "from",
}  # fmt: skip

#: fields that ours have no need of, and why
NEEDLESS = {
    **dict.fromkeys(("in_channels", "in_features", "num_features"), "it follows from the input, leave it out"),
    "data_format": "shapes are channels first, leave it out",
    "input_shape": "the input is a key of the spec: 'input: [3, 224, 224]'",
    "padding_mode": "zeros are what pads; for another mode put a layer of type 'pad' before this one",
}  # fmt: skip

#: layer types without their rank, in small letters, and ours with it
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
    "transpose": "permute",
}  # fmt: skip

#: what is no layer here, and what to write
HINTS = dict.fromkeys(("input", "inputlayer"), "the input is a key of the spec: 'input: [3, 224, 224]'") | {
    "activation": "name the function itself, such as relu; or say 'act: relu' in the layer before it"
}


def our_type(name: str, known: Iterable[str]) -> str | None:
    """The layer type that another framework calls ``name``."""
    word = re.sub(r"[\s_-]", "", name.lower().rpartition(".")[2])  # nn.Conv2d, keras.layers.Conv2D
    types = {ours.replace("_", ""): ours for ours in known}
    rank = re.search("[123]d", word)
    ours = TYPES.get(word.replace(rank[0], "", 1) if rank else word, "").format(rank[0] if rank else "2d")
    return types.get(word) or types.get(ours.replace("_", ""))
