"""Colors of problems on a terminal, which are only added to a text that is complete without them.

``NO_COLOR`` turns them off (https://no-color.org) and ``FORCE_COLOR`` turns them on where the output is not a terminal
(https://force-color.org); both count if they are not empty, and ``NO_COLOR`` comes first. ``TERM=dumb`` has none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import IO, Any

#: what is emphasized, and the parameters of its "select graphic rendition"
STYLES = {
    r"^error\[\w+\]": "1;31",
    r"^warning\[\w+\]": "1;33",
    r"^info\[\w+\]": "1;36",
    r"^ *-->|^ *\d* \|": "1;34",
    r"(?<= \| ) *\^+$": "1;31",
    r"^ += (?:note|help):": "1",
}
_ANY = re.compile("|".join(f"({pattern})" for pattern in STYLES), re.MULTILINE)


def wanted(stream: IO[Any] | None, variables: Mapping[str, str]) -> bool:
    """Whether what is written to a stream has colors."""
    if variables.get("NO_COLOR") or stream is None:
        return False
    if variables.get("FORCE_COLOR"):
        return True
    return variables.get("TERM") != "dumb" and stream.isatty()


def colored(problems: str) -> str:
    """Return the text of problems with colors; without its escape sequences it is the same."""
    styles = [*STYLES.values()]
    return _ANY.sub(lambda found: f"\x1b[{styles[(found.lastindex or 1) - 1]}m{found[0]}\x1b[0m", problems)
