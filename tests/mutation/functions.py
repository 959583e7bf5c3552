"""Which functions of a file a mutant changes."""

from __future__ import annotations

from types import CodeType


def changed_functions(old: CodeType, new: CodeType) -> list[tuple[CodeType, CodeType]] | None:
    """Pairs of functions' code that differ, the inner ones too; None where what runs at import differs."""
    if not twins(old, new, deep=False):
        return None
    found: list[tuple[CodeType, CodeType]] = []
    for a, b in zip(
        *([c for c in code.co_consts if isinstance(c, CodeType)] for code in (old, new)), strict=True
    ):
        if twins(a, b):
            continue
        if a.co_flags & 2 and a.co_name not in ("<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>"):
            if a.co_freevars != b.co_freevars:
                return None
            found += [(a, b), *(changed_functions(a, b) or [])]
            continue
        more = changed_functions(a, b)
        if more is None:
            return None
        found += more
    return found


def twins(a: CodeType, b: CodeType, *, deep: bool = True) -> bool:
    """Whether code at one place of a file does the same, whatever lines it has now."""
    names = (
        "co_name",
        "co_qualname",
        "co_code",
        "co_names",
        "co_varnames",
        "co_freevars",
        "co_cellvars",
        "co_flags",
    )
    same = all(getattr(a, n) == getattr(b, n) for n in names) and len(a.co_consts) == len(b.co_consts)
    return same and all(
        not deep or twins(x, y) if isinstance(x, CodeType) and isinstance(y, CodeType) else repr(x) == repr(y)
        for x, y in zip(a.co_consts, b.co_consts, strict=True)
    )
