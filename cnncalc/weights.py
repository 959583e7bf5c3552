"""The parameters of a forward pass: random numbers from a seed, values in the spec, or arrays in a file.

A tensor depends only on the seed, the layer's path and the tensor's name, so that layers can be
run in any order and their weights dropped after use.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from cnncalc.dims import concrete
from cnncalc.kernels.work import Array, share
from cnncalc.layer import WEIGHTED

if TYPE_CHECKING:
    from cnncalc.layer import Layer
    from cnncalc.shapes import Shape, Shapes

BLOCK = 1 << 20  # elements from one random generator


class Weights:
    """The tensors of one layer, created on demand."""

    def __init__(
        self, shapes: Mapping[str, tuple[int, ...]], dtype: str, source: Callable[[str], Array | None],
        draw: Callable[[str], Draw],
    ) -> None:  # fmt: skip
        self.shapes = shapes
        self.dtype = np.dtype(dtype)
        self.source = source
        self.draw = draw
        self.pieces: dict[
            str, list[tuple[int, ...]]
        ] = {}  # shapes of what was delivered; appending is atomic
        self.bytes = 0

    def __getitem__(self, name: str) -> Array:
        given = self.source(name)
        if given is not None:
            array = np.asarray(given, self.dtype)
        else:
            draw, shape = self.draw(name), self.shapes[name]
            array = _shaped(draw.all(math.prod(shape), _step(shape)), shape).astype(self.dtype, copy=False)
        self.pieces[name] = [array.shape]
        self.bytes += array.nbytes
        return array

    def delivered(self, name: str) -> tuple[int, ...] | None:
        """Return the shape of a tensor as the forward pass used it; None if it was never used."""
        pieces = self.pieces.get(name)
        return (sum(p[0] for p in pieces), *pieces[0][1:]) if pieces else None

    def get(self, name: str) -> Array | None:
        return self[name] if name in self.shapes else None

    def blocks(self, name: str) -> tuple[Sequence[slice], Callable[[slice], Array]]:
        """Spans of the first axis, none much larger than ``BLOCK`` elements, and a function that gives one."""
        shape = self.shapes[name]
        rows, columns = shape
        step = _step(shape) // columns
        spans = [slice(a, min(a + step, rows)) for a in range(0, rows, step)]
        if self.source(name) is not None or len(spans) == 1:
            whole = self[name]
            return spans, lambda span: whole[span]
        draw = self.draw(name)
        pieces = self.pieces[name] = []
        self.bytes += step * columns * self.dtype.itemsize

        def part(span: slice) -> Array:
            drawn = draw.block(span.start // step, (span.stop - span.start) * columns)
            array = drawn.reshape(-1, columns).astype(self.dtype, copy=False)
            pieces.append(array.shape)
            return array

        return spans, part


class Draw:
    """Uniform numbers between two bounds, in blocks that each have a generator of their own."""

    def __init__(self, key: Sequence[int], low: float, high: float) -> None:
        self.key, self.low, self.high = tuple(key), low, high

    def block(self, number: int, size: int) -> Array:
        out = np.empty(size, np.float32)
        self.into(number, out)
        return out

    def into(self, number: int, out: Array) -> None:
        generator = np.random.Generator(np.random.SFC64(np.random.SeedSequence([*self.key, number])))
        generator.random(out=out, dtype=np.float32)
        out *= self.high - self.low
        out += self.low

    def all(self, size: int, step: int) -> Array:
        out = np.empty(size, np.float32)

        def worker(queue: Iterator[int]) -> None:
            for number in queue:
                self.into(number, out[number * step : (number + 1) * step])

        share(range(-(-size // step)), worker)
        return out


def _step(shape: tuple[int, ...]) -> int:
    """Elements of a block: whole rows of a matrix, any stretch of another tensor."""
    if len(shape) == 2:
        return max(1, BLOCK // shape[1]) * shape[1]
    return BLOCK


def _shaped(flat: Array, shape: tuple[int, ...]) -> Array:
    """Lay filters out in memory as kernels read them: ``(*kernel, in, out)``."""
    if len(shape) < 3:
        return flat.reshape(shape)
    out, depth, *kernel = shape
    return np.moveaxis(flat.reshape(*kernel, depth, out), (-1, -2), (0, 1))


def draw_input(shape: tuple[int, ...], dtype: str, seed: int, name: str) -> Array:
    """Return random inputs ``(N, C, *spatial)`` with zero mean and unit variance, channels last in memory."""
    draw = Draw([seed, *_key(name)], -math.sqrt(3), math.sqrt(3))
    count, *rest = shape
    ordered = (count, *rest[1:], rest[0])
    flat = draw.all(math.prod(shape), BLOCK).astype(dtype, copy=False)
    return np.moveaxis(flat.reshape(ordered), -1, 1)


def draw_for(layer: Layer, inputs: Shapes, output: Shape, seed: int, path: str) -> Callable[[str], Draw]:
    """Return the distributions of a layer's tensors, chosen so that activations neither vanish nor explode.

    Filters are uniform with variance ``2/fan_in`` (He et al., "Delving Deep into Rectifiers", 2015,
    equation 10); factors of normalizations are below 1, so that sums of many residual branches stay
    small too.
    """
    outputs = math.prod(map(concrete, output))
    fan_in = max(1.0, concrete(layer.macs(inputs, output)) / outputs)

    def draw(name: str) -> Draw:
        if name.endswith(("bias", "running_mean")):
            low, high = -0.1, 0.1
        elif name.endswith("running_var"):
            low, high = 0.5, 1.5
        elif layer.family not in WEIGHTED:
            low, high = 0.25, 1.0
        else:
            high = math.sqrt(6 / fan_in)
            low = -high
        return Draw([seed, *_key(f"{path}.{name}")], low, high)

    return draw


def _key(text: str) -> list[int]:
    digest = hashlib.sha256(text.encode()).digest()
    return [int.from_bytes(digest[i : i + 4], "little") for i in (0, 4, 8, 12)]
