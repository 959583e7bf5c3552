"""Sizes and formulas, written in the language of specs, as LaTeX: ``(H + 31)//32`` is a floor of a fraction."""

from __future__ import annotations

import ast
import re

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SIGNS = {ast.Add: "+", ast.Sub: "-", ast.Mult: r"\cdot"}
_SUMS = (ast.Add, ast.Sub)
#: what closes itself, so that nothing around it needs brackets
_CLOSED = (ast.Name, ast.Constant, ast.Call)


def formula(expression: str) -> str:
    """An expression as LaTeX.

    Raises:
        ValueError: the text is not an expression of sizes.
    """
    names = list(dict.fromkeys(_NAME.findall(expression)))  # a variable may be called 'lambda'
    plain = _NAME.sub(lambda match: f"v{names.index(match[0])}", expression)
    try:
        return _written(ast.parse(plain, mode="eval").body, names)
    except (SyntaxError, RecursionError, MemoryError) as error:
        raise ValueError(f"no expression of sizes: {expression[:80]}") from error


def _written(node: ast.expr, names: list[str]) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.Name):
        return _name(names[int(node.id[1:])])
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        arguments = ", ".join(_written(argument, names) for argument in node.args)
        return rf"{_function(names[int(node.func.id[1:])])}\left({arguments}\right)"
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return f"-{_factor(node.operand, names)}"
    if isinstance(node, ast.BinOp):
        return _operation(node, names)
    raise ValueError(f"no expression of sizes: {ast.unparse(node)[:80]}")


def _operation(node: ast.BinOp, names: list[str]) -> str:
    if isinstance(node.op, ast.FloorDiv | ast.Div):
        fraction = rf"\frac{{{_written(node.left, names)}}}{{{_written(node.right, names)}}}"
        return fraction if isinstance(node.op, ast.Div) else rf"\left\lfloor{fraction}\right\rfloor"
    if isinstance(node.op, ast.Pow):
        return f"{_base(node.left, names)}^{{{_written(node.right, names)}}}"
    if isinstance(node.op, ast.Mod):
        return rf"{_factor(node.left, names)} \bmod {_factor(node.right, names)}"
    sums = isinstance(node.op, _SUMS)
    chain: list[str] = []
    inner: ast.expr = node  # a sum of many terms leans to the left: no recursion
    while isinstance(inner, ast.BinOp) and isinstance(inner.op, _SUMS if sums else ast.Mult):
        right = _written(inner.right, names) if sums and not _is_sum(inner.right) else ""
        chain += [right or _factor(inner.right, names), _SIGNS[type(inner.op)]]
        inner = inner.left
    first = sums or isinstance(inner, ast.UnaryOp)  # a sign in front binds as it should
    chain.append(_written(inner, names) if first else _factor(inner, names))
    return " ".join(reversed(chain))


def _is_sum(node: ast.expr) -> bool:
    return isinstance(node, ast.UnaryOp) or (isinstance(node, ast.BinOp) and isinstance(node.op, _SUMS))


def _factor(node: ast.expr, names: list[str]) -> str:
    """In brackets where it would come apart as a factor: a sum, or a remainder."""
    text = _written(node, names)
    bare = isinstance(node, _CLOSED) or (
        isinstance(node, ast.BinOp) and not isinstance(node.op, (*_SUMS, ast.Mult, ast.Mod))
    )
    return text if bare else rf"\left({text}\right)"


def _base(node: ast.expr, names: list[str]) -> str:
    text = _written(node, names)
    return text if isinstance(node, _CLOSED) else rf"\left({text}\right)"


def _name(name: str) -> str:
    """One letter is a symbol of its own; a longer name must not look like a product of letters."""
    return name if len(name) == 1 and name != "_" else _word("mathit", name)


def _function(name: str) -> str:
    return rf"\{name}" if name in ("min", "max") else _word("operatorname", name)


def _word(style: str, name: str) -> str:
    escaped = name.replace("_", r"\_")
    return rf"\{style}{{{escaped}}}"
