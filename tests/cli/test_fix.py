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


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("UpSampling2D: {size: 2}", "{type: upsample, scale_factor: 2}"),
        ("{size: [2, 2], type: UpSampling2D}", "{scale_factor: [2, 2], type: upsample}"),
        ("UpSampling2D:\n      size: 2", "type: upsample\n    scale_factor: 2"),
        ("Upsample: {size: 64}", "{type: upsample, size: 64}"),  # PyTorch's size is that of the output
        ("{type: concat, from: [input, input], dim: 1}", "{type: concat, from: [input, input], axis: 0}"),
        ("{type: concat, from: [input, input], dim: 2}", "{type: concat, from: [input, input], axis: 1}"),
        ("{type: Concat, axis: 1, from: [input, input]}", "{type: concat, axis: 0, from: [input, input]}"),
        ("Concat: {from: [input, input], axis: 3}", "{type: concat, from: [input, input], axis: 2}"),
        ("torch.cat: {from: [input, input], dim: 1}", "{type: concat, from: [input, input], axis: 0}"),
        ("nn.Flatten: {start_dim: 2, end_dim: -1}", "{type: flatten, start_dim: 1, end_dim: -1}"),
        ("nn.Softmax: {dim: 1}", "{type: softmax, dim: 0}"),
        ("{type: Softmax, dim: -1}", "{type: softmax, dim: -1}"),
        ("MaxPool: {kernel_shape: [2, 2], strides: 1}", "{type: maxpool2d, kernel_size: [2, 2], stride: 1}"),
        ("Flatten\n  - InnerProduct: {num_output: 10}", "flatten\n  - {type: linear, out_features: 10}"),
    ],
)
def test_what_counts_otherwise_is_converted(tmp_path, capsys, before, after):
    head = "input: [3, 32, 32]\nlayers:\n  - "

    assert fixed(tmp_path, f"{head}{before}\n") == f"{head}{after}\n"
    assert main(["table", str(tmp_path / "spec.yaml")]) == 0


def test_what_counts_otherwise_is_converted_in_json(tmp_path, capsys):
    before = '{"input": [1, 8, 8],\n "layers": [{"type": "Concat", "from": ["input", "input"], "axis": 1}]}\n'

    assert fixed(tmp_path, before, "spec.json") == before.replace("Concat", "concat").replace(": 1}", ": 0}")


@pytest.mark.parametrize(
    ("layer", "reason"),
    [
        ("{type: Concatenate, from: [input, input], axis: 1}", "Keras counts the batch"),
        ("{type: Concatenate, from: [input, input], axis: -1}", "Keras counts the batch"),
        ("{type: concat, from: [input, input], dim: 0}", "the batch is not an axis here"),
        ("{type: concat, from: [input, input], dim: -3}", "the batch is not an axis here"),
        ("{type: cat, from: [input, input], dim: n}", "the batch is not an axis here"),
        ("{type: reshape, target_shape: [32, 32, 3]}", "channels first"),
        ("{type: Reshape, shape: [-1, 3, 32, 32]}", "channels first"),
        ("{type: maxpool2d, kernel_shape: 2}", "stride of 1"),
        ("{type: conv2d, out_channels: 4, size: 1, pad: 1}", "padding: half"),
        ("{type: maxpool2d, size: 2, stride: 1}", "darknet pads"),
        ("GlobalAveragePool", "keepdim: true"),
        ("{type: InstanceNormalization}", "affine: true"),
        ("{type: conv2d, out_channels: 4, kernel_size: 3, norm: InstanceNormalization}", "affine: true"),
    ],
)
def test_what_may_count_otherwise_is_explained_and_left_alone(tmp_path, capsys, layer, reason):
    text = f"input: [3, 32, 32]\nvars: {{n: 1}}\nlayers:\n  - {layer}\n"

    assert fixed(tmp_path, text) == text
    assert reason in capsys.readouterr().out


@pytest.mark.parametrize("layer", ["Concatenate: {from: [input, input], axis: 3}", "GlobalAveragePool: {}"])
def test_an_opened_item_keeps_its_type_where_the_type_is_not_certain(tmp_path, capsys, layer):
    after = fixed(tmp_path, f"input: [3, 32, 32]\nlayers:\n  - {layer}\n")

    assert layer.partition(":")[0] in after
    assert main(["table", str(tmp_path / "spec.yaml")]) == 1


def test_a_name_for_the_network_is_not_made_a_second_key(tmp_path, capsys):
    for key in ("architecture: LeNet", "outputs: a\noutput: a", "network: [relu]"):
        text = f"input: [3, 32, 32]\n{key}\nlayers:\n  - {{type: relu, name: a}}\n"
        assert fixed(tmp_path, text) == text


def test_a_fix_over_several_lines_keeps_what_stands_between(tmp_path, capsys):
    before = (
        "input: [3, 8, 8]\nlayers:\n  - axis: 1  # channels\n    from: [input, input]\n    type: 'Concat'\n"
    )

    assert fixed(tmp_path, before) == before.replace("axis: 1", "axis: 0").replace("Concat", "concat")


def test_a_dense_of_keras_gets_no_flatten_in_the_same_run(tmp_path, capsys):
    """Keras' Dense acts on the channels of a map: whether a flatten is missing is for the reader of W307 to say."""
    path = tmp_path / "spec.yaml"
    head = "input: [3, 32, 32]\nlayers:\n  - {type: conv2d, out_channels: 4, kernel_size: 3, act: relu}\n"
    path.write_text(f"{head}  - Dense: {{units: 10}}\n", encoding="utf-8")

    main(["check", str(path), "--fix"])

    assert path.read_text(encoding="utf-8") == f"{head}  - {{type: linear, out_features: 10}}\n"
    assert "[W307]" in capsys.readouterr().out
