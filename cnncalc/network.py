"""A network read from a spec: checked, and ready to be summarised at any setting."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Self

from cnncalc.counting.propagate import Report, propagate
from cnncalc.domain import KINDS, POSITIVE, Domain, Grid, grid_of, of_kind
from cnncalc.errors import Problem, Source, SpecError, UsageError, did_you_mean
from cnncalc.graph import Graph
from cnncalc.reading.checking.settings import values_of
from cnncalc.reading.checking.spec import Spec
from cnncalc.reading.checking.top import checked
from cnncalc.reading.checking.value import Failed, Value
from cnncalc.reading.checking.variables import domain_of, shape_of, variables_of
from cnncalc.reading.text.files import plain
from cnncalc.reading.text.nodes import Document
from cnncalc.reading.unrolling.expander import Expander
from cnncalc.shapes import axis_names
from cnncalc.suppression import unsilenced

MOST_ADVISED = 2_000  # layers of a network that is unrolled again to say which sizes would do
MOST_UNEVEN = 4_000  # values of a free variable that are not evenly spaced: each is a set of its own

if TYPE_CHECKING:
    from cnncalc.reading.unrolling.assembly import Assembly


@dataclass(frozen=True, eq=False, repr=False)
class Network:
    """A spec that has passed every check that needs no sizes. Immutable."""

    spec: Spec

    @property
    def name(self) -> str:
        return self.spec.name

    @property
    def description(self) -> str:
        return self.spec.description

    @property
    def citation(self) -> str:
        return self.spec.citation

    @property
    def source(self) -> Source:
        return self.spec.source

    @property
    def vars(self) -> Mapping[str, Value]:
        return self.spec.vars

    @property
    def inputs(self) -> Mapping[str, Value]:
        return self.spec.inputs

    @property
    def variants(self) -> tuple[str, ...]:
        return self.spec.variants

    def __repr__(self) -> str:
        return (
            f"<Network {self.name}: {', '.join(f'{n}={v.raw}' for n, v in self.vars.items()) or 'no vars'}>"
        )

    def graph(
        self,
        *,
        free: Iterable[str] = (),
        set: Mapping[str, Any] | None = None,
        over: Mapping[str, Sequence[Any] | str] | None = None,
    ) -> Graph:
        """The network with blocks unrolled, at the given setting.

        Args:
            free: names of ``vars`` that stay symbolic, or one name.
            set: values for ``vars`` instead of their defaults.
            over: variables that stay symbolic, and the numbers each stands for: ``{"w": "0.25:2:0.05"}``, or a list.

        Raises:
            SpecError: a layer does not fit its input, or an expression has no value.
            UsageError: a name is not one of ``vars``, a value is not of its kind or domain, or a variable cannot
                stay free.
        """
        given = self.setting(set or {})
        grids = self.grids(free, over or {})
        variables, problems = variables_of(self.vars, given, grids)
        shapes = {}
        for name, value in self.inputs.items():
            try:
                shapes[name] = (shape_of(value, variables), value.place)
            except Failed as failed:
                problems.append(failed.problem)
        if problems:
            raise SpecError(problems)
        expander = Expander(self.spec, variables)
        try:
            graph = expander.expand(shapes)
        except SpecError as error:
            small = expander.items_seen <= MOST_ADVISED and not grids
            raise SpecError(
                error.problems, partial(self._advised, given, variables) if small else None
            ) from None
        return graph._replace(
            free=grids,
            layouts=self.spec.layouts,
            unsilenced=partial(unsilenced, source=self.source, root=self.spec.root),
        )

    def valid_part(self) -> tuple[Graph, frozenset[int]]:
        """The network without the layers that do not fit their input, and without what depends on them.

        Beside it its tensors that what is left out reads.
        """
        try:
            grown = self._unrolled({}, {})
        except (SpecError, Failed):  # not even the input has a size
            return Graph(self.name, (), (), {}), frozenset()
        graph = Graph(
            self.name,
            tuple(grown.nodes),
            (),
            grown.groups,
            (),
            tuple(grown.warnings),
            layouts=self.spec.layouts,
        )
        return graph, frozenset(grown.wanted)

    def _advised(
        self, given: Mapping[str, Any], variables: Mapping[str, Any], problems: tuple[Problem, ...]
    ) -> tuple[Problem, ...]:
        """What is wrong at a setting, with the sizes of the input that would do."""
        from cnncalc.reading.unrolling.advice import Size, advised

        named = dict.fromkeys(
            n for value in self.inputs.values() for n in sorted(value.names()) if n in self.vars
        )
        sizes = [
            Size(name, variables[name], grid)
            for name in named
            if type(variables[name]) is int and (grid := self.domain(name).grid) is not None
        ]
        written = next(iter(self.inputs.values())).parsed if len(self.inputs) == 1 else None
        if isinstance(written, tuple):
            axes = zip(axis_names(len(written) - 1), written[1:], strict=True)
            sizes += [Size(n, size.raw) for n, size in axes if type(size.raw) is int and n not in self.vars]
        return advised(problems, sizes, partial(self._unrolled, given))

    def _unrolled(self, given: Mapping[str, Any], at: Mapping[str, int | None]) -> Assembly:
        """The network with other sizes of its input, by variable or by axis, valid or not; None leaves one free."""
        free = [name for name, size in at.items() if size is None and name in self.vars]
        chosen = {name: size for name, size in at.items() if size is not None and name in self.vars}
        variables, problems = variables_of(self.vars, {**given, **chosen}, self.grids(free, {}))
        if problems:
            raise SpecError(problems)
        shapes = {}
        for name, value in self.inputs.items():
            channels, *sizes = shape_of(value, variables)
            for index, axis in enumerate(axis_names(len(sizes))):
                if axis in at and axis not in self.vars:
                    size = at[axis]
                    sizes[index] = POSITIVE.symbol(axis)[0] if size is None else size
            shapes[name] = ((channels, *sizes), value.place)
        expander = Expander(self.spec, variables)
        try:
            expander.expand(shapes)
        except SpecError:
            pass  # what is wrong is in it
        return expander.grown

    def domain(self, name: str) -> Domain:
        """The values that a variable may take: those that the spec declares, or else all of its default's type.

        Raises:
            UsageError: there is no such variable.
        """
        self.refuse_unknown([name])
        if name not in self.spec.domains:
            defaults, _ = variables_of(self.vars, {}, {})
            return domain_of(defaults[name])
        return self.spec.domains[name]

    def setting(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Values for ``vars``, each of the variable's type and in its domain.

        Raises:
            UsageError: one is not, or there is no such variable.
        """
        found = {name: plain(value) for name, value in values.items()}
        for name, value in found.items():
            self.refuse_values(name, [value])
        return found

    def _declare(self, name: str, domain: Domain, value: Any) -> str:
        """How a decimal variable is declared, where a decimal is given for what is an integer by its default."""
        if domain.declared or domain.kind != "int" or not of_kind(value, "number"):
            return ""
        default = self.vars[name].raw
        return (
            f"; it is an integer by its default: write 'vars: {{{name}: {default}.0}}' for a decimal variable"
        )

    def grids(self, free: Iterable[str], over: Mapping[str, Sequence[Any] | str]) -> dict[str, Grid]:
        """The numbers that each free variable stands for.

        Raises:
            UsageError: a variable is unknown or cannot stay free, or a value given for it is not in its domain.
        """
        names = [free] if isinstance(free, str) else list(free)
        found = {}
        for name in dict.fromkeys([*names, *over]):
            domain = self.domain(name)
            grid = domain.grid
            if name in over:
                listed = over[name]
                values = values_of(listed, name) if isinstance(listed, str) else list(plain(listed))
                self.refuse_values(name, values)
                grid = grid_of(values)
            if grid is None:
                raise UsageError(_not_free(name, domain))
            if len(grid.listed) > MOST_UNEVEN:
                raise UsageError(
                    f"'{name}' has {len(grid.listed):,} unevenly spaced values, and formulas hold for at most "
                    f"{MOST_UNEVEN:,}: give fewer of them with --over"
                )
            found[name] = grid
        return found

    def refuse_values(self, name: str, values: Iterable[Any]) -> None:
        """Raise ``UsageError`` for the first value that a variable may not have."""
        domain = self.domain(name)
        for value in values:
            if (reason := domain.wrong(value)) is not None:
                raise UsageError(f"'{name}' {reason}{self._declare(name, domain, value)}")

    def summary(
        self,
        *,
        free: Iterable[str] = (),
        set: Mapping[str, Any] | None = None,
        over: Mapping[str, Sequence[Any] | str] | None = None,
        batch: int = 1,
        dtype: str = "float32",
    ) -> Report:
        """The numbers of the network at a setting; ``api.Network.summary`` says what the arguments are."""
        with _uncollected():
            return propagate(self.graph(free=free, set=set, over=over), batch=batch, dtype=dtype)

    def with_values(self, values: Mapping[str, Any]) -> Self:
        """The same network with other defaults for some of its ``vars``.

        Raises:
            UsageError: a name is not one of ``vars``, or a value is not of its kind or domain.
        """
        changed = {name: Value(value, self.vars[name].place) for name, value in self.setting(values).items()}
        kept = {name: self.domain(name) for name in changed}
        spec = replace(self.spec, vars={**self.vars, **changed}, domains={**self.spec.domains, **kept})
        return replace(self, spec=spec)

    def refuse_unknown(self, names: Iterable[str]) -> None:
        """Raise ``UsageError`` for the first name that is not one of ``vars``."""
        for name in names:
            if name not in self.vars:
                help = did_you_mean(name, self.vars)
                if help is None and self.vars:
                    help = f"it has {', '.join(self.vars)}"
                help = help or "give it some: vars: {H: 224, W: 224} and input: [3, H, W]"
                raise UsageError(f"the spec has no variable '{name}'; {help}")


def build(document: Document, variant: str | None = None) -> Network:
    """A network from a document, with the overrides of one of its variants."""
    with _uncollected():
        return Network(checked(document, variant))


@contextmanager
def _uncollected() -> Iterator[None]:
    """Many small objects and no garbage among them: looking for cycles only costs, and not linearly."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _not_free(name: str, domain: Domain) -> str:
    """Why a variable cannot stay symbolic, and what helps."""
    if domain.kind == "number":
        return (
            f"'{name}' is a decimal variable, and its formulas depend on the values it may take: give them with "
            f"--over {name}=0.25:2:0.05, or declare 'vars: {{{name}: {{default: 1.0, from: 0.25, to: 2, step: 0.05}}}}'"
        )
    return (
        f"'{name}' is {KINDS[domain.kind]}, and formulas are in numbers: give it a value with --set; "
        f"'cnncalc sweep' tries several, as in --over {name}=..."
    )


__all__ = ["Network", "build"]
