"""Sets of integers by tables and enumeration: pieces, their plainest form, neighbors, texts, solutions, and limits."""

from itertools import pairwise, product

import numpy as np
import pytest

from cnncalc import integers
from cnncalc.conditions import Condition, any_of, at_least, divisible, equal
from cnncalc.dims import DimError, maximum, minimum, symbol
from cnncalc.integers import (
    EVERYTHING,
    MAX_PERIOD,
    NOTHING,
    IntegerSet,
    Piece,
    listed,
    meet,
    solutions,
    solutions_among,
    tidy,
)

H, W = symbol("H"), symbol("W")


def piece(low, high, modulus=1, *residues):
    return Piece(low, high, modulus, frozenset(residues or (0,)))


def of(*pieces):
    return IntegerSet(pieces)


@pytest.mark.parametrize(("raw", "text"), [
    ([piece(3, None)], "H >= 3"),
    ([piece(3, 9)], "3 <= H <= 9"),
    ([piece(5, 5)], "H == 5"),
    ([piece(3, 3, 4, 3)], "H == 3"),
    ([piece(1, None, 4, 3)], "H >= 3 and H % 4 == 3"),
    ([piece(1, None, 4, 0)], "H >= 4 and H % 4 == 0"),
    ([piece(1, 12, 4, 3)], "3 <= H <= 11 and H % 4 == 3"),
    ([piece(1, None, 4, 0, 1)], "H >= 1 and H % 4 <= 1"),
    ([piece(1, None, 4, 0, 1, 2)], "H >= 1 and H % 4 <= 2"),
    ([piece(1, None, 4, 2, 3)], "H >= 2 and H % 4 >= 2"),
    ([piece(1, None, 4, 1, 2, 3)], "H >= 1 and H % 4 >= 1"),
    ([piece(1, None, 4, 1, 2)], "H >= 1 and H % 4 in {1, 2}"),
    ([piece(1, None, 4, 0, 3)], "H >= 3 and H % 4 in {0, 3}"),
    ([piece(1, None, 5, 0, 2, 3)], "H >= 2 and H % 5 in {0, 2, 3}"),
    ([piece(1, None, 5, 1, 2, 4)], "H >= 1 and H % 5 in {1, 2, 4}"),
    ([piece(1, None, 6, 1, 3, 5)], "H >= 1 and H % 2 == 1"),
    ([piece(1, None, 6, 1, 4)], "H >= 1 and H % 3 == 1"),
    ([piece(1, None, 4, 0, 1, 2, 3)], "H >= 1"), ([piece(1, None, 2, 0, 1)], "H >= 1"), ([piece(1, None, 2, 1)], "H >= 1 and H % 2 == 1"),
    ([piece(6, 8, 8, 6, 7, 0)], "6 <= H <= 8"),
    ([piece(5, 9, 8, 6, 7, 0)], "6 <= H <= 8"),
    ([piece(6, 9, 8, 6, 7, 1)], "6 <= H <= 9 and H % 8 in {1, 6, 7}"),
    ([piece(5, 5, 4, 0)], "no H"),
    ([piece(5, 4)], "no H"),
    ([piece(5, 7, 4, 0)], "no H"),
    ([], "no H"),
    # neighbors
    ([piece(1, 3), piece(4, None)], "H >= 1"),
    ([piece(4, None), piece(1, 3)], "H >= 1"),
    ([piece(1, 3), piece(5, None)], "1 <= H <= 3 or H >= 5"),
    ([piece(2, 2), piece(4, None, 2, 0)], "H >= 2 and H % 2 == 0"),
    ([piece(2, 4, 2, 0), piece(6, 6), piece(8, 8)], "2 <= H <= 8 and H % 2 == 0"),
    ([piece(2, 2), piece(6, None, 2, 0)], "H == 2 or H >= 6 and H % 2 == 0"),
    ([piece(3, 3), piece(4, None, 2, 0)], "H == 3 or H >= 4 and H % 2 == 0"),
    ([piece(1, 4), piece(6, None, 2, 0)], "1 <= H <= 4 or H >= 6 and H % 2 == 0"),
    ([piece(1, 5, 2, 1), piece(8, 12, 2, 0)], "1 <= H <= 5 and H % 2 == 1 or 8 <= H <= 12 and H % 2 == 0"),
    ([piece(1, 9, 4, 1), piece(13, 13), piece(17, 17)], "1 <= H <= 17 and H % 4 == 1"),
    ([piece(1, 9, 4, 1), piece(14, 14)], "1 <= H <= 9 and H % 4 == 1 or H == 14"),
])  # fmt: skip
def test_pieces_in_their_plainest_form(raw, text):
    assert tidy(raw).text("H") == text
    assert [n in tidy(raw) for n in range(40)] == [any(p.has(n) for p in raw) for n in range(40)]


@pytest.mark.parametrize(("numbers", "text"), [
    ([], "no H"), ([7], "H == 7"), ([7, 9], "H == 7 or H == 9"), ([7, 8], "7 <= H <= 8"), ([1, 3, 5], "1 <= H <= 5 and H % 2 == 1"),
    ([5, 3, 1, 3], "1 <= H <= 5 and H % 2 == 1"), ([1, 3, 6], "H == 1 or H == 3 or H == 6"), ([0, 4, 8, 9], "0 <= H <= 8 and H % 4 == 0 or H == 9"),
    ([1, 2, 3, 7, 10, 13], "1 <= H <= 3 or 7 <= H <= 13 and H % 3 == 1"), ([1, 2, 10, 20, 30], "1 <= H <= 2 or 10 <= H <= 30 and H % 10 == 0"),
])  # fmt: skip
def test_listed(numbers, text):
    assert listed(numbers).text("H") == text


SETS = [
    NOTHING, EVERYTHING, of(piece(0, 0)), of(piece(-6, 9, 3, 0)), of(piece(2, None, 4, 2, 3)), of(piece(1, 3), piece(5, 11, 2, 1)),
    of(piece(-4, -2), piece(0, 8, 4, 0), piece(13, None, 5, 3)), of(piece(7, 7)), of(piece(-5, -3)), of(piece(3, 4), piece(6, 6)),
]  # fmt: skip
FROM, TO = -9, 60
INSIDE = [[n for n in range(FROM, TO) if n in one] for one in SETS]


@pytest.mark.parametrize("index", range(len(SETS)))
def test_sets_are_what_they_enumerate(index):
    one, inside = SETS[index], INSIDE[index]
    ends = all(p.high is not None for p in one.pieces)
    assert one.least() == (inside[0] if inside else None)
    assert one.most() == (inside[-1] if inside and ends else None)
    assert one.only() == (inside[0] if len(inside) == 1 else None)
    for limit in (0, 1, len(inside) - 1, len(inside), len(inside) + 1):
        assert one.listing(limit) == (inside if ends and len(inside) <= limit else None)
    for number in range(FROM - 2, 30):
        assert one.nearest(number, step=1) == min((n for n in inside if n > number), default=None)
        assert one.nearest(number, step=-1) == max((n for n in inside if n < number), default=None)
    for by in (-7, 0, 1, 8):
        moved = one.shifted(by)
        assert [n - by for n in range(FROM + by, TO + by) if n in moved] == inside
        assert all(0 <= r < p.modulus for p in moved.pieces for r in p.residues)
    for period in (1, 2, 3, 4):
        for residue in range(period):
            assert one.meets(residue, period) == any(n % period == residue for n in inside)
    for other, theirs in zip(SETS, INSIDE, strict=True):
        assert [n for n in range(FROM, TO) if n in one & other] == sorted({*inside} & {*theirs})
        assert [n for n in range(FROM, TO) if n in one | other] == sorted({*inside} | {*theirs})
        for both in (one & other, one | other):
            assert both == tidy(list(both.pieces))


@pytest.mark.parametrize("dtype", [np.int64, object])
def test_pieces_judge_arrays(dtype):
    numbers = np.arange(FROM, TO).astype(dtype)
    for one in [*SETS, of(piece(2, 9, 2, 1)), of(piece(-6, 30, 7, 0, 2, 5))]:
        for part in one.pieces:
            assert part.holds(numbers).tolist() == [part.has(n) for n in range(FROM, TO)]


def test_pieces_have_their_members():
    assert [n for n in range(-5, 20) if piece(-2, 9, 4, 1, 2).has(n)] == [-2, 1, 2, 5, 6, 9]
    assert piece(3, None).has(3)
    assert not piece(3, None).has(2)
    assert integers._meet(piece(1, 9, 4, 1), piece(5, None, 6, 5)) == piece(5, 9, 12, 5)
    assert integers._meet(piece(1, 5), piece(5, 9)) == piece(5, 5)
    assert integers._meet(piece(1, 5), piece(6, 9)) is None
    assert integers._meet(piece(1, None, 4, 1), piece(1, None, 4, 2)) is None
    assert of(piece(1, None)) == EVERYTHING


# -------------------------------------------------------------------------------- polynomials


def value(coefficients, t):
    return sum(c * t**power for power, c in enumerate(coefficients))


POLYNOMIALS = [
    *product((-6, -1, 0, 5), (-5, 0, 3), (-1, 2)), *product((-24, 0, 24, 25), (-50, 26), (-9, 0, 12), (-1, 1)),
    (7,), (0,), (-7,), (), (-24, 50, -35, 10, -1), (24, -50, 35, -10, 1), (900, -60, 1), (-900, 60, -1), (899, -60, 1), (-3, -3, 2), (3, 3, -2),
    # one integer alone on its side of zero, beside a turning point
    (-1344, 740, -100), (1344, -740, 100), (1064, -660, 100), (-1064, 660, -100), (21280, -14264, 2660, -100),
    (-21280, 14264, -2660, 100), (26880, -16144, 2740, -100), (-26880, 16144, -2740, 100),
]  # fmt: skip


def test_where_polynomials_are_not_negative():
    for coefficients in POLYNOMIALS:
        intervals = integers._where_not_negative(list(coefficients))
        inside = [
            t for t in range(70) if any(low <= t and (high is None or t <= high) for low, high in intervals)
        ]
        assert inside == [t for t in range(70) if value(coefficients, t) >= 0], coefficients
        assert all(low >= 0 for low, _ in intervals)
        for (_, end), (start, _) in pairwise(intervals):
            assert end + 1 < start
        assert [integers._value(list(coefficients), t) for t in (-2, 0, 3)] == [
            value(coefficients, t) for t in (-2, 0, 3)
        ]


@pytest.mark.parametrize(("coefficients", "ends", "found"), [
    ([-4, 1], (0, 9), [(4, 9)]), ([-4, 1], (0, 4), [(4, 4)]), ([-4, 1], (0, 3), []), ([-4, 1], (4, 9), [(4, 9)]),
    ([4, -1], (0, 9), [(0, 4)]), ([4, -1], (4, 9), [(4, 4)]), ([4, -1], (5, 9), []), ([4, -1], (0, 4), [(0, 4)]),
    ([-4, 1], (3, 4), [(4, 4)]), ([4, -1], (4, 5), [(4, 4)]), ([-9, 2], (0, 100), [(5, 100)]), ([9, -2], (0, 100), [(0, 4)]),
    ([0], (3, 3), [(3, 3)]), ([-1], (3, 3), []),
])  # fmt: skip
def test_between_turning_points(coefficients, ends, found):
    assert integers._monotone(coefficients, *ends) == found


@pytest.mark.parametrize(("intervals", "found"), [
    ([], []), ([(1, 2), (3, 4)], [(1, 4)]), ([(1, 2), (4, 5)], [(1, 2), (4, 5)]), ([(4, 5), (1, 2)], [(1, 2), (4, 5)]),
    ([(1, 9), (2, 3), (5, 6)], [(1, 9)]), ([(1, None), (3, 4)], [(1, None)]), ([(1, 5), (3, None)], [(1, None)]),
    ([(1, 2), (4, None), (9, 9)], [(1, 2), (4, None)]), ([(1, 3), (3, 3), (4, 6), (8, 9)], [(1, 6), (8, 9)]),
])  # fmt: skip
def test_intervals_are_joined(intervals, found):
    assert integers._merged(intervals) == found


@pytest.mark.parametrize(("first", "second", "found"), [
    ([(1, 5)], [(3, 9)], [(3, 5)]), ([(1, 5)], [(5, 9)], [(5, 5)]), ([(1, 5)], [(6, 9)], []), ([(6, 9)], [(1, 5)], []),
    ([(1, None)], [(3, 9)], [(3, 9)]), ([(3, 9)], [(1, None)], [(3, 9)]), ([(1, None)], [(4, None)], [(4, None)]),
    ([(1, 2), (5, 8)], [(2, 6), (8, None)], [(2, 2), (5, 6), (8, 8)]), ([], [(1, None)], []), ([(4, 4)], [(3, None)], [(4, 4)]),
    ([(3, None)], [(1, 2)], []),
])  # fmt: skip
def test_intervals_overlap(first, second, found):
    assert integers._overlap(first, second) == found


# ------------------------------------------------------------------------------------ solutions


@pytest.mark.parametrize(("statement", "text"), [
    (divisible(H + 1, 4), "H >= 3 and H % 4 == 3"),
    (divisible(H * H + 1, 5), "H >= 2 and H % 5 in {2, 3}"),
    (divisible(H * H + 2, 5), "no H"),
    (divisible(H // 2, 3), "H >= 1 and H % 6 <= 1"),
    (divisible(H, 2), "H >= 2 and H % 2 == 0"),
    (equal(H, 5), "H == 5"),
    (equal(H, -5), "no H"),
    (equal(H, 0), "no H"),
    (at_least(H, -5), "H >= 1"),
    (at_least(0, H), "no H"),
    (at_least(1, H), "H == 1"),
    (at_least(H * H, 7 * H - 10), "1 <= H <= 2 or H >= 5"),
    (at_least(7 * H - 10, H * H), "2 <= H <= 5"),
    (equal(H * H + 10, 7 * H), "H == 2 or H == 5"),
    (equal((H // 3) * (H // 3), 4), "6 <= H <= 8"),
    (equal(H * (H % 2), 7), "H == 7"),
    (at_least(H * (H % 2), 7), "H >= 7 and H % 2 == 1"),
    (equal(minimum(H, 6), 6), "H >= 6"),
    (equal(minimum(H, 6), 4), "H == 4"),
    (equal(maximum(H, 6), 6), "1 <= H <= 6"),
    (at_least(maximum(minimum(H, 9), 2 * (H // 4)), 8), "H >= 8"),
    (Condition(H - 4 * (H // 4), "==", 0, 3), "H >= 3 and H % 4 in {0, 3}"),
    (divisible(minimum(H, 9), 4), "4 <= H <= 8 and H % 4 == 0"),
    (divisible(minimum(H, 9), 3), "3 <= H <= 9 and H % 3 == 0 or H >= 10"),
    (at_least(minimum(H, maximum(12 - H, 3)), 5), "5 <= H <= 7"),
    (any_of(equal(H, 5), at_least(H, 9), equal(H, 8)), "H == 5 or H >= 8"),
])  # fmt: skip
def test_solutions(statement, text):
    assert solutions(statement).text("H") == text
    for number in range(1, 40):
        assert (number in solutions(statement)) == bool(statement.holds({"H": number}))


@pytest.mark.parametrize(("among", "statement", "text"), [
    (NOTHING, at_least(H, 3), "no H"),
    (of(piece(1, None)), at_least(H, -3), "H >= 1"),
    (of(piece(0, None)), equal(H, 0), "H == 0"),
    (of(piece(0, None)), at_least(H, 3), "H >= 3"),
    (of(piece(0, None)), at_least(3, H), "0 <= H <= 3"),
    (of(piece(-8, 8)), at_least(4, H * H), "-2 <= H <= 2"),
    (of(piece(-8, 8, 2, 0)), divisible(H, 3), "-6 <= H <= 6 and H % 6 == 0"),
    (of(piece(-8, None)), any_of(equal(H, -8), equal(H, -4), at_least(H, 9)), "H == -8 or H == -4 or H >= 9"),
    (of(piece(-8, 8)), any_of(equal(H, -9), at_least(H, 9)), "no H"),
    (of(piece(-8, 8)), equal(minimum(H, 3), -2), "H == -2"),
    (of(piece(4, 8)), at_least(6, H), "4 <= H <= 6"),
])  # fmt: skip
def test_solutions_among(among, statement, text):
    assert solutions_among(statement, "H", among).text("H") == text


def test_all_of_several():
    assert meet() == meet(True) == EVERYTHING
    assert meet(False) == meet(at_least(H, 3), False) == NOTHING
    assert meet(at_least(H, 3), True, at_least(9, H)).text("H") == "3 <= H <= 9"


# --------------------------------------------------------------------------------------- limits


def test_periods_up_to_the_limit():
    three, rest = of(piece(1, None, 3, 1)), 6_667  # their product is one past the limit
    for join in (lambda a, b: a & b, lambda a, b: a | b):
        with pytest.raises(DimError, match="repeat only every 20,001"):
            join(three, of(piece(1, None, rest, 1)))
    assert (of(piece(1, None, 32, 1)) & of(piece(1, None, 625, 1))).text("H") == "H >= 1 and H % 20000 == 1"
    assert (
        solutions(at_least(H - 10_001 * (H // 10_001), 10_000)).text("H")
        == "H >= 10000 and H % 10001 == 10000"
    )
    with pytest.raises(DimError, match="repeats only every 20,001"):
        solutions(at_least(H - 20_001 * (H // 20_001), 10_000))
    assert MAX_PERIOD == 20_000


def test_long_pieces_are_joined_up_to_a_limit():
    most = 2 * MAX_PERIOD
    assert tidy([piece(1, most + 1), piece(most + 2, None)]).text("H") == "H >= 1"
    assert len(tidy([piece(1, most + 2), piece(most + 3, None)]).pieces) == 2
    assert tidy([piece(1, most + 2), piece(most + 3, most + 3)]).text("H") == f"1 <= H <= {most + 3}"


def test_what_is_no_condition_on_one_symbol_is_refused():
    for condition, names in ((at_least(H, W), "H and W"), (Condition(H, ">=", H), "")):
        with pytest.raises(DimError, match=f"relates {names}"):
            solutions(condition)
    with pytest.raises(DimError, match="cannot be decided"):
        integers._coefficients(H, at_least(H, 3))
    t = symbol("t")
    assert integers._coefficients(3 * t * t - 7, at_least(H, 3)) == [-7, 0, 3]
    assert (integers._coefficients(0, at_least(H, 3)), integers._coefficients(4, at_least(H, 3))) == ([], [4])
