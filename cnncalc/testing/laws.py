"""What must hold of every layer type, whatever it computes.

Each law draws layers of a type with random fields, on random small inputs, the same ones in every run. A law that finds
too few layers that are valid fails too: a type whose every layer is refused proves nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from random import Random
from typing import Any, NamedTuple

import numpy as np

from cnncalc.analysis.verify import prepared, verified, weights_of
from cnncalc.api.networks import Network, load
from cnncalc.counting.propagate import Report
from cnncalc.dims import concrete, substitute
from cnncalc.errors import SpecError
from cnncalc.kernels.work import Array, working
from cnncalc.layer import WEIGHTED, Layer, Rearrangement
from cnncalc.registry import layer_class, register
from cnncalc.shapes import Shape
from cnncalc.testing.drawing import accepts, random_fields, random_item, random_spec

COUNTS = ("weights", "biases", "buffers", "macs", "flops", "activations")
AXES = ("H", "W", "D")
#: what may be wrong with a layer of random fields on a random input
REFUSALS = {"C101", "C104", "C204", "C301", "C302", "C303", "C304", "C305", "C306", "C307", "C308", "C310"}


class Law(NamedTuple):
    """A law, and the types that it is about."""

    check: Callable[[type[Layer]], None]
    concerns: Callable[[type[Layer]], bool] = lambda _: True

    @property
    def name(self) -> str:
        return self.check.__name__

    def __call__(self, cls: type[Layer]) -> None:
        """Check it.

        Raises:
            AssertionError: a layer of the type breaks it; the message has the layer's spec.
        """
        self.check(cls)


LAWS: list[Law] = []


def check_layer(cls: type[Layer]) -> None:
    """Check every law for a layer type, which is registered.

    Raises:
        AssertionError: a layer of the type breaks a law; the message has the law and the layer's spec.
        LookupError: a field has no values; see ``drawing.values``.
        TypeError, ValueError: it cannot be registered; see ``cnncalc.register``.
    """
    register(cls)
    for law in LAWS:
        if law.concerns(cls):
            try:
                law(cls)
            except AssertionError as error:
                raise AssertionError(f"{law.name}: {error}") from error


def _law(concerns: Callable[[type[Layer]], bool] = lambda _: True) -> Callable[[Callable[..., None]], Law]:
    def entered(check: Callable[..., None]) -> Law:
        LAWS.append(Law(check, concerns))
        return LAWS[-1]

    return entered


def _tag(cls: type[Layer]) -> str:
    return str(cls.model_fields["type"].default)


def _runs(cls: type[Layer]) -> bool:
    return cls.runs


def valid_layers(cls: type[Layer], count: int) -> Iterator[tuple[dict[str, Any], Report]]:
    """Yield specs of one layer that fits its input, and their reports.

    Raises:
        AssertionError: hardly any layer of the type fits.
    """
    draw, found = Random(_tag(cls)), 0
    for _ in range(40 * count):
        spec = random_spec(draw, cls)
        try:
            yield spec, load(spec).summary(batch=draw.choice([1, 2]))
        except SpecError as error:
            assert {problem.code for problem in error.problems} <= REFUSALS, (spec, error.problems)
            continue
        found += 1
        if found == count:
            return
    assert found > 2, f"only {found} of {40 * count} random layers are valid"


# --------------------------------------------------------------------------------------- shapes and counts


@_law()
def symbols_then_numbers_is_numbers(cls: type[Layer]) -> None:
    """The report with free sizes, given numbers, is the report of these numbers; it holds exactly where it says."""
    draw, compared = Random(_tag(cls)), 0
    for _ in range(20):
        rank = cls.rank or draw.choice([0, 1, 2])
        shape = [4, *AXES[:rank]]
        spec = {
            "vars": dict.fromkeys(AXES[:rank], 8),
            "input": shape,
            "layers": [random_item(draw, cls, shape)],
        }
        try:
            symbolic = load(spec).summary(free=AXES[:rank])
        except SpecError as error:
            assert {problem.code for problem in error.problems} <= REFUSALS, (spec, error.problems)
            continue
        for _ in range(4):
            setting = {name: draw.randint(1, 30) for name in AXES[:rank]}
            compared += _agrees(spec, symbolic, setting)
    assert compared, "no random layer is valid"


def _agrees(spec: dict[str, Any], symbolic: Report, setting: dict[str, int]) -> bool:
    """Compare a symbolic report with that of a setting; return whether the setting is valid."""
    holds = all(condition.holds(setting) for condition in symbolic.conditions)
    try:
        numeric = load(spec).summary(set=setting)
    except SpecError:
        assert not holds, (spec, setting, symbolic.conditions)
        return False
    assert holds, (spec, setting, symbolic.conditions)
    (one,), (two,) = symbolic.rows, numeric.rows
    assert tuple(substitute(size, setting) for size in one.output) == two.output, (spec, setting)
    for count in COUNTS:
        assert substitute(getattr(one, count), setting) == getattr(two, count), (spec, setting, count)
    return True


@_law()
def no_rule_asks_for_the_truth_of_a_size(cls: type[Layer]) -> None:
    """Every field that takes an integer may stay free; what a rule cannot do in symbols it says in other words."""
    draw = Random(_tag(cls))
    for _ in range(15):
        rank = cls.rank or draw.choice([0, 1, 2])
        shape = ["C", *AXES[:rank]]
        item = random_item(draw, cls, shape)
        item |= {name: draw.choice([1, 2]) for name in _integers(cls) if draw.random() < 0.6}
        given = {name: value for name, value in item.items() if type(value) is int and value > 0}
        item |= {name: _variable(draw, cls, name, rank) for name in given}
        variables = {
            "C": 4,
            **dict.fromkeys(AXES, 8),
            **{f"v_{name}": value for name, value in given.items()},
        }
        network = load({"vars": variables, "input": shape, "layers": [item]})
        for free in ([f"v_{name}" for name in given if _takes_symbols(cls, name)], ["C"], ["H"]):
            _says_no_truth(network, free, {name: variables[name] for name in free})


def _says_no_truth(network: Network, free: list[str], setting: dict[str, int]) -> None:
    try:
        symbolic = network.summary(free=free)
    except SpecError as error:
        assert "whether" not in str(error), (network.spec.root, error)
        return
    assert str(symbolic)
    try:
        numeric = network.summary()
    except SpecError:
        assert not all(c.holds(setting) for c in symbolic.conditions), (network.spec.root, setting)
        return
    for count in COUNTS:
        one, two = (getattr(report.rows[0], count) for report in (symbolic, numeric))
        assert substitute(one, setting) == two, (network.spec.root, setting, count)


def _integers(cls: type[Layer]) -> list[str]:
    """Return the fields, as a spec has them, that take an integer."""
    fields = ((name, field.alias or name) for name, field in cls.model_fields.items() if name != "type")
    return [key for name, key in fields if accepts(cls, name, 1)]


def _variable(draw: Random, cls: type[Layer], key: str, rank: int) -> Any:
    """Return a variable as the value of a field, or one for each axis."""
    each = rank and draw.random() < 0.4 and accepts(cls, _name(cls, key), [1] * rank)
    return [f"v_{key}"] * rank if each else f"v_{key}"


def _takes_symbols(cls: type[Layer], key: str) -> bool:
    from cnncalc.dims import symbol

    return accepts(cls, _name(cls, key), symbol("s", least=1))


def _name(cls: type[Layer], key: str) -> str:
    return next(name for name, field in cls.model_fields.items() if key in (name, field.alias))


@_law()
def fields_are_read_as_they_are_written(cls: type[Layer]) -> None:
    """A layer built from the fields that it writes has the same fields."""
    draw = Random(_tag(cls))
    for _ in range(20):
        fields = random_fields(draw, cls)
        try:
            layer = cls.model_validate(fields)
        except ValueError:  # fields that exclude each other
            continue
        written = json.loads(json.dumps(layer.written()))
        again = json.loads(json.dumps(cls.model_validate(written).written()))
        assert again == written, (fields, written, again)


# --------------------------------------------------------------------------------------- the forward pass


@_law(_runs)
def arrays_have_the_derived_shapes_and_counts(cls: type[Layer]) -> None:
    """The forward pass gives the shape of the rule, with parameters of the rule, and leaves the caller's arrays alone."""
    for spec, report in valid_layers(cls, 15):
        for threads in (1, 2):
            setup = prepared(report, seed=3)
            before = next(iter(setup.inputs.values())).copy()
            with np.errstate(divide="ignore", over="ignore"):  # constants of random fields
                result = verified(report, setup, threads=threads)
            assert result.agrees, (spec, result.checks[0].differences)
            (output,) = result.outputs.values()
            assert np.array_equal(before, next(iter(setup.inputs.values()))), (
                spec,
                "it wrote over its input",
            )
            assert output.shape == (report.batch, *report.rows[0].output), spec
            assert not np.isnan(output).any(), spec


@_law(_runs)
def results_do_not_depend_on_memory(cls: type[Layer]) -> None:
    """Channels first or last in memory, in one piece or not, in place or not: the numbers are the same."""
    for spec, report in valid_layers(cls, 6):
        setup = prepared(report, seed=1, dtype="float64")
        node = report.graph.nodes[-1]
        inputs = [next(iter(setup.inputs.values()))] * len(node.inputs)

        def run(arrays: list[Array], out: Array | None = None, setup: Any = setup, node: Any = node) -> Array:
            with working():
                return np.array(node.layer.forward(arrays, weights_of(setup, node), out))

        expected = run([x.copy() for x in inputs])
        for order in ("C", "F", "K"):
            assert _same(run([x.copy(order) for x in inputs]), expected), (spec, order)
        assert _same(run([np.repeat(x, 2, -1)[..., ::2] for x in inputs]), expected), spec
        if inputs and expected.shape == inputs[0].shape:
            first = inputs[0].copy()
            assert _same(run([first, *inputs[1:]], first), expected), spec


def _same(one: Array, two: Array) -> bool:
    return bool(np.allclose(one, two, atol=1e-12))


@_law(lambda cls: cls.runs and cls.family in WEIGHTED)
def ones_count_their_own_macs(cls: type[Layer]) -> None:
    """A linear map of ones, without bias or padding, on ones gives its MACs as the sum of its output."""
    draw, counted = Random(_tag(cls)), 0
    plain = {
        key: value
        for key, value in {"bias": False, "padding": 0, "output_padding": 0}.items()
        if key in cls.model_fields
    }
    for _ in range(200):
        spec = random_spec(draw, cls)
        spec["layers"][0] |= plain
        try:
            (row,) = load(spec).summary().rows
        except SpecError:
            continue
        layer, shape = built(spec["layers"][0]), tuple(spec["input"])
        params = layer.param_shapes((shape,))
        if len(params) > 1:  # its output is a product of several factors
            return
        output = layer.forward([np.ones((1, *shape))], Ones(layer, (shape,)))
        assert row.macs == int(output.sum()), (spec, row.macs, int(output.sum()))
        counted += 1
    assert counted > 10, f"only {counted} of 200 random layers are valid"


def built(item: dict[str, Any]) -> Any:
    """Return the layer of an item that has only fields of its type."""
    fields = {key: value for key, value in item.items() if key not in ("type", "from")}
    cls = layer_class(item["type"])
    assert cls is not None, item
    return cls.model_validate(fields)


class Ones(dict[str, Array]):
    """Parameters that are all one, and biases that are zero."""

    def __init__(self, layer: Layer, shapes: tuple[Shape, ...]) -> None:
        for name, shape in {**layer.param_shapes(shapes), **layer.buffer_shapes(shapes)}.items():
            self[name] = np.full(tuple(map(concrete, shape)), not name.endswith("bias"), np.float64)

    def blocks(self, name: str) -> tuple[list[slice], Callable[[slice], Array]]:
        whole = self[name]
        return [slice(0, len(whole))], lambda span: whole[span]


# --------------------------------------------------------------------------------------- axes


@_law(_runs)
def every_axis_of_the_output_is_accounted_for(cls: type[Layer]) -> None:
    """``axes`` names, for each axis of the output, axes that the input has."""
    for spec, report in valid_layers(cls, 10):
        node = report.graph.nodes[-1]
        assert node.layer is not None
        axes = node.layer.axes(report.graph.shapes_into(node))
        assert len(axes) == len(node.output), (spec, axes)
        have = len(report.graph.nodes[0].output)
        assert {axis for group in axes for axis in group} <= set(range(have)), (spec, axes)


@_law(lambda cls: cls.runs and issubclass(cls, Rearrangement) and cls.axes is not Layer.axes)
def an_element_moves_along_the_axes_that_are_named(cls: type[Layer]) -> None:
    """Where an element goes along an axis of the output depends on the axes that ``axes`` names, and on no other."""
    for spec, report in valid_layers(cls, 25):
        node = report.graph.nodes[-1]
        assert node.layer is not None
        shape = report.graph.nodes[0].output
        sizes: tuple[int, ...] = tuple(map(int, shape))  # type: ignore[arg-type]
        numbered = np.arange(np.prod(sizes)).reshape(1, *sizes)
        moved = node.layer.forward([numbered], Ones(node.layer, ()))[0]
        come_from = np.unravel_index(moved.ravel(), sizes)
        for axis, group in enumerate(node.layer.axes((shape,))):
            goes_to = np.indices(moved.shape)[axis].ravel()
            pairs = set(zip(*(come_from[a] for a in group), goes_to, strict=True))
            assert not group or len(pairs) == len({pair[:-1] for pair in pairs}), (spec, axis)
