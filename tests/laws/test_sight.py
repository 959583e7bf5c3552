"""Receptive fields against what cells see, worked out twice: cell by cell from the fields of layers, and by arrays.

1. On endless lines of cells, each cell of a layer sees a set of cells of the layer before, by its definition; through
   random networks these sets must span exactly what ``receptive_fields`` says.
2. A layer's ``windows`` are what its forward pass reads: an input cell that is no number spoils every output cell
   that reads it.
"""

import random
from fractions import Fraction
from functools import cache
from math import lcm

import numpy as np
import pytest

import cnncalc
from cnncalc.counting.receptive_field import Axis, moved, receptive_fields
from cnncalc.dims import DimError, substitute
from cnncalc.errors import SpecError
from cnncalc.registry import all_types
from cnncalc.shapes import Spread, Window
from cnncalc.testing.drawing import random_spec
from cnncalc.testing.laws import Ones, built

TYPES = {name: cls for name, cls in all_types().items() if cls.runs}
INPUT = (4, 41, 38)


# ------------------------------------------------------------------------------------ cell by cell


def window(j, kernel, stride, dilation, before):
    return {j * stride - before + tap * dilation for tap in range(kernel)}


def spread(j, kernel, stride, dilation, before):
    """Input cells that reach cell j; where none does, the last that begins before it."""
    reach = {j + before - tap * dilation for tap in range(kernel)}
    return {r // stride for r in reach if r % stride == 0} or {(j + before) // stride}


def zoom(j, factor, mode):
    if mode == "nearest":
        return {int(j / factor // 1)}
    place = (j + Fraction(1, 2)) / factor - Fraction(1, 2)
    below = int(place // 1)
    if place == below:  # the neighbors have a weight of 0
        return {below}
    return {below, below + 1} if mode == "bilinear" else {below - 1, below, below + 1, below + 2}


def padding_before(layer, axis, size, kernel, stride, dilation):
    if isinstance(layer.padding, tuple):
        return layer.padding[axis][0]
    reach = dilation * (kernel - 1)
    if layer.padding == "valid":
        return 0
    if layer.padding == "half":
        return reach // 2
    if layer.type.startswith("conv_transpose"):
        total = reach + 1 - stride
    else:
        total = max(0, (-(-size // stride) - 1) * stride + reach + 1 - size)
    return total // 2 if layer.padding == "same" else total - total // 2


def cells(layer, axis, size, out, j):
    """Cells of the layer before, along one spatial axis, that cell j reads, and how far neighbors are apart."""
    if hasattr(layer, "kernel_size"):
        kernel, stride, dilation = layer.axis_fields()[axis]
        before = padding_before(layer, axis, size, kernel, stride, dilation)
        if layer.type.startswith("conv_transpose"):
            return spread(j, kernel, stride, dilation, before), Fraction(1, stride)
        return window(j, kernel, stride, dilation, before), Fraction(stride)
    if layer.type == "upsample":
        factor = Fraction(*layer.scale_factor[axis]) if layer.scale_factor else Fraction(out, size)
        return zoom(j, factor, layer.mode), 1 / factor
    if layer.type == "pixel_shuffle":
        return {j // 2}, Fraction(1, 2)
    if layer.type == "pixel_unshuffle":
        return {2 * j, 2 * j + 1}, Fraction(2)
    if layer.type == "pad":
        return {j - layer.padding[axis][0]}, Fraction(1)
    if layer.type == "crop":
        return {j + (size - out) // 2}, Fraction(1)
    if layer.type == "slice" and layer.axis == axis + 1:
        start = layer.start + size if layer.start < 0 else layer.start
        return {start + layer.step * j}, Fraction(layer.step)
    return {j}, Fraction(1)


def brute(graph, axis):
    """For each node the input cells that its cell j sees, and its stride; 0 where branches have several."""

    @cache
    def rate(number):
        node = graph.nodes[number]
        if node.layer is None:
            return Fraction(1)
        step = cells(node.layer, axis, graph.shapes_into(node)[0][axis + 1], node.output[axis + 1], 0)[1]
        rates = {rate(i) for i in node.inputs}
        return rates.pop() * step if len(rates) == 1 else Fraction(0)

    @cache
    def seen(number, j):
        node = graph.nodes[number]
        if node.layer is None:
            return frozenset({j})
        read, _ = cells(node.layer, axis, graph.shapes_into(node)[0][axis + 1], node.output[axis + 1], j)
        return frozenset().union(*(seen(i, r) for i in node.inputs for r in read))

    return rate, seen


def pairs(draw, low, high):
    return [[draw.randint(low, high), draw.randint(low, high)] for _ in range(2)]


def each(draw, low, high):
    return [draw.randint(low, high), draw.randint(low, high)]


def sliding(draw):
    kernel = each(draw, 1, 4)
    padding = draw.choice([pairs(draw, 0, 2), pairs(draw, 0, 2), "same", "same_lower", "half", "valid", 0])
    return {"type": "conv2d", "out_channels": 4, "kernel_size": kernel, "stride": each(draw, 1, 3),
            "padding": padding, "dilation": each(draw, 1, 2)}  # fmt: skip


def pooling(draw):
    kernel = each(draw, 1, 4)
    padding = [[draw.randint(0, k // 2), draw.randint(0, k // 2)] for k in kernel]
    return {"type": draw.choice(["maxpool2d", "avgpool2d"]), "kernel_size": kernel, "padding": padding,
            **draw.choice([{}, {"stride": each(draw, 1, 3)}]), "dilation": [1, 1]}  # fmt: skip


def transposing(draw):
    return {"type": "conv_transpose2d", "out_channels": 4, "kernel_size": each(draw, 1, 4), "stride": each(draw, 1, 3),
            "dilation": each(draw, 1, 3), "padding": draw.choice([0, pairs(draw, 0, 1), "same", "same_lower"])}  # fmt: skip


def resampling(draw):
    factors = [draw.choice([1, 2, 3, 1.5, 0.5, "1/3", "2/3", "3/5", "1/5"]) for _ in range(2)]
    return {
        "type": "upsample",
        "scale_factor": factors,
        "mode": draw.choice(["nearest", "bilinear", "bicubic"]),
    }


LAYERS = [
    sliding, sliding, sliding, pooling, transposing, transposing, resampling, resampling,
    lambda draw: {"type": "pad", "padding": pairs(draw, 0, 3)},
    lambda draw: {"type": "slice", "axis": draw.randint(0, 2), "start": draw.choice([0, 1, 2, -3, -4]),
                  "step": draw.randint(1, 2)},
    lambda draw: {"type": "crop", "size": each(draw, 1, 5)},
    lambda draw: {"type": draw.choice(["relu", "batchnorm2d", "dropout"])},
    lambda draw: {"type": "pixel_shuffle", "upscale_factor": 2},
    lambda draw: {"type": "pixel_unshuffle", "downscale_factor": 2},
]  # fmt: skip
CROP = {"type": "crop", "size": [2, 3]}


def random_layers(draw, depth=0):
    layers = []
    for _ in range(draw.randint(1, 3)):
        if depth == 0 and draw.random() < 0.3:
            kept = [{"type": "conv2d", "out_channels": 4, "kernel_size": 1}, CROP]
            branches = [[*random_layers(draw, 1), *kept] for _ in range(draw.randint(1, 3))]
            branches.append(draw.choice([[CROP], [*branches[0]], [sliding(draw), *kept]]))
            layers.append({"type": draw.choice(["add", "multiply", "concat"]), "branches": branches})
        else:
            layers.append(draw.choice(LAYERS)(draw))
    return layers


def networks(count):
    draw = random.Random(11)
    while count:
        try:
            yield cnncalc.load({"input": list(INPUT), "layers": random_layers(draw)}).graph()
            count -= 1
        except SpecError:
            continue


CELLS = range(-5, 31)


def check(graph):
    fields = receptive_fields(graph)
    (rows, seen_rows), (columns, seen_columns) = brute(graph, 0), brute(graph, 1)
    unknown = 0
    for node, field in zip(graph.nodes, fields, strict=True):
        rates = rows(node.number), columns(node.number)
        if 0 in rates:
            assert field is None, node.path
            unknown += 1
            continue
        assert field is not None, node.path
        for axis, seen in enumerate((seen_rows, seen_columns)):
            spans = [bounds(seen(node.number, j)) for j in CELLS]
            assert [field.axes[axis].span(j) for j in CELLS] == spans, (node.path, axis)
            assert field.size[axis] == max(b - a + 1 for a, b in spans), node.path
            assert Fraction(field.stride[axis]) == rates[axis], node.path
            assert field.padding[axis] == -spans[5][0], node.path
        assert field.aligned == aligned(node, fields, (seen_rows, seen_columns)), node.path
    return unknown


def aligned(node, fields, lines):
    """Whether all that a tensor unites has the same center; a layer that moves nothing says what is said before it."""
    if len(node.inputs) == 1 and all(
        seen(node.number, j) == seen(node.inputs[0], j) for seen in lines for j in CELLS
    ):
        return fields[node.inputs[0]].aligned
    return len(node.inputs) < 2 or all(
        len({sum(bounds(seen(i, j))) for i in node.inputs}) == 1 for seen in lines for j in CELLS
    )


def bounds(numbers):
    return min(numbers), max(numbers)


def test_fields_span_what_cells_see():
    unknown = sum(check(graph) for graph in networks(100))
    assert unknown > 0


@pytest.mark.parametrize("layers", [
    # taps meet cells again only after a whole turn of the stride, in an order that the dilation gives
    [{"type": "conv_transpose2d", "out_channels": 4, "kernel_size": [4, 3], "stride": [5, 7], "dilation": [2, 3]}],
    [{"type": "conv_transpose2d", "out_channels": 4, "kernel_size": [6, 5], "stride": [5, 6], "dilation": [3, 4], "padding": 1}],
    # sizes that have a common factor
    [{"type": "upsample", "size": [82, 19]}], [{"type": "upsample", "size": [123, 57], "mode": "bilinear"}],
    # cells that differ, read by windows with gaps
    [{"type": "upsample", "scale_factor": [3, 3]}, {"type": "conv2d", "out_channels": 4, "kernel_size": [2, 3], "dilation": [5, 2]}],
])  # fmt: skip
def test_fields_of_large_strides(layers):
    check(cnncalc.load({"input": list(INPUT), "layers": layers}).graph())


def one(*layers, shape=(4, 16, 16)):
    return cnncalc.load({"input": list(shape), "layers": list(layers)}).summary().rows[-1].receptive_field


def test_a_field_is_written_with_its_shortest_period():
    """Two pixel shuffles undo two unshuffles: the description is as short as that of a pooling."""
    down, up = (
        {"type": "pixel_unshuffle", "downscale_factor": 2},
        {"type": "pixel_shuffle", "upscale_factor": 2},
    )
    field = one(down, up, {"type": "maxpool2d", "kernel_size": 2})
    assert (field.size, field.stride) == ((2, 2), (2, 2))
    assert [axis.period for axis in field.axes] == [1, 1]
    assert one({"type": "upsample", "scale_factor": 3}).axes[0].period == 3
    assert (
        one({"type": "upsample", "scale_factor": [6, 1]}, {"type": "slice", "axis": 1, "step": 4})
        .axes[0]
        .period
        == 3
    )


@pytest.mark.parametrize(("branches", "period"), [
    ([[2, 2], [5]], 1), ([[5], [3, 3]], 1), ([[2, 2, 7], [3, 3]], 2), ([[2, 2], [3, 3, 7]], 3), ([[2, 2], [3, 3]], 6),
    ([[4, 4], [2, 2]], 4), ([[4, 4, 9], [2, 2]], 4), ([[4, 4, 2, 2], [2, 2, 9]], 2), ([[4, 4], [[8, 0]]], 4),
    ([[4, 4], [[0, 8]]], 4), ([[4, 4], [9]], 1),
])  # fmt: skip
def test_a_union_is_written_with_its_shortest_period(branches, period):
    """What one branch sees may hold all that another does, whose cells differ at other places."""
    kinds = {2: [{"type": "maxpool2d", "kernel_size": 2}, {"type": "upsample", "scale_factor": [2, 2]}],
             3: [{"type": "maxpool2d", "kernel_size": 3}, {"type": "upsample", "scale_factor": [3, 3]}],
             4: [{"type": "maxpool2d", "kernel_size": 4}, {"type": "upsample", "scale_factor": [4, 4]}]}  # fmt: skip
    lists = []
    for numbers in branches:
        lists.append([])
        for place, n in enumerate(numbers):
            if isinstance(n, list):  # to one side
                lists[-1].append(
                    {"type": "conv2d", "out_channels": 4, "kernel_size": sum(n) + 1, "padding": [n, n]}
                )
                continue
            wide = {"type": "conv2d", "out_channels": 4, "kernel_size": n, "padding": "half"}
            lists[-1].append(wide if n not in kinds else kinds[n][place % 2])
    graph = cnncalc.load({"input": [4, 24, 24], "layers": [{"type": "add", "branches": lists}]}).graph()
    check(graph)
    assert [axis.period for axis in receptive_fields(graph)[-1].axes] == [period] * 2


def test_a_union_on_a_finer_grid_is_written_with_its_shortest_period():
    """Four cells of one branch lie on two of the input; the other sees more, and cells differ in pairs."""
    pooled = [{"type": "maxpool2d", "kernel_size": 4}, {"type": "upsample", "scale_factor": [4, 4]}]
    wide = {"type": "conv2d", "out_channels": 4, "kernel_size": 9, "padding": "half"}
    layers = [{"type": "upsample", "scale_factor": [2, 2]}, {"type": "add", "branches": [pooled, [wide]]}]
    graph = cnncalc.load({"input": [4, 24, 24], "layers": layers}).graph()
    check(graph)
    assert [axis.period for axis in receptive_fields(graph)[-1].axes] == [2, 2]


@pytest.mark.parametrize(("factor", "known"), [(1024, True), (1025, False)])
def test_periods_have_a_limit(factor, known):
    field = one({"type": "upsample", "scale_factor": [factor, 1]}, shape=(1, 2, 2))
    assert (field is not None) == known
    transposed = {"type": "conv_transpose2d", "out_channels": 1, "kernel_size": 1, "stride": [factor, 1]}
    assert (one(transposed, shape=(1, 2, 2)) is not None) == known


@pytest.mark.parametrize(("sizes", "known"), [((1024,), True), ((32, 33), False), ((31, 33), True)])
def test_periods_of_unions_have_a_limit(sizes, known):
    lists = [
        [{"type": "maxpool2d", "kernel_size": [n, 1]}, {"type": "upsample", "scale_factor": [n, 1]}]
        for n in sizes
    ]
    size = lcm(*sizes)
    field = one({"type": "add", "branches": [[], *lists]}, shape=(1, size, 1))
    assert ([axis.period for axis in field.axes] if field else None) == ([size, 1] if known else None)


def test_what_sees_everything_stays_so_and_what_is_unknown_stays_unknown():
    pool = {"type": "global_avgpool", "keepdim": True}
    assert one(pool, "relu") == ((16, 16), (0, 0), (0, 0), (), True, ())
    assert one(pool, {"type": "conv2d", "out_channels": 2, "kernel_size": 1}).everything
    gate = {"type": "multiply", "branches": [[], [pool]]}
    assert one(gate).everything
    far = {"type": "adaptive_avgpool2d", "output_size": [3, 16]}  # 16 cells in 3 windows of no fixed size
    assert one(far) is None
    assert one(far, "relu") is None
    assert one(far, pool).everything
    unlike = {"type": "add", "branches": [[far], [{"type": "crop", "size": [3, 16]}]]}
    assert one(unlike) is None
    assert one(unlike, {"type": "flatten"}, {"type": "linear", "out_features": 2}).everything


def test_of_several_readings_only_values_count():
    """What gives a size, and not values, is not seen."""
    pooled = {"type": "maxpool2d", "kernel_size": 4, "name": "small"}
    crop = {"type": "crop", "from": "input", "size": "small"}
    assert one(pooled, crop)[:3] == ((1, 1), (1, 1), (-6, -6))


def of_inputs(shapes, *layers):
    return cnncalc.load({"input": shapes, "layers": list(layers)}).summary().rows[-1].receptive_field


def test_several_inputs():
    add = {"type": "add", "from": ["a", "b"]}
    pools = [{"type": "global_avgpool", "from": name, "name": f"pool_{name}"} for name in "ab"]
    both = {"type": "add", "from": ["pool_a", "pool_b"]}
    assert of_inputs({"a": [2, 8, 8], "b": [2, 8, 8]}, add)[:3] == ((1, 1), (1, 1), (0, 0))
    assert of_inputs({"a": [2, 8, 8], "b": [2, 8, 8]}, *pools, both).size == (8, 8)
    assert of_inputs({"a": [2, 8, 8], "b": [2, 6, 6]}, *pools, both) is None  # everything is of two sizes
    assert of_inputs({"a": [2], "b": [2]}, add) is None


@pytest.mark.parametrize("shapes", [{"a": [4, 8, 8], "b": [8, 8]}, {"a": [8, 8], "b": [4, 8, 8]}])
def test_a_sum_of_tensors_of_other_ranks_has_no_field(shapes):
    """Axes are aligned at the end: the channels of one are the height of the other."""
    assert of_inputs(shapes, {"type": "add", "from": ["a", "b"]}) is None


def test_three_axes():
    square = {"type": "conv3d", "out_channels": 4, "kernel_size": [3, 3, 2]}
    assert one(square, shape=(4, 6, 6, 6)).size == (3, 3, 2)
    assert one({**square, "kernel_size": [2, 3, 3]}, shape=(4, 6, 6, 6)).size == (2, 3, 3)
    conv = {"type": "conv3d", "out_channels": 4, "kernel_size": [1, 3, 3], "padding": "half"}
    assert one(conv, {**conv, "kernel_size": [1, 3, 5]}, shape=(4, 6, 6, 6)).size == (1, 5, 7)
    assert one(conv, {**conv, "kernel_size": [5, 5, 2], "padding": 2}, shape=(4, 6, 6, 6)).size == (5, 7, 4)


def test_branches_that_are_square_and_that_are_not():
    square, wide = (
        {"type": "conv2d", "out_channels": 4, "kernel_size": k, "padding": "half"} for k in (3, [3, 5])
    )
    for branches in ([[square], [wide]], [[wide], [square]]):
        assert one({"type": "add", "branches": branches}).size == (3, 5)


@pytest.mark.parametrize("padding", [[[2, 0], [1, 1]], [[1, 1], [0, 2]]])
def test_one_axis_that_is_not_aligned_is_enough(padding):
    shifted = {"type": "conv2d", "out_channels": 4, "kernel_size": 3, "padding": padding}
    merged = {"type": "add", "branches": [[], [shifted]]}
    assert not one(merged).aligned
    assert not one(merged, "relu").aligned
    assert one({"type": "add", "branches": [[], [{**shifted, "padding": 1}]]}, "relu").aligned


FREE = {"vars": {"n": 2}, "input": [4, 9, 9]}
DOUBLED = {"type": "upsample", "scale_factor": 2}


@pytest.mark.parametrize("fields", [{"padding": "n"}, {"kernel_size": "n"}, {"dilation": "n"}])
def test_symbolic_windows(fields):
    """In closed form where all cells see alike; else there is none."""
    conv = {"type": "conv2d", "out_channels": 4, "kernel_size": 3, **fields}
    for layers, known in (([conv], True), ([DOUBLED, conv], False)):
        net = cnncalc.load({**FREE, "layers": layers})
        found = net.summary(free="n").rows[-1].receptive_field
        assert (found is not None) == known
        for n in (1, 2, 3) if known else ():
            field = net.summary(set={"n": n}).rows[-1].receptive_field
            for formal, actual in zip(found[:3], field[:3], strict=True):
                assert tuple(substitute(size, {"n": n}) for size in formal) == actual
    point = {**conv, "kernel_size": 1, "dilation": "n", "stride": 2, "padding": 0}
    assert cnncalc.load({**FREE, "layers": [DOUBLED, point]}).summary(free="n").rows[
        -1
    ].receptive_field.size == (1, 1)


def test_windows_that_cannot_be_told_apart_are_not_taken_for_one():
    class Unclear(int):
        __hash__ = int.__hash__

        def __eq__(self, other):
            raise DimError("too many cases")

    axis = Axis(1, (0, 0), (0, 0))
    assert moved(axis, Window(1, Unclear(1), 2, 1)) == Axis(1, (-1, 0), (-1, 0)) != axis


def test_a_period_divides_the_cells_that_are_known():
    """The fourth cell lies three after the first, but the fifth does not lie three after the second."""
    axis = Axis(4, (0, 0, 0, 3), (0, 0, 0, 3))
    assert moved(axis, Window(1, 1, 2)) == axis


def test_a_symbolic_stride():
    """One cell can be had at any stride."""
    conv = {"type": "conv2d", "out_channels": 4, "kernel_size": 1, "stride": "n"}
    crop = {"type": "crop", "size": 1}
    fields = [
        cnncalc.load({**FREE, "input": [4, 1, 1], "layers": layers})
        .summary(free="n")
        .rows[-1]
        .receptive_field
        for layers in ([conv], [DOUBLED, crop, conv], [conv, DOUBLED])
    ]
    assert list(map(str, fields[0].stride)) == ["n", "n"]
    assert fields[1] is None
    assert fields[2].stride == ("(n)/2", "(n)/2")


@pytest.mark.parametrize(
    "fields", [{"stride": "n"}, {"padding": "n - 2"}, {"kernel_size": "n"}, {"dilation": "n"}]
)
def test_symbolic_spreads_have_no_closed_form(fields):
    transposed = {"type": "conv_transpose2d", "out_channels": 4, "kernel_size": 3, **fields}
    assert cnncalc.load({**FREE, "layers": [transposed]}).summary(free="n").rows[-1].receptive_field is None


CHANNELS_LAST = {"type": "permute", "dims": [1, 2, 0]}
BACK = {"type": "permute", "dims": [2, 0, 1]}
CONV = {"type": "conv2d", "out_channels": 4, "kernel_size": [3, 5]}
SUM = {"type": "add", "branches": [[], []]}


@pytest.mark.parametrize(("layers", "seen"), [
    ([CHANNELS_LAST, {"type": "linear", "out_features": 3}], (3, 5)),  # the last axis holds the channels: a token-wise map
    ([CHANNELS_LAST, {"type": "layernorm", "normalized_shape": 4}, "gelu", BACK], (3, 5)),
    ([CHANNELS_LAST, BACK, CONV], (5, 9)),
    ([CHANNELS_LAST, "softmax"], None),  # along the first axis, the height: every row, but one column at a time
    ([{"type": "permute", "dims": [0, 2, 1]}, {"type": "linear", "out_features": 3}], None),
    ([CHANNELS_LAST, {**CONV, "kernel_size": 1}], None),
    ([CHANNELS_LAST, SUM], None),
    ([{"type": "linear", "out_features": 3}], None),  # every column, but one row at a time
    ([CHANNELS_LAST, "global_avgpool"], (14, 12)),
    ([{"type": "permute", "dims": [0, 2, 1]}, {"type": "permute", "dims": [0, 2, 1]}], (3, 5)),
])  # fmt: skip
def test_axes_in_another_order(layers, seen):
    """Sizes are those along the input's own axes: (3, 5) here is what the convolution before sees."""
    field = one(CONV, *layers, shape=(4, 14, 12))
    if seen == (14, 12):
        assert field.everything
    assert (None if field is None else field.size) == seen


# ----------------------------------------------------------------------------------------- by arrays


def spoiled(layer, shape, axis):
    """For each cell along an input's axis, which cells along the output's axis it spoils."""
    size = shape[axis]
    x = np.random.default_rng(0).uniform(0.5, 1, (size, *shape))
    for cell in range(size):
        x[(cell, *[slice(None)] * (axis), cell)] = np.nan
    with np.errstate(all="ignore"):
        out = layer.forward([x, *[x] * (layer.arity[0] - 1)], Ones(layer, (shape,)))
    others = tuple(a for a in range(1, out.ndim) if a != axis + 1)
    return np.isnan(out).any(others)


def described(step, j):
    if isinstance(step, Window):
        return window(j, *map(int, step[:4]))
    if isinstance(step, Spread):
        reach = {j + step.before - tap * step.dilation for tap in range(step.kernel)}
        return {r // step.stride for r in reach if r % step.stride == 0}
    mode = {1: "nearest", 2: "bilinear", 4: "bicubic"}[step.taps]
    return zoom(j, Fraction(step.up, step.down), mode)


SIGHTED = [
    n
    for n, c in TYPES.items()
    if c.family != "norm" and n not in ("upsample", "pad", "reshape", "flatten", "permute")
]


@pytest.mark.parametrize("name", SIGHTED)
def test_windows_are_what_a_forward_pass_reads(name):
    draw, compared = random.Random(name), 0
    for _ in range(60):
        spec = random_spec(draw, TYPES[name])
        if draw.random() < 0.5 and "padding" in spec["layers"][0] and TYPES[name].rank and name[-2] in "12":
            spec["layers"][0]["padding"] = [
                [draw.randint(0, 1), draw.randint(0, 1)] for _ in range(TYPES[name].rank)
            ]
        try:
            cnncalc.load(spec).summary()
        except SpecError:
            continue
        layer, shape = built(spec["layers"][0]), tuple(spec["input"])
        if compare(layer, shape):
            compared += 1
        if compared == 6:
            return
    assert compared or name in ("linear", "softmax", "log_softmax", "class_token", "matmul"), (
        name
    )  # in no fixed way


def compare(layer, shape):
    sight = layer.windows((shape,))
    known = isinstance(sight, tuple)
    if len(shape) == 1 or sight == "unknown":
        return False
    for axis in range(1, len(shape)):
        hit = spoiled(layer, shape, axis)
        if not known:
            assert hit.all(), (layer, shape)
            continue
        if not hit.any():  # along another axis all windows lie in the padding
            continue
        for j in range(hit.shape[1]):
            seen = {c for c in described(sight[axis - 1], j) if 0 <= c < shape[axis]}
            assert set(np.flatnonzero(hit[:, j])) == seen, (layer, shape, axis, j)
    return True


@pytest.mark.parametrize("mode", ["nearest", "bilinear", "bicubic"])
def test_resized_cells_read_their_neighbors(mode):
    for size in range(2, 8):
        for to, values in (("scale_factor", ["1/2", "1/3", "2/3", 1.5, 2, 3]), ("size", [1, 2, 3, 5, 8])):
            for value in values:
                fields = {"type": "upsample", to: value, "mode": mode}
                try:
                    graph = cnncalc.load({"input": [1, size, size], "layers": [fields]}).graph()
                except SpecError:
                    continue
                layer, shape = graph.nodes[1].layer, (1, size, size)
                sight = layer.windows((shape,))
                hit = spoiled(layer, shape, 2)
                for j in range(hit.shape[1]):
                    seen = {min(max(c, 0), size - 1) for c in described(sight[1], j)}
                    read = set(np.flatnonzero(hit[:, j]))
                    assert read == seen or (mode == "bicubic" and read > seen), (fields, size, j)


@pytest.mark.parametrize("mode", ["constant", "replicate", "reflect", "circular"])
def test_padded_cells_read_one_cell(mode):
    padded = cnncalc.load(
        {"input": [1, 6, 7], "layers": [{"type": "pad", "padding": [[1, 2], [3, 0]], "mode": mode}]}
    )
    layer = padded.graph().nodes[1].layer
    for axis, first in ((1, 1), (2, 3)):
        hit = spoiled(layer, (1, 6, 7), axis)
        for j in range(first, first + (6, 7)[axis - 1]):
            assert set(np.flatnonzero(hit[:, j])) == {j - first}
    assert layer.windows(((1, 6, 7),)) == (Window(before=1, after=2), Window(before=3))


def test_adaptive_pooling_of_any_size():
    """Windows where all are of one size; everything where there is one; else there are none of a fixed form."""
    for size in range(1, 13):
        for out in range(1, 13):
            layer = built({"type": "adaptive_avgpool2d", "output_size": [out, None]})
            sight = layer.windows(((1, size, 6),))
            starts = [j * size // out for j in range(out)]
            ends = [-(-(j + 1) * size // out) for j in range(out)]
            if size % out:
                assert sight == "unknown"
                continue
            assert len(sight) == 2
            assert all(type(n) is int for n in sight[0])
            assert sight[1] == Window()
            assert [min(described(sight[0], j)) for j in range(out)] == starts
            assert [max(described(sight[0], j)) + 1 for j in range(out)] == ends
    assert built({"type": "adaptive_avgpool2d", "output_size": 1}).windows(((1, 5, 7),)) == "all"
    assert built({"type": "adaptive_avgpool2d", "output_size": [1, 7]}).windows(((1, 5, 7),)) == (
        Window(5, 5),
        Window(),
    )
    assert built({"type": "adaptive_avgpool2d", "output_size": [2, 1]}).windows(((1, 5, 7),)) == "unknown"
