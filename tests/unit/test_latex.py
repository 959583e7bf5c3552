"""LaTeX formulas, read back as a reader of mathematics would and held against the numbers that they stand for."""

import re
from fractions import Fraction
from math import floor

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import cnncalc
from cnncalc.analysis.explain import explain
from cnncalc.dims import substitute
from cnncalc.report.explanation import as_markdown
from cnncalc.report.latex import formula
from tests.examples import examples
from tests.shipped import files

TOKEN = re.compile(
    r"\s*(\\left\\lfloor|\\right\\rfloor|\\left\(|\\right\)|\\mathit|\\operatorname|\\[a-z]+|\d+|[A-Za-z]|[-+^{},=]|\\_)"
)


class Reader:
    """LaTeX to a number, by the grammar of textbooks: products bind closer than sums, powers closer still."""

    def __init__(self, text, values):
        assert TOKEN.sub("", text).strip() == "", TOKEN.sub("", text)
        self.tokens = [*TOKEN.findall(text), "end"]
        self.values = values

    def next(self, *wanted):
        token = self.tokens.pop(0)
        assert not wanted or token in wanted, (token, wanted)
        return token

    def equation(self):
        sides = [self.sum()]
        while self.tokens[0] == "=":
            self.next("=")
            sides.append(self.sum())
        self.next("end")
        return sides

    def sum(self):
        value = self.product()
        while self.tokens[0] in "+-":
            value = value + self.product() if self.next() == "+" else value - self.product()
        return value

    def product(self):
        if self.tokens[0] == "-":
            self.next("-")
            return -self.product()
        value = self.power()
        while self.tokens[0] in (r"\cdot", r"\bmod"):
            value = value * self.power() if self.next() == r"\cdot" else value % self.power()
        return value

    def power(self):
        value = self.atom()
        if self.tokens[0] == "^":
            self.next("^")
            value **= int(self.braced())
        return value

    def braced(self):
        self.next("{")
        value = self.sum()
        self.next("}")
        return value

    def atom(self):
        token = self.next()
        if token == r"\left\lfloor":
            value = floor(self.sum())
            self.next(r"\right\rfloor")
        elif token == r"\left(":
            value = self.sum()
            self.next(r"\right)")
        elif token == r"\frac":
            value = Fraction(self.braced()) / self.braced()
        elif token in (r"\min", r"\max"):
            self.next(r"\left(")
            arguments = [self.sum()]
            while self.tokens[0] == ",":
                self.next(",")
                arguments.append(self.sum())
            self.next(r"\right)")
            value = (min if token == r"\min" else max)(arguments)
        elif token == r"\mathit":
            self.next("{")
            name = ""
            while self.tokens[0] != "}":
                name += self.next().replace("\\", "")
            self.next("}")
            value = self.values[name]
        else:
            value = int(token) if token.isdigit() else self.values[token]
        return value


def read(text, **values):
    return Reader(text, values).equation()


@pytest.mark.parametrize(
    ("expression", "latex"),
    [
        ("8192*w**2", r"8192 \cdot w^{2}"),
        ("(H + 31)//32", r"\left\lfloor\frac{H + 31}{32}\right\rfloor"),
        ("3 - -(H//2)", r"3 - \left(-\left\lfloor\frac{H}{2}\right\rfloor\right)"),
        ("-3*(H//2)", r"-3 \cdot \left\lfloor\frac{H}{2}\right\rfloor"),
        ("min(lambda, 7) + k_1", r"\min\left(\mathit{lambda}, 7\right) + \mathit{k\_1}"),
        ("a - (b - c)", r"a - \left(b - c\right)"),
        ("a*(b*c % 4)", r"a \cdot \left(\left(b \cdot c\right) \bmod 4\right)"),
    ],
)
def test_formulas_are_written_as_a_textbook_has_them(expression, latex):
    assert formula(expression) == latex


LEAF = st.integers(0, 40).map(str) | st.sampled_from(["H", "w", "k_1"])
TREES = st.recursive(
    LEAF,
    lambda inner: (
        st.tuples(inner, st.sampled_from([" + ", " - ", "*"]), inner).map("({0[0]}{0[1]}{0[2]})".format)
        | st.tuples(inner, st.sampled_from(["//", " % "]), st.integers(1, 9)).map(
            "(({0[0]}){0[1]}{0[2]})".format
        )
        | inner.map("-({})".format)
        | inner.map("({})**2".format)
        | st.tuples(st.sampled_from(["min", "max"]), inner, inner).map("{0[0]}({0[1]}, {0[2]})".format)
    ),
    max_leaves=8,
)


@examples(100)
@given(TREES, st.integers(1, 300), st.integers(1, 9), st.integers(1, 60))
def test_what_is_written_reads_back_as_the_same_number(expression, height, width, kernel):
    values = {"H": height, "w": width, "k_1": kernel}
    try:
        wanted = substitute(cnncalc.parse_size(expression), values)
    except ValueError as error:  # squares of squares
        assume("too large" not in str(error))
        raise
    assert read(formula(expression), **values) == [wanted]


def test_a_formula_of_thousands_of_terms_is_left_as_it_stands():
    with pytest.raises(ValueError, match="no expression"):
        formula("+".join(["1"] * 20_000))


@pytest.mark.parametrize("name", files())
def test_every_formula_of_a_shipped_network_is_its_number(name):
    network = cnncalc.load(name)
    values = {v: value for v, value in (("H", 256), ("W", 320), ("w", 3)) if v in network.vars}
    values = {v: n for v, n in values.items() if v != "w" or name == "mobilenet_v1"}
    report = network.summary(free=list(values))
    seen = set()
    for row in report:
        if row.train_only or (row.type, str(row.output)) in seen:
            continue
        seen.add((row.type, str(row.output)))
        found = explain(report, row.path)
        equations = re.findall(r"\$\$(.*)\$\$", as_markdown(found))
        assert len(equations) == len(found.lines)
        for line, equation in zip(found.lines, equations, strict=True):
            wanted = substitute(cnncalc.parse_size(str(line.result)), values)
            assert set(read(equation, **values)) == {wanted}, (row.path, line)
