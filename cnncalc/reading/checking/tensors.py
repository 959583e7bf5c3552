"""Small tensors written out in a spec: nested lists of numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from cnncalc.errors import Place, Problem, Source
from cnncalc.fields import describe
from cnncalc.reading.checking.value import Failed
from cnncalc.reading.text.nodes import ListNode
from cnncalc.shapes import show

if TYPE_CHECKING:
    from cnncalc.errors import Mark
    from cnncalc.shapes import Shape

#: parameters and buffers that a layer may be given in the spec
NAMES = (
    "weight", "bias", "running_mean", "running_var", "depthwise.weight", "pointwise.weight", "pointwise.bias",
)  # fmt: skip

LARGEST = 3.4028234663852886e38  # of float32


class Numbers(NamedTuple):
    """Numbers in nested lists, with their shape and place."""

    values: Any
    shape: tuple[int, ...]
    place: Place

    def mismatch(self, shape: Shape, name: str) -> Problem | None:
        """Return the problem if a tensor of this shape is expected; symbolic sizes match any size."""
        wanted = [n if isinstance(n, int) else None for n in shape]
        fits = len(wanted) == len(self.shape) and all(
            want in (None, have) for want, have in zip(wanted, self.shape, strict=True)
        )
        if fits:
            return None
        message = f"'{name}' must have the shape {show(shape)} here, but has {show(self.shape)}"
        return Problem("C309", message, self.place, help=_brackets(wanted, self.shape))


def _brackets(wanted: list[int | None], have: tuple[int, ...]) -> str | None:
    """Return how to nest the numbers, if they are complete or form one of several filters."""
    missing = len(wanted) - len(have)
    if missing <= 0 or tuple(wanted[missing:]) != have:
        return None
    if set(wanted[:missing]) == {1}:
        return f"put {missing} more pair{'s' if missing > 1 else ''} of brackets around it: {'[' * missing}...{']' * missing}"
    lists = " of ".join(f"{n} list{'' if n == 1 else 's'}" for n in wanted[:missing])
    return f"nest one level for each size: {lists} like this one"


def read_numbers(raw: Any, mark: Mark, source: Source) -> Numbers:
    """Read a tensor from nested lists of numbers.

    Raises:
        Failed: an entry is not a number, or rows differ in length.
    """
    place = Place(source, mark)
    if not isinstance(raw, ListNode):
        raise Failed(Problem("C101", f"a tensor needs numbers in nested lists, got {describe(raw)}", place))
    if not raw:
        raise Failed(Problem("C309", "an empty list holds no numbers", place))
    parts = [_read_entry(r, m, source) for r, m in zip(raw, raw.values_at, strict=True)]
    for part in parts:
        if part.shape != parts[0].shape:
            have, want = (show(p.shape) if p.shape else "a number" for p in (part, parts[0]))
            message = (
                f"the entries of a list must have the same shape: this one is {have}, the first is {want}"
            )
            raise Failed(Problem("C309", message, part.place))
    return Numbers([p.values for p in parts], (len(parts), *parts[0].shape), place)


def _read_entry(raw: Any, mark: Mark, source: Source) -> Numbers:
    place = Place(source, mark)
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        return read_numbers(raw, mark, source)
    if not -LARGEST <= raw <= LARGEST:  # NaN neither
        raise Failed(Problem("C101", f"a tensor needs finite float32 numbers, got {describe(raw)}", place))
    return Numbers(raw, (), place)
