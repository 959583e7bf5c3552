"""Sizes in symbols by tables: how each form is written, read and bounded, what is refused, and every limit."""

import pickle
from itertools import product

import numpy as np
import pytest

from cnncalc import dims, parse_size
from cnncalc.dims import (
    DimError,
    Expr,
    Extreme,
    Floor,
    Symbol,
    bounds,
    ceil_div,
    collect,
    concrete,
    free_symbols,
    innermost_extreme,
    is_zero,
    largest_number,
    maximum,
    minimum,
    points_of,
    product_of,
    substitute,
    symbol,
)


def on_grid(name, **known):
    return Expr({(Symbol(name, **known),): 1})


H, W, C = symbol("H"), symbol("W"), symbol("c")
P, Q, Z = symbol("p", 1), symbol("q", 3), symbol("z", 0)
G = on_grid("w", least=5, points=(5, 10, 15), up=20)  # 0.25, 0.5 and 0.75
S = on_grid("H", least=1, down=32)  # multiples of 32
R = on_grid("v", up=3, down=2)


def written():
    return [
        (-H + 1, "1 - H"),
        (-H * W, "-H*W"),
        (H // 2 - H, "H//2 - H"),
        (-(H // 2), "-(H//2)"),
        (-(H // 2) - 3, "-(H//2) - 3"),
        (-(H // 2) * W, "-(W*(H//2))"),
        (-2 * (H // 2) - 4 * W, "-4*W - 2*(H//2)"),
        (2 * (H // 2) - 4 * W, "2*(H//2) - 4*W"),
        (H // 2 + 3, "H//2 + 3"),
        ((H + 1) // 2 + 3, "(H + 7)//2"),
        ((H + 1) // 2 - 3, "(H - 5)//2"),
        (2 * ((H + 1) // 2) + 3, "2*((H + 1)//2) + 3"),
        (((H + 1) // 2) * W + 3, "W*((H + 1)//2) + 3"),
        (((H + 1) // 2) ** 2 + 3, "((H + 1)//2)**2 + 3"),
        (((H + 1) // 2) + ((W + 1) // 2) + 3, "(H + 1)//2 + (W + 1)//2 + 3"),
        ((H // 2) ** 2 + H // 2, "(H//2)**2 + H//2"),
        ((H // 2) * W + (H // 2) * C, "(H//2)*(W + c)"),
        (3 * (H // 2) * W + 3 * (H // 2) * C, "3*(H//2)*(W + c)"),
        (H**2 * W + H**3, "H**2*(H + W)"),
        (H**2 * W * 2 + H**3 * 6, "2*H**2*(3*H + W)"),
        (H * W * C + H * W, "H*W*c + H*W"),
        (minimum(H, W) * C + minimum(H, W), "min(H, W)*(c + 1)"),
        (minimum(H, W) + 3, "min(H, W) + 3"),
        (-minimum(H, W), "-min(H, W)"),
        (minimum(H, W) // 2 + 1, "(min(H, W))//2 + 1"),
        ((H // 3) * (W // 2), "(W//2)*(H//3)"),
        (C * (H // 2) * 7, "7*c*(H//2)"),
        (H // 2 + W // 3 - C, "H//2 + W//3 - c"),
        (C - W // 3 - H // 2, "c - H//2 - W//3"),
        (6 * H + 4, "6*H + 4"),
        (60 * H + 60 * W + 120 * C, "60*(H + W + 2*c)"),
        (-6 * H * W - 9 * H, "-6*H*W - 9*H"),
        (-H * W + H, "H - H*W"),
        ((H + 1) * (W + 1), "H*W + H + W + 1"),
        (H % 3, "H - 3*(H//3)"),
        (7 - H % 3, "3*(H//3) + 7 - H"),
        ((H // 2 + W) // 3, "(H + 2*W)//6"),
        ((H // 2 + W // 3) // 5, "(H + 2*(W//3))//10"),
        ((2 * (H // 2) + W) // 3, "(W + 2*(H//2))//3"),
        ((W * (H // 2) + 1) // 3, "(W*(H//2) + 1)//3"),
        ((12 * H + 8) // 18, "(2*H + 1)//3"),
        ((12 * H + 8) // 27, "(4*H + 2)//9"),
        ((20 * H + 35) // 10, "2*H + 3"),
        (minimum(minimum(H, W), C), "min(H, W, c)"),
        (minimum(maximum(H, W), C), "min(c, max(H, W))"),
        (minimum(2 * minimum(H, W), C), "min(c, 2*min(H, W))"),
        (minimum(minimum(H, W)**2, C), "min(c, min(H, W)**2)"),
        (minimum(-minimum(H, W), C), "min(c, -min(H, W))"),
        (maximum(H, maximum(W, C), 5), "max(5, H, W, c)"),
        (minimum(H, 2 * (H // 2)), "2*(H//2)"),
        (minimum(2 * (H // 2), H), "2*(H//2)"),
        (maximum(H, 2 * (H // 2)), "H"),
        (maximum(2 * (H // 2), H), "H"),
        (minimum(2 * (H // 2), H - 1), "H - 1"),
        (maximum(2 * (H // 2), H - 1), "2*(H//2)"),
        (maximum(2 * (H // 2), H - 1, W), "max(2*(H//2), W)"),
        (maximum(W, H - 1, H), "max(H, W)"),
        (G, "20*w"),
        (2 * G, "40*w"),
        (G // 3, "(20*w)//3"),
        ((G + 1) // 3, "(20*w + 1)//3"),
        (G**2, "400*w**2"),
        (4 * G + 8, "80*w + 8"),
        (S, "H//32"),
        (16 * S, "H//2"),
        (32 * S, "H"),
        (48 * S, "3*(H//2)"),
        (64 * S, "2*H"),
        (S**2, "(H//32)**2"),
        (1024 * S**2, "H**2"),
        (2048 * S**2, "2*H**2"),
        (S // 2, "(H//32)//2"),
        (48 * S * W, "3*(H//2)*W"),
        (-S, "-(H//32)"),
        (-48 * S, "-3*(H//2)"),
        (3 - S, "3 - H//32"),
        (48 * S + 1, "3*(H//2) + 1"),
        (R, "3*(v//2)"),
        (2 * R, "3*v"),
        (4 * R**2, "9*v**2"),
        (2 * R**2, "2*(3*v//2)**2"),
        (minimum(16 * S, W), "min(H//2, W)"),
        (32 * S * W + 32 * S, "H*W + H"),
    ]  # fmt: skip


def test_forms_are_written_and_read():
    for dim, text in written():
        assert str(dim) == repr(dim) == text
        back = parse_size(text)
        for index in range(4):  # what the names stand for, as a reader of the report puts it in
            units = {s: dims._sample(s.variable, index) for s in dim.variables()}
            ours = {s.name: unit for s, unit in units.items()}
            theirs = {s.variable: unit * s.down for s, unit in units.items()}
            if any(s.up > 1 for s in units):
                units = {s: 2 * s.up * unit for s, unit in units.items()}
                ours = {s.name: unit for s, unit in units.items()}
                theirs = {s.variable: unit * s.down // s.up for s, unit in units.items()}
            assert substitute(back, theirs) == substitute(dim, ours)


def test_symbols():
    for known, name, key in [
        ({}, "H", "H"), ({"up": 2}, "2*H", "2*H"), ({"down": 2}, "H//2", "H//2"), ({"up": 3, "down": 2}, "3*H//2", "3*H//2"),
        ({"least": 7, "points": (7, 9)}, "H", "H"),
    ]:  # fmt: skip
        assert isinstance(known, dict)
        atom = Symbol("H", **known)
        assert (atom.name, atom.key, str(atom), hash(atom)) == (name, key, name, hash(name))
        assert (atom.variable, atom.least, atom.points) == ("H", known.get("least"), known.get("points", ()))
        assert (atom.up, atom.down) == (known.get("up", 1), known.get("down", 1))
        assert atom.parts() == ()
        assert atom.period("H") == 1
        assert atom == Symbol("H", **known)
        assert atom != Symbol("W", **known)
        assert atom.map({name: 0}) == 0
        assert atom.map({}) == Expr({(atom,): 1})
        assert atom != type("Text", (), {"key": key})()


def test_atoms_are_equal_by_their_forms():
    ((floor,),), ((other,),) = (((H + 1) // 4).terms), (((H + 1) // 5).terms)
    ((least,),), ((most,),) = minimum(H, W).terms, maximum(H, W).terms
    assert len({floor, other, least, most}) == 4
    for atom in (floor, other, least, most):
        assert hash(atom) == hash(atom.key)
    assert floor == Floor(H + 1, 4)
    assert least == Extreme((W, H), largest=False)
    assert (floor.parts(), least.parts()) == ((H + 1,), (H, W))
    assert least.map({least.key: 0}) == 0
    assert least.map({"H": 9, "W": 4}) == 4
    assert most.map({"H": 9, "W": 4}) == 9
    assert (H * W + C).key == (C + W * H).key
    assert floor.period("W") == 1
    assert Floor(H + W // 3, 2).period("W") == 6


def test_arithmetic_with_numbers():
    assert H + 0 is H
    assert type(H * 0) is int
    assert str(H + True) == str(1 + H) == "H + 1"
    assert (str(H**0), str(H**3)) == ("1", "H**3")
    for wrong in ("a", 1.5, None):
        for operate in (lambda x: H + x, lambda x: H * x):
            with pytest.raises(TypeError):
                operate(wrong)
        assert wrong != H
    for divisor, number in product((-7, -2, -1, 1, 2, 7), range(-15, 16)):
        assert substitute((3 * H + 1) // divisor, {"H": number}) == (3 * number + 1) // divisor
        assert substitute((3 * H + 1) % divisor, {"H": number}) == (3 * number + 1) % divisor
    assert ((3 * H + 1) // -7).terms == ((-3 * H - 1) // 7).terms
    assert (str(5 - 3 * H), 7 // (H - H + 2), 0 // H) == ("5 - 3*H", 3, 0)
    assert bounds(symbol("p", 4) + 1) == (5, None)
    for refused in (lambda: H // 0, lambda: H % 0):
        with pytest.raises(ZeroDivisionError):
            refused()
    assert [(6 * H * W + 4 * H) // (2 * H), (H + W) // (H + W)] == [3 * W + 2, 1]
    for divisor in (H * W, 4 * H, H + W):
        with pytest.raises(DimError, match="the divisor must be a number"):
            (6 * H * W + 4 * H) // divisor
    assert [ceil_div(n, 4) for n in (-4, -3, 0, 1, 4, 5)] == [-1, 0, 0, 1, 1, 2]
    assert str(ceil_div(H, 4)) == "(H + 3)//4"
    assert (product_of([]), product_of([2, H, 3])) == (1, 6 * H)
    assert dims._floor(-7, 2) == -4
    assert (H == 3, H - H == 0, H // 2 * 2 + H % 2 == H, is_zero(0), is_zero(2)) == (
        False,
        True,
        True,
        True,
        False,
    )
    first = {(): 1}
    assert collect(first, {(): 4}, {(): -2}) == 3
    assert first == {(): 1}
    assert collect({(): 1}, {(): -1}) == 0


def test_equal_functions_and_their_hashes():
    assert len({hash(symbol(f"s{i}")) for i in range(40)}) == 40
    assert len({dims._sample(name, index) for name in "xyz" for index in range(4)}) == 12
    assert is_zero((H % 2) * (H % 2 - 1))
    assert not is_zero((H % 2) * (H % 3))
    assert not is_zero(prod_of_shifted_samples(H))


def prod_of_shifted_samples(dim):
    """Zero at the points that are tried first."""
    return product_of([dim - dims._sample("H", index) for index in range(4)])


def test_the_largest_number_in_a_size():
    for dim, number in [
        (3 * H - 7, 7), (-9 * H + 2, 9), (9 * H + 2, 9), (-5, 5), (4, 4),
    ]:  # fmt: skip
        assert largest_number(dim) == number


def test_looking_inside():
    inner = maximum(W, 3)
    assert str(innermost_extreme(minimum(H, inner // 2))) == "max(3, W)"
    assert str(innermost_extreme((minimum(H, W) + 1) // 2)) == "min(H, W)"
    assert innermost_extreme(H // 2) is innermost_extreme(5) is None
    assert free_symbols((H // 2 + W) * minimum(C, 4)) == {"H", "W", "c"}
    assert free_symbols(5) == frozenset()
    assert concrete(5) == 5
    with pytest.raises(DimError, match="not H"):
        concrete(H)
    with pytest.raises(DimError, match="depends on H, W"):
        bool(H + W)
    for refused in (lambda: 3 // H, lambda: 3 % H, lambda: 0 % H):
        with pytest.raises(DimError, match="the divisor must be a number"):
            refused()


def test_extremes_of_numbers_and_arrays():
    assert (minimum(3, 5), maximum(3, 5), minimum(4), maximum(4)) == (3, 5, 4, 4)
    some = np.array([1, 5, 9])
    assert minimum(some, 6, np.array([7, 2, 7])).tolist() == [1, 2, 6]
    assert maximum(some, 6, np.array([7, 2, 7])).tolist() == [7, 6, 9]
    assert substitute(maximum(H, W) + minimum(H, W), {"H": some, "W": 6}).tolist() == [7, 11, 15]


def test_extremes_on_a_grid_are_tried():
    """5*w and w*w are equal at w = 5, the first point; no interval decides it."""
    for one, two in ((G * G, 5 * G), (5 * G, G * G)):
        assert maximum(one, two) == G * G
        assert minimum(one, two) == 5 * G
    for one, two in ((G * G, 6 * G), (6 * G, G * G)):
        assert "max" in str(maximum(one, two))
        assert "min" in str(minimum(one, two))


# -------------------------------------------------------------------------------------- bounds


def rest():
    """0 or 1: only what cancels shows it."""
    return H - 2 * (H // 2)


def test_bounds():
    for dim, ends in [
        (3 * (H // 3) - H, (-2, 0)),
        (H - 4 * (H // 4) + 5, (5, 8)),
        (2 * ((H + 1) // 2) - H, (0, 1)),
        (5 * rest() - 3, (-3, 2)),
        (rest() + Z, (0, None)),
        (rest() + Q, (3, None)),
        (rest() - Q, (None, -2)),
        (rest() + 2 * Q * P, (6, None)),
        (rest() - 2 * Q * P, (None, -5)),
        (rest() + Q - P, (None, None)),
        (rest() + P - Q, (None, None)),
        (rest() + symbol("n", -1), (None, None)),
        (rest() + symbol("n", -1) * P, (None, None)),
        (rest() + W, (None, None)),
        (rest() + H - H // 2 * 2, (0, 2)),
        (H // 2 - (H + 1) // 2, (-1, 0)),
        ((H + 7) // 4 - H // 4, (1, 2)),
        (H // 6 - (H // 2) // 3 + 4, (4, 4)),
        (4 * (H // 4) - 2 * (H // 2), (-3, 1)),
        (4 * (H // 4) - 2 * (H // 2) + Q, (0, None)),
        ((H + 3 * (W // 3)) // 2 - (H + W) // 2, (-1, 0)),
        ((P + Q) // 2, (2, None)),
        (7 - (P + Q) // 2, (None, 5)),
        (Q * Q, (9, None)),
        (Z * P, (0, None)),
        (-Z * P, (None, 0)),
        (minimum(Q, P + 4) * 2, (6, None)),
        (maximum(Q, H) // 2, (1, None)),
        (minimum(5, H) // 2, (None, 2)),
        (minimum(5, H) * P, (None, None)),
        (minimum(5, P) * minimum(4, Q), (3, 20)),
        (minimum(5, P) * Q, (3, None)),
        (7 - minimum(5, P) * minimum(4, Q), (-13, 4)),
    ]:  # fmt: skip
        assert bounds(dim) == ends if isinstance(dim, Expr) else ends == (dim, dim)


def test_bounds_with_ends_given():
    assert bounds(rest() + W, {"W": 4}) == (4, None)
    assert bounds(rest() - W, {"W": 4}) == (None, -3)
    assert bounds(rest() + Q, {"q": 5}) == (5, None)
    assert bounds(rest() + Q, {"q": 5}, {"q": 9, "H": 4}) == (5, None)
    assert bounds(H * W, {"H": 0, "W": 0}, {"H": 3, "W": 5}) == (0, 15)
    assert bounds(H * W, {"H": -1, "W": 0}, {"H": 3, "W": 5}) == (None, None)
    assert bounds(maximum(H, W), {"H": 2, "W": 3}, {"H": 8}) == (3, None)
    assert bounds(minimum(H, W), {"H": 2, "W": 3}, {"H": 8}) == (2, 8)
    assert bounds(minimum(H, W), {"H": 2}, {"H": 8}) == (None, 8)


# -------------------------------------------------------------------------------------- limits


def test_points_of_grids():
    assert points_of(5) is None
    assert points_of(G + H) is None
    assert {k: v.tolist() for k, v in points_of(G // 2).items()} == {"20*w": [5, 10, 15]}
    pair = points_of(G * on_grid("u", points=(1, 2)))
    assert sorted(zip(*(pair[n].tolist() for n in ("20*w", "u")), strict=True)) == [
        *product((5, 10, 15), (1, 2))
    ]
    big = on_grid("b", points=(3, 2**40))
    assert substitute(big * big, points_of(big)).tolist() == [9, 2**80]
    wide, side = on_grid("a", points=tuple(range(200))), tuple(range(dims.MAX_POINTS // 200))
    assert len(points_of(wide * on_grid("b", points=side))["a"]) == dims.MAX_POINTS
    assert points_of(wide * on_grid("b", points=(*side, -1))) is None


def many(count, name="s"):
    return Expr({(Symbol(f"{name}{i}"),): 1 for i in range(count)})


def test_limits_of_terms():
    assert len((many(40) * many(50, "t")).terms) == dims.MAX_TERMS == 2_000
    with pytest.raises(DimError, match="the product has more than 2,000 terms"):
        many(3) * many(667, "t")
    assert len((many(1_999) + H).terms) == dims.MAX_TERMS
    with pytest.raises(DimError, match="an expression has more than 2,000 terms"):
        many(2_000) + H


def test_limits_of_texts_degrees_and_divisors():
    fits = dims.MAX_TEXT - len("(:1)//2")
    assert isinstance(symbol("a" * fits) // 2, Expr)
    with pytest.raises(DimError, match="4,000 characters"):
        symbol("a" * (fits + 1)) // 2
    assert isinstance(H**32 * W**32, Expr)
    with pytest.raises(DimError, match="degree above 64"):
        H**33 * W**32
    assert (dims.MAX_TEXT, dims.MAX_DEGREE, dims.MAX_NUMBER) == (4_000, 64, 2**63)


def test_limits_of_residues():
    most = dims.MAX_RESIDUES // 100
    assert next(dims._residues(H // 100 + W // most, ["H", "W"])) == 100 * 0 + symbol("H") + symbol("W")
    with pytest.raises(DimError, match="equality of expressions in H, W is too large"):
        next(dims._residues(H // 100 + W // (most + 1), ["H", "W"]))
    assert (dims.MAX_RESIDUES, dims.MAX_POINTS) == (20_000, 20_000)


def test_sums():
    h, w = symbol("H"), symbol("W", 1)
    assert h // 2 + (h + 1) // 2 - h + 3 == 3
    for sizes in ([], [3], [3, 4], [h], [3, h, 4], [h, w, h], [2, h, w, 5, w], [h, -h], [h, w, -h, -w, 7]):
        found, expected = dims.sum_of(iter(sizes)), sum(sizes)
        assert found == expected
        assert type(found) is type(expected)


def test_what_is_sent_between_processes_is_what_it_was():
    h = symbol("H")
    grid = Symbol("w", 5, points=(5, 10, 15), up=20, down=3)
    for atom in (Symbol("H", 4), grid, *(h // 3).terms, *maximum(h, 4).terms, *minimum(h, 4).terms):
        (atom,) = atom if isinstance(atom, tuple) else (atom,)
        copy = pickle.loads(pickle.dumps(atom))
        assert copy == atom
        assert (copy.key, type(copy)) == (atom.key, type(atom))
        for name in ("least", "points", "up", "down", "variable", "divisor", "largest"):
            assert getattr(copy, name, None) == getattr(atom, name, None)
