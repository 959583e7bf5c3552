"""``check --fix``: what another framework calls otherwise is rewritten, comments and layout stay."""

import pytest

from cnncalc.__main__ import main

BEFORE = """\
input: (1, 32, 32)
layers:
  - Conv2D: {filters: 6, kernel_size: (5, 5), padding: SAME, activation: ReLU}   # the first
  - MaxPooling2D: {pool_size: 2}
  - Conv2D:
      filters: 16      # sixteen

      kernel_size: 5
      activation: tanh
  - conv2d:
    out_channels:32
    kernel_size: 3x3
    norm: BatchNorm2d
    padding: VALID
    act: swish
  - {type: batchnorm2d, num_features: 32}
  - {type: add, branches: [identity, relu, []]}
  - Flatten:
  - Flatten: {}
  - Dense: {units: 1_0, use_bias: yes, activation: linear}
output: fc.act
"""
AFTER = """\
input: [1, 32, 32]
layers:
  - {type: conv2d, out_channels: 6, kernel_size: [5, 5], padding: same, act: relu}   # the first
  - {type: maxpool2d, kernel_size: 2}
  - type: conv2d
    out_channels: 16      # sixteen

    kernel_size: 5
    act: tanh
  - type: conv2d
    out_channels: 32
    kernel_size: [3, 3]
    norm: batchnorm2d
    padding: valid
    act: silu
  - {type: batchnorm2d, num_features: 32}
  - {type: add, branches: [[], [relu], []]}
  - flatten
  - flatten
  - {type: linear, name: fc, out_features: 10, bias: true, act: none}
output: fc
"""


def fixed(tmp_path, text, name="spec.yaml"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    main(["check", str(path), "--fix", "--ignore", "W"])
    return path.read_text(encoding="utf-8")


def test_habits_of_other_frameworks_are_rewritten(tmp_path, capsys):
    before = BEFORE.replace("out_channels:32", "out_channels: 32").replace("{units", "{name: fc, units")

    assert fixed(tmp_path, before) == AFTER
    assert fixed(tmp_path, AFTER) == AFTER
    assert main(["table", str(tmp_path / "spec.yaml")]) == 0


def test_json_stays_json(tmp_path, capsys):
    before = '{"input": [1, 32, 32],\n "layers": [{"Conv2D": {"filters": 6, "kernel_size": "(5, 5)", "activation": "ReLU"}}]}\n'
    after = '{"input": [1, 32, 32],\n "layers": [{"type": "conv2d", "out_channels": 6, "kernel_size": [5, 5], "act": "relu"}]}\n'

    assert fixed(tmp_path, before, "spec.json") == after


@pytest.mark.parametrize(
    "layer",
    [
        "conv2d: 32",  # which of its fields?
        "conv1: [relu]",
        "{type: conv2d, out_channels: 3, kernel_size: 3, padding: full}",
        "nn.Conv2d(3, 32, 3)",
        "{type: pool, kernel_size: 2}",
        "{type: conv2d, in_channels: 4, out_channels: 3, kernel_size: 3}",
    ],
)
def test_what_is_not_certain_is_left_alone(tmp_path, capsys, layer):
    text = f"input: [3, 32, 32]\nlayers:\n  - {layer}\n"

    assert fixed(tmp_path, text) == text


def test_an_activation_that_a_block_is_given_is_mended_where_it_is_given(tmp_path, capsys):
    text = (
        "input: [3, 32, 32]\nblocks:\n  b:\n    params: {a: str}\n    layers:\n"
        "      - {type: conv2d, out_channels: 3, kernel_size: 3, act: a}\nlayers:\n  - {type: b, a: ReLU}\n"
    )

    assert fixed(tmp_path, text) == text  # the place that is known is that of 'a' in the block
