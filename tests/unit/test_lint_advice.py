"""The advice of a lint works: a spec that follows it is valid, and the lint is silent."""

import itertools
import re

import pytest

import cnncalc
from cnncalc.analysis.check import Options, check_text


def spec(shape, *layers):
    return f"input: {shape}\nlayers:\n" + "".join(f"  - {layer}\n" for layer in layers)


def found(text):
    """Problems by code, of all lints."""
    return {problem.code: problem for problem in check_text(text, "n.yaml", Options(select=("W",))).problems}


def output(text):
    return cnncalc.load(text).summary().rows[-1].output


FRACTIONS = [
    (kernel, stride, padding, extra)
    for kernel, stride, padding in itertools.product((1, 2, 3, 5, 7), (2, 3, 4), (0, 1, 2))
    for extra in range(stride)
    if kernel % stride and 7 * stride + kernel + extra > 2 * padding
]


@pytest.mark.parametrize(("kernel", "stride", "padding", "extra"), FRACTIONS)
def test_a_kernel_without_a_checkerboard_keeps_the_size(kernel, stride, padding, extra):
    def text(kernel, padding, extra):
        fields = f"kernel_size: {kernel}, stride: {stride}, padding: {padding}, output_padding: {extra}"
        return spec([3, 8, 8], f"{{type: conv_transpose2d, out_channels: 8, {fields}}}")

    before = text(kernel, padding, extra)
    numbers = re.match(
        r"use a kernel of (\d+) with padding (\d+) and output_padding (\d+), which",
        found(before)["W204"].help,
    )
    after = text(*numbers.groups())
    assert "W204" not in found(after)
    assert output(after) == output(before)


def test_a_kernel_without_a_checkerboard_keeps_the_size_of_same():
    text = spec(
        [3, 8, 8], "{type: conv_transpose2d, out_channels: 8, kernel_size: 3, stride: 2, padding: same}"
    )
    assert found(text)["W204"].help == "use a kernel of 4, or upsample and convolve"
    assert output(text.replace("kernel_size: 3", "kernel_size: 4")) == output(text) == (8, 16, 16)


@pytest.mark.parametrize(
    ("layer", "advised"),
    [
        ("{type: maxpool2d, kernel_size: 2}", True),
        ("{type: conv2d, out_channels: 8, kernel_size: 2, stride: 2}", False),
    ],
)
def test_only_poolings_are_advised_to_use_ceil_mode(layer, advised):
    text = spec([3, 33, 33], layer)
    assert ("ceil_mode" in found(text)["W201"].help) is advised
    assert "W201" not in found(text.replace("}", ", ceil_mode: true}"))
    assert ("C102" in found(text.replace("}", ", ceil_mode: true}"))) is not advised


@pytest.mark.parametrize(("text", "code", "old", "new"), [
    (spec([3, 33, 33], "{type: maxpool2d, kernel_size: 2}"), "W201", "33, 33", "{} , {}"),
    (spec([3, 32, 32], "{type: conv2d, out_channels: 8, kernel_size: 3, padding: 9}"), "W202", "padding: 9", "padding: {}"),
    (spec([3, 32, 32], "{type: conv2d, out_channels: 8, kernel_size: 5, padding: 4, dilation: 3}", "{type: conv2d, out_channels: 8, kernel_size: 3, padding: 3}"), "W202", "3, padding: 3}", "3, padding: {}}"),
])  # fmt: skip
def test_numbers_of_the_advice(text, code, old, new):
    problem = found(text)[code]
    number = re.findall(r"\d+", " ".join([problem.help, *problem.notes]))[0]
    after = found(text.replace(old, new.replace("{}", number)))
    assert code not in after
    assert not {c for c in after if c.startswith("C")}


def test_what_global_pooling_saves():
    layers = [
        "{type: conv2d, out_channels: 8, kernel_size: 3, act: relu}",
        "flatten",
        "{type: linear, out_features: 10}",
    ]
    text = spec([3, 32, 32], *layers)
    after = text.replace("flatten", "global_avgpool")
    saved = cnncalc.load(text).summary().totals.params - cnncalc.load(after).summary().totals.params
    assert found(text)["W401"].help == f"global_avgpool instead of flatten would save {saved:,}"
    assert "W401" not in found(after)
