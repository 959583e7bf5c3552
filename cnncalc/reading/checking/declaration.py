"""Variables with a declaration: ``w: {default: 1.0, from: 0.25, to: 2.0, step: 0.05}``."""

from __future__ import annotations

from math import lcm
from typing import TYPE_CHECKING, Any, NamedTuple

from cnncalc.domain import KINDS, Domain, Grid, decimal, grid_of, kind_of, of_kind, ratio
from cnncalc.errors import Mark, Place, Problem, Source
from cnncalc.fields import describe
from cnncalc.reading.checking.model import VariableModel
from cnncalc.reading.checking.problems import validated
from cnncalc.reading.checking.value import Failed, compile_value
from cnncalc.reading.checking.variables import domain_of

if TYPE_CHECKING:
    from cnncalc.reading.text.nodes import ListNode, MapNode

BOUNDS = ("from", "to", "step", "multiple_of")
Fraction = tuple[int, int]


class Declared(NamedTuple):
    """The default as it is written, its place, and what else the variable may be."""

    default: Any
    mark: Mark
    domain: Domain | None  # None: what the default says


def read_declaration(node: MapNode, source: Source) -> tuple[Declared | None, list[Problem]]:
    """Return a variable that is declared by a mapping, or report what is wrong with it."""
    model, problems = validated(VariableModel, node, Place(source, node.mark), "the variable")
    if model is None:
        return None, problems
    reader = _Reader(node, source)
    try:
        domain = reader.domain(model)
    except Failed as failed:
        return None, [failed.problem]
    return Declared(node["default"], node.values_at["default"], domain), []


class _Reader:
    def __init__(self, node: MapNode, source: Source) -> None:
        self.node, self.source = node, source

    def wrong(self, key: str, message: str, help: str | None = None) -> Failed:
        return Failed(
            Problem("C101", f"'{key}' {message}", Place(self.source, self.node.values_at[key]), help=help)
        )

    def domain(self, model: VariableModel) -> Domain | None:
        default = model.default
        if default is None or not any(of_kind(default, kind) for kind in KINDS):
            raise self.wrong(
                "default", f"needs a number, true or false, a word or a list, got {describe(default)}"
            )
        bounds = {key: self.number(key) for key in BOUNDS if key in self.node}
        if model.values is not None:
            if bounds:
                raise self.wrong(
                    next(iter(bounds)), "cannot be combined with 'values', which lists all allowed values"
                )
            return self.listed(model.values, model.type)
        if not bounds:
            return domain_of(default, model.type) if model.type else None
        kind = model.type or ("number" if any(b != 1 for _, b in bounds.values()) else kind_of(default))
        if kind == "str" and model.type is None:  # an expression in other variables
            kind = "int"
        if kind not in ("int", "number"):
            raise self.wrong(next(iter(bounds)), f"is for numbers, but the variable is {KINDS[kind]}")
        return self.ranged(bounds, kind, default)

    def number(self, key: str) -> Fraction:
        value = compile_value(self.node[key], self.node.values_at[key], self.source, ()).evaluate({})
        if not of_kind(value, "number"):
            raise self.wrong(key, f"needs a number, got {describe(value)}")
        return ratio(value)

    def listed(self, values: ListNode, kind: str | None) -> Domain:
        """Return the domain of exactly these values."""
        if not values:
            raise self.wrong("values", "needs at least one value")
        kinds = {kind_of(value) for value in values}
        kind = kind or ("number" if kinds == {"int", "number"} else kind_of(values[0]))
        for value, mark in zip(values, values.values_at, strict=True):
            if not of_kind(value, kind) or value is None:
                message = f"the variable is {KINDS[kind]}, and {describe(value)} is not"
                raise Failed(Problem("C101", message, Place(self.source, mark)))
        grid = grid_of(values) if kind in ("int", "number") else None
        return Domain(kind, grid, declared=True, words=() if grid else tuple(values))

    def ranged(self, bounds: dict[str, Fraction], kind: str, default: Any) -> Domain:
        """Return the domain of evenly spaced numbers, or of all decimals between two bounds."""
        if "step" in bounds and "multiple_of" in bounds:
            raise self.wrong(
                "multiple_of", "cannot be combined with 'step': each sets how far apart the values are"
            )
        for key, (top, bottom) in bounds.items():
            if kind == "int" and bottom != 1:
                raise self.wrong(key, f"needs an integer, as the variable is one, got {decimal(top, bottom)}")
            if key in ("step", "multiple_of") and top <= 0:
                raise self.wrong(key, "must be positive")
        scale = lcm(*(bottom for _, bottom in bounds.values()))
        low, high, step, multiple = (
            None if key not in bounds else bounds[key][0] * (scale // bounds[key][1]) for key in BOUNDS
        )
        if low is not None and high is not None and high < low:
            raise self.wrong("to", "is below 'from'")
        if kind == "number" and step is None and multiple is None:
            return Domain(kind, declared=True, low=bounds.get("from"), high=bounds.get("to"))
        step = step or multiple or 1
        if low is None:
            low = step if step > 1 or not of_kind(default, "int") or default >= 1 else min(default, 0)
        if multiple:
            low = -(-low // multiple) * multiple
        if high is not None:
            high -= (high - low) % step
            if high < low:
                raise self.wrong("to", "leaves no value")
        return Domain(kind, Grid(scale, low, high, step), declared=True)
