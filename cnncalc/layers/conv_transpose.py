"""Transposed convolution: ``conv_transpose1d``, ``conv_transpose2d``, ``conv_transpose3d``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import field_serializer, field_validator

from cnncalc import fields
from cnncalc.conditions import any_of, at_least
from cnncalc.dims import Dim, Expr, concrete, product_of
from cnncalc.layer import Array, Arrays, Family, Line, Requirement, Requirements, Tensors, needs_rank, term
from cnncalc.shapes import AXES, Shape, Shapes, Sight, Spread, Window, transposed_count
from cnncalc.window import Padding, PerAxis, WindowFields, groups_divide, one_channel_each


class TransposedConvolution(WindowFields):
    """``(C, *in) -> (out_channels, *out)``: every input cell adds a kernel to the output.

    ``padding`` takes cells off the output; ``same`` gives ``in*stride`` (Keras). MACs are counted on
    the input, where the multiplications are. Source: ``torch.nn.ConvTranspose2d``; ONNX
    ``ConvTranspose``. flops: ``2*macs`` and an addition per output for the bias.
    """

    family = Family.CONV

    out_channels: fields.OutChannels
    in_channels: fields.InputChannels = None
    groups: fields.Groups = 1
    bias: fields.Bias = True
    padding: Annotated[
        Padding,
        fields.About(
            "Cells removed from the edges of the output: a number, one for each axis, pairs [before, after], or a word.",
            unit="cells",
        ),
    ] = 0  # type: ignore[assignment]
    stride: Annotated[
        PerAxis, fields.About("Step in the output from one input cell to the next.", unit="cells")
    ] = 1  # type: ignore[assignment]
    output_padding: Annotated[
        PerAxis,
        fields.About(
            "Cells added to one end of the output, to select one of the sizes that the stride allows.",
            unit="cells",
        ),
    ] = 0  # type: ignore[assignment]

    @field_validator("output_padding", mode="plain")
    @classmethod
    def _check_output_padding(cls, value: Any) -> Any:
        return fields.per_axis(value, cls.rank, 0)

    @field_serializer("output_padding")
    def _write_output_padding(self, value: Any) -> Any:
        return fields.shortest(value)

    def requirements(self, inputs: Shapes) -> Requirements:
        (x,) = inputs
        yield from needs_rank(self, x, self.rank)
        yield from groups_divide(self.groups, input=x[0], output=self.out_channels)
        windows = self.spatial_windows(x)
        for name, extra, window in zip(AXES[self.rank], self.output_padding, windows, strict=True):
            below = any_of(*(at_least(limit, extra + 1) for limit in (window.stride, window.dilation)))
            if below is not True:
                message = (
                    f"output_padding must be below the stride or the dilation: along the {name} it is "
                    f"{extra}, but the stride is {window.stride} and the dilation {window.dilation}"
                )
                yield Requirement(below, "C307", message)
        for name, size in zip(AXES[self.rank], self.output_shape(inputs)[1:], strict=True):
            holds = at_least(size, 1)
            if holds is not True:
                message = f"the padding leaves nothing of the output: its {name} is {size}"
                yield Requirement(holds, "C302", message, "use less padding")

    def word_padding(self, window: Window, size: Dim) -> tuple[Dim, Dim]:
        if self.padding not in ("same", "same_lower"):
            return super().word_padding(window, size)
        total = window.extent - window.stride
        small = total // 2
        return (total - small, small) if self.padding == "same_lower" else (small, total - small)

    def output_shape(self, inputs: Shapes) -> Shape:
        (x,) = inputs
        axes = zip(x[1:], self.spatial_windows(x), self.output_padding, strict=True)
        return (self.out_channels, *(transposed_count(*axis) for axis in axes))

    def windows(self, inputs: Shapes) -> Sight:
        axes = self.spatial_windows(inputs[0])
        if not all(isinstance(w.stride, int) for w in axes):
            return "unknown"
        return tuple(Spread(w.kernel, concrete(w.stride), w.dilation, w.before) for w in axes)

    def depthwise(self, inputs: Shapes) -> bool:
        return one_channel_each(self.groups, inputs[0])

    def derivation(self, inputs: Shapes, output: Shape) -> Iterator[Line]:
        (x,) = inputs
        axes = zip(
            AXES[self.rank], x[1:], self.spatial_windows(x), self.output_padding, output[1:], strict=True
        )
        for name, size, w, extra, count in axes:
            padding = f"{term(w.before)} - {term(w.after)}"
            numbers = f"({term(size)} - 1)*{term(w.stride)} - {padding} + {term(w.extent)} + {term(extra)}"
            rule = "(input - 1)*stride - padding + extent + output_padding"
            yield Line(f"output {name}", rule, numbers, count)

    def advice(self, output: Shape, wanted: Sequence[Dim]) -> str | None:
        """The output padding that gives the sizes that the output is short of."""
        missing = [want - have for want, have in zip(wanted[1:], output[1:], strict=False)]
        sizes = (*missing, *self.output_padding, *self.stride, *self.dilation)
        if len(wanted) != len(output) or any(isinstance(n, Expr) for n in sizes):
            return None
        extra = [concrete(n + padding) for n, padding in zip(missing, self.output_padding, strict=True)]
        limits = [max(map(concrete, each)) for each in zip(self.stride, self.dilation, strict=True)]
        short = any(missing) and all(concrete(n) >= 0 for n in missing)
        if not short or any(n >= limit for n, limit in zip(extra, limits, strict=True)):
            return None
        return f"output_padding: {extra[0] if len(set(extra)) == 1 else extra}"

    def param_shapes(self, inputs: Shapes) -> Mapping[str, Shape]:
        (x,) = inputs
        weight = (x[0], self.out_channels // self.groups, *self.kernel_size)
        return {"weight": weight, "bias": (self.out_channels,)} if self.bias else {"weight": weight}

    def macs(self, inputs: Shapes, output: Shape) -> Dim:
        (x,) = inputs
        filters = self.out_channels // self.groups
        return product_of(x) * filters * product_of(self.kernel_size)

    def operations(self, inputs: Shapes, output: Shape) -> Dim:
        return product_of(output) if self.bias else 0

    def forward(self, inputs: Arrays, params: Tensors, out: Array | None = None) -> Array:
        from cnncalc.kernels import convolution

        (x,) = inputs
        extra = tuple(map(concrete, self.output_padding))
        return convolution.transposed(
            x, params["weight"], params.get("bias"), self.sliding(x), extra, groups=concrete(self.groups)
        )


class ConvTranspose1d(TransposedConvolution):
    rank = 1
    type: Literal["conv_transpose1d"] = "conv_transpose1d"


class ConvTranspose2d(TransposedConvolution):
    rank = 2
    type: Literal["conv_transpose2d"] = "conv_transpose2d"


class ConvTranspose3d(TransposedConvolution):
    rank = 3
    type: Literal["conv_transpose3d"] = "conv_transpose3d"
