"""A layer from its item: fields evaluated, and what a variable or parameter says of its norm and activation."""

from __future__ import annotations

from types import NoneType
from typing import TYPE_CHECKING, Any, NamedTuple

from cnncalc.errors import Problem
from cnncalc.fields import Bound, open_bounds
from cnncalc.reading.checking.attached import named
from cnncalc.reading.checking.problems import validated
from cnncalc.reading.checking.value import Failed, Value
from cnncalc.registry import layer_class

if TYPE_CHECKING:
    from cnncalc.layer import Family, Layer
    from cnncalc.reading.checking.parts import Attachment, LayerItem
    from cnncalc.reading.checking.spec import Spec
    from cnncalc.reading.unrolling.scope import Env
    from cnncalc.shapes import Shape


class Made(NamedTuple):
    """A layer, or what is wrong with it; the tensors that fields name, and bounds of symbolic fields."""

    layer: Layer | None
    references: tuple[Value, ...] = ()
    bounds: tuple[Bound, ...] = ()
    problems: tuple[Problem, ...] = ()


class Layers:
    """Makes the layers of one network; those with the same values are made once."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self._made: dict[Any, tuple[LayerItem, Made]] = {}  # by item and values of its fields
        self._ranked: dict[Any, tuple[Layer, Layer]] = {}  # norms by norm and rank

    def attached(self, written: Attachment, env: Env, family: Family) -> LayerItem | None:
        """The norm or activation, which a variable or parameter may name."""
        if isinstance(written, Value):
            return named(env[written.raw], written, family, self.spec)
        return written

    def made(self, item: LayerItem, env: Env, *, has_norm: bool) -> Made:
        """The layer with its fields evaluated."""
        if item.literal is not None:
            return Made(item.literal[has_norm])
        values: dict[str, Any] = {}
        references = []
        for key, value in item.fields.items():
            if key in item.cls.tensor_fields and isinstance(value.raw, str) and value.parsed is None:
                references.append(value)
            else:
                values[key] = value.evaluate(env)
            if key in item.cls.inferring_fields:
                _refuse_computed(value, values[key])
        if has_norm and "bias" in item.cls.model_fields and "bias" not in values:
            values["bias"] = False
        known = id(item), has_norm, _exact(list(values.values()))
        if known in self._made:
            return self._made[known][1]
        with open_bounds() as bounds:
            layer, problems = validated(
                item.cls, item.node, item.place, item.kind, values=values, written=item.fields
            )
        made = Made(layer, tuple(references), tuple(bounds), tuple(problems))
        if known[2] is not None and not problems and not bounds:
            self._made[known] = item, made  # the item is kept, so that no other gets its id
        return made

    def ranked(self, layer: Layer, item: LayerItem, shape: Shape) -> Layer:
        """The layer with the rank of its input, where its item leaves the rank open."""
        open_rank = item.kind != layer.type
        cls = layer_class(f"{item.kind}{max(len(shape) - 1, 1)}d") if open_rank else None
        if cls is None or type(layer) is cls:
            return layer
        key = id(layer), cls
        if key not in self._ranked:  # the layer is kept, so that no other gets its id
            self._ranked[key] = layer, cls.model_validate(layer.written())
        return self._ranked[key][1]


def _exact(value: Any) -> Any:
    """A value as a key that tells ``1`` from ``True`` and ``1.0``; None for what is symbolic."""
    if type(value) in (int, bool, float, str, NoneType):
        return type(value), value
    if not isinstance(value, list):
        return None
    parts = tuple(map(_exact, value))
    return None if None in parts else parts


def _refuse_computed(sizes: Value, found: Any) -> None:
    """A size of -1 is worked out only where it is written so: one that comes out as -1 is a mistake.

    Raises:
        Failed: there is one.
    """
    for part, size in zip(sizes.parsed, found, strict=True) if isinstance(sizes.parsed, tuple) else ():
        if part.names() and isinstance(size, int) and size == -1:
            message = f"'{part.raw}' is -1 here, and a size is at least 1"
            help = "write -1 itself for the size that is to be inferred"
            raise Failed(Problem("C101", message, part.place, help=help))
