"""What changed between two networks, layer by layer.

Layers are aligned like the lines of a text, by their longest common subsequence, first
within their groups, then anywhere, so that an inserted layer does not make everything after it
different. The remaining layers are paired by path, then by type.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from difflib import SequenceMatcher
from typing import Any, NamedTuple

from cnncalc.counting.propagate import Report, propagate
from cnncalc.counting.quantities import QUANTITIES, Number
from cnncalc.counting.rows import Row
from cnncalc.errors import UsageError, did_you_mean
from cnncalc.graph import Graph, Node
from cnncalc.reading.expressions import quantity, rational
from cnncalc.reading.expressions.bounds import Bound

NUMBERS = ("params", "macs")  # the columns shown for each layer
EXAMPLES = '"params > +5%", "macs > +10M" or "params > 5M"'
PERCENT = re.compile(r"[+-]\d+(\.\d+)?%")
MOST = 400_000  # pairs of layers compared for the longest common subsequence


Pair = tuple[Node | None, Node | None]


class Change(NamedTuple):
    """A layer before and after; None if it does not exist."""

    before: Row | None
    after: Row | None
    fields: tuple[tuple[str, Any, Any], ...] = ()

    @property
    def kind(self) -> str:
        if self.before is None:
            return "added"
        return "removed" if self.after is None else "changed"

    @property
    def path(self) -> str:
        row = self.after or self.before
        assert row is not None
        return row.path


class Total(NamedTuple):
    """A total before and after."""

    name: str
    before: Number | None
    after: Number | None

    @property
    def difference(self) -> Number | None:
        if self.before is None or self.after is None:
            return None
        found: Number = rational.subtract(self.after, self.before)
        return found

    @property
    def relative(self) -> float | None:
        """The change relative to the value before; None if that was 0 or symbolic."""
        change = rational.plain(self.difference)
        before = rational.plain(self.before)
        if not isinstance(change, int | float) or not isinstance(before, int | float) or not before:
            return None
        return change / before


class Diff(NamedTuple):
    """All changes; ``same`` is the number of unchanged layers."""

    before: Report
    after: Report
    changes: tuple[Change, ...]
    same: int
    totals: tuple[Total, ...]


class FolderDiff(NamedTuple):
    """What changed between two folders: of each network that is in either, its path and its changes."""

    before: str
    after: str
    diffs: tuple[tuple[str, Diff], ...]
    errors: tuple[tuple[str, str], ...] = ()  # networks that could not be compared, and why

    @property
    def changed(self) -> tuple[tuple[str, Diff], ...]:
        """Those that are not the same."""
        return tuple((path, found) for path, found in self.diffs if found.changes)


def nothing(*, batch: int = 1, dtype: str = "float32") -> Report:
    """Return the report of a network without layers, which stands for a missing spec."""
    return propagate(Graph("(nothing)", (), (), {}), batch=batch, dtype=dtype)


def diff(before: Report, after: Report) -> Diff:
    """Compare two reports.

    Raises:
        UsageError: a free variable has different values in the two networks.
    """
    for name, grid in before.graph.free.items():
        other = after.graph.free.get(name, grid)
        if grid != other:
            raise UsageError(
                f"'{name}' takes the values {grid.text()} before and {other.text()} after: "
                f"give both the same values, as in --over {name}=0.25:2:0.05"
            )
    changes, same = [], 0
    for one, two in _aligned(before, after):
        change = _change(before, after, one, two)
        if change is None:
            same += 1
        else:
            changes.append(change)
    totals = tuple(Total(name, before.number(name), after.number(name)) for name in QUANTITIES)
    return Diff(before, after, tuple(changes), same, totals)


def _layers(report: Report) -> list[Node]:
    return [node for node in report.graph.nodes if node.layer is not None]


def _in_its_place(node: Node) -> tuple[str, str]:
    """What a layer is and the group it is in: numbers of unnamed layers shift, groups stay."""
    return node.path.rpartition(".")[0], repr(node.layer)


def _itself(node: Node) -> str:
    return repr(node.layer)


def _aligned(before: Report, after: Report) -> Iterator[Pair]:
    yield from _matched(_layers(before), _layers(after), (_in_its_place, _itself))


def _matched(
    ones: list[Node], twos: list[Node], signatures: tuple[Callable[[Node], Any], ...]
) -> Iterator[Pair]:
    """What the two have in common by the first signature; what lies between it by the next."""
    if not signatures:
        yield from _paired(ones, twos)
        return
    sign, *rest = signatures
    a = b = 0
    for i, j in [*_common(list(map(sign, ones)), list(map(sign, twos))), (len(ones), len(twos))]:
        yield from _matched(ones[a:i], twos[b:j], tuple(rest))
        if i < len(ones):
            yield ones[i], twos[j]
        a, b = i + 1, j + 1


def _common(ones: list[Any], twos: list[Any]) -> list[tuple[int, int]]:
    """Return the indices of a longest common subsequence, or of a long one if the longest would take too long."""
    least = min(len(ones), len(twos))
    start = next((i for i in range(least) if ones[i] != twos[i]), least)
    end = next((i for i in range(least - start) if ones[-1 - i] != twos[-1 - i]), least - start)
    head = [(i, i) for i in range(start)]
    tail = [(len(ones) - i, len(twos) - i) for i in range(end, 0, -1)]
    one, two = ones[start : len(ones) - end], twos[start : len(twos) - end]
    if len(one) * len(two) > MOST:
        blocks = SequenceMatcher(None, one, two, autojunk=False).get_matching_blocks()
        middle = [(b.a + i, b.b + i) for b in blocks for i in range(b.size)]
    else:
        middle = _subsequence(one, two)
    return [*head, *((i + start, j + start) for i, j in middle), *tail]


def _subsequence(one: list[Any], two: list[Any]) -> list[tuple[int, int]]:
    """Return the longest common subsequence, by dynamic programming from the end."""
    lengths = [[0] * (len(two) + 1) for _ in range(len(one) + 1)]
    for i in range(len(one) - 1, -1, -1):
        row, below = lengths[i], lengths[i + 1]
        for j in range(len(two) - 1, -1, -1):
            row[j] = below[j + 1] + 1 if one[i] == two[j] else max(below[j], row[j + 1])
    found, i, j = [], 0, 0
    while i < len(one) and j < len(two):
        if one[i] == two[j]:
            found.append((i, j))
            i, j = i + 1, j + 1
        elif lengths[i + 1][j] >= lengths[i][j + 1]:
            i += 1
        else:
            j += 1
    return found


def _paired(ones: list[Node], twos: list[Node]) -> Iterator[Pair]:
    """Pair layers by path and type, then by type in order; the rest is removed or added."""
    partner: dict[int, Node] = {}
    left = list(twos)
    for by_path in (True, False):
        floor = 0
        for one in ones:
            if one.number in partner:
                continue
            fits = (
                t
                for t in left
                if t.number >= floor and t.type == one.type and (t.path == one.path or not by_path)
            )
            match = next(fits, None)
            if match is not None:
                partner[one.number] = match
                left.remove(match)
                floor = match.number
    for one in ones:
        yield one, partner.get(one.number)
    for two in left:
        yield None, two


def _change(before: Report, after: Report, one: Node | None, two: Node | None) -> Change | None:
    first = before[one.path] if one is not None else None
    second = after[two.path] if two is not None else None
    if first is None or second is None:
        return Change(first, second)
    assert one is not None
    assert two is not None
    assert one.layer is not None
    assert two.layer is not None
    old, new = (
        layer.model_dump(by_alias=True, exclude=set(layer.claims)) for layer in (one.layer, two.layer)
    )
    fields = tuple(
        (key, old.get(key), new.get(key)) for key in {**old, **new} if old.get(key) != new.get(key)
    )
    numbers = all(getattr(first, name) == getattr(second, name) for name in (*NUMBERS, "output"))
    return None if not fields and numbers else Change(first, second, fields)


# ------------------------------------------------------------------------------------ conditions


class _Limit(NamedTuple):
    """The bound of a condition: on the total after, or on the change, which may be a percentage."""

    bound: Bound
    change: bool
    percent: bool


def applies(found: Diff, condition: str) -> bool:
    """Return whether a condition can be evaluated: a spec that did not exist before has no change.

    Raises:
        UsageError: it is not a condition.
    """
    return bool(found.before.graph.nodes) or not _limit(condition).change


def fails(found: Diff, condition: str) -> str | None:
    """Return why a condition such as ``params > +5%`` holds; None if it does not.

    The bound is a change with a sign (``+5%``, ``+100k``, ``-3%``), or a number for the total after. There
    is no change where there was nothing before.

    Raises:
        UsageError: it is not a condition.
    """
    bound, change, percent = _limit(condition)
    total = next(t for t in found.totals if t.name == bound.left)
    if not applies(found, condition):
        return None
    if not rational.is_number(total.after):
        raise UsageError(f"'{condition}' cannot be decided: {total.name} is not a number here")
    actual: Any = total.after
    if change:
        if not rational.is_number(total.before):
            raise UsageError(f"'{condition}' cannot be decided: {total.name} is not a number before")
        actual = total.difference
        if percent:
            actual = rational.multiply(actual, 100)
            bound = bound._replace(right=rational.multiply(bound.right, total.before))
    return f"{total.name}: {_shown(total)} meets '{condition}'" if bound.holds(actual) else None


def _shown(total: Total) -> str:
    share = f" ({total.relative:+.1%})" if total.relative is not None else ""
    before, after = (f"{n:,}" if isinstance(n, int) else str(n) for n in (total.before, total.after))
    return f"{before} -> {after}{share}"


def _limit(text: str) -> _Limit:
    name, operator, right = Bound.parse(text, EXAMPLES)
    match = re.fullmatch(r"([+-]?)(\d[\w.]*)(%?)", right)
    amount = match and (rational.parse(match[2]) if PERCENT.fullmatch(right) else quantity.parse(match[2]))
    if match is None or not name.isidentifier() or (amount is None and not match[3]):
        raise UsageError(f"'{text.strip()[:80]}' is not a condition; write {EXAMPLES}")
    name = "macs" if name == "MACs" else name
    if name not in QUANTITIES:
        help = did_you_mean(name, QUANTITIES) or f"choose from {', '.join(QUANTITIES)}"
        raise UsageError(f"unknown total '{name}'; {help}")
    if (wrong := quantity.wrong_unit(match[2], name)) is not None:
        raise UsageError(f"'{text.strip()[:80]}': {'; '.join(wrong)}")
    if match[3] and not PERCENT.fullmatch(right):
        raise UsageError(f"'{text.strip()[:80]}': a percentage needs a sign: +5%")
    signed = rational.negate(amount) if match[1] == "-" else amount
    return _Limit(Bound(name, operator, signed), bool(match[1]), bool(match[3]))
