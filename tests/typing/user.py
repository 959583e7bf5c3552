"""A program of a user: every public name of cnncalc, with the types that type checkers see."""

import copy
import pickle
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal, assert_type

import cnncalc
from cnncalc import (
    CnncalcError,
    Compiled,
    Diff,
    DimError,
    Explanation,
    Expr,
    Layer,
    Network,
    Picture,
    Problem,
    ReceptiveField,
    Report,
    Result,
    Row,
    Solution,
    SpecError,
    Sweep,
    Totals,
    UsageError,
    Verification,
)

assert_type(cnncalc.__version__, str)
net = cnncalc.load("lenet5")
assert_type(net, Network)
assert_type(net.name, str)
assert_type(net.vars, dict[str, Any])
assert_type(net.inputs, dict[str, tuple[int, ...]])
read: Callable[[str], Network] = cnncalc.from_onnx
also = cnncalc.load({"input": [3, "H", "H"], "vars": {"H": 8}, "layers": ["relu", "global_avgpool"]})

# where nothing is free, every size is an integer
report = net.summary(batch=2, dtype="int8")
assert_type(report, Report[int, int])
assert_type(report.totals, Totals[int, int])
assert_type(report.totals.params, int)
assert_type(report.totals.peak_activation_bytes, int)
assert_type(report.output, tuple[int, ...])
assert_type(report["c1"], Row[int])
assert_type(report["c1"].output, tuple[int, ...])
assert_type([row.macs for row in report], list[int])
assert_type(report["c1"].receptive_field, ReceptiveField | None)
assert_type(report.warnings, tuple[Problem, ...])
assert_type(report.to_dict(), dict[str, Any])
assert_type(report.to_csv(), str)
assert_type(net.summary(set={}).totals.macs, int)

# symbols
symbolic = also.summary(free=["H"])
assert_type(symbolic.totals.macs, int | Expr)
assert_type(symbolic.output, tuple[int | Expr, ...])
assert_type(symbolic.totals.peak_activation_bytes, int | Expr | None)
assert_type(symbolic["relu_1"].activations, int | Expr)
assert_type(symbolic.free, tuple[str, ...])
assert_type(symbolic.validity, str)
assert_type(symbolic["relu_1"].activations // 2, int | Expr)
assert_type(cnncalc.parse_size("(H + 31)//32", {"H": 64}), Any)

# closed forms
flops = also.compile("flops", free=["H"])
assert_type(flops, Compiled[int])
assert_type(flops(224), int)
assert_type(flops(H=224), int)
assert_type(also.compile("output", free="H")(8), tuple[int, ...])
assert_type(also.compile("params", "macs", free=["H"])(8), tuple[Any, ...])
assert_type(flops.variables, tuple[str, ...])
function: Callable[[int], int] = flops
assert_type(list(map(flops, [8, 16])), list[int])
assert_type(flops.validity, str)

# questions
solution = cnncalc.solve(also, "H", where="H % 4 == 0")
assert_type(solution, Solution)
assert_type(300 in solution.sets["H"], bool)
assert_type(solution.sets["H"].nearest(299, step=1), int | float | None)
assert_type(solution.to_dict(), dict[str, Any])
explanation = cnncalc.explain(report, "c1")
assert_type(explanation, Explanation)
assert_type(explanation.row, Row)
assert_type(explanation.lines[0].what, str)
assert_type(explanation.to_dict(), dict[str, Any])
changes = cnncalc.diff(report, net.summary())
assert_type(changes, Diff)
assert_type(changes.same, int)
assert_type([change.kind for change in changes.changes], list[str])
assert_type(changes.to_dict(), dict[str, Any])
found = cnncalc.check("lenet5", ignore=["W2"], max_params="5M")
assert_type(found, Result)
assert_type(found.ok, bool)
assert_type(found.problems, tuple[Problem, ...])
assert_type(found.to_dict(), dict[str, Any])
grid = cnncalc.sweep(also, {"H": [8, 16]}, numbers=["flops"], where="flops < 1G")
assert_type(grid, Sweep)
assert_type(grid.column("flops"), list[Any])
assert_type([row["flops"] for row in grid], list[Any])
assert_type(grid.to_dict(), list[dict[str, Any]])
verified = net.verify(seed=1)
assert_type(verified, Verification)
assert_type(verified.agrees, bool)
assert_type(verified.seconds, float)
assert_type(verified.to_dict(), dict[str, Any])

# pictures
picture = cnncalc.draw(report, view="features", depth=1)
assert_type(picture, Picture)
assert_type(cnncalc.plot(report, by="macs"), Picture)
assert_type(str(picture), str)
with tempfile.TemporaryDirectory() as folder:
    picture.save(Path(folder) / "net.svg")


# functions of one's own
def cost(one: Report[int]) -> int:
    return one.totals.macs + sum(row.params for row in one.rows)


def either(one: Report) -> int | Expr:
    return one.totals.macs


def positions(problems: tuple[Problem, ...]) -> list[tuple[str, int, int]]:
    return [problem.position for problem in problems]


assert_type(cost(report), int)
assert_type(either(symbolic), int | Expr)
assert_type(copy.deepcopy(net), Network)
assert pickle.loads(pickle.dumps(report)).totals == report.totals

# errors
try:
    cnncalc.load("input: [3, 8, 8]\nlayers: [{type: conv2d, out_channels: 1, kernel_size: 9}]").summary()
except SpecError as error:
    assert_type(error.problems, tuple[Problem, ...])
    assert_type(error.problems[0].code, str)
    assert_type(error.problems[0].severity, str)
    assert_type(error.problems[0].help, str | None)
    positions(error.problems)
except UsageError as error:
    assert_type(error, UsageError)
try:
    print(symbolic.totals.macs // symbolic.totals.params)
except (CnncalcError, DimError, ZeroDivisionError) as failure:
    print(type(failure).__name__, file=sys.stderr)


# layer types of one's own
@cnncalc.register
class Halve(Layer):
    """``(C, *in) -> (C, *in)``: every element divided by two."""

    type: Literal["user_halve"] = "user_halve"

    def output_shape(self, inputs: Any) -> Any:
        return inputs[0]

    def macs(self, inputs: Any, output: Any) -> Any:
        return 0

    def operations(self, inputs: Any, output: Any) -> Any:
        return 0

    def param_shapes(self, inputs: Any) -> Mapping[str, Any]:
        return {}

    def forward(self, inputs: Any, params: Any, out: Any = None) -> Any:
        return inputs[0] / 2


assert_type(Halve, type[Halve])
