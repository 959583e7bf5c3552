"""Integer sets against brute force."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnncalc.conditions import Condition, any_of, at_least, divisible, equal
from cnncalc.dims import maximum, minimum, symbol
from cnncalc.integers import EVERYTHING, solutions
from tests.examples import examples

H = symbol("H")
TOP = 400


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        (equal(16 * (H // 16), H), "H >= 16 and H % 16 == 0"),
        (at_least(H, 63), "H >= 63"),
        (at_least(224, H), "1 <= H <= 224"),
        (equal((H + 31) // 32, 7), "193 <= H <= 224"),
        (equal(H // 2, 2 * (H // 4)), "H >= 1 and H % 4 <= 1"),
        (at_least(1000, H * H), "1 <= H <= 31"),
        (at_least(H * H, 1000), "H >= 32"),
        (at_least(H * H + 30, 11 * H), "H >= 1"),
        (at_least(H * H + 29, 11 * H), "1 <= H <= 4 or H >= 7"),
        (equal(H * H, 49), "H == 7"),
        (equal(H * H, 50), "no H"),
        (equal(maximum(H, 12), 2 * (H // 2)), "H >= 12 and H % 2 == 0"),
        (at_least(20, maximum(3 * H, minimum(30, H * H))), "1 <= H <= 4"),
        (any_of(equal(16 * (H // 16), H), equal(H, 1)), "H == 1 or H >= 16 and H % 16 == 0"),
    ],
)
def test_solutions_read_as_a_person_would_write_them(condition, text):
    assert solutions(condition).text("H") == text


def test_a_stretch_without_holes_needs_no_residues():
    fits, eighth = equal((H + 6) // 8, 4 * ((H + 30) // 32)), equal((H + 30) // 32, 8)
    assert (solutions(fits) & solutions(eighth)).text("H") == "250 <= H <= 257"


COEFFICIENT = st.integers(-9, 9)


@st.composite
def conditions(draw):
    size = H
    for _ in range(draw(st.integers(0, 2))):
        size = (draw(st.integers(1, 3)) * size + draw(COEFFICIENT)) // draw(st.integers(1, 5))
        if draw(st.integers(0, 3)) == 0:
            size = draw(st.sampled_from([minimum, maximum]))(
                size, draw(st.sampled_from([H, H // 2, 40])) + draw(COEFFICIENT)
            )
    size = draw(st.integers(-3, 3)) * size * size + draw(COEFFICIENT) * size + draw(COEFFICIENT) * H
    bound = draw(st.integers(-40, 400))
    kind = draw(st.sampled_from(["least", "most", "equal", "divisible"]))
    if kind == "divisible":
        return divisible(size + bound, draw(st.integers(1, 7)))
    return {"least": at_least, "most": lambda a, b: at_least(b, a), "equal": equal}[kind](size, bound)


@examples(100)
@given(st.lists(conditions(), min_size=2, max_size=3))
def test_one_of_several(found):
    statement = any_of(*found)
    held = {
        n for n in range(1, TOP) if any(c is True or (c is not False and c.holds({"H": n})) for c in found)
    }
    if isinstance(statement, bool):
        assert held == (set(range(1, TOP)) if statement else set())
    else:
        union = solutions(statement)
        assert {n for n in range(1, TOP) if n in union} == held
        assert {n for n in range(1, TOP) if statement.holds({"H": n})} == held


@examples(200)
@given(st.lists(conditions(), min_size=1, max_size=3), st.integers(0, TOP))
def test_sets_hold_what_brute_force_finds(found, number):
    wanted = [c for c in found if isinstance(c, Condition)]
    joined = EVERYTHING
    for condition in wanted:
        one = solutions(condition)
        members = {n for n in range(1, TOP) if condition.holds({"H": n})}
        assert {n for n in range(1, TOP) if n in one} == members
        joined = joined & one
    both = {n for n in range(1, TOP) if all(c.holds({"H": n}) for c in wanted)}
    assert {n for n in range(1, TOP) if n in joined} == both
    if both:
        assert joined.least() == min(both)
    above, below = joined.nearest(number, step=1), joined.nearest(number, step=-1)
    assert below == max((n for n in both if n < number), default=None)
    if above is not None and above < TOP:
        assert above == min(n for n in both if n > number)
    else:
        assert not any(n > number for n in both)
    text = joined.text("H")
    if len(text) < 250 and " in {" not in text and text != "no H":
        for n in range(1, 60):
            assert eval(text, {}, {"H": n}) == (n in joined)
