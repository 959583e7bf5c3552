"""The symbolic engine against the integer set library."""

import os
import random

import pytest

from cnncalc.conditions import Condition, at_least, equal
from cnncalc.dims import symbol

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
