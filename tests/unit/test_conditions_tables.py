"""Statements about sizes by tables: what is decided, what stays open, how it is written, and what follows from what."""

from itertools import product

import numpy as np

from cnncalc import conditions
from cnncalc.conditions import (
    AnyOf,
    Condition,
    any_of,
    at_least,
    conjunction,
    divisible,
    equal,
    implied,
    positive,
    witnesses,
)
from cnncalc.dims import DimError, Expr, Symbol, maximum, minimum, symbol

H, W = symbol("H"), symbol("W")
P, Z = symbol("p", 1), symbol("z", 0)


def on_grid(name, *points, **known):
    return Expr({(Symbol(name, points[0], points=points, **known),): 1})


G = on_grid("w", 5, 10, 15, up=20)  # 0.25, 0.5 and 0.75
S = on_grid("s", 1, 2, 3, down=32)  # 32, 64 and 96


def verdicts():
    return [
        # bounds that meet exactly
        (at_least(5, 5), True),
        (at_least(4, 5), False),
        (at_least(Z, 0), True),
        (at_least(Z, 1), "z >= 1"),
        (at_least(-1, Z), False),
        (at_least(0, Z), "z <= 0"),
        (at_least(H, 4 * (H // 4)), True),
        (at_least(4 * (H // 4), H), "4*(H//4) - H >= 0"),
        (at_least(4 * (H // 4) - 1, H), False),
        (equal(5, 5), True),
        (equal(4, 5), False),
        (equal(Z, 0), "z == 0"),
        (equal(Z, -1), False),
        (equal(-Z, 0), "-z == 0"),
        (equal(-Z, 1), False),
        (equal(H // 2 + (H + 1) // 2, H), True),
        # what no multiple is
        (equal(2 * H, 7), False),
        (equal(4 * H + 6 * W, 3), False),
        (equal(4 * H + 6 * W, 2), "4*H + 6*W == 2"),
        (equal(H + 2, 7), "H + 2 == 7"),
        # floors and factors undone
        (at_least(H // 2, 3), "H >= 6"),
        (at_least((H + 1) // 2 // 3 - 2, 1), "H >= 17"),
        (at_least(2 * (H // 2), 5), "H >= 6"),
        (at_least(2 * (H // 2) + 2 * (W // 2), 5), "H//2 + W//2 >= 3"),
        (at_least(-(H // 2), -3), "H//2 <= 3"),
        (at_least((H // 2) ** 2, 3), "(H//2)**2 >= 3"),
        (at_least(6 * H, 7), "H >= 2"),
        (at_least(6 * H, -7), "H >= -1"),
        (at_least(9, H + W), "H + W <= 9"),
        (at_least(W, H), "W - H >= 0"),
        (at_least((2 * H + W) // 3, 4), "2*H + W >= 12"),
        # equalities: the smaller form first, a number last
        (equal(3, H), "H == 3"),
        (equal(W, H), "H == W"),
        (equal(H, W), "H == W"),
        (equal(W, H * W + 1), "H*W + 1 == W"),
        # congruences
        (equal(4 * (H // 4), H), "H % 4 == 0"),
        (equal(H, 4 * (H // 4) + 3), "H % 4 == 3"),
        (equal(H, 4 * (H // 4) + 4), False),
        (equal(H, 4 * (H // 4) - 1), False),
        (equal(8 * (H // 4), 2 * H), "8*(H//4) == 2*H"),
        (equal(4 * (H // 4) + 3 * (H // 3), H + 3 * (H // 3)), "H % 4 == 0"),
        (equal(W * (H // 4), H), "W*(H//4) == H"),
        (equal(4 * ((H + W) // 4), H + W - 1), "(H + W) % 4 == 1"),
        (divisible(12, 4), True),
        (divisible(13, 4), False),
        (divisible(8 * H + 4, 4), True),
        (divisible(8 * H + 2, 4), False),
        (divisible(9 * H + 6, 4), "H % 4 == 2"),
        (divisible(H - 1, 4), "H % 4 == 1"),
        (divisible(H + 2 * W + 1, 4), "(H + 2*W) % 4 == 3"),
        (divisible(3 - H, 4), "(3*H) % 4 == 1"),
        # every value of a grid is tried
        (at_least(G * G, 5 * G), True),
        (at_least(5 * G, G * G), "20*w*(5 - 20*w) >= 0"),
        (at_least(5 * G, G * G + 1), False),
        (at_least(G * G, 5 * G + 1), "20*w*(20*w - 5) >= 1"),
        (equal(G % 5, 0), True),
        (equal(G * G, 5 * G), "400*w**2 == 100*w"),
        (equal(G * G, 7 * G), False),
        (divisible(G * G, 25), True),
        (divisible(G * G, 4), "(400*w**2) % 4 == 0"),
        (divisible(G * G + 1, 5), False),
    ]  # fmt: skip


def test_verdicts():
    for verdict, wanted in verdicts():
        assert (verdict if isinstance(verdict, bool) else str(verdict)) == wanted


def test_equalities_with_too_many_cases_stay(monkeypatch):
    def unclear(difference):
        raise DimError("too many cases")

    monkeypatch.setattr(conditions, "is_zero", unclear)
    assert str(equal(H // 2, W)) == "H//2 == W"


def open_statements():
    return [
        (at_least(H * W, 12), lambda h, w: h * w >= 12),
        (at_least(3, H - W), lambda h, w: h - w <= 3),
        (equal(H // 2, W), lambda h, w: h // 2 == w),
        (divisible(H + 2 * W + 1, 4), lambda h, w: (h + 2 * w + 1) % 4 == 0),
        (any_of(equal(H, W), equal(W, 2), divisible(H, 3)), lambda h, w: h == w or w == 2 or h % 3 == 0),
    ]


def test_statements_are_judged():
    for statement, truth in open_statements():
        points = list(product(range(-5, 9), repeat=2))
        wanted = [truth(h, w) for h, w in points]
        assert [bool(statement.holds({"H": h, "W": w})) for h, w in points] == wanted
        h, w = np.array(points, dtype=object).T
        assert statement.holds({"H": h, "W": w}).tolist() == wanted
        assert statement.symbols() == {"H", "W"}
        for alternative in statement.alternatives:
            for number in range(-5, 9):
                left = alternative.given({"W": number})
                for other in range(-5, 9):
                    holds = left if isinstance(left, bool) else left.holds({"H": other})
                    assert holds == alternative.holds({"H": other, "W": number})


def test_what_fails_above():
    for condition, least, fails in [
        (equal(H, 5), {"H": 6}, True), (equal(H, 5), {"H": 5}, False), (equal(H, 5), {}, False),
        (equal(5 - 3 * H, 2 * W), {"H": 2, "W": 0}, True), (equal(5 - 3 * H, 2 * W), {"H": 1, "W": 1}, False),
        (at_least(5, H), {"H": 6}, True), (at_least(5, H), {"H": 5}, False), (at_least(H, 5), {"H": 6}, False),
        (divisible(H, 4), {"H": 9}, False), (divisible(3 - H, 4), {"H": 9}, False),
        (any_of(equal(H, 5), at_least(5, H)), {"H": 6}, True), (any_of(equal(H, 6), at_least(5, H)), {"H": 6}, False),
    ]:  # fmt: skip
        assert condition.fails_above(least) is fails


def test_one_of_several():
    for verdicts, wanted in [
        ((False, False), False), ((False, True), True), ((), False), ((False, at_least(H, 2)), "H >= 2"),
        ((at_least(W, 2), at_least(H, 2)), "W >= 2 or H >= 2"),
        ((at_least(W, 2), equal(W, H), False, at_least(H, 2)), "W >= 2 or H == W or H >= 2"),
        ((at_least(W, 2), True), True),
    ]:  # fmt: skip
        found = any_of(*verdicts)
        assert (found if isinstance(found, bool) else str(found)) == wanted
        assert isinstance(found, AnyOf) == (isinstance(wanted, str) and " or " in wanted)


def test_what_follows_from_what_is_known():
    tall, wide, even = at_least(H, 9), at_least(W, 9), divisible(H, 2)
    for statement, known, follows in [
        (at_least(H, 8), [tall], True), (at_least(H, 9), [tall], True), (at_least(H, 10), [tall], False),
        (at_least(H, 8), [], False), (at_least(H, 8), [wide, even, tall], True), (at_least(H, 8), [wide, even], False),
        (at_least(H, 8), [equal(H, 9)], True), (equal(H, 9), [tall], False), (equal(H, 8), [equal(H, 9)], False),
        (even, [tall], False), (even, [tall, even], True), (divisible(H + 1, 2), [even], False),
        (at_least(H, 0), [divisible(H + 1, 2)], False),
        (any_of(tall, even), [tall], False), (at_least(H, 8), [any_of(tall, even)], False),
        (any_of(tall, even), [wide, any_of(tall, even)], True), (at_least(H, 8), [any_of(tall, even), tall], True),
        (Condition(H, ">=", 7), [Condition(H, ">=", P + 6)], True), (Condition(H, ">=", 8), [Condition(H, ">=", P + 6)], False),
        (Condition(H, ">=", 8), [Condition(H, ">=", W)], False),
    ]:  # fmt: skip
        assert implied(statement, known) is follows


def test_what_makes_a_size_positive():
    for size, wanted in [
        (2 * H * W, ["H >= 1", "W >= 1"]), (-2 * H * W, ["H*W <= -1"]), (H**3, ["H >= 1"]), (P * P, []), (-P * P, [False]),
        (2 * maximum(H, P), []), (maximum(H, G * G - 4 * G), []), (maximum(H, G * G - 4 * G - 4), []), (maximum(H, G * G - 5 * G), ["max(20*w*(20*w - 5), H) >= 1"]),
        (minimum(H, P, 3), ["H >= 1"]), (minimum(H, 0), [False, "H >= 1"]), (minimum(H, 1), ["H >= 1"]), (minimum(P, 1 - H), ["H <= 0"]),
        (minimum(H, W) * maximum(H, 2), ["H >= 1", "W >= 1"]), (-minimum(H, W), ["min(H, W) <= -1"]),
        (minimum(H, W) + 1, ["min(H, W) >= 0"]), (minimum(H // 2, W - 3), ["H >= 2", "W >= 4"]), (H + W, ["H + W >= 1"]),
        (5 * (H // 2), ["H >= 2"]), (maximum(H, W) ** 2, ["max(H, W) >= 1"]),
    ]:  # fmt: skip
        found = [c if isinstance(c, bool) else str(c) for c in positive(size)]
        assert sorted(found, key=str) == sorted(wanted, key=str)


def test_witnesses():
    for condition, text in [
        (at_least(G, 6), "it holds at w = 0.5, not at w = 0.25"),
        (at_least(9, G), "it holds at w = 0.25, not at w = 0.5"),
        (at_least(S, 2), "it holds at s = 64, not at s = 32"),
        (at_least(on_grid("v", 1, 2, up=3, down=2), 2), "it holds at v = 1.33333333333, not at v = 0.666666666667"),
        (at_least(S * G, 11), "it holds at s = 96, w = 0.25, not at s = 32, w = 0.25"),
        (divisible(G, 10), "it holds at w = 0.5, not at w = 0.25"),
        (equal(S + G, G + 2), "it holds at s = 64, not at s = 32"),
        (at_least(H, 2), None), (at_least(G + H, 2), None),
        (Condition(G, ">=", 5), None), (Condition(G, ">=", 16), None),
    ]:  # fmt: skip
        assert witnesses(condition) == text


def test_several_statements_as_one_text():
    tall, wide, even = at_least(H, 9), at_least(W, 9), divisible(H, 2)
    either = any_of(tall, even)
    assert conjunction([]) == ""
    assert conjunction([either]) == "H >= 9 or H % 2 == 0"
    assert conjunction([either, wide]) == "(H >= 9 or H % 2 == 0) and W >= 9"
    assert conjunction(iter([wide, even])) == "W >= 9 and H % 2 == 0"
    assert tall.alternatives == (tall,)
    assert tall.modulus == 0
    assert even == Condition(H, "==", 0, 2)
    assert Condition(H, ">=", W * H + 1).key == f"{H.key} >= {(W * H + 1).key} % 0"
    assert Condition(H + W, ">=", W).symbols() == {"H"}
    assert str(Condition(3 - H, ">=", 2)) == "H - 3 <= -2"
