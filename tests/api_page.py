"""docs/api.md: the public names with their signatures and docstrings."""

import inspect
import re
import textwrap

import cnncalc

HEAD = """# The Python library

Everything public is a name of `cnncalc`; modules below it are not, but for `cnncalc.testing` and those that
[layer types of your own](layers.md) need. This page is written from the docstrings by
`UPDATE_DOCS=1 python -m pytest tests/contract/test_library.py`.
"""
GROUPS = {
    "Networks and their numbers": ("load", "from_onnx", "Network", "Report", "Row", "Totals", "ReceptiveField", "Compiled"),
    "Questions": ("solve", "Solution", "explain", "Explanation", "diff", "Diff", "sweep", "Sweep", "check", "Result", "Verification"),
    "Pictures": ("draw", "plot", "Picture"),
    "Sizes": ("Expr", "parse_size", "DimError"),
    "Layer types of your own": ("Layer", "register"),
    "Errors": ("CnncalcError", "SpecError", "UsageError", "Problem"),
}  # fmt: skip


def page():
    """The whole page."""
    parts = [HEAD]
    for title, names in GROUPS.items():
        parts += [f"## {title}\n", *(entry(name) for name in names)]
    return "\n".join(parts)


def entry(name):
    """A public name: its signature, its docstring, and those of its own methods and properties."""
    thing = getattr(cnncalc, name)
    described = inspect.getdoc(thing) or ""
    if not inspect.isclass(thing):
        return f"### `{name}{signature(thing)}`\n\n{body(thing)}"
    parts = [f"- `{label}`: {text}" for label, text in members(thing) if f"\n    {label}: " not in described]
    return "\n".join([f"### `{name}`\n", body(thing), *parts]).rstrip() + "\n"


def members(cls):
    """Public methods and properties that have a docstring: label, and the docstring, indented as the item of a list."""
    for name in sorted(
        vars(cls).keys()
        | {n for base in cls.__mro__[1:-1] if base.__module__.startswith("cnncalc.") for n in vars(base)}
    ):
        found = inspect.getattr_static(cls, name)
        if name.startswith("_") or not inspect.getdoc(found) or isinstance(found, type):
            continue
        is_property = isinstance(found, property) or type(found).__name__ == "cached_property"
        if is_property or isinstance(found, classmethod | staticmethod) or inspect.isfunction(found):
            label = name if is_property else f"{name}{signature(getattr(cls, name))}"
            yield label, textwrap.indent(body(found), "  ").strip()


def signature(function):
    """The parameters as a reader needs them, without types, which the docstring has; and what is returned."""
    found = inspect.signature(function)
    shown = []
    kinds = set()
    for parameter in found.parameters.values():
        if parameter.name == "self":
            continue
        kind = parameter.kind
        if kind is parameter.KEYWORD_ONLY and not kinds & {kind, parameter.VAR_POSITIONAL}:
            shown.append("*")
        kinds.add(kind)
        default = "" if parameter.default is parameter.empty else f"={parameter.default!r}"
        star = {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}.get(kind, "")
        shown.append(f"{star}{parameter.name}{default}")
    returned = "" if found.return_annotation in (found.empty, "None") else f" -> {found.return_annotation}"
    return f"({', '.join(shown)}){returned}"


def body(thing):
    """A docstring as Markdown: double backticks are single ones, and lists of arguments are code."""
    text = inspect.getdoc(thing) or ""
    parts = re.split(r"(?m)^(Args|Attributes|Raises|Returns|Yields):\n", text)
    found = [parts[0].strip()]
    for title, lines in zip(parts[1::2], parts[2::2], strict=True):
        found.append(f"{title}:\n\n" + items(textwrap.dedent(lines.split("\n\n", 1)[0])))
        found += [textwrap.dedent(rest).strip() for rest in lines.split("\n\n", 1)[1:]]
    return re.sub(r"``([^`]+)``", r"`\1`", "\n\n".join(part for part in found if part)) + "\n"


def items(text):
    """``name: meaning`` a line, with continuations indented."""
    joined = re.sub(r"\n +", " ", text.strip())
    return "\n".join(re.sub(r"^(\*{0,2}[\w, .()/]+): ", r"- `\1`: ", line) for line in joined.splitlines())
