"""Sliding windows against counting: where each window begins and ends, on every small axis."""

import json
from itertools import product

import pytest

import cnncalc
from cnncalc.shapes import Window, axis_names, same_padding, window_count
from cnncalc.testing.laws import built

SIZES = range(1, 10)
PADS = [(0, 0), (1, 0), (0, 1), (1, 1), (2, 0), (0, 2), (2, 1), (1, 3)]


def fits(size, reach, stride, before, after, *, ceil_mode):
    """Begins of the windows of an axis, counted from the first cell of its padding."""
    length = size + before + after
    starts = [j * stride for j in range(length) if j * stride + reach <= length]
    if ceil_mode and length >= reach and starts[-1] + reach < length:
        hanging = starts[-1] + stride
        starts += (
            [hanging] if hanging < size + before else []
        )  # it begins in the input or the padding before it
    return starts


def judged(layer, shape):
    """Codes of what is refused."""
    return {r.code for r in layer.requirements((shape,)) if r.holds is not True}


@pytest.mark.parametrize("ceil_mode", [False, True])
@pytest.mark.parametrize("kind", ["maxpool1d", "avgpool1d"])
def test_pooling(kind, ceil_mode):
    for kernel, stride, dilation, pads in product((1, 2, 3, 4), (1, 2, 3, 5), (1, 2), PADS):
        if kind == "avgpool1d" and dilation > 1:
            continue
        fields = {"kernel_size": kernel, "stride": stride, "padding": [list(pads)], "ceil_mode": ceil_mode}
        layer = built({"type": kind, **fields, "dilation": dilation})
        reach = dilation * (kernel - 1) + 1
        for size in SIZES:
            refused = judged(layer, (2, size))
            assert ("C304" in refused) == (max(pads) > kernel // 2), (layer, size)
            room = size + sum(pads) + (stride - 1 if ceil_mode else 0)
            assert ("C302" in refused) == (room < reach), (layer, size)
            starts = fits(size, reach, stride, *pads, ceil_mode=ceil_mode)
            if not refused and starts:
                assert layer.output_shape(((2, size),)) == (2, len(starts)), (layer, size)


def test_convolutions():
    for kernel, stride, dilation, pads in product((1, 2, 3), (1, 2, 3), (1, 2), PADS):
        layer = built({"type": "conv1d", "out_channels": 5, "kernel_size": kernel, "stride": stride,
                       "dilation": dilation, "padding": [list(pads)]})  # fmt: skip
        for size in SIZES:
            starts = fits(size, dilation * (kernel - 1) + 1, stride, *pads, ceil_mode=False)
            assert judged(layer, (2, size)) == (set() if starts else {"C302"})
            assert not starts or layer.output_shape(((2, size),)) == (5, len(starts))


def test_same_padding_is_the_least_that_gives_every_stride_a_window():
    """And none where the kernel is smaller than the stride."""
    for size, kernel, stride, dilation in product(SIZES, (1, 2, 3, 4), (1, 2, 3, 5), (1, 2)):
        window = Window(kernel, stride, dilation)
        count = -(-size // stride)
        totals = [
            t
            for t in range(20)
            if (size + t - window.extent) // stride + 1 >= count and size + t >= window.extent
        ]
        for lower in (False, True):
            before, after = same_padding(size, window, lower=lower)
            assert before + after == totals[0]
            assert (before - after if lower else after - before) in (0, 1)
            padded = Window(kernel, stride, dilation, before, after)
            assert window_count(size, padded) == count or totals[0] == 0
        for word in ("same", "same_lower"):
            layer = built({"type": "conv1d", "out_channels": 2, "kernel_size": kernel, "stride": stride,
                           "dilation": dilation, "padding": word})  # fmt: skip
            (found,) = layer.windows(((3, size),))
            assert found == Window(
                kernel, stride, dilation, *same_padding(size, window, lower=word == "same_lower")
            )
            assert layer.output_shape(((3, size),)) == (2, count)
            assert not judged(layer, (3, size))


def test_transposed_convolutions():
    for kernel, stride, dilation, pads, extra in product((1, 2, 3), (1, 2, 3), (1, 2), PADS, (0, 1, 2)):
        layer = built({"type": "conv_transpose1d", "out_channels": 5, "kernel_size": kernel, "stride": stride,
                       "dilation": dilation, "padding": [list(pads)], "output_padding": extra})  # fmt: skip
        for size in (1, 2, 5):
            reached = {i * stride + tap * dilation for i in range(size) for tap in range(kernel)}
            length = max(reached) + 1 - sum(pads) + extra
            refused = set() if extra < max(stride, dilation) else {"C307"}
            assert judged(layer, (2, size)) == refused | (set() if length >= 1 else {"C302"})
            assert layer.output_shape(((2, size),)) == (5, length)


@pytest.mark.parametrize("word", ["same", "same_lower", "half", "valid"])
def test_words_of_transposed_convolutions(word):
    for kernel, stride, dilation in product((1, 2, 3, 4), (1, 2, 3), (1, 2)):
        fields = {"kernel_size": kernel, "stride": stride, "dilation": dilation, "padding": word}
        layer = built({"type": "conv_transpose1d", "out_channels": 1, **fields})
        reach = dilation * (kernel - 1) + 1
        (found,) = layer.spatial_windows((1, 7))
        if word.startswith("same"):
            assert layer.output_shape(((1, 7),)) == (1, 7 * stride)
            assert (found.before - found.after) * (1 if word == "same_lower" else -1) in (0, 1)
        else:
            half = (reach - 1) // 2 if word == "half" else 0
            assert (found.before, found.after) == (half, half)


def test_groups_divide_both_sides():
    for groups, before, after in product((1, 2, 3, 4), (2, 3, 4, 6), (2, 3, 4, 6)):
        for kind in ("conv1d", "conv_transpose1d"):
            layer = built({"type": kind, "out_channels": after, "kernel_size": 1, "groups": groups})
            messages = [r.message for r in layer.requirements(((before, 5),)) if r.holds is not True]
            wrong = [name for name, n in (("input", before), ("output", after)) if n % groups]
            assert [
                name for name in ("input", "output") if any(f" {name} channels" in m for m in messages)
            ] == wrong


@pytest.mark.parametrize(("fields", "shape", "message", "help"), [
    ({"kernel_size": [3, 5]}, (1, 2, 9), "along the height: it needs 3 cells, but the input has 2", "padding of at least 1,"),
    ({"kernel_size": [3, 5], "padding": [[0, 0], [0, 1]]}, (1, 9, 2), "along the width: it needs 5 cells, but the input has 2 + 0 + 1 = 3",
     "padding of at least 2,"),
    ({"kernel_size": [3, 5], "padding": [[0, 0], [1, 0]]}, (1, 9, 2), "it needs 5 cells, but the input has 2 + 1 + 0 = 3", "at least 2,"),
    ({"kernel_size": 3, "dilation": [4, 1]}, (1, 2, 9), "it needs 4*(3 - 1) + 1 = 9 cells, but the input has 2", "at least 4,"),
])  # fmt: skip
def test_what_does_not_fit_is_told_with_its_numbers(fields, shape, message, help):
    layer = built({"type": "conv2d", "out_channels": 1, **fields})
    (refused,) = [r for r in layer.requirements((shape,)) if r.holds is not True]
    assert refused.message.endswith(message)
    assert help in refused.help


def test_what_does_not_fit_in_symbols_has_no_number_to_suggest():
    spec = {"vars": {"n": 2}, "input": [1, 2, "n"], "layers": [{"type": "maxpool2d", "kernel_size": [5, 3]}]}
    with pytest.raises(cnncalc.SpecError, match="use padding of at least 2"):
        cnncalc.load(spec).summary(free="n")
    (demand,) = cnncalc.load({**spec, "input": [1, 9, "n"]}).summary(free="n").conditions
    assert str(demand) == "n >= 3"


def test_names_of_axes():
    assert axis_names(2) == ("height", "width")
    assert axis_names(4) == ("axis 1", "axis 2", "axis 3", "axis 4")


def test_pooling_padding_is_told_for_its_side_and_axis():
    layer = built({"type": "maxpool2d", "kernel_size": 3, "padding": [[0, 2], [3, 1]]})
    told = [(r.message, r.help) for r in layer.requirements(((1, 9, 9),)) if r.holds is not True]
    assert told == [
        ("padding of 2 along the height is more than half the kernel size, 3", "use at most 1"),
        ("padding of 3 along the width is more than half the kernel size, 3", "use at most 1"),
    ]


@pytest.mark.parametrize(
    "wrong", [{"kernel_size": 0}, {"stride": 0}, {"dilation": 0}, {"padding": -1}, {"stride": [1, 0]}]
)
@pytest.mark.parametrize("kind", ["conv2d", "maxpool2d"])
def test_sizes_of_windows_are_positive(kind, wrong):
    fields = {"type": kind, "kernel_size": 2, **({"out_channels": 1} if kind == "conv2d" else {}), **wrong}
    with pytest.raises(cnncalc.SpecError, match=next(iter(wrong))):
        cnncalc.load({"input": [1, 8, 8], "layers": [fields]}).summary()


@pytest.mark.parametrize("fields", [
    {"kernel_size": 3}, {"kernel_size": [3, 5], "stride": 2, "padding": [1, 2]}, {"kernel_size": 2, "padding": "half"},
    {"kernel_size": 3, "padding": [[0, 1], [1, 0]], "dilation": [1, 2]},
])  # fmt: skip
@pytest.mark.parametrize("kind", ["conv2d", "maxpool2d", "conv_transpose2d"])
def test_fields_are_written_as_they_were_given(kind, fields):
    given = {"type": kind, **fields, **({} if kind == "maxpool2d" else {"out_channels": 3})}
    assert json.loads(json.dumps({**built(given).written(), "type": kind})) == given


@pytest.mark.parametrize("word", ["same", "same_lower"])
@pytest.mark.parametrize("fields", [
    {"type": "conv1d", "out_channels": 1, "kernel_size": 2, "stride": 3}, {"type": "maxpool1d", "kernel_size": 2, "stride": 3},
    {"type": "maxpool1d", "kernel_size": 2, "stride": 3, "dilation": 6},
])  # fmt: skip
def test_same_padding_asks_for_nothing(fields, word):
    """In symbols too, where a kernel smaller than its stride would leave a maximum; and more than half a kernel may be it."""
    spec = {"vars": {"H": 8}, "input": [1, "H"], "layers": [{**fields, "padding": word}]}
    report = cnncalc.load(spec).summary(free="H")
    assert report.conditions == ()
    assert str(report.rows[0].output[1]) == "(H + 2)//3"


@pytest.mark.parametrize("size", [0, [0, 1], [1, 2, 3], [1], "x", 1.5, [None, 0]])
def test_sizes_of_adaptive_pooling_are_positive_and_one_for_each_axis(size):
    with pytest.raises(cnncalc.SpecError):
        cnncalc.load(
            {"input": [1, 8, 8], "layers": [{"type": "adaptive_avgpool2d", "output_size": size}]}
        ).summary()
    assert built({"type": "adaptive_avgpool2d", "output_size": [3, None]}).written()["output_size"] == (
        3,
        None,
    )


def test_adaptive_pooling_takes_maps():
    with pytest.raises(cnncalc.SpecError, match=r"adaptive_avgpool2d takes \[channels, height, width\]"):
        cnncalc.load({"input": [8], "layers": [{"type": "adaptive_avgpool2d", "output_size": 1}]}).summary()


@pytest.mark.parametrize(
    ("shape", "size"), [([1, "n", 6], [3, None]), ([1, 6, 6], ["n", None]), ([1, "n", 6], ["n + 1", 6])]
)
def test_symbolic_adaptive_pooling_has_no_windows(shape, size):
    layers = [{"type": "adaptive_avgpool2d", "output_size": size}]
    report = cnncalc.load({"vars": {"n": 6}, "input": shape, "layers": layers}).summary(free="n")
    assert report.rows[0].receptive_field is None
    kept = [{"type": "adaptive_avgpool2d", "output_size": [None, 3]}]
    report = cnncalc.load({"vars": {"n": 6}, "input": [1, "n", 6], "layers": kept}).summary(free="n")
    assert report.rows[0].receptive_field.size == (1, 2)


@pytest.mark.parametrize("kind", ["global_avgpool", "global_maxpool"])
def test_global_pooling(kind):
    for shape in ((4, 5), (4, 5, 6), (4, 5, 6, 7)):
        flat, kept = built({"type": kind}), built({"type": kind, "keepdim": True})
        assert not judged(flat, shape)
        assert flat.output_shape((shape,)) == (4,)
        assert flat.axes((shape,)) == ((0,),)
        assert kept.output_shape((shape,)) == (4, *[1] * (len(shape) - 1))
        assert kept.axes((shape,)) == tuple((axis,) for axis in range(len(shape)))
    assert judged(built({"type": kind}), (4,)) == {"C305"}


@pytest.mark.parametrize(("before", "after", "known"), [
    ("2*g", "3*g", True), ("g + 1", "3*g", False), ("2*g", "g + 1", False), ("2*g", 4, False),
])  # fmt: skip
def test_symbolic_groups_divide_or_are_refused(before, after, known):
    layer = {"type": "conv1d", "out_channels": after, "kernel_size": 3, "groups": "g"}
    net = cnncalc.load({"vars": {"g": 1}, "input": [before, 9], "layers": [layer]})
    if known:
        assert str(net.summary(free="g").rows[0].weights) == "18*g"
    else:
        with pytest.raises(cnncalc.SpecError, match="the divisor must be a number"):
            net.summary(free="g")


def test_what_never_fits_in_symbols_is_told_without_a_number():
    spec = {"vars": {"n": 2}, "input": [1, "min(n, 2)"], "layers": [{"type": "maxpool1d", "kernel_size": 5}]}
    with pytest.raises(cnncalc.SpecError) as caught:
        cnncalc.load(spec).summary(free="n")
    (problem,) = caught.value.problems
    assert problem.message.endswith(
        "the kernel does not fit along the length: it needs 5 cells, but the input has min(2, n)"
    )
    assert problem.help is None
