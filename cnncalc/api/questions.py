"""Functions that answer questions about networks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnncalc.analysis import check as checking
from cnncalc.analysis import diff as comparing
from cnncalc.analysis import explain as explaining
from cnncalc.analysis import solve as solving
from cnncalc.analysis import sweep as sweeping
from cnncalc.api.answers import Diff, Explanation, Result, Solution, Sweep
from cnncalc.counting.quantities import ITEM_BYTES, QUANTITIES
from cnncalc.errors import SpecError, UsageError, did_you_mean
from cnncalc.interchange.files import read_any
from cnncalc.reading.checking.settings import values_of
from cnncalc.reading.expressions.bounds import Bound
from cnncalc.reading.text.files import names_file

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping, Sequence

    from cnncalc.counting.propagate import Report
    from cnncalc.network import Network


def solve(
    network: Network,
    names: Sequence[str] = (),
    *,
    where: str | Iterable[str] = (),
    set: Mapping[str, Any] | None = None,
    over: Mapping[str, Sequence[Any] | str] | None = None,
) -> Solution:
    """Find the exact set of values for which the network is valid and ``where`` holds.

    Args:
        network: the network.
        names: one or several variables to solve for; by default those in ``over``, or those in the input shape.
        where: a condition, or several, such as ``output == [512, 7, 7]``, ``params <= 5M``, ``stem.output[1] % 2 == 0``.
        set: values for the other variables.
        over: the allowed values of a variable, instead of its domain: ``{"w": "0.25:2:0.05"}``, or a list.

    Raises:
        SpecError: no value is valid, or the structure depends on a variable.
        UsageError: a name is not a variable, or a condition cannot be read.
        DimError: a condition cannot be decided.
    """
    return Solution(*solving.solve(network, names, where=where, set=set, over=over))


def diff(before: Report, after: Report) -> Diff:
    """Compare two reports.

    Raises:
        UsageError: a free variable has different values in the two networks.
    """
    return Diff(*comparing.diff(before, after))


def explain(report: Report, path: str) -> Explanation:
    """Return the derivation of one layer's numbers.

    Raises:
        UsageError: there is no such layer; the message names the closest match.
    """
    return Explanation(*explaining.explain(report, path))


def check(
    source: str | os.PathLike[str] | Mapping[str, Any],
    *,
    select: Iterable[str] = (),
    ignore: Iterable[str] = (),
    max_params: int | str | None = None,
    max_macs: int | str | None = None,
    max_peak_activation: int | str | None = None,
    dtype: str = "float32",
) -> Result:
    """Check a spec and all its variants for errors, failed expectations and lints, which are returned, not raised.

    Settings in ``pyproject.toml`` are not read; they apply to the command line only.

    Args:
        source: a path, a shipped name, the text of a spec, or a dict, as for ``load``.
        select: codes, their prefixes or names of the only lints to run: ``["W2", "bias-before-norm"]``.
        ignore: lints not to run, in the same form.
        max_params: an upper bound, such as ``5_000_000`` or ``"5M"``.
        max_macs: the same for MACs.
        max_peak_activation: the same for peak activation memory in bytes, such as ``"320KiB"``.
        dtype: for sizes in bytes.

    Raises:
        UsageError: there is no such rule or dtype, or a bound is not a quantity.
    """
    from cnncalc.analysis.rules import refuse_unknown

    chosen = [(lints,) if isinstance(lints, str) else tuple(lints) for lints in (select, ignore)]
    for patterns in chosen:
        refuse_unknown(patterns)
    if dtype not in ITEM_BYTES:
        raise UsageError(f"unknown dtype '{dtype}'; choose from {', '.join(ITEM_BYTES)}")
    bounds = zip(checking.BUDGETS.values(), (max_params, max_macs, max_peak_activation), strict=True)
    budgets = tuple(Bound.at_most(name, str(most)) for name, most in bounds if most is not None)
    options = checking.Options(chosen[0], chosen[1], budgets, dtype)
    if names_file(source):
        return Result(*checking.check_spec(str(source), options))
    try:
        document, variant = read_any(source)
    except SpecError as error:
        return Result("<text>", error.problems, ())
    return Result(*checking.check_document(document, variant, options))


def sweep(
    network: Network,
    over: Mapping[str | tuple[str, ...], Sequence[Any] | str],
    *,
    numbers: Sequence[str] = sweeping.NUMBERS,
    where: str | Iterable[str] = (),
    set: Mapping[str, Any] | None = None,
    batch: int = 1,
    dtype: str = "float32",
) -> Sweep:
    """Compute numbers of the network at every setting of a grid.

    Args:
        network: what to sweep.
        over: the values of each variable, ``{"w": "0.25:2:0.25", "classes": [10, 100]}``; of variables that move
            together under a tuple of their names, ``{("H", "W"): [160, 224]}``.
        numbers: ``"params"``, ``"macs"``, ``"peak_activation_bytes"`` or other totals.
        where: keep only settings that are valid and meet a bound, or several: ``"params <= 5M"``.
        set: values for other variables.
        batch: samples in a batch.
        dtype: for sizes in bytes.

    Raises:
        SpecError: the network is invalid at every setting, for a reason that does not depend on the variables.
        UsageError: a variable or number is unknown, a value is not one that the variable may have, or a bound cannot be
            read.
    """
    numbers = (numbers,) if isinstance(numbers, str) else tuple(numbers)
    bounds = [_bound(text) for text in ([where] if isinstance(where, str) else where)]
    for name in (*numbers, *(bound.left for bound in bounds)):
        if name not in QUANTITIES:
            raise UsageError(f"unknown number '{name}'; {_known(name)}")
    wanted = tuple(dict.fromkeys([*numbers, *(bound.left for bound in bounds)]))
    grid = {
        names: values_of(values, names if isinstance(names, str) else names[0])
        if isinstance(values, str)
        else list(values)
        for names, values in over.items()
    }
    chunks = sweeping.sweep(network.with_values(set or {}), grid, numbers=wanted, batch=batch, dtype=dtype)
    columns = sweeping.columns(grid, wanted)
    judged = [(columns.index(bound.left), bound) for bound in bounds]
    valid, end = columns.index("valid"), len(columns) - len(wanted) + len(numbers)
    rows = tuple(
        row[:end]
        for chunk in chunks
        for row in chunk
        if not judged or (row[valid] and all(bound.holds(row[i]) is True for i, bound in judged))
    )
    return Sweep(network.name, tuple(columns[:end]), rows)


def _known(name: str) -> str:
    return did_you_mean(name, QUANTITIES) or f"choose from {', '.join(QUANTITIES)}"


def _bound(text: str) -> Bound:
    from cnncalc.reading.expressions import quantity

    found = Bound.parse(text)
    value = quantity.parse(found.right)
    if value is None:
        raise UsageError(f"'{found.right}' is not a quantity; write 5M, 1.5G or 320KiB")
    if (wrong := quantity.wrong_unit(found.right, found.left)) is not None:
        raise UsageError("; ".join(wrong))
    return found._replace(right=value)
