"""The interface of layer types.

Rules get input shapes without the batch axis and use only ``+ - * // %`` and ``dims``, so integers
and symbols share them. A rule says what is wrong; the place is added once, by the caller.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum, auto
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Protocol

from pydantic import BaseModel, ConfigDict

from cnncalc.conditions import Statement, equal
from cnncalc.dims import Dim, product_of
from cnncalc.fields import About, Claim
from cnncalc.shapes import AXES, Shape, Shapes, Sight, Window, show

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]
else:  # NumPy is imported when arrays are made
    Array = Any
Arrays = Sequence[Array]

OWN = "cnncalc.layers."  # modules whose types are known by their files


class Tensors(Protocol):
    """A layer's parameters and buffers by name, created on demand."""

    def __getitem__(self, name: str) -> Array: ...

    def get(self, name: str) -> Array | None:
        """Return a tensor; None if the layer does not have it."""

    def blocks(self, name: str) -> tuple[Sequence[slice], Callable[[slice], Array]]:
        """Return spans of the first axis and a function that creates one span, because the whole may be too large."""


class Requirement(NamedTuple):
    """A requirement that a layer's inputs must meet."""

    holds: bool | Statement
    code: str
    message: str
    help: str | None = None
    field: str | None = None  # that is wrong, where it is one


Requirements = Iterator[Requirement]
Axes = tuple[tuple[int, ...], ...]


class Line(NamedTuple):
    """One step of a derivation: what it computes, the rule in words, the formula with numbers, and the result."""

    what: str
    rule: str
    numbers: str  # an expression in cnncalc's own language
    result: Dim
    note: str = ""


class Family(StrEnum):
    """What a layer type is for."""

    CONV = auto()
    LINEAR = auto()
    POOL = auto()
    NORM = auto()
    ACTIVATION = auto()
    MERGE = auto()
    OTHER = auto()


#: families of linear maps with weights of their own, which a norm and an activation may follow
WEIGHTED = (Family.CONV, Family.LINEAR)


class Layer(BaseModel, ABC):
    """A layer type: its fields, and its rules as pure functions of input shapes.

    Shapes are ``(C, *spatial)`` without the batch axis. All numbers are for one sample.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True, validate_default=True)

    #: smallest and largest number of inputs (None: no limit)
    arity: ClassVar[tuple[int, int | None]] = (1, 1)
    #: what the type is for
    family: ClassVar[Family] = Family.OTHER
    #: whether it is an affine map, so that the linear maps before and after it are together still linear
    affine_map: ClassVar[bool] = False
    #: whether it normalizes by constants at inference: the means and variances of batches
    batch_statistics: ClassVar[bool] = False
    #: whether its output is probabilities, or their logarithms
    probabilities: ClassVar[bool] = False
    #: whether its output is its input's memory, in another shape
    view: ClassVar[bool] = False
    #: whether pictures draw it with the layer before it, because it has no volume of its own
    quiet: ClassVar[bool] = False
    #: whether its weight is read in parts, and never held whole
    in_parts: ClassVar[bool] = False
    #: fields that may name another tensor, which becomes an additional input
    tensor_fields: ClassVar[tuple[str, ...]] = ()
    #: fields with sizes, one of which may be -1 and is then inferred
    inferring_fields: ClassVar[tuple[str, ...]] = ()
    #: fields that accept words, and the words
    words: ClassVar[dict[str, tuple[str, ...]]] = {}
    #: whether a forward pass can compute the layer
    runs: ClassVar[bool] = True
    #: spatial rank, if the type has one
    rank: ClassVar[int] = 0

    #: fields that state a size of the input, and which size; see ``fields.Claim``
    claims: ClassVar[dict[str, Claim]] = {}
    #: the description of each field
    about: ClassVar[dict[str, About]] = {}

    types: ClassVar[dict[str, type[Layer]]] = {}

    #: the name by which specs know it. Each type has a ``Literal``, which type checkers accept in place of Any, not of str
    type: Any

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """Register concrete types by their tag, and require that every field is described."""
        super().__pydantic_init_subclass__(**kwargs)
        cls.about = {name: _about(cls, name) for name in cls.model_fields if name != "type"}
        marks = ((name, mark) for name, field in cls.model_fields.items() for mark in field.metadata)
        cls.claims = {name: mark for name, mark in marks if isinstance(mark, Claim)}
        tag = cls.model_fields["type"].default
        if isinstance(tag, str) and cls.__module__.startswith(OWN):  # others are registered
            Layer.types[tag] = cls  # last: another thread may use the type as soon as it is in the table

    def written(self) -> dict[str, Any]:
        """Return the fields as in a spec, in their shortest form and without those that have their default."""
        fields = type(self).model_fields
        defaults = {field.alias or name: field.default for name, field in fields.items()}
        return {key: value for key, value in self.model_dump(by_alias=True).items() if value != defaults[key]}

    def requirements(self, inputs: Shapes) -> Requirements:
        """Yield what must hold; a requirement may rely on earlier ones."""
        return iter(())

    def claimed(self, inputs: Shapes) -> Requirements:
        """Yield the requirements that the sizes stated in its fields are those of the input."""
        x = inputs[0]
        for name, (axis, what) in self.claims.items():
            value = getattr(self, name)
            holds = value is None or equal(value, x[axis])
            if holds is not True:
                flat = axis == -1 and len(x) > 1 and equal(value, product_of(x)) is True
                help = "put a flatten layer before it" if flat else None
                message = (
                    f"{name} is {value}, but the input has {x[axis]} {what if x[axis] != 1 else what[:-1]}"
                )
                yield Requirement(holds, "C310", message, help, name)

    @abstractmethod
    def output_shape(self, inputs: Shapes) -> Shape:
        """Return the shape of the output."""

    @abstractmethod
    def param_shapes(self, inputs: Shapes) -> Mapping[str, Shape]:
        """Return the shapes of trained tensors by name; a name that ends in ``bias`` is an additive term."""

    def buffer_shapes(self, inputs: Shapes) -> Mapping[str, Shape]:
        """Return the shapes of tensors that are stored but not trained."""
        return {}

    @abstractmethod
    def macs(self, inputs: Shapes, output: Shape) -> Dim:
        """Return the multiply-accumulates of convolutions and linear maps."""

    @abstractmethod
    def operations(self, inputs: Shapes, output: Shape) -> Dim:
        """Return the number of operations besides the MACs; flops are ``2*macs + operations``."""

    @abstractmethod
    def forward(self, inputs: Arrays, params: Tensors, out: Array | None = None) -> Array:
        """Compute the layer's output at inference, from arrays ``(N, C, *spatial)``.

        ``out`` may be overwritten: it is an array of the result's shape that is no longer needed, often
        the input itself. The arithmetic is in ``kernels``.
        """

    def depthwise(self, inputs: Shapes) -> bool:
        """Return whether it is a part of a factorized convolution, which is linear on purpose."""
        return False

    def ends_features(self, output: Shape) -> bool:
        """Return whether it turns feature maps into one vector, for a classifier."""
        return False

    def changes_nothing(self, inputs: Shapes) -> str | None:
        """Return a sentence that says that it changes nothing here; None if it changes something."""
        return None

    def derivation(self, inputs: Shapes, output: Shape) -> Iterator[Line]:
        """Yield how the sizes of the output follow from the input and the fields, where that takes a formula."""
        return iter(())

    def advice(self, output: Shape, wanted: Sequence[Dim]) -> str | None:
        """Return the field, as a spec has it, that would give the wanted output; None if none does."""
        return None

    def is_partial(self) -> bool:
        """Return whether it leaves numbers undeclared, so that totals are incomplete."""
        return False

    def windows(self, inputs: Shapes) -> Sight:
        """Return how an output cell depends on its input along each spatial axis, or that it depends on all of it."""
        return "unknown"

    def mixes(self, rank: int) -> tuple[int, ...] | None:
        """Return the axes (0: channels) along which an element depends on all others; None if it depends on more than those."""
        return None

    def axes(self, inputs: Shapes) -> Axes:
        """Return the axes of the first input from which each axis of the output is made; none if that is unknown."""
        return tuple((axis,) for axis in range(len(inputs[0])))


def _about(cls: type[Layer], name: str) -> About:
    """Return the description of a field, which every field of a layer type must have."""
    field = cls.model_fields[name]
    found = next((mark for mark in reversed(field.metadata) if isinstance(mark, About)), None)
    if found is None or (field.is_required() and found.example is None):
        what = "a description" if found is None else "an example, because it is required"
        raise TypeError(f"the field {name} of {cls.__name__} needs {what}: Annotated[..., About(...)]")
    return found


def term(value: Dim) -> str:
    """Return a size for a formula, in parentheses if it is a sum."""
    text = str(value)
    return text if text.isalnum() else f"({text})"


class Unlearned(Layer):
    """A layer that has no parameters and no MACs."""

    def param_shapes(self, inputs: Shapes) -> Mapping[str, Shape]:
        return {}

    def macs(self, inputs: Shapes, output: Shape) -> Dim:
        return 0


class Elementwise(Unlearned):
    """A layer that maps each element separately: it keeps the shape and has no parameters."""

    family = Family.ACTIVATION
    quiet = True
    #: operations per element
    cost: ClassVar[int] = 1

    def output_shape(self, inputs: Shapes) -> Shape:
        return inputs[0]

    def operations(self, inputs: Shapes, output: Shape) -> Dim:
        return self.cost * product_of(output)

    def windows(self, inputs: Shapes) -> Sight:
        return (Window(),) * (len(inputs[0]) - 1)

    def mixes(self, rank: int) -> tuple[int, ...] | None:
        return ()


class Rearrangement(Unlearned):
    """A layer that rearranges elements: it has no parameters and computes nothing."""

    def operations(self, inputs: Shapes, output: Shape) -> Dim:
        return 0

    def changes_nothing(self, inputs: Shapes) -> str | None:
        same = self.output_shape(inputs) == inputs[0]
        return f"this {self.type} changes nothing here" if same else None


def needs_rank(layer: Layer, shape: Shape, *ranks: int) -> Requirements:
    """Yield the requirement that the input has one of these numbers of spatial axes."""
    if len(shape) - 1 in ranks:
        return
    wanted = " or ".join(_axes(rank) for rank in ranks)
    help = None
    if len(shape) == 1 and 0 not in ranks:
        help = "put it before the flatten or global pooling layer"
    elif len(shape) > 1 and tuple(ranks) == (0,):
        help = "put a flatten layer before it"
    message = f"{layer.type} takes {wanted}, but its input is {show(shape)}"
    yield Requirement(holds=False, code="C305", message=message, help=help)


def as_input(shape: Shape, rank: int, other: str | None) -> str | None:
    """Return help for a layer whose input, an input of the network, has a wrong number of axes.

    ``other`` is the corresponding layer type for that number of axes, if there is one.
    """
    wanted, sizes = _axes(rank), [str(size) for size in shape]
    if len(shape) == rank + 2 and sizes[0] == "1":
        return f"the batch is not part of a shape: write [{', '.join(sizes[1:])}]"
    if len(shape) == rank and (rank > 1 or shape[0] != 1):
        return f"the channels are missing: write [{', '.join(['1', *sizes])}], which is {wanted}"
    if len(shape) == 1 and rank:
        return f"write the input as {wanted}, or use linear, which takes a vector"
    batch = f"if the first size is a batch, leave it out: [{', '.join(sizes[1:])}]"
    if other is not None:
        return f"use {other} for {_axes(len(shape) - 1)}{f'; {batch}' if len(shape) == rank + 2 else ''}"
    return batch if len(shape) == rank + 2 else None


def _axes(rank: int) -> str:
    return f"[{', '.join(('channels', *AXES.get(rank, ())))}]" if rank < 4 else f"{rank + 1} sizes"
