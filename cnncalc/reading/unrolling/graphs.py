"""A spec at a setting: its graph, or the part of it that is valid, and which sizes would make it so."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from cnncalc.domain import POSITIVE
from cnncalc.errors import Problem, SpecError
from cnncalc.graph import Graph
from cnncalc.reading.checking import settings
from cnncalc.reading.checking.suppression import unsilenced
from cnncalc.reading.checking.value import Failed
from cnncalc.reading.checking.variables import shape_of, variables_of
from cnncalc.reading.unrolling.expander import Expander
from cnncalc.shapes import axis_names

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cnncalc.domain import Grid
    from cnncalc.errors import Place
    from cnncalc.reading.checking.spec import Spec
    from cnncalc.reading.unrolling.assembly import Assembly
    from cnncalc.shapes import Shape

MOST_ADVISED = 2_000  # layers of a network that is unrolled again to say which sizes would do


def graph_of(spec: Spec, given: Mapping[str, Any], grids: Mapping[str, Grid]) -> Graph:
    """The graph with values for some variables, and others free on their grids.

    Raises:
        SpecError: with every independent problem, and the sizes that would do where they are asked for.
    """
    variables, shapes = _setting(spec, given, grids)
    expander = Expander(spec, variables)
    try:
        graph = expander.expand(shapes)
    except SpecError as error:
        advise = expander.items_seen <= MOST_ADVISED and not grids
        advice = partial(_advised, spec, given, variables) if advise else None
        raise SpecError(error.problems, advice) from None
    silence = partial(unsilenced, source=spec.source, root=spec.root)
    return graph._replace(free=grids, layouts=spec.layouts, unsilenced=silence)


def valid_part(spec: Spec) -> tuple[Graph, frozenset[int]]:
    """The network without the layers that do not fit their input, and without what depends on them.

    Beside it its tensors that what is left out reads.
    """
    try:
        variables, _ = _setting(spec, {}, {})
        grown = _unrolled(spec, {}, {})
    except SpecError:  # not even the input has a size
        return Graph(spec.name, (), (), {}), frozenset()
    nodes, misfits = tuple(grown.nodes), tuple(grown.misfits)
    graph = Graph(spec.name, nodes, (), grown.groups, (), misfits, variables, spec.layouts)
    return graph, frozenset(grown.wanted)


def _setting(
    spec: Spec, given: Mapping[str, Any], grids: Mapping[str, Grid]
) -> tuple[dict[str, Any], dict[str, tuple[Shape, Place]]]:
    """Values of variables, and shapes of inputs with their places."""
    variables, problems = variables_of(spec.vars, given, grids)
    shapes = {}
    for name, value in spec.inputs.items():
        try:
            shapes[name] = (shape_of(value, variables), value.place)
        except Failed as failed:
            problems.append(failed.problem)
    if problems:
        raise SpecError(problems)
    return variables, shapes


def _advised(
    spec: Spec, given: Mapping[str, Any], variables: Mapping[str, Any], problems: tuple[Problem, ...]
) -> tuple[Problem, ...]:
    """What is wrong at a setting, with the sizes of the input that would do."""
    from cnncalc.reading.unrolling.advice import Size, advised

    inputs = spec.inputs.values()
    named = dict.fromkeys(name for value in inputs for name in sorted(value.names()) if name in spec.vars)
    sizes = [
        Size(name, variables[name], grid)
        for name in named
        if type(variables[name]) is int and (grid := settings.domain(spec, name).grid) is not None
    ]
    written = next(iter(inputs)).parsed if len(inputs) == 1 else None
    if isinstance(written, tuple):
        axes = zip(axis_names(len(written) - 1), written[1:], strict=True)
        sizes += [Size(n, size.raw) for n, size in axes if type(size.raw) is int and n not in spec.vars]
    return advised(problems, sizes, partial(_unrolled, spec, given))


def _unrolled(spec: Spec, given: Mapping[str, Any], at: Mapping[str, int | None]) -> Assembly:
    """The network with other sizes of its input, by variable or by axis, valid or not; None leaves one free."""
    free = [name for name, size in at.items() if size is None and name in spec.vars]
    chosen = {name: size for name, size in at.items() if size is not None and name in spec.vars}
    variables, shapes = _setting(spec, {**given, **chosen}, settings.grids(spec, free, {}))
    for name, ((channels, *sizes), place) in shapes.items():
        for index, axis in enumerate(axis_names(len(sizes))):
            if axis in at and axis not in spec.vars:
                size = at[axis]
                sizes[index] = POSITIVE.symbol(axis)[0] if size is None else size
        shapes[name] = ((channels, *sizes), place)
    expander = Expander(spec, variables)
    try:
        expander.expand(shapes)
    except SpecError:
        pass  # what is wrong is in it
    return expander.grown
