"""The answers of the program and the formats that each is printed in, by name.

A format is a function from an answer to text. It is imported when it is used, so that options can list the names
without the price of what they print.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, Final

from cnncalc.errors import UsageError, did_you_mean

Format = Callable[..., Any]  # to text; of rows, which may be many, to a stream


def _of(module: str, function: str = "render", *options: str) -> Format:
    def render(answer: Any, **more: Any) -> Any:
        return getattr(import_module(f"cnncalc.report.{module}"), function)(answer, *options, **more)

    return render


#: the first of each is the default
FORMATS: Final[Mapping[str, Mapping[str, Format]]] = {
    "table": {"simple": _of("table"), "csv": _of("csv_"), "json": _of("json_")},
    "zoo": {"simple": _of("zoo"), "csv": _of("zoo", "as_csv"), "json": _of("zoo", "as_json")},
    "explanation": {"text": _of("explanation", "as_text"), "markdown": _of("explanation", "as_markdown"), "json": _of("explanation", "as_json")},
    "overview": {"text": _of("overview", "as_text"), "markdown": _of("overview", "as_markdown"), "json": _of("overview", "as_json")},
    "solution": {"text": _of("solution", "as_text"), "json": _of("solution", "as_json")},
    "difference": {
        "table": _of("difference", "as_table"),
        "markdown": _of("difference", "as_markdown"),
        "json": _of("difference", "as_json"),
    },
    "folders": {
        "table": _of("folders", "as_table"),
        "markdown": _of("folders", "as_markdown"),
        "json": _of("folders", "as_json"),
    },
    "verification": {"text": _of("verification", "as_text"), "json": _of("verification", "as_json")},
    "rows": {
        "simple": _of("rows_out", "write_table"),
        "csv": _of("rows_out", "write_csv"),
        "json": _of("rows_out", "write_json"),
    },
    "pages": {"text": _of("rules", "as_text"), "json": _of("rules", "as_json")},
    "spec": {"yaml": _of("spec", "as_yaml"), "json": _of("spec", "as_json")},
    "findings": {
        name: _of(f"findings.{name}")
        for name in (
            "text", "concise", "grouped", "statistics", "markdown", "json", "github", "gitlab", "sarif", "junit"
        )
    },
}  # fmt: skip
#: answers that every format of tabulate can print too
TABULATED: Final = ("table", "zoo")


def renderer(answer: str, name: str) -> Format:
    """The function of a format.

    Raises:
        UsageError: the answer is not printed in it.
    """
    own = FORMATS[answer]
    if name in own:
        return own[name]
    known = list(own)
    if answer in TABULATED:
        import tabulate

        known = [*own, *(each for each in tabulate.tabulate_formats if each not in own)]
        if name in known:
            return _of(answer, "render", name)
    help = did_you_mean(name, known) or f"choose from {', '.join(known)}"
    raise UsageError(f"unknown format '{name}'; {help}")
