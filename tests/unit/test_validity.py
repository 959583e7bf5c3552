"""Conditions in their plainest form: what a person would say of the sizes that meet them."""

import pytest

from cnncalc.conditions import any_of, at_least, conjunction, divisible, equal
from cnncalc.dims import DimError, Symbol, maximum, minimum, symbol
from cnncalc.domain import POSITIVE, Grid
from cnncalc.validity import validity

H, W, C = (symbol(name, 1) for name in "HWc")
FREE = dict.fromkeys("HWc", POSITIVE)


def simplified(*verdicts, free=FREE):
    """What is left, as texts; False where nothing can meet it."""
    assert False not in verdicts
    conditions = [v for v in verdicts if v is not True]
    found = validity(conditions, free)
    if found.impossible is not None:
        return False
    left = [
        *found.within(free),
        *(conditions[i] for i, _ in found.undecided),
        *(c.statement for c in found.coupled),
    ]
    return list(map(str, left))


@pytest.mark.parametrize(
    ("conditions", "texts"),
    [
        ([equal(2 * (H // 2), H), equal(H // 2, 2 * (H // 4)), at_least(H, 3)], ["H >= 4 and H % 4 == 0"]),
        ([divisible(H + 1, 4), divisible(H + 1, 6), divisible(W, 2)],
         ["H >= 11 and H % 12 == 11", "W >= 2 and W % 2 == 0"]),
        ([equal(H // 2, 2 * (H // 4))], ["H >= 1 and H % 4 <= 1"]),
        ([at_least(H, 3), equal(H - 2, 1)], ["H == 3"]),
        # a minimum and a congruence
        ([divisible(minimum(C, 8), 4)], ["c == 4 or c >= 8"]),
        ([divisible(maximum(C, 6), 4)], ["c >= 8 and c % 4 == 0"]),
        ([divisible(minimum(C, 6) * 2, 4), at_least(9, C)], ["2 <= c <= 6 and c % 2 == 0 or 7 <= c <= 9"]),
        # one symbol of a condition on two
        ([at_least(W, 16), equal((H // 16) * (W // 16), W // 16)], ["16 <= H <= 31", "W >= 16"]),
        ([equal(12 * (H // 2) * (W // 2), 3 * H * W)], ["H >= 2 and H % 2 == 0", "W >= 2 and W % 2 == 0"]),
        ([at_least(H, 32), at_least(W, 32), at_least((H // 4) * (W // 4) - 7 * (H // 4) - 7 * (W // 4), -48)],
         ["H >= 32", "W >= 32"]),
        ([at_least((H // 16) * (W // 16), 0)], []),
        ([at_least(minimum((H // 16) * (W // 16) + 1, W), 1)], []),
        ([at_least(minimum(H, W), 5)], ["H >= 5", "W >= 5"]),
        ([at_least(maximum(H, W), 5), at_least(3, W)], ["H >= 5", "1 <= W <= 3"]),
        ([at_least(H * W, 8), at_least(2, H), at_least(3, W)], False),
        ([at_least(H * W, 6), at_least(2, H), at_least(3, W)], ["H == 2", "W == 3"]),
        ([divisible(H + W, 2), divisible(H, 2)], ["H >= 2 and H % 2 == 0", "W >= 2 and W % 2 == 0"]),
        ([equal(minimum(H, 2 * W), H)], ["2*W - H >= 0"]),
        ([equal(maximum(H // 2, W, 3), W)], ["W >= 3", "W - H//2 >= 0"]),
        ([equal(H * minimum(W, 7), H * W)], ["1 <= W <= 7"]),
        # an equality is put into the others
        ([equal(H, W), at_least(100, H * W)], ["1 <= H <= 10", "1 <= W <= 10", "H == W"]),
        ([equal(H, 2 * W), divisible(W, 3), at_least(50, H)],
         ["6 <= H <= 48 and H % 6 == 0", "3 <= W <= 24 and W % 3 == 0", "H == 2*W"]),
        ([at_least(H, 32), equal(H + W, 100)], ["32 <= H <= 99", "1 <= W <= 68", "H + W == 100"]),
        ([equal(H, W), divisible(H, 2), divisible(W + 1, 2)], False),
        ([equal(H, W), equal(W, C), at_least(5, C)], ["1 <= H <= 5", "1 <= W <= 5", "1 <= c <= 5", "H == W", "H == c"]),
        # alternatives that cannot come true are left out
        ([any_of(equal(H, W), equal(H, 1), equal(W, 1)), at_least(H, 2), at_least(W, 2)],
         ["H >= 2", "W >= 2", "H == W"]),
        # what a condition on two needs of each
        ([at_least(H, 32), at_least(W, 32), equal((H // 32) * (W // 32), 49)],
         ["32 <= H <= 1599", "32 <= W <= 1599", "(H//32)*(W//32) == 49"]),
        ([at_least(H * W, 50), at_least(7, H)], ["1 <= H <= 7", "W >= 8", "H*W >= 50"]),
        ([at_least(99, H * W), at_least(H, 10), equal(W, 3)], ["10 <= H <= 33", "W == 3"]),
        # what stays
        ([divisible(H + W - 1, 2)], ["(H + W) % 2 == 1"]),
        ([at_least(H * W, 50)], ["H*W >= 50"]),
        ([at_least(H * W, 50), at_least(H * W, 40)], ["H*W >= 50"]),
    ],
)  # fmt: skip
def test_plainest_forms(conditions, texts):
    assert simplified(*conditions) == texts
    assert simplified(*reversed(conditions)) == texts or len(conditions) > 2


def test_what_symbols_know_is_used():
    free = {"H": Grid(low=32, step=32), "W": Grid(low=0)}
    tall, wide = (grid.symbol(name)[0] for name, grid in free.items())
    assert simplified(divisible(tall, 16), at_least(tall * (wide + 1), 32), free=free) == []
    assert simplified(divisible(tall, 48), free=free) == ["H >= 96 and H % 96 == 0"]
    assert simplified(equal(tall, wide), at_least(100, wide), free=free) == [
        "32 <= H <= 96 and H % 32 == 0", "32 <= W <= 96 and W % 32 == 0", "H == W"]  # fmt: skip


def test_what_is_too_large_is_kept_and_said():
    large = divisible(H, 99_991)
    found = validity([large, at_least(H, 3)], FREE)
    assert [(origin, type(error)) for origin, error in found.undecided] == [(0, DimError)]
    assert found.sets["H"].text("H") == "H >= 3"
    assert simplified(large, at_least(H, 3)) == ["H >= 3", "H % 99991 == 0"]
    together = [divisible(H, 199), divisible(H, 211)]  # each alone is solved
    assert simplified(*together) == ["H >= 199 and H % 199 == 0", "H % 211 == 0"]
    assert simplified(equal(H, W), divisible(H, 199), divisible(W, 211))[-1] == "H == W"
    assert simplified(equal(H, 211 * W), divisible(H, 199))[-1] == "H == 211*W"
    unbounded = Grid(low=None)
    (atom,) = unbounded.symbol("H")[0].variables()
    assert isinstance(atom, Symbol)
    assert simplified(divisible(unbounded.symbol("H")[0], 3), free={"H": unbounded}) == ["H % 3 == 0"]


def test_each_condition_says_where_it_comes_from():
    found = validity([at_least(W, 16), equal((H // 16) * (W // 16), W // 16), at_least(H * W, 999)], FREE)
    assert found.absorbed == {1, 2}
    assert found.sets["W"].text("W") == "W >= 33"  # H is at most 31
    assert [(str(c.statement), c.origin) for c in found.coupled] == [("H*W >= 999", 2)]
    assert validity([equal(H, W), equal(H, W + 1)], FREE).impossible == 1


def test_statements_together_are_one_text():
    found = validity([divisible(minimum(C, 8), 4), at_least(H, 3)], FREE)
    assert conjunction(found.within(FREE)) == "H >= 3 and (c == 4 or c >= 8)"


def test_negative_values_are_values_too():
    free = {"p": Grid(low=-8, high=None), "q": Grid(low=-3, high=40)}
    p, q = (grid.symbol(name)[0] for name, grid in free.items())
    assert simplified(divisible(p + q, 2), divisible(p, 2), free=free) == [
        "p >= -8 and p % 2 == 0", "-2 <= q <= 40 and q % 2 == 0"]  # fmt: skip
    assert simplified(at_least(p * p, 4), at_least(0, p), free=free) == ["-8 <= p <= -2"]
    assert simplified(equal(4 * (p // 2) * (q // 2), p * q), at_least(p, q), free=free)[-1] == "p - q >= 0"
