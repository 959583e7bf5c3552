"""A bound on a number, such as ``params <= 5M``: one grammar for expectations, conditions and budgets."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from cnncalc.errors import UsageError
from cnncalc.reading.expressions import quantity, rational

if TYPE_CHECKING:
    from cnncalc.conditions import Condition

#: what ``expect`` calls an operator, and how messages say it
WORDS = {
    "exactly": ("==", ""),
    "min": (">=", "at least "),
    "max": ("<=", "at most "),
    "approx": ("~", "about "),
}
TOLERANCE = 200  # approx: within one part in this many
_COMPARISON = re.compile(r"(.*?[^<>=!])(==|<=|>=|<|>)([^=].*)\Z", re.DOTALL)
_AND = re.compile(r"\band\b")


class Bound(NamedTuple):
    """``left operator right``: a quantity or an expression, and the value that it is compared with."""

    left: str
    operator: str  # one of ==, <=, >=, <, > and ~, which is within half a percent
    right: Any

    @classmethod
    def parse(cls, text: str, example: str = "params <= 5M") -> Bound:
        """Parse a bound; the right side remains text.

        Raises:
            UsageError: it is not a comparison; the message shows the example.
        """
        match = _COMPARISON.match(text.strip())
        if match is None:
            raise UsageError(f"'{text.strip()[:80]}' is not a condition; write {example}")
        return cls(match[1].strip(), match[2], match[3].strip())

    @classmethod
    def parse_all(cls, text: str) -> list[tuple[str, Bound]]:
        """Parse bounds joined by ``and``, each with its own text.

        Raises:
            UsageError: one is not a comparison.
        """
        return [(part.strip(), cls.parse(part, "one such as params <= 5M")) for part in _AND.split(text)]

    @classmethod
    def at_most(cls, name: str, text: str) -> Bound:
        """Return the upper bound of a budget such as ``320KiB``.

        Raises:
            UsageError: the text is not a quantity, or one of another unit.
        """
        value = quantity.parse(text)
        if value is None:
            raise UsageError(f"'{text}' is not a quantity; write 5M, 1.5G or 320KiB")
        if (wrong := quantity.wrong_unit(text, name)) is not None:
            raise UsageError("; ".join(wrong))
        return cls(name, "<=", value)

    @property
    def wanted(self) -> str:
        """Return the right side in words: ``at most 5,000,000``, ``about 5,000 (within 0.5%)``."""
        words = next(words for operator, words in WORDS.values() if operator == self.operator)
        within = f" (within {1 / TOLERANCE:.1%})" if self.operator == "~" else ""
        return words + (f"{self.right:,}" if isinstance(self.right, int) else str(self.right)) + within

    def holds(self, actual: Any) -> bool | Condition:
        """Return whether a number meets the bound, or the condition for it. A tuple meets it if each of its numbers does."""
        if isinstance(actual, tuple):
            return all(self.holds(each) is True for each in actual)
        if self.operator != "~":
            return rational.compare(actual, self.operator, self.right)
        distance = rational.absolute(rational.subtract(actual, self.right))
        return rational.compare(rational.multiply(distance, TOLERANCE), "<=", self.right)


__all__ = ["WORDS", "Bound"]
