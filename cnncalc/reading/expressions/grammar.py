"""The expression language of specs: a small grammar of its own, no attributes, no ``eval``.

ternary    or ["if" or "else" ternary]
or         and {"or" and};   and: not {"and" not};   not: "not" not | comparison
comparison sum {("==" | "!=" | "<" | "<=" | ">" | ">=") sum}
sum        product {("+" | "-") product}
product    unary {("*" | "/" | "//" | "%") unary}
unary      ("-" | "+") unary | power;   power: postfix ["**" literal up to 8]
postfix    atom {"[" ternary "]"};      atom: number | name | call | "(" ternary ")"
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cnncalc.dims import DimError, symbol
from cnncalc.errors import did_you_mean
from cnncalc.reading.expressions import rational
from cnncalc.reading.expressions.operations import (
    ARITHMETIC,
    COMPARISONS,
    FUNCTIONS,
    FUNCTIONS_MEANT,
    differs,
    element,
    equals,
    kind_name,
    number,
    within,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Env = Mapping[str, Any]
    Evaluator = Callable[[Env], Any]

MAX_LENGTH = 256
MAX_DEPTH = 40
MAX_EXPONENT = 8

FREE_HELP = "give the variable a number: the structure depends on it; 'cnncalc sweep' tries many"

_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<op>\*\*|//|==|!=|<=|>=|[-+*/%()\[\],<>])"
    r"|(?P<end>\Z)|(?P<bad>.))",
    re.DOTALL,
)
KEYWORDS = ("and", "or", "not", "if", "else")
CONSTANTS = {"true": True, "false": False, "True": True, "False": False}


class ExpressionError(Exception):
    """An error in an expression, and the part of its text that causes it."""

    def __init__(
        self,
        message: str,
        start: int = 0,
        end: int = 0,
        code: str = "C105",
        help: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message, self.start, self.end, self.code, self.help = message, start, end, code, help


class Expression:
    """A parsed expression: its text, the names it uses, and how to evaluate it."""

    __slots__ = ("_run", "names", "text")

    def __init__(self, text: str, names: frozenset[str], run: Evaluator) -> None:
        self.text, self.names, self._run = text, names, run

    def evaluate(self, env: Env) -> Any:
        """Evaluate the expression with names looked up in ``env``.

        Raises:
            ExpressionError: a name is missing, a value has the wrong type, or is too large.
        """
        try:
            return self._run(env)
        except DimError as error:
            raise ExpressionError(str(error), 0, len(self.text), "C306") from None

    def __reduce__(self) -> tuple[Any, ...]:
        """Its text says it all."""
        return parse, (self.text,)

    def __repr__(self) -> str:
        return self.text


@lru_cache(maxsize=4096)
def parse(text: str) -> Expression:
    """Parse an expression.

    Raises:
        ExpressionError: the text is not one.
    """
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"the expression is longer than {MAX_LENGTH} characters", 0, MAX_LENGTH)
    return _Parser(text).expression()


def parse_size(text: str, values: Mapping[str, Any] | None = None) -> Any:
    """Parse a size or count from the text of a report: ``"(H + 31)//32"``.

    Names that are not in ``values`` remain symbolic positive integers. A decimal variable needs a
    value: ``parse_size("8*((20*w + 2)//5)", {"w": 1.4})``.

    Raises:
        ValueError: the text is not an expression.
    """
    try:
        found = _Parser(text).expression()
        symbols = {name: symbol(name, least=1) for name in found.names}
        return found.evaluate({**symbols, **(values or {})})
    except ExpressionError as error:
        raise ValueError(f"{error.message} at character {error.start + 1}") from None


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.names: set[str] = set()
        self.depth = 0
        self.tokens: list[tuple[str, str, int, int]] = []
        for match in _TOKEN.finditer(text):
            kind = match.lastgroup or ""
            start, end = match.span(kind)
            self.tokens.append((kind, match[kind], start, end))
            if kind == "end":
                break
        self.index = 0

    # -- tokens

    def peek(self) -> str:
        kind, text, _, _ = self.tokens[self.index]
        return text if kind in ("op", "end") or text in KEYWORDS else ""

    def advance(self) -> tuple[str, str, int, int]:
        token = self.tokens[self.index]
        self.index += 1
        return token

    def accept(self, *texts: str) -> str | None:
        if self.peek() in texts and self.tokens[self.index][0] != "end":
            return self.advance()[1]
        return None

    def expect(self, text: str) -> int:
        kind, found, start, end = self.tokens[self.index]
        if found != text or kind == "end":
            got = f"'{found}'" if found else "the end"
            raise ExpressionError(f"expected '{text}' but found {got}", start, max(end, start + 1))
        self.index += 1
        return end

    # -- grammar

    def expression(self) -> Expression:
        run = self.ternary()
        kind, found, start, end = self.tokens[self.index]
        if kind != "end":
            raise self.unexpected(kind, found, start, end)
        return Expression(self.text, frozenset(self.names), run)

    def unexpected(self, kind: str, found: str, start: int, end: int) -> ExpressionError:
        if kind == "end":
            return ExpressionError("the expression ends too early", start, start + 1)
        help = None
        if found == "=":
            help = "compare with '=='"
        elif kind == "name" and found[0] in "xX_":
            help = "write plain decimal numbers: 32, not 0x20 or 1_000"
        elif found in "{}$@":
            help = "names are written as they are, such as H, without brackets or signs"
        elif found in "\"'":
            help = "expressions have no text in quotes"
        elif found in "^&|!":
            help = {"^": "powers are written **"}.get(found, "write and, or, not")
        return ExpressionError(f"'{found}' is not expected here", start, end, help=help)

    def ternary(self) -> Evaluator:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            _, _, start, end = self.tokens[self.index]
            raise ExpressionError(f"nested deeper than {MAX_DEPTH}", start, end)
        value = self.logical("or")
        if self.accept("if"):
            condition, position = self.logical("or"), self.index
            self.expect("else")
            other = self.ternary()
            test = self.truth(condition, position)
            chosen = value
            value = lambda env: chosen(env) if test(env) else other(env)
        self.depth -= 1
        return value

    def logical(self, word: str) -> Evaluator:
        inner = self.negation if word == "and" else lambda: self.logical("and")
        start = self.index
        value = inner()
        while self.accept(word):
            left, right = self.truth(value, start), self.truth(inner(), self.index)
            value = _both(left, right) if word == "and" else _either(left, right)
        return value

    def negation(self) -> Evaluator:
        negations, start = 0, self.index
        while self.accept("not"):
            negations += 1
        value = self.comparison()
        if not negations:
            return value
        test, flip = self.truth(value, start), bool(negations % 2)
        return lambda env: test(env) is not flip

    def comparison(self) -> Evaluator:
        first = self.sum()
        pairs: list[Evaluator] = []
        left = first
        while operator := self.accept(*COMPARISONS):
            span = self.span_of_last()
            right = self.sum()
            pairs.append(self.guard(COMPARISONS[operator], (left, right), span))
            left = right
        if not pairs:
            return first
        return lambda env: all(pair(env) for pair in pairs)

    def sum(self) -> Evaluator:
        return self.binary(("+", "-"), lambda: self.binary(("*", "/", "//", "%"), self.unary))

    def binary(self, operators: tuple[str, ...], operand: Callable[[], Evaluator]) -> Evaluator:
        left = operand()
        while operator := self.accept(*operators):
            span = self.span_of_last()
            left = self.guard(ARITHMETIC[operator], (left, operand()), span)
        return left

    def unary(self) -> Evaluator:
        minus, span = False, (0, 1)
        while sign := self.accept("-", "+"):
            minus, span = minus ^ (sign == "-"), self.span_of_last()
        value = self.power()
        return self.guard(rational.negate, (value,), span) if minus else value

    def power(self) -> Evaluator:
        base = self.postfix()
        if not self.accept("**"):
            return base
        span = self.span_of_last()
        kind, text, start, end = self.advance()
        if kind != "number" or not text.isdigit() or len(text) > 2 or int(text) > MAX_EXPONENT:
            raise ExpressionError(f"the exponent must be a literal from 0 to {MAX_EXPONENT}", start, end)
        exponent = int(text)
        return self.guard(lambda a: rational.power(a, exponent), (base,), span)

    def postfix(self) -> Evaluator:
        value = self.atom()
        while self.accept("["):
            span = self.span_of_last()
            index = self.ternary()
            self.expect("]")
            value = self.guard(element, (value, index), span, numbers=False)
        return value

    def atom(self) -> Evaluator:
        kind, text, start, end = self.advance()
        if kind == "number":
            return self.literal(text, start, end)
        if text == "(":
            value = self.ternary()
            self.expect(")")
            return value
        if kind != "name" or text in KEYWORDS:
            self.index -= 1
            raise self.unexpected(kind, text, start, end)
        if self.accept("("):
            return self.call(text, start, end)
        if text in CONSTANTS:
            return lambda env: CONSTANTS[text]
        self.names.add(text)

        def look_up(env: Env) -> Any:
            try:
                return env[text]
            except KeyError:
                raise undefined(text, env, start, end) from None

        return look_up

    def literal(self, text: str, start: int, end: int) -> Evaluator:
        if len(text) > 1 and text[0] == "0" and text.isdigit():
            raise ExpressionError("a number does not begin with 0", start, end)
        if len(text) > 24:
            raise ExpressionError("the number is too long", start, end)
        try:
            value = within(int(text) if text.isdigit() else rational.parse(text))
        except OverflowError:
            raise ExpressionError("the number is too large", start, end) from None
        return lambda env: value

    def call(self, name: str, start: int, end: int) -> Evaluator:
        if name not in FUNCTIONS:
            meant = FUNCTIONS_MEANT.get(name)
            help = (
                f"write {meant}"
                if meant
                else did_you_mean(name, FUNCTIONS) or f"choose from {', '.join(FUNCTIONS)}"
            )
            raise ExpressionError(f"unknown function '{name}'", start, end, "C106", help)
        args = [self.ternary()]
        while self.accept(","):
            args.append(self.ternary())
        close = self.expect(")")
        (least, most), function = FUNCTIONS[name]
        if not least <= len(args) <= most:
            wanted = str(least) if least == most else f"at least {least}"
            values = "value" if least == 1 else "values"
            raise ExpressionError(f"{name} takes {wanted} {values}, got {len(args)}", start, close)
        return self.guard(function, tuple(args), (start, close), numbers=name not in ("len", "min", "max"))

    # -- evaluation with places

    def span_of_last(self) -> tuple[int, int]:
        return self.tokens[self.index - 1][2:]

    def truth(self, value: Evaluator, token: int) -> Callable[[Env], bool]:
        start, end = self.tokens[min(token, len(self.tokens) - 1)][2:]

        def test(env: Env) -> bool:
            found = value(env)
            if not isinstance(found, bool):
                raise ExpressionError(f"needs true or false, got {kind_name(found)}", start, end)
            return found

        return test

    def guard(
        self,
        function: Callable[..., Any],
        args: tuple[Evaluator, ...],
        span: tuple[int, int],
        *,
        numbers: bool = True,
    ) -> Evaluator:
        """Call ``function`` on evaluated arguments; errors point at ``span``."""

        def run(env: Env) -> Any:
            values = [a(env) for a in args]
            try:
                if numbers and function is not equals and function is not differs:
                    values = [number(v) for v in values]
                return within(function(*values))
            except ZeroDivisionError:
                raise ExpressionError("division by zero", *span) from None
            except OverflowError:
                raise ExpressionError("the result is too large", *span) from None
            except (TypeError, ValueError) as error:
                code, help = ("C306", FREE_HELP) if isinstance(error, DimError) else ("C105", None)
                raise ExpressionError(str(error), *span, code, help) from None

        return run


def _both(left: Evaluator, right: Evaluator) -> Evaluator:
    return lambda env: left(env) and right(env)


def _either(left: Evaluator, right: Evaluator) -> Evaluator:
    return lambda env: left(env) or right(env)


def undefined(name: str, env: Env, start: int, end: int) -> ExpressionError:
    """Return the error for a name that is not in ``env``."""
    known = sorted(env)
    fallback = {"yes": "write true", "no": "write false", "on": "write true", "off": "write false",
                "none": "leave the field out", "null": "leave the field out"}  # fmt: skip
    help = fallback.get(name.lower()) or did_you_mean(name, known)
    if help is None:
        shown = ", ".join(known[:12])
        help = f"names in scope: {shown}" if known else f"define it: vars: {{{name[:40]}: 224}}"
    return ExpressionError(f"'{name}' is not defined", start, end, "C106", help)
