"""A network read from a spec: checked, and ready to be summarized at any setting."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

from cnncalc.counting.propagate import Report, propagate
from cnncalc.reading.checking import settings
from cnncalc.reading.checking.top import checked
from cnncalc.reading.checking.value import Value
from cnncalc.reading.checking.variables import variables_of
from cnncalc.reading.expressions.rational import plain
from cnncalc.reading.unrolling.graphs import graph_of

if TYPE_CHECKING:
    from cnncalc.errors import Source
    from cnncalc.graph import Graph
    from cnncalc.reading.checking.spec import Spec
    from cnncalc.reading.text.nodes import Document


@dataclass(frozen=True, eq=False, repr=False)
class Network:
    """A spec that has passed every check that does not depend on sizes. Immutable."""

    spec: Spec

    @property
    def name(self) -> str:
        """The name in the spec, or else that of its file; empty for a text or a dict without a name."""
        return self.spec.name

    @property
    def description(self) -> str:
        """What the spec says about it."""
        return self.spec.description

    @property
    def citation(self) -> str:
        """The paper or page that the spec names as its source."""
        return self.spec.citation

    @property
    def source(self) -> Source:
        """The text of the spec, and its name in messages."""
        return self.spec.source

    @property
    def vars(self) -> dict[str, Any]:
        """The defaults of the variables: integers, floats, booleans, words, and lists of these."""
        return {name: _plain(value) for name, value in self._defaults().items()}

    @property
    def inputs(self) -> dict[str, tuple[int, ...]]:
        """The shapes of the inputs by name, without the batch axis, at the defaults."""
        defaults = self._defaults()
        return {name: tuple(map(int, value.evaluate(defaults))) for name, value in self.spec.inputs.items()}

    def _defaults(self) -> dict[str, Any]:
        return variables_of(self.spec.vars, {}, {})[0]

    @property
    def variants(self) -> tuple[str, ...]:
        """The names of the variants in the spec."""
        return self.spec.variants

    def __repr__(self) -> str:
        defaults = ", ".join(f"{name}={value}" for name, value in self.vars.items())
        return f"<{f'Network {self.name}'.rstrip()}: {defaults or 'no vars'}>"

    def graph(
        self,
        *,
        free: Iterable[str] = (),
        set: Mapping[str, Any] | None = None,
        over: Mapping[str, Sequence[Any] | str] | None = None,
    ) -> Graph:
        """Return the network with blocks unrolled, at the given setting.

        Args:
            free: names of ``vars`` that stay symbolic, or one name.
            set: values for ``vars`` instead of their defaults.
            over: variables that stay symbolic, and the values of each: ``{"w": "0.25:2:0.05"}``, or a list.

        Raises:
            SpecError: a layer does not fit its input, or an expression has no value.
            UsageError: a name is not one of ``vars``, a value is not of its kind or domain, or a variable cannot
                stay free.
        """
        given, grids = settings.allowed(self.spec, set or {}), settings.grids(self.spec, free, over or {})
        return graph_of(self.spec, given, grids)

    def summary(
        self,
        *,
        free: Iterable[str] = (),
        set: Mapping[str, Any] | None = None,
        over: Mapping[str, Sequence[Any] | str] | None = None,
        batch: int = 1,
        dtype: str = "float32",
    ) -> Report:
        """Return the numbers of the network at a setting; see ``api.Network.summary`` for the arguments."""
        with _uncollected():
            return propagate(self.graph(free=free, set=set, over=over), batch=batch, dtype=dtype)

    def with_values(self, values: Mapping[str, Any]) -> Self:
        """Return the same network with different defaults for some of its ``vars``.

        Raises:
            UsageError: a name is not one of ``vars``, or a value is not of its kind or domain.
        """
        spec, given = self.spec, settings.allowed(self.spec, values)
        changed = {name: Value(value, spec.vars[name].place) for name, value in given.items()}
        kept = {name: settings.domain(spec, name) for name in changed}
        return replace(
            self, spec=spec._replace(vars={**spec.vars, **changed}, domains={**spec.domains, **kept})
        )


def _plain(value: Any) -> Any:
    return [_plain(part) for part in value] if isinstance(value, list) else plain(value)


def build(document: Document, variant: str | None = None) -> Network:
    """Build a network from a document, with the overrides of one of its variants."""
    with _uncollected():
        return Network(checked(document, variant))


@contextmanager
def _uncollected() -> Iterator[None]:
    """Pause garbage collection. Reading creates many small objects and no cycles, and searching for cycles takes more than linear time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


__all__ = ["Network", "build"]
