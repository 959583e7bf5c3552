"""Symbolic reports as functions of integers or arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from cnncalc.counting.liveness import live_sets
from cnncalc.counting.propagate import Report
from cnncalc.counting.quantities import QUANTITIES
from cnncalc.dims import Dim, Expr, maximum, substitute
from cnncalc.errors import UsageError, did_you_mean
from cnncalc.reading.expressions.rational import Rational, split

if TYPE_CHECKING:
    from cnncalc.domain import Grid

NUMBERS = ("output", "peak_activations", *QUANTITIES)
OF_LAYERS = (
    "output",
    "activations",
    *(name for name, quantity in QUANTITIES.items() if quantity.of is not None),
)
Found_co = TypeVar("Found_co", covariant=True)
SAFE = 2**62  # larger values could overflow int64


class Compiled(Generic[Found_co]):
    """A function from values of free variables to numbers of a network, computed by closed forms.

    It takes numbers, or NumPy arrays that broadcast together, in the order of ``variables`` or by name. It gives
    one value for one number, else a tuple. It can be pickled and shared between threads.

    Attributes:
        name: the name of the network.
        numbers: what it computes: ``("params", "macs")``.
        variables: the names of its arguments, in their order.
        forms: the closed form of each number.
        conditions: what values must satisfy; calling the function with others raises ``ValueError``.
        validity: a sentence that states the conditions.
    """

    __slots__ = ("_checked", "_grids", "conditions", "forms", "name", "numbers", "validity")

    def __init__(
        self, report: Report, numbers: Sequence[str], free: Sequence[str], *, checked: bool = True
    ) -> None:
        if not numbers:
            raise UsageError(f"name a number to compile: {', '.join(NUMBERS)}")
        self.name = report.name
        self.numbers = tuple(numbers)
        self.forms = tuple(form_of(report, number) for number in numbers)
        self.conditions = report.conditions
        self.validity = report.validity
        self._grids: Mapping[str, Grid] = {name: report.graph.free[name] for name in free}
        self._checked = checked

    @property
    def variables(self) -> tuple[str, ...]:
        """The names of its arguments, in their order."""
        return tuple(self._grids)

    @overload
    def __call__(self, /, *values: float, **named: float) -> Found_co: ...
    @overload
    def __call__(self, /, *values: Any, **named: Any) -> Any: ...
    def __call__(self, /, *values: Any, **named: Any) -> Any:
        """Return the numbers at the given values.

        Raises:
            ValueError: the network is not valid there, or a value is not one that the variable may have.
            TypeError: a value is missing, or not a number.
        """
        given = dict(zip(self._grids, values, strict=False)) | named
        if set(given) != set(self._grids) or len(values) > len(self._grids):
            raise TypeError(f"needs values for {', '.join(self._grids)}")
        given = {
            grid.symbol_name(name): _positions(name, grid, given[name]) for name, grid in self._grids.items()
        }
        for condition in self.conditions if self._checked else ():
            holds = condition.holds(given)
            if not (holds.all() if hasattr(holds, "all") else holds):
                raise ValueError(f"{self.name or 'the network'} is valid only where {condition}")
        found = tuple(_evaluated(form, given) for form in self.forms)
        return found[0] if len(found) == 1 else found

    def __repr__(self) -> str:
        of = f" of {self.name}" if self.name else ""
        return f"<Compiled {', '.join(self.numbers)}{of} as a function of {', '.join(self.variables)}>"

    def __str__(self) -> str:
        """Return the closed forms, one line per number."""
        lines = [f"{number} = {_text(form)}" for number, form in zip(self.numbers, self.forms, strict=True)]
        return "\n".join([*lines, *([f"{self.validity}."] if self.validity else [])])


def _text(form: Any) -> str:
    if isinstance(form, list):
        different = list(dict.fromkeys(map(str, form)))
        return f"max({', '.join(different)})" if len(different) > 1 else "".join(different)
    return str(form)


def form_of(report: Report, number: str) -> Any:
    """Return the closed form of a number: a size, a ratio, a tuple of sizes, or a list of which the maximum counts."""
    if number == "output":
        return report.output
    if number == "peak_activations":
        return live_sets(report.graph)
    path, _, attribute = number.rpartition(".")
    if path and attribute in OF_LAYERS:
        return of_layer(report, path, attribute)
    if (quantity := QUANTITIES.get(number)) is None:
        help = did_you_mean(number, NUMBERS) or f"choose from {', '.join(NUMBERS)}"
        raise UsageError(f"unknown number '{number}'; {help}")
    if quantity.largest is not None:
        return [report.scale.tensors(size) for size in quantity.largest(report.graph)]
    if (found := report.number(number)) is None:
        raise UsageError(f"{number} has no closed form here: it would have too many terms")
    return Rational(*split(found)) if quantity.per is not None else found


def of_layer(report: Report, path: str, number: str) -> Any:
    """Return a number of a layer or group, or its output.

    Raises:
        UsageError: nothing has this path.
    """
    try:
        return report.number(number, path) if number in QUANTITIES else getattr(report[path], number)
    except KeyError as error:
        raise UsageError(str(error.args[0])) from None


def _positions(name: str, grid: Grid, values: Any) -> Any:
    """Return values of a variable, or an array of them, in the units of the algebra."""
    try:
        return grid.positions(values)
    except TypeError:
        what = "a number" if grid.scale > 1 else "an integer"
        raise TypeError(f"{name} needs {what} or a NumPy array, not {values!r}") from None
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def _evaluated(form: Any, given: dict[str, Any]) -> Any:
    if isinstance(form, tuple):
        return tuple(_evaluated(size, given) for size in form)
    if isinstance(form, Rational):
        return _divided(_evaluated(form.numerator, given), _evaluated(form.denominator, given))
    if isinstance(form, list):
        different = {str(size): size for size in form}.values()
        return maximum(*(_evaluated(size, given) for size in different))
    return substitute(form, _exact(form, given)) if isinstance(form, Expr) else form


def _divided(top: Any, bottom: Any) -> Any:
    """Return the float nearest to a ratio of integers or integer arrays; dividing floats would round twice."""
    if not hasattr(top, "__array__") and not hasattr(bottom, "__array__"):
        return top / bottom
    import numpy as np

    return np.asarray(np.divide(np.asarray(top, object), np.asarray(bottom, object))).astype(float)


def _exact(form: Dim, given: dict[str, Any]) -> dict[str, Any]:
    """Return arrays as int64 if nothing can overflow, and otherwise as Python integers."""
    arrays = {name: value for name, value in given.items() if hasattr(value, "__array__")}
    if not arrays:
        return given
    import numpy as np

    largest = {
        name: max(-int(value.min(initial=0)), int(value.max(initial=1)))
        if name in arrays
        else abs(int(value))
        for name, value in given.items()
    }
    kind = np.int64 if _bound(form, largest) < SAFE else object
    return {
        name: np.asarray(value).astype(kind) if name in arrays else value for name, value in given.items()
    }


def _bound(form: Dim, largest: dict[str, int]) -> int:
    """Return an upper bound of all intermediate values."""
    if isinstance(form, int):
        return abs(form)
    total = 0
    for monomial, coefficient in form.terms.items():
        product = abs(coefficient)
        for atom in monomial:
            inner = [_bound(part, largest) for part in atom.parts()]
            product *= max(*inner, 1) if len(inner) > 1 else inner[0] + 1 if inner else largest[atom.key]
        total += product
    return total
