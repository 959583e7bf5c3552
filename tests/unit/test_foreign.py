"""Class names of PyTorch, Keras, ONNX and Caffe lead to ours."""

import pytest

from cnncalc.reading.foreign import TYPES, our_type
from cnncalc.registry import all_types

NAMES = {
    "Conv1d": "conv1d", "Conv2D": "conv2d", "ConvTranspose3d": "conv_transpose3d",
    "Conv2DTranspose": "conv_transpose2d", "ConvTranspose": "conv_transpose2d", "Deconvolution": "conv_transpose2d",
    "MaxPool3d": "maxpool3d", "MaxPooling1D": "maxpool1d", "max_pool2d": "maxpool2d", "AveragePool": "avgpool2d",
    "AdaptiveAvgPool1d": "adaptive_avgpool1d", "GlobalAveragePooling3D": "global_avgpool",
    "GlobalMaxPooling2D": "global_maxpool", "BatchNorm1d": "batchnorm1d", "BatchNormalization": "batchnorm2d",
    "LayerNorm": "layernorm", "LocalResponseNorm": "lrn", "LeakyReLU": "leaky_relu", "Dense": "linear",
    "InnerProduct": "linear", "Dropout2d": "dropout", "SpatialDropout1D": "dropout", "Concatenate": "concat",
    "DepthToSpace": "pixel_shuffle", "PixelUnshuffle": "pixel_unshuffle", "ZeroPadding2D": "pad",
    "DepthwiseConv2D": "depthwise_conv2d", "LogSoftmax": "log_softmax", "Hard Swish": "hardswish",
    "nn.Conv2d": "conv2d", "tf.keras.layers.Conv2D": "conv2d", "torch.nn.Flatten": "flatten",
}  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_ours(name):
    assert our_type(name, all_types()) == NAMES[name]


@pytest.mark.parametrize("name", ["LSTM", "input", "", "2d", "conv9d"])
def test_none(name):
    assert our_type(name, all_types()) is None


def test_the_table_leads_to_types():
    assert {ours.format("2d") for ours in TYPES.values()} <= set(all_types())
