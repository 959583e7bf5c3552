"""What kernels are made of, each part against its definition: windows, tiles, threads, edges and number types."""

import math
import threading
from itertools import pairwise, product

import numpy as np
import pytest

from cnncalc.kernels import activation, arrangement, convolution, merging, normalization, pooling
from cnncalc.kernels.product import linear
from cnncalc.kernels.windows import Sliding, block, channels_first, channels_last, taps, tiles, windows
from cnncalc.kernels.work import matmul, multiply, share, spans, tally, threads, working
from tests.naive import by_definition, cells

RNG = np.random.default_rng(11)
ODD = Sliding((3, 2), (2, 3), (1, 2), ((0, 2), (1, 0)))
LINE = Sliding((3,), (2,), (3,), ((4, 0),))
CUBE = Sliding((2, 1, 3), (1, 2, 3), (2, 1, 1), ((1, 0), (0, 1), (0, 2)))
DOTS = Sliding((1, 2), (1, 2), (1, 1), ((2, 1), (2, 0)))


def normal(*shape):
    return RNG.standard_normal(shape)


def close(found, expected):
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-12)


# ------------------------------------------------------------------------------------- threads


@pytest.mark.parametrize(("size", "parts", "bounds"), [
    (7, 3, [0, 2, 4, 7]), (2, 5, [0, 1, 2]), (5, 1, [0, 5]), (5, 0, [0, 5]), (0, 3, [0, 0]),
])  # fmt: skip
def test_spans(size, parts, bounds):
    assert spans(size, parts) == [slice(a, b) for a, b in pairwise(bounds)]


def test_work_is_tallied_where_somebody_counts():
    tally(5)
    assert threads() == 1
    with working() as outer:
        assert threads() == outer.threads == 1
        assert outer.pool is None
        with working(0) as none:
            assert threads() == none.threads == 1
            tally(2)
        a, b, out = normal(2, 3), normal(3, 5), np.empty((2, 5))
        assert matmul(a, b, out) is out
        close(out, [[sum(a[i, k] * b[k, j] for k in range(3)) for j in range(5)] for i in range(2)])
        assert outer.macs == 30
        here = np.empty((2, 3))
        assert multiply(a, a[:1], here) is here
        close(here, [[a[i, k] * a[0, k] for k in range(3)] for i in range(2)])
        assert outer.macs == 36
        assert matmul(np.ones((4, 2, 3)), np.ones((4, 3, 1))).shape == (4, 2, 1)
        assert outer.macs == 60
    assert none.macs == 2
    assert threads() == 1
    tally(1)
    assert outer.macs == 60


def test_threads_share_the_tasks():
    meet, names, done = threading.Barrier(3), set(), []

    def worker(queue):
        for task in queue:
            if task < 3:
                meet.wait(5)
            names.add(threading.get_ident())
            done.append(task)
            tally(task)
            assert threads() == 3

    with working(3) as work:
        share(range(9), worker)
        pool = work.pool
    assert sorted(done) == list(range(9))
    assert len(names) == 3
    assert work.macs == 36
    with pytest.raises(RuntimeError):  # it was shut down
        pool.submit(int)


def test_one_task_stays_where_it_is_and_two_do_not():
    names = []

    def alone(queue):
        names.extend(threading.get_ident() for _ in queue)

    with working(2):
        share([1], alone)
        meet = threading.Barrier(2)
        share([1, 2], lambda queue: [meet.wait(5) for _ in queue])
    assert names == [threading.get_ident()]


@pytest.mark.parametrize("where", [0, 1])
def test_errors_in_threads_are_raised(where):
    meet, caller = threading.Barrier(2), threading.get_ident()

    def worker(queue):
        for _ in queue:
            meet.wait(5)
            if (threading.get_ident() == caller) == (where == 0):
                raise ValueError("here")

    with working(2), pytest.raises(ValueError, match="here"):
        share([1, 2], worker)


# ------------------------------------------------------------------------------ windows and tiles


def test_sizes_of_windows():
    assert ODD.extents == (3, 3)
    assert LINE.extents == (7,)
    assert ODD.positions((1, 5)) == (1, 2)
    assert ODD.positions((6, 4)) == (3, 1)
    for sizes in ((0, 5), (1, 1)):
        with pytest.raises(ValueError, match="does not fit"):
            ODD.positions(sizes)


@pytest.mark.parametrize(("sizes", "given", "steps"), [
    ((4, 6), (2, 24, 1), (2, 6)), ((4, 6), (2, 23, 1), (1, 6)), ((4, 6), (2, 11, 1), (1, 5)), ((4, 6), (2, 1, 1), (1, 1)),
    ((4, 6), (1, 99, 1), (4, 6)), ((4, 6), (1, 99, 2), (2, 6)), ((4, 6), (1, 99, 3), (1, 6)), ((4, 6), (1, 99, 5), (1, 3)),
    ((7, 6), (1, 99, 3), (2, 6)), ((3, 2, 5), (1, 99, 7), (1, 1, 2)), ((3, 2, 5), (1, 20, 1), (2, 2, 5)), ((5,), (3, 7, 1), (2,)),
    ((2, 2), (1, 99, 50), (1, 1)), ((6, 4), (1, 8, 5), (1, 4)), ((8, 5), (1, 3, 20), (1, 1)), ((8, 5), (1, 3, 16), (1, 3)),
])  # fmt: skip
def test_tiles(sizes, given, steps):
    """As large as the limit allows, last axes first; first axes are cut where there would be too few."""
    expected = [
        [slice(a, min(a + step, n)) for a in range(0, n, step)] for n, step in zip(sizes, steps, strict=True)
    ]
    assert tiles(sizes, *given) == list(product(*expected))


@pytest.mark.parametrize("fill", [0.0, -np.inf])
@pytest.mark.parametrize(
    ("sliding", "sizes"), [(ODD, (5, 7)), (LINE, (9,)), (CUBE, (4, 3, 5)), (DOTS, (2, 3))]
)
def test_blocks_and_their_windows(sliding, sizes, fill):
    image = normal(*sizes, 2)
    counts = [n + 1 for n in sliding.positions(sizes)]  # the last hangs over
    for tile in product(*[[slice(0, 1), slice(n - 1, n), slice(0, n)] for n in counts]):
        part = block(image, sliding, tile, fill)
        origin = [t.start * s - b for t, s, (b, _) in zip(tile, sliding.stride, sliding.pads, strict=True)]
        extents = zip(tile, sliding.stride, sliding.extents, strict=True)
        assert part.shape == (*((t.stop - t.start - 1) * s + e for t, s, e in extents), 2)
        for at in np.ndindex(*part.shape[:-1]):
            where = tuple(o + i for o, i in zip(origin, at, strict=True))
            inside = all(0 <= w < n for w, n in zip(where, sizes, strict=True))
            assert np.array_equal(part[at], image[where] if inside else [fill, fill])
        seen = windows(part, sliding, tile)
        assert not seen.flags.writeable
        assert seen.shape == (*(t.stop - t.start for t in tile), *sliding.kernel, 2)
        places = dict(taps(part, sliding, tile))
        assert list(places) == list(np.ndindex(*sliding.kernel))
        for at, view in places.items():
            for position in np.ndindex(*view.shape[:-1]):
                steps = zip(position, sliding.stride, at, sliding.dilation, strict=True)
                cell = part[tuple(p * s + k * d for p, s, k, d in steps)]
                assert np.array_equal(view[position], cell)
                assert np.array_equal(seen[position + at], cell)


def test_a_block_within_the_image_is_no_copy():
    image = np.ones((5, 7, 2))
    plain = ODD._replace(pads=((0, 0), (0, 0)))
    assert np.shares_memory(block(image, plain, (slice(0, 2), slice(0, 2))), image)
    assert block(image, plain, (slice(0, 3), slice(0, 2))).shape == (7, 6, 2)
    assert block(image.astype(np.float32), ODD, (slice(0, 1), slice(0, 1))).dtype == np.float32
    assert block(image, ODD, (slice(0, 1), slice(0, 1))).min() == 0


def test_layout():
    x = normal(2, 3, 4, 5)
    last = channels_last(x)
    assert last.flags.c_contiguous
    assert np.array_equal(last, x.transpose(0, 2, 3, 1))
    assert np.array_equal(channels_first(last), x)
    assert np.shares_memory(channels_first(last), last)
    assert np.shares_memory(channels_last(channels_first(last)), last)


# ------------------------------------------------------------------------------------ convolutions

CONVOLUTIONS = [
    ((2, 4, 5, 7), (6, 4), ODD, 1), ((1, 4, 5, 7), (6, 2), ODD, 2), ((2, 3, 4, 5), (6, 1), ODD, 3), ((1, 3, 5, 7), (3, 1), ODD, 3),
    ((2, 4, 9), (6, 2), LINE, 2), ((1, 2, 9), (3, 2), LINE, 1), ((2, 3, 9), (6, 1), LINE, 3), ((1, 1, 9), (2, 1), LINE, 1),
    ((1, 2, 4, 3, 5), (3, 2), CUBE, 1), ((2, 2, 4, 3, 5), (4, 1), CUBE, 2), ((1, 4, 4, 3, 5), (2, 2), CUBE, 2),
    ((2, 3, 5, 6), (4, 3), Sliding((1, 1), (2, 3), (1, 1), ((0, 0), (0, 0))), 1),
    ((1, 3, 5, 6), (4, 3), Sliding((1, 1), (2, 3), (1, 2), ((0, 0), (0, 1))), 1),
    ((1, 2, 4, 7), (3, 2), Sliding((1, 3), (1, 2), (1, 1), ((0, 0), (0, 0))), 1),
    ((1, 3, 2, 2), (9, 3), convolution.POINT, 1), ((1, 4, 2, 2), (6, 2), convolution.POINT, 2),
]  # fmt: skip


@pytest.mark.parametrize("given", CONVOLUTIONS, ids=str)
def test_convolutions_of_any_rank(monkeypatch, given):
    shape, filters, sliding, groups = given
    x, weight, bias = normal(*shape), normal(*filters, *sliding.kernel), normal(filters[0])
    expected = by_definition(x, weight, None, sliding, groups)
    own = bias.reshape(-1, *[1] * len(sliding.kernel))

    def check():
        for laid, number in product((x, np.asfortranarray(x)), (1, 2, 3)):
            with working(number) as work:
                close(convolution.convolve(laid, weight, None, sliding, groups), expected)
            assert work.macs == expected.size * weight[0].size
            with working(number):
                close(convolution.convolve(laid, weight, bias, sliding, groups), expected + own)

    check()
    single = [a.astype(np.float32) for a in (x, weight, bias)]
    found = convolution.convolve(*single, sliding=sliding, groups=groups)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected + own, rtol=1e-3, atol=1e-4)
    for name, value in {"COLUMNS": 300, "POSITIONS": 3, "ROWS": 64}.items():
        monkeypatch.setattr(convolution, name, value)
    check()


def test_filters_that_do_not_fit_are_refused():
    for shape, groups in (((4, 3), 1), ((4, 2), 1), ((3, 2), 2), ((4, 4), 2)):
        with pytest.raises(ValueError, match="do not fit 4 channels"):
            convolution.convolve(normal(1, 4, 3, 3), normal(*shape, 1, 1), None, convolution.POINT, groups)
    for shape, groups in (((3, 4), 1), ((6, 2), 4), ((4, 2), 3)):
        with pytest.raises(ValueError, match="do not fit 4 channels"):
            convolution.transposed(
                normal(1, 4, 3, 3), normal(*shape, 1, 1), None, convolution.POINT, (0, 0), groups
            )


def spread(x, weight, bias, sliding, extra, groups):
    """A transposed convolution by its definition: each cell of the input adds a kernel to the output."""
    sizes = [
        (n - 1) * s + e - a - b + more
        for n, s, e, (a, b), more in zip(
            x.shape[2:], sliding.stride, sliding.extents, sliding.pads, extra, strict=True
        )
    ]
    per, depth = weight.shape[1], len(weight) // groups
    out = np.zeros((len(x), per * groups, *sizes)) + bias.reshape(-1, *[1] * len(sizes))
    for n, c in np.ndindex(*x.shape[:2]):
        for cell, at in product(np.ndindex(*x.shape[2:]), np.ndindex(*sliding.kernel)):
            steps = zip(cell, sliding.stride, at, sliding.dilation, sliding.pads, strict=True)
            where = tuple(q * s + k * d - a for q, s, k, d, (a, _) in steps)
            if all(0 <= w < size for w, size in zip(where, sizes, strict=True)):
                for o in range(per):
                    out[n, c // depth * per + o, *where] += x[n, c, *cell] * weight[c, o, *at]
    return out


TRANSPOSED = [
    ((2, 4, 2, 3), (4, 3), ODD, (0, 0), 1), ((1, 4, 2, 3), (4, 2), ODD, (1, 2), 2), ((2, 2, 3), (2, 3), LINE, (1,), 1),
    ((1, 4, 3), (4, 1), LINE, (0,), 4), ((1, 2, 2, 1, 2), (2, 2), CUBE, (0, 2, 1), 1),
    ((1, 2, 2, 3), (2, 2), ODD._replace(pads=((-2, 1), (0, -1))), (1, 0), 1), ((1, 2, 3), (2, 1), LINE._replace(pads=((0, -3),)), (2,), 2),
    ((1, 2, 3), (2, 2), LINE._replace(pads=((9, -2),)), (2,), 1),
]  # fmt: skip


@pytest.mark.parametrize("given", TRANSPOSED, ids=str)
def test_transposed_convolutions(given):
    shape, filters, sliding, extra, groups = given
    x, weight, bias = normal(*shape), normal(*filters, *sliding.kernel), normal(filters[1] * groups)
    expected = spread(x, weight, bias, sliding, extra, groups)
    with working(1) as work:
        close(convolution.transposed(x, weight, bias, sliding, extra, groups), expected)
    assert work.macs == x.size * weight[0].size
    close(convolution.transposed(x, weight, None, sliding, extra, groups),
          spread(x, weight, 0 * bias, sliding, extra, groups))  # fmt: skip
    single = convolution.transposed(
        *(a.astype(np.float32) for a in (x, weight, bias)),
        sliding=sliding,
        output_padding=extra,
        groups=groups,
    )
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, expected, rtol=1e-3, atol=1e-4)


def test_padding_that_leaves_nothing_of_a_transposed_convolution():
    x, weight = normal(1, 1, 2), normal(1, 1, 3)
    line = Sliding((3,), (1,), (1,), ((2, 1),))
    assert convolution.transposed(x, weight, None, line, (0,)).shape == (1, 1, 1)
    for pads, extra in (((2, 2), 0), ((3, 3), 1)):
        with pytest.raises(ValueError, match="leaves nothing"):
            convolution.transposed(x, weight, None, line._replace(pads=(pads,)), (extra,))
    plane = Sliding((3, 1), (1, 1), (1, 1), ((2, 2), (0, 0)))
    with pytest.raises(ValueError, match="leaves nothing"):
        convolution.transposed(x[..., None], weight[..., None], None, plane, (0, 0))


@pytest.mark.parametrize("rows", [2, 5, 9])
@pytest.mark.parametrize("number", [1, 3])
def test_products(rows, number):
    x, matrix, bias, out = normal(rows, 3), normal(3, 5), normal(5), np.empty((rows, 5))
    for shift in (None, bias):
        with working(number) as work:
            convolution.product(x, matrix, shift, out)
        close(out, [[sum(x[i, k] * matrix[k, j] for k in range(3)) + (0 if shift is None else bias[j])
                     for j in range(5)] for i in range(rows)])  # fmt: skip
        assert work.macs == rows * 15


@pytest.mark.parametrize("number", [1, 3])
def test_linear_layers_in_blocks(number):
    x, weight, bias = normal(2, 3, 4), normal(7, 4), normal(7)
    expected = np.array([[[sum(row * w) for w in weight] for row in image] for image in x])
    blocks = [slice(0, 3), slice(3, 4), slice(4, 7)]
    for shift in (None, bias):
        with working(number) as work:
            found = linear(x, 7, blocks, lambda span: weight[span], shift)
        close(found, expected if shift is None else expected + bias)
        assert work.macs == 6 * 28
    single = [a.astype(np.float32) for a in (x, weight, bias)]
    assert linear(single[0], 7, blocks, lambda span: single[1][span], single[2]).dtype == np.float32


# ----------------------------------------------------------------------------------------- poolings


def counted(size, stride, extent, pads):
    """Windows in ``ceil_mode``: those that begin inside the input or the padding before it."""
    before, after = pads
    starts = range(-before, size, stride)
    return max(1, sum(1 for i, a in enumerate(starts) if i == 0 or a - stride + extent < size + after))


POOLINGS = [
    ((2, 3, 5, 7), ODD), ((1, 2, 9), LINE), ((1, 2, 4, 3, 5), CUBE), ((1, 2, 5, 6), Sliding((2, 3), (3, 2), (2, 1), ((1, 0), (1, 1)))),
    ((1, 1, 4, 4), Sliding((1, 2), (3, 3), (1, 1), ((0, 0), (0, 1)))), ((1, 2, 6), Sliding((2,), (4,), (1,), ((1, 1),))),
    ((1, 2, 5), Sliding((2,), (2,), (1,), ((0, 0),))), ((1, 2, 7), Sliding((3,), (5,), (1,), ((0, 1),))),
    *[((1, 1, n), Sliding((2,), (3,), (1,), ((0, 1),))) for n in (2, 3, 4)], ((1, 2, 6, 6), Sliding((3, 3), (2, 2), (1, 1), ((0, 0), (0, 0)))),
]  # fmt: skip


@pytest.mark.parametrize("ceil_mode", [False, True])
@pytest.mark.parametrize("given", POOLINGS, ids=str)
def test_poolings_of_any_rank(monkeypatch, given, ceil_mode):
    shape, sliding = given
    x = normal(*shape) - 5
    sizes = zip(shape[2:], sliding.stride, sliding.extents, sliding.pads, strict=True)
    counts = tuple(counted(*g) for g in sizes) if ceil_mode else sliding.positions(shape[2:])
    rank = len(counts)
    largest = np.empty((*shape[:2], *counts))
    means = {True: np.zeros_like(largest), False: np.zeros_like(largest)}
    for n, c, *position in np.ndindex(largest.shape):
        seen = list(cells(sliding, position, shape[2:]))
        values = [x[n, c, *w] for _, w in seen if w is not None]
        within = sum(
            all(p * s + k * d - a < size + b for p, s, k, d, (a, b), size in
                zip(position, sliding.stride, at, sliding.dilation, sliding.pads, shape[2:], strict=True))
            for at, _ in seen)  # fmt: skip
        largest[n, c, *position] = max(values, default=-np.inf)
        means[True][n, c, *position] = sum(values) / max(within, 1)
        means[False][n, c, *position] = sum(values) / max(len(values), 1)

    def check(dtype, tolerance):
        given = x.astype(dtype)
        found = [pooling.max_pool(given, sliding, ceil_mode=ceil_mode)]
        found += [
            pooling.average_pool(given, sliding, ceil_mode=ceil_mode, count_include_pad=k) for k in means
        ]
        for one, expected in zip(found, (largest, *means.values()), strict=True):
            assert one.dtype == dtype
            np.testing.assert_allclose(one, expected, rtol=tolerance)

    check(np.float64, 1e-12)
    check(np.float32, 1e-4)
    monkeypatch.setattr(pooling, "TILE", 80)
    for number in (1, 3):
        with working(number):
            check(np.float64, 1e-12)
    assert rank == len(sliding.kernel)


def test_poolings_count_what_is_padded_unless_told_otherwise():
    x, sliding = np.ones((1, 1, 3)), Sliding((2,), (1,), (1,), ((1, 0),))
    assert pooling.average_pool(x, sliding)[0, 0, 0] == 0.5
    assert pooling.average_pool(np.ones((1, 1, 4)), Sliding((2,), (3,), (1,), ((0, 0),))).shape[2] == 1
    assert pooling.max_pool(np.ones((1, 1, 4)), Sliding((2,), (3,), (1,), ((0, 0),))).shape[2] == 1
    for size, pads in ((1, (0, 0)), (0, (1, 0))):
        for ceil_mode in (False, True):
            with pytest.raises(ValueError, match="does not fit"):
                pooling.max_pool(
                    np.ones((1, 1, size)), Sliding((4,), (2,), (1,), (pads,)), ceil_mode=ceil_mode
                )


@pytest.mark.parametrize(
    ("shape", "sizes"), [((2, 3, 5, 4), (3, 4)), ((1, 2, 5, 7), (5, 2)), ((1, 2, 7), (3,)), ((1, 2, 3), (7,))]
)
def test_adaptive_poolings(shape, sizes):
    x = normal(*shape)
    average, largest = pooling.adaptive_average_pool(x, sizes), pooling.adaptive_max_pool(x, sizes)
    assert average.shape == largest.shape == (*shape[:2], *sizes)
    for n, c, *position in np.ndindex(average.shape):
        cut = tuple(
            slice(i * a // b, -(-(i + 1) * a // b))
            for i, a, b in zip(position, shape[2:], sizes, strict=True)
        )
        assert np.isclose(average[n, c, *position], x[n, c, *cut].mean())
        assert largest[n, c, *position] == x[n, c, *cut].max()
    single = x.astype(np.float32)
    assert pooling.adaptive_average_pool(single, sizes).dtype == np.float32
    assert pooling.adaptive_max_pool(single, sizes).dtype == np.float32


@pytest.mark.parametrize("shape", [(2, 3, 5), (2, 3, 5, 4), (1, 2, 2, 3, 2)])
def test_global_poolings(shape):
    x = normal(*shape)
    axes = tuple(range(2, len(shape)))
    for keep in (False, True):
        close(pooling.global_average(x, keepdim=keep), x.mean(axes, keepdims=keep))
        assert np.array_equal(pooling.global_max(x, keepdim=keep), x.max(axes, keepdims=keep))
        assert pooling.global_average(x.astype(np.float32), keepdim=keep).dtype == np.float32


def test_long_sums_lose_nothing():
    assert pooling.mean(np.full((1, 1 << 12), 0.1, np.float32), 1)[0] == np.float32(0.1)
    assert pooling.mean(np.ones((2, 3), np.float32), (0, 1)).dtype == np.float32


# ------------------------------------------------------------------------------------- activations

SLOPES = np.array([0.25, 0.5, 2.0])
MAPS = {
    "relu": activation.relu, "relu6": activation.relu6, "leaky_relu": lambda x, out=None: activation.leaky_relu(x, 0.2, out),
    "elu": lambda x, out=None: activation.elu(x, 1.5, out), "celu": lambda x, out=None: activation.celu(x, 1.5, out),
    "prelu": lambda x, out=None: activation.prelu(x, SLOPES.astype(x.dtype), out),
    "selu": activation.selu, "sigmoid": activation.sigmoid, "silu": activation.silu, "tanh": activation.tanh,
    "hardsigmoid": activation.hardsigmoid, "hardswish": activation.hardswish, "mish": activation.mish,
    "softplus": lambda x, out=None: activation.softplus(x, out=out), "gelu": activation.gelu, "gelu_tanh": activation.gelu_tanh,
}  # fmt: skip


@pytest.mark.parametrize("name", MAPS)
def test_maps_do_not_depend_on_parts_or_memory(monkeypatch, name):
    """In whole or in parts, here or there, however it is laid out: the same numbers of the same type."""
    function, x = MAPS[name], normal(2, 3, 5, 7) * 4
    expected = function(x)
    assert expected.shape == x.shape
    monkeypatch.setattr(activation, "CHUNK", 13)
    layouts = {
        "first": lambda a: a.copy(), "last": lambda a: channels_first(channels_last(a)), "fortran": np.asfortranarray,
        "gaps": lambda a: np.repeat(a, 2, -1)[..., ::2], "back": lambda a: a[..., ::-1].copy()[..., ::-1],
    }  # fmt: skip
    for lay, number in product(layouts.values(), (1, 3)):
        with working(number):
            close(function(lay(x)), expected)
            for into in layouts.values():
                there = into(np.zeros_like(x))
                assert function(lay(x), out=there) is there
                close(there, expected)
            here = lay(x)
            assert function(here, out=here) is here
            close(here, expected)
    single = function(x.astype(np.float32))
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, expected, rtol=1e-4, atol=1e-6)
    with np.errstate(all="raise", under="ignore"):
        far = function(np.tile(np.array([-800.0, -90.0, 90.0]), (1, 3, 1)))
    assert np.isfinite(far).all()


NORMAL = lambda v: (1 + math.erf(v / math.sqrt(2))) / 2
SOFT = lambda v: math.log1p(math.exp(v)) if v <= 20 else v
TAIL = math.erfc(math.sqrt(0.5)) * math.sqrt(math.e)
SELU_ALPHA = math.sqrt(2 / math.pi) / (1 - TAIL)
#: Klambauer et al., 2017, equation 14
SELU_SCALE = (1 - TAIL) * math.sqrt(2 * math.pi) / math.sqrt(
    2 * math.erfc(math.sqrt(2)) * math.e**2 + math.pi * TAIL**2 - 2 * (2 + math.pi) * TAIL + math.pi + 2
)  # fmt: skip
FORMULAS = {
    "relu": lambda v: max(v, 0), "relu6": lambda v: min(max(v, 0), 6), "leaky_relu": lambda v: v if v >= 0 else 0.2 * v,
    "elu": lambda v: v if v >= 0 else 1.5 * math.expm1(v), "celu": lambda v: v if v >= 0 else 1.5 * math.expm1(v / 1.5),
    "selu": lambda v: SELU_SCALE * (v if v >= 0 else SELU_ALPHA * math.expm1(v)), "sigmoid": lambda v: 1 / (1 + math.exp(-v)),
    "silu": lambda v: v / (1 + math.exp(-v)), "tanh": math.tanh, "hardsigmoid": lambda v: min(max(v / 6 + 0.5, 0), 1),
    "hardswish": lambda v: v * min(max(v / 6 + 0.5, 0), 1), "softplus": SOFT, "mish": lambda v: v * math.tanh(SOFT(v)),
    "gelu": lambda v: v * NORMAL(v),
    "gelu_tanh": lambda v: v / 2 * (1 + math.tanh(math.sqrt(2 / math.pi) * (v + 0.044715 * v**3))),
}  # fmt: skip


@pytest.mark.parametrize("name", FORMULAS)
def test_maps_are_their_formulas(name):
    values = [
        -25.0,
        -7.5,
        -6,
        -3.5,
        -3,
        -2.5,
        -1,
        -0.25,
        0,
        1e-9,
        0.25,
        0.75,
        1,
        2.5,
        3,
        3.5,
        6,
        6.5,
        19.5,
        20.5,
    ]
    expected = [FORMULAS[name](v) for v in values]
    close(MAPS[name](np.array([values]))[0], expected)
    single = MAPS[name](np.array([values], np.float32))[0]
    np.testing.assert_allclose(single, expected, rtol=1e-5, atol=2e-6)


def test_the_error_function_has_the_precision_of_its_type():
    values = np.linspace(-7, 7, 301)
    exact = [math.erf(v) for v in values]
    np.testing.assert_allclose(activation.erf(values), exact, rtol=0, atol=2e-15)
    np.testing.assert_allclose(
        activation.erf(values.astype(np.float32)),
        [math.erf(np.float32(v)) for v in values],
        rtol=0,
        atol=3e-7,
    )
    assert activation.erf(values.astype(np.float32)).dtype == np.float32


def test_a_slope_for_each_channel():
    x = normal(2, 3, 4)
    close(activation.prelu(x, SLOPES), np.where(x < 0, x * SLOPES[:, None], x))
    close(activation.prelu(x[:, :, 0], SLOPES), np.where(x[:, :, 0] < 0, x[:, :, 0] * SLOPES, x[:, :, 0]))
    close(activation.prelu(x, SLOPES[:1]), np.where(x < 0, x * 0.25, x))


def keys(t):
    """Keys, 1981: the cubic kernel, a = -0.75."""
    t = abs(t)
    if t <= 1:
        return 1.25 * t**3 - 2.25 * t**2 + 1
    return -0.75 * (t**3 - 5 * t**2 + 8 * t - 4) if t < 2 else 0.0


@pytest.mark.parametrize("align_corners", [False, True])
@pytest.mark.parametrize("mode", ["nearest", "bilinear", "bicubic"])
@pytest.mark.parametrize(("have", "size"), [(5, 11), (5, 3), (4, 8), (7, 1), (1, 4), (6, 4)])
def test_resizing_weighs_neighbors(have, size, mode, align_corners):
    x = normal(1, 1, have, 1)
    found = arrangement.resize(x, [size, 1], mode, align_corners=align_corners)[0, 0, :, 0]
    for j in range(size):
        if mode == "nearest":
            assert found[j] == x[0, 0, j * have // size, 0]
            continue
        place = (j + 0.5) * have / size - 0.5
        if align_corners:
            place = j * (have - 1) / (size - 1) if size > 1 else 0
        if mode == "bilinear":
            place = min(max(place, 0), have - 1)
        weigh = keys if mode == "bicubic" else lambda t: max(0, 1 - abs(t))
        cells = range(math.floor(place) - 2, math.floor(place) + 4)
        assert np.isclose(
            found[j], sum(weigh(place - i) * x[0, 0, min(max(i, 0), have - 1), 0] for i in cells)
        )


def test_large_maps_are_cut_at_the_chunk():
    x, sizes = normal(2, 3, 3), []
    previous, activation.CHUNK = activation.CHUNK, 5
    try:
        activation.each(x, lambda a, o: (sizes.append(a.size), np.copyto(o, a)), None)
        activation.each(normal(2, 2), lambda a, o: sizes.append(a.shape), None)
    finally:
        activation.CHUNK = previous
    assert sizes == [5, 5, 5, 3, (4,)]


def test_softmax_keeps_the_type_and_the_input():
    x = (normal(2, 3, 4) * 300).astype(np.float32)
    before = x.copy()
    for function in (activation.softmax, activation.log_softmax):
        found = function(x, 1)
        assert found.dtype == np.float32
        assert found.shape == x.shape
        assert np.isfinite(found).all()
        assert np.array_equal(x, before)
    x = normal(2, 3, 4)
    for axis in (1, 2):
        found, logs = activation.softmax(x, axis), activation.log_softmax(x, axis)
        close(found, np.exp(logs))
        close(found, np.exp(x) / np.exp(x).sum(axis, keepdims=True))


def test_softplus_is_smooth_to_the_threshold():
    x = np.array([[1.0, 20.0, 20.5]])
    assert np.array_equal(activation.softplus(x), [[math.log1p(math.e), math.log1p(math.exp(20)), 20.5]])
    assert activation.softplus(x, 2.0, 40.0)[0, 1] == 20 + math.log1p(math.exp(-40)) / 2


# ----------------------------------------------------------------------- normalizations and the rest


@pytest.mark.parametrize("channels", [30_000, 70_000, 3])
def test_wide_maps_are_normalized_in_parts(channels):
    x = normal(1, channels, 5)
    weight, bias = normal(channels), normal(channels)
    own = lambda p: p[:, None]
    last = channels_first(channels_last(x))
    close(normalization.affine(last, weight, bias), x * own(weight) + own(bias))
    for number in (1, 2):
        with working(number):
            expected = (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + 0.1)
            found = normalization.layer_norm_channels(last, weight, bias, 0.1)
            np.testing.assert_allclose(found, expected * own(weight) + own(bias), rtol=1e-7, atol=1e-9)


LAYOUTS = {"first": np.ascontiguousarray, "last": lambda a: channels_first(channels_last(a))}


@pytest.mark.parametrize("there", ["first", "last", "here"])
@pytest.mark.parametrize("order", LAYOUTS)
def test_affine_maps(order, there):
    x, weight, bias = normal(2, 3, 4, 5), normal(3), normal(3)
    for w, b in product((None, weight), (None, bias)):
        given = LAYOUTS[order](x.copy())
        into = given if there == "here" else LAYOUTS[there](np.zeros_like(x))
        assert normalization.affine(given, w, b, into) is into
        expected = x if w is None else x * w.reshape(3, 1, 1)
        close(into, expected if b is None else expected + b.reshape(3, 1, 1))
        single = [None if p is None else p.astype(np.float32) for p in (w, b)]
        assert normalization.affine(LAYOUTS[order](x).astype(np.float32), *single).dtype == np.float32


@pytest.mark.parametrize("order", LAYOUTS)
def test_statistics_of_many_numbers_lose_nothing(order):
    """Of single precision, and far from zero: the statistics are taken in double precision."""
    x = np.tile(np.array([2999.1, 3001.1], np.float32), (1, 2, 1 << 14))
    expected = np.tile([-1.0, 1.0], (1, 2, 1 << 14))
    x = LAYOUTS[order](x)
    for found in (
        normalization.batch_norm(x, None, None, None, None, 0.0),
        normalization.group_norm(x, 1, None, None, 0.0),
        normalization.instance_norm(x, None, None, None, None, 0.0),
    ):
        np.testing.assert_allclose(found, expected, atol=1e-3)


def test_normalizations_keep_the_type_and_the_input():
    x = normal(2, 4, 3, 5).astype(np.float32) * 3 + 1000
    before, p = x.copy(), np.linspace(0.5, 2, 4).astype(np.float32)
    own, last = (p, p, 0.01), np.ones(5, np.float32)
    found = {
        "group": normalization.group_norm(x, 2, *own), "channels": normalization.layer_norm_channels(x, *own),
        "last": normalization.layer_norm_last(x, last, last, 0.01, 1), "batch": normalization.batch_norm(x, None, None, *own),
        "running": normalization.batch_norm(x, p * 1000, p, *own), "half": normalization.batch_norm(x, p, None, *own),
        "instance": normalization.instance_norm(x, None, None, *own), "neither": normalization.instance_norm(x, p, None, *own),
        "other half": normalization.batch_norm(x, None, p, *own), "other": normalization.instance_norm(x, None, p, *own),
        "local": normalization.local_response_norm(x, 3, 0.1, 0.75, 1.0), "plain": normalization.normalize(x, (1, 2), 0.01),
    }  # fmt: skip
    for name, array in found.items():
        assert array.dtype == np.float32, name
        assert array.shape == x.shape, name
    assert np.array_equal(x, before)
    for some, whole in {
        "half": "batch",
        "other half": "batch",
        "neither": "instance",
        "other": "instance",
    }.items():
        assert np.array_equal(found[some], found[whole])
    wide = before.astype(np.float64)
    whole = (wide - wide.mean((1, 2), keepdims=True)) / np.sqrt(wide.var((1, 2), keepdims=True) + 0.01)
    np.testing.assert_allclose(found["plain"], whole, atol=2e-3)
    mean, variance = wide.mean((0, 2, 3)), wide.var((0, 2, 3))
    shape = (1, 4, 1, 1)
    batch = (wide - mean.reshape(shape)) / np.sqrt(variance + 0.01).reshape(shape) * p.reshape(
        shape
    ) + p.reshape(shape)
    np.testing.assert_allclose(found["batch"], batch, atol=5e-3)


def test_moving_keeps_the_type():
    x = normal(1, 4, 4, 6).astype(np.float32)
    for mode, align in product(("nearest", "bilinear", "bicubic"), (False, True)):
        assert arrangement.resize(x, [3, 7], mode, align_corners=align).dtype == np.float32
    assert arrangement.pad(x, [(1, 0), (0, 1)]).dtype == np.float32
    assert arrangement.resize(x, [4, 6], "nearest") is x
    assert np.array_equal(arrangement.resize(x, [4, 3], "nearest"), x[..., ::2])
    assert np.array_equal(arrangement.resize(x, [3, 6], "nearest", [1.0, 1.0]), x[:, :, :3])
    assert np.array_equal(arrangement.pad(x, [(9, 0), (0, 9)])[:, :, 9:, :6], x)
    assert np.array_equal(arrangement.pad(x, [(0, 0), (1, 0)])[..., 0], np.zeros((1, 4, 4)))
    assert not np.array_equal(arrangement.resize(x, [4, 6], "nearest", [2.0, 2.0]), x)


@pytest.mark.parametrize("mode", ["bilinear", "bicubic"])
def test_resizing_goes_axis_by_axis(mode):
    x = normal(2, 3, 4, 5, 3)
    found = arrangement.resize(x, [3, 8, 5], mode, [0.75, 1.6, 2.0])
    for axis, (size, factor) in enumerate(zip((3, 8, 5), (0.75, 1.6, 2.0), strict=True), 2):
        sizes = [*x.shape[2:]]
        sizes[axis - 2] = size
        factors = [1.0, 1.0, 1.0]
        factors[axis - 2] = factor
        lines = np.moveaxis(x, axis, 2)
        flat = lines.reshape(2, 3, lines.shape[2], -1)
        moved = arrangement.resize(flat, [size, flat.shape[3]], mode, [factor, 1.0])
        x = np.moveaxis(moved.reshape(2, 3, size, *lines.shape[3:]), 2, axis)
    close(found, x)


def test_cells_that_weigh_nothing_are_not_read():
    x = np.array([[[[1.0], [np.inf], [np.inf], [2.0]]]])
    found = arrangement.resize(x, [2, 1], "bilinear", align_corners=True)
    assert np.array_equal(found[0, 0, :, 0], [1, 2])


def test_shuffles_and_crops_of_unequal_sides():
    x = normal(2, 18, 2, 3)
    up = arrangement.pixel_shuffle(x, 3)
    for n, c, h, w in np.ndindex(up.shape):
        assert up[n, c, h, w] == x[n, 9 * c + 3 * (h % 3) + w % 3, h // 3, w // 3]
    assert np.array_equal(arrangement.pixel_unshuffle(up, 3), x)
    shuffled = arrangement.channel_shuffle(x, 6)
    assert np.array_equal(shuffled, x.reshape(2, 6, 3, 2, 3).swapaxes(1, 2).reshape(x.shape))
    assert np.array_equal(arrangement.crop(x, [2, 3]), x)
    assert np.array_equal(arrangement.crop(up, [2, 4]), up[:, :, 2:4, 2:6])
    assert np.array_equal(arrangement.crop(x, [1, 2]), x[:, :, :1, :2])
    for sizes in ([3, 3], [2, 4]):
        with pytest.raises(ValueError, match="cannot crop"):
            arrangement.crop(x, sizes)


def test_merging_reuses_only_what_is_its_own():
    a, b, c = (normal(2, 3, 4) for _ in range(3))
    kept = [x.copy() for x in (a, b, c)]
    for function, expected in ((merging.add, a + b + c), (merging.multiply, a * b * c)):
        close(function([a, b, c]), expected)
        assert all(np.array_equal(x, y) for x, y in zip((a, b, c), kept, strict=True))
        for arrays in ([a, b, c], [a, b]):
            into = np.zeros_like(a)
            assert function(arrays, into) is into
            close(into, function(arrays))
        close(function([a, b, c], into), expected)
    assert np.array_equal(merging.concat([a], 1), a)
    assert np.array_equal(merging.concat([a[:, :, 0]], 1), a[:, :, 0])
    assert np.array_equal(merging.concat([a, b], 0), np.concatenate([a, b]))
    assert np.array_equal(merging.concat([a[:, :, 0], b[:, :, 0]], 0), np.concatenate([a, b])[:, :, 0])
    wide = [normal(1, 2, 3, 4, 5) for _ in range(2)]
    for axis in range(5):
        assert np.array_equal(merging.concat(wide, axis), np.concatenate(wide, axis))
