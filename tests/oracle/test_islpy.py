"""The symbolic engine against the integer set library."""

import os
import random

import pytest

from cnncalc.conditions import Condition, at_least, divisible, equal
from cnncalc.dims import maximum, minimum, symbol
from cnncalc.domain import POSITIVE
from cnncalc.validity import validity

isl = pytest.importorskip("islpy")
CASES = int(os.environ.get("CNNCALC_CASES", "1500"))


def random_chain(draw):
    steps = [(draw.randint(1, 3), draw.randint(-9, 9), draw.randint(1, 4)) for _ in range(draw.randint(1, 4))]
    dim, text = symbol("H"), "H"
    for a, b, s in steps:
        dim, text = (a * dim + b) // s, f"floor(({a}*({text}) + {b})/{s})"
    return dim, text


def integers_where(text):
    return isl.Set(f"{{ [H] : {text} }}")


def as_set(verdict):
    if isinstance(verdict, Condition):
        left = _floors(str(verdict.left))
        if verdict.modulus:
            return integers_where(f"({left}) mod {verdict.modulus} = {verdict.right}")
        relation = {"==": "=", ">=": ">="}[verdict.relation]
        return integers_where(f"{left} {relation} {_floors(str(verdict.right))}")
    return integers_where("1 = 1" if verdict else "1 = 0")


def _floors(text):
    """Python's ``a//b`` in isl's notation."""
    import ast

    def show(node):
        if isinstance(node, ast.BinOp):
            left, right = show(node.left), show(node.right)
            if isinstance(node.op, ast.FloorDiv):
                return f"floor(({left})/{right})"
            sign = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*"}[type(node.op)]
            return f"({left} {sign} {right})"
        if isinstance(node, ast.UnaryOp):
            return f"(-{show(node.operand)})"
        return ast.unparse(node)

    return show(ast.parse(text, mode="eval").body)


def test_normal_forms_are_the_same_functions():
    draw = random.Random(1)
    for _ in range(CASES):
        dim, text = random_chain(draw)
        ours = isl.PwAff(f"{{ [H] -> [({_floors(str(dim))})] }}")
        theirs = isl.PwAff(f"{{ [H] -> [({text})] }}")
        assert ours.is_equal(theirs), text


def test_conditions_are_the_same_sets():
    draw = random.Random(2)
    for _ in range(CASES):
        (one, first), (two, second) = random_chain(draw), random_chain(draw)
        assert as_set(equal(one, two)).is_equal(integers_where(f"{first} = {second}")), (first, second)
        least = draw.randint(-20, 40)
        assert as_set(at_least(one, least)).is_equal(integers_where(f"{first} >= {least}")), first


def test_equality_is_decided_as_isl_decides_it():
    draw = random.Random(3)
    for _ in range(CASES):
        (one, first), (two, second) = random_chain(draw), random_chain(draw)
        theirs = isl.PwAff(f"{{ [H] -> [({first})] }}").is_equal(isl.PwAff(f"{{ [H] -> [({second})] }}"))
        assert (one == two) is theirs, (first, second)


def random_size(draw, depth=3):
    """A size in H with floors, remainders, minima and maxima, and the same in isl's notation."""
    if not depth or draw.random() < 0.25:
        number = draw.randint(-9, 12)
        return (symbol("H", 1), "H") if draw.random() < 0.7 else (number, str(number))
    (a, first), (b, second) = random_size(draw, depth - 1), random_size(draw, depth - 1)
    number = draw.randint(2, 5)
    return draw.choice([
        (a + b, f"({first} + {second})"), (number * a - b, f"({number}*{first} - {second})"),
        (a // number, f"floor({first}/{number})"), (a % number, f"({first} mod {number})"),
        (minimum(a, b), f"min({first}, {second})"), (maximum(a, b), f"max({first}, {second})")])  # fmt: skip


def set_of(values):
    """An exact set as isl has it."""
    parts = []
    for low, high, modulus, residues in values.positions.pieces:
        ends = f"{low} <= H" + (f" <= {high}" if high is not None else "")
        parts.append(f"({ends} and ({' or '.join(f'H mod {modulus} = {r}' for r in sorted(residues))}))")
    return integers_where(" or ".join(parts) or "1 = 0")


def test_sets_of_minima_and_congruences_are_isls():
    draw, open_ones = random.Random(4), 0
    for _ in range(CASES // 3):
        (a, first), (b, second), number = random_size(draw), random_size(draw), draw.randint(2, 4)
        verdict, text = draw.choice([
            (at_least(a, b), f"{first} >= {second}"), (equal(a, b), f"{first} = {second}"),
            (divisible(a, number), f"{first} mod {number} = 0")])  # fmt: skip
        theirs = integers_where(f"H >= 1 and {text}")
        if isinstance(verdict, bool):
            assert theirs.is_equal(integers_where("H >= 1" if verdict else "1 = 0")), text
            continue
        open_ones += 1
        assert set_of(validity([verdict], {"H": POSITIVE}).sets["H"]).is_equal(theirs), text
    assert open_ones > CASES // 10
