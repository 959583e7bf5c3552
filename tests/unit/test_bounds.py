"""``params <= 5M`` means the same wherever it is written: conditions, expectations and budgets."""

import pytest

from cnncalc import load
from cnncalc.analysis.check import Options, check_text
from cnncalc.analysis.diff import diff, fails
from cnncalc.analysis.solve import solve
from cnncalc.errors import SpecError, UsageError
from cnncalc.reading.expressions.bounds import WORDS, Bound

SPEC = "input: [2, 8, 8]\nlayers:\n  - {type: conv2d, out_channels: 5, kernel_size: 3}\n"  # 95 params
PROBLEMS = {">=": "min", "<=": "max", "==": "exactly"}


@pytest.mark.parametrize("right", ["94", "95", "96", "0.095k", "1Ki"])
@pytest.mark.parametrize(
    ("operator", "meets"),
    [("<=", lambda b: b >= 95), (">=", lambda b: b <= 95), ("==", lambda b: b == 95), ("<", lambda b: b > 95), (">", lambda b: b < 95)],
)  # fmt: skip
def test_every_place_decides_alike(right, operator, meets):
    expected = meets({"0.095k": 95, "1Ki": 1024}.get(right) or int(right))
    condition = f"params {operator} {right}"
    report = load(SPEC).summary()

    assert (fails(diff(report, report), condition) is not None) == expected
    try:
        solved = bool(solve(load("vars: {H: 8}\n" + SPEC.replace("8, 8", "H, 8")), where=condition))
    except SpecError:
        solved = False
    assert solved == expected
    if operator in PROBLEMS:
        word = PROBLEMS[operator]
        wanted = right if word == "exactly" else f"{{{word}: {right}}}"
        result = check_text(f"{SPEC}expect: {{params: {wanted}}}\n", "net.yaml", Options(select=("C",)))
        assert (not result.problems) == expected
    if operator == "<=":
        options = Options(select=("C",), budgets=(Bound.at_most("params", right),))
        assert (not check_text(SPEC, "net.yaml", options).problems) == expected


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ("params <= 5M", ("params", "<=", "5M")),
        ("  a.b[1]%2==0 ", ("a.b[1]%2", "==", "0")),
        ("output == [512, 7, 7]", ("output", "==", "[512, 7, 7]")),
        ("3 < macs", ("3", "<", "macs")),
    ],
)
def test_a_bound_is_read(text, bound):
    assert Bound.parse(text) == bound


@pytest.mark.parametrize(
    "text", ["", "params", "params <= ", "<= 5", "params = 5", "params != 5", "params => 5"]
)
def test_what_is_not_a_bound_is_refused(text):
    with pytest.raises(UsageError, match="is not a condition; write params <= 5M"):
        Bound.parse(text)


def test_bounds_in_words():
    words = [Bound("params", operator, 5_000).wanted for operator, _ in WORDS.values()]

    assert words == ["5,000", "at least 5,000", "at most 5,000", "about 5,000 (within 0.5%)"]
    assert Bound("receptive_field", ">=", 5).holds((5, 7)) is True
    assert Bound("receptive_field", ">=", 6).holds((5, 7)) is False
    assert [Bound("macs", "~", 1000).holds(n) for n in (994, 995, 1005, 1006)] == [False, True, True, False]
