"""Explains why a text is not valid YAML, from the text itself, after a parser has rejected it.

A parser knows where it was at a loss, which is often far behind the cause, and says so in its own terms,
which change with its version. This walks the lines from the top, as a reader of the format would, and
names the first thing that does not fit: it decides nothing about texts that the parser takes.
"""

from __future__ import annotations

import re

from cnncalc.errors import Mark
from cnncalc.reading.text.flow_help import flow_end
from cnncalc.reading.text.lines import Found, Lines, Slip, unclosed_quote


def explain(text: str, at: Mark) -> Slip:
    """The first slip of a text in which a parser failed at a mark."""
    walk = _Walk(text)
    try:
        walk.lines_to(at.line)
    except Found as found:
        return Slip(found.message, walk.mark(found.start, found.end), found.help)
    help = "look at its indentation, brackets, quotes and colons, and at those of the lines before it"
    return Slip("this line does not fit those above it", at, help)


# ------------------------------------------------------------------------------------ patterns

_BLANK_LINE = re.compile(
    r"[ \t]*(?:#[^\n]*)?(?:\n|\Z)|(?:---|\.\.\.)(?=[ \n]|\Z)[^\n]*(?:\n|\Z)|%[^\n]*(?:\n|\Z)"
)
_ODD_BLANK = re.compile(
    r"[ ]*([\t\u00a0\u2000-\u200b\u202f\u3000])[ \t\u00a0\u2000-\u200b\u202f\u3000]*(?=\S)"
)
_ODD_DASH = re.compile(r"([–—−‐•·*])[ \u00a0]+(?=\S)")  # what word processors make of '-'
_DASH = re.compile(r"-(?:[ \t]+|(?=\n|\Z))")
_TIGHT_DASH = re.compile(r"-(?=[A-Za-z{\[\"'])")
_COLON = re.compile(r"(:)(?:[ \t]+|(?=\n|\Z))|[ \t]#|\n")  # or where no key can go on
_QUOTED_KEY = re.compile(r"""("(?:[^"\\\n]|\\.)*"|'(?:[^'\n]|'')*')[ \t]*:(?:[ \t]+|(?=\n|\Z))""")
_NO_KEY = frozenset("'\"[]{},#&*!|>%@` \t\n")  # no plain key begins with these
_QUOTED = re.compile(r"""\"(?:[^"\\]|\\.)*\"|'(?:[^']|'')*'""", re.DOTALL)
_PLAIN = re.compile(r"(?:(?![ \t]#)[^\n])*")
_SECOND_KEY = re.compile(r"(?<![^\s,])([^\s,]+)[ \t]*:(?=[ \t]|\Z)")
_NO_BLANK = re.compile(r"([A-Za-z_][\w.]*):(?![\s/])")
_WORD = re.compile(r"[A-Za-z_][\w.]*")
_PROSE = ("name", "description", "source")


class _Level:
    """A list or mapping that is under way: the column and the latest of its dashes or keys."""

    __slots__ = ("column", "name", "offset", "open")

    def __init__(self, column: int, name: str, offset: int) -> None:
        self.column, self.name, self.offset = column, name, offset
        self.open = True  # its latest entry has no value yet


class _Walk(Lines):
    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.levels: list[_Level] = []
        self.continues = False  # a plain text may go on in the next line

    def lines_to(self, last: int) -> None:
        """Walk the lines up to number ``last``, from 0; a value that begins there is read to its end."""
        offset = 0
        while offset < len(self.text) and self.number(offset) <= last + 1:
            blank = _BLANK_LINE.match(self.text, offset)
            offset = blank.end() if blank and blank.end() > offset else self.line(offset)

    def line(self, start: int) -> int:
        """One line from its start, with what its value holds; the offset of the next line."""
        text = self.text
        self.refuse_odd_blank(start)
        at = start + self.indentation(start)
        while dash := _DASH.match(text, at):
            self.enter(at - start, "-", at)
            at = dash.end()
        key, behind = _key(text, at)
        if key:
            self.enter(at - start, key, at)
            at = behind
        elif text[at : at + 1] not in ("", "\n", "#"):
            self.refuse_loose_text(at, at - start)
        return self.value(at, key)

    # -- lists and mappings by their columns

    def enter(self, column: int, name: str, offset: int) -> None:
        """A dash or a key begins an entry in this column."""
        dash, levels = name == "-", self.levels
        ended: list[_Level] = []
        while levels and levels[-1].column > column:
            ended.append(levels.pop())
        if len(levels) > 1 and not dash and levels[-1].name == "-" and levels[-2].column == column:
            levels.pop()  # the list stood in the column of its own key
        top = levels[-1] if levels else None
        self.continues = False
        if top is not None and top.column == column and (top.name == "-") is dash:
            top.name, top.offset, top.open = name, offset, True
        elif top is None and not ended:
            levels.append(_Level(column, name, offset))
        elif top is not None and top.open and (top.column < column or dash):
            top.open = False
            levels.append(_Level(column, name, offset))
        else:
            self.refuse_column(column, name, offset, [*levels, *ended])

    def refuse_column(self, column: int, name: str, offset: int, above: list[_Level]) -> None:
        dash = name == "-"
        alike = [level for level in above if (level.name == "-") is dash]
        what = "this '-'" if dash else f"'{name[:40]}'"
        if not alike:
            raise Found(f"{what} does not fit the line above it", offset, offset + len(name),
                         "a list goes below a key, such as 'layers:', and its items begin with '- '")  # fmt: skip
        top = self.levels[-1] if self.levels else None
        if dash and top is not None and top.name == "name":
            help = "put the key 'layers:' on a line of its own above its items"
            raise Found("'layers:' is missing between 'name' and this '-'", offset, offset + len(name), help)
        near = min(alike, key=lambda level: (abs(level.column - column), -level.column))
        beside = "the '-'" if dash else f"'{near.name[:40]}'"
        wrong = f"{what} is indented by {_blanks(column)}, {beside} on line {self.number(near.offset)} by {near.column}"
        whose = "items of one list" if dash else "keys of one layer or mapping"
        do = f"indent it by {_blanks(near.column)}" if near.column else "remove the spaces before it"
        help = f"{whose} begin in the same column: {do}"
        raise Found(wrong, offset, offset + len(name), help)

    def refuse_odd_blank(self, start: int) -> None:
        odd = _ODD_BLANK.match(self.text, start)
        if odd and odd[1] == "\t":
            raise Found("a tab in the indentation", odd.start(1), odd.end(1), "indent with spaces, not tabs")
        if odd:
            name = f"U+{ord(odd[1]):04X}"
            help = "replace it by a plain space: such characters come with text copied from web pages"
            raise Found(f"the indentation has the character {name}, which only looks like a space",
                         odd.start(1), odd.end(1), help)  # fmt: skip

    def refuse_loose_text(self, at: int, column: int) -> None:
        """Text that is neither a dash nor a key stands where a value is due, or goes on with one."""
        text, top = self.text, self.levels[-1] if self.levels else None
        dash = _ODD_DASH.match(text, at)
        if dash:
            raise Found(
                f"'{dash[1]}' does not begin an item", at, at + 1, "write a plain hyphen and a space: '- '"
            )
        if (tight := _TIGHT_DASH.match(text, at)) is not None:
            help = f"write '- {text[at + 1 : self.end_of_line(at)].strip()[:40]}'"
            raise Found("a space is missing after '-'", at, tight.end(), help)
        if text.startswith("```", at):
            raise Found("'```' belongs to Markdown, not to the spec", at, at + 3, "remove this line")
        due = (
            top is not None
            and column > top.column
            and (top.open or (self.continues and text[at] not in "[{"))
        )
        if due or (top is None and text[at] in "[{"):
            return
        line = text[at : self.end_of_line(at)].rstrip()
        if text[at] in "]}":
            raise Found(
                f"this '{text[at]}' closes nothing", at, at + 1, "remove it, or add the opening bracket"
            )
        if (glued := _NO_BLANK.match(text, at)) is not None:
            raise self.glued(glued)
        word = _WORD.match(text, at)
        if word and not text.startswith("(", word.end()):
            help = f"write '{word[0][:40]}: {line[len(word[0]) :].strip(' =')[:40]}'".replace(": '", ":'")
            raise Found(f"a ':' is missing after '{word[0][:40]}'", word.end(), word.end() + 1, help)
        help = f"write '- {line[:40]}'" + (" and so on" if len(line) > 40 else "")
        raise Found("an item of a list begins with '- '", at, self.end_of_line(at), help)

    def glued(self, match: re.Match[str]) -> Found:
        rest = self.text[match.end() : self.end_of_line(match.end())].rstrip()
        help = f"write '{match[1]}: {rest[:40]}'"
        return Found(f"a space is missing after '{match[1]}:'", match.end() - 1, match.end(), help)

    # -- values

    def value(self, at: int, key: str) -> int:
        """What stands behind a key or dash; the offset of the line after it."""
        text, first = self.text, self.text[at : at + 1]
        if first in ("", "\n", "#"):
            return self.end_of_line(at) + 1
        if self.levels:
            self.levels[-1].open = False
        if first in "|>":
            return self.after_block(at)
        if first in "[{":
            return self.rest(flow_end(self, at), first)
        if first in "\"'":
            quoted = _QUOTED.match(text, at)
            if quoted is None:
                raise unclosed_quote(at)
            return self.rest(quoted.end(), first, quoted.start())
        if key and _DASH.match(text, at):
            help = f"begin the list on a line of its own below '{key[:40]}:'"
            raise Found("a list with '- ' cannot begin on the line of its key", at, at + 1, help)
        if first in "]}":
            raise Found(f"this '{first}' closes nothing", at, at + 1, "remove it, or add the opening bracket")
        if first in "@`%" or (first in "*&!" and not text[at + 1 : at + 2].isalnum()):
            help = "put the whole value in double quotes"
            raise Found(f"a value cannot begin with '{first}'", at, at + 1, help)
        plain = _PLAIN.match(text, at)
        assert plain is not None
        self.plain(at, plain[0], key)
        self.continues = True
        return self.end_of_line(at) + 1

    def plain(self, at: int, value: str, key: str) -> None:
        """A value without quotes goes to the end of its line: no second key stands in it."""
        second = _SECOND_KEY.search(value)
        if second is None:
            glued = _NO_BLANK.match(value)
            if glued and not key:
                raise self.glued(_NO_BLANK.match(self.text, at) or glued)
            return
        start, end = at + second.start(1), at + second.end(1)
        if key in _PROSE:
            help = f'put the text in quotes: {key}: "{value.strip()[:60]}"'
            raise Found("text without quotes contains a ':' followed by a space", start, end + 1, help)
        before, rest = value[: second.start(1)].strip(" ,"), value[second.start(1) :].strip()
        line = ", ".join(part for part in (f"{key}: {before}" if before else key, rest) if part)
        help = (
            f"give each key a line of its own, or write {{{line[:60]}}}"
            if key and before
            else "quote the value"
        )
        raise Found(f"'{second[1][:40]}' is a second key on one line", start, end, help)

    def after_block(self, at: int) -> int:
        """Behind a text that '|' or '>' begins: lines further right than its key, and blank ones."""
        column = self.levels[-1].column if self.levels else -1
        offset = self.end_of_line(at) + 1
        while offset < len(self.text):
            end = self.end_of_line(offset)
            if self.text[offset:end].strip() and self.indentation(offset) <= column:
                break
            offset = end + 1
        return offset

    def rest(self, at: int, opening: str, quote: int = 0) -> int:
        """Behind a closing bracket or quote nothing is left but a comment."""
        end = self.end_of_line(at)
        line = self.text[at:end]
        left = line.lstrip(" \t")
        if not left or left.startswith("#"):
            return end + 1
        start = end - len(left)
        if left[0] == ":":
            raise Found("a key must be a plain name", start, start + 1, "write a name before the ':'")
        if opening in "\"'":
            if "\n" in self.text[quote:at]:
                raise unclosed_quote(quote)
            help = "put text that contains an apostrophe in double quotes" if opening == "'" else (
                "put text that contains double quotes in single quotes")  # fmt: skip
            raise Found(f"text after the closing {opening}", start, end, help)
        if left[0] in "]}":
            raise Found(
                f"this '{left[0]}' closes nothing", start, start + 1, "remove it, or add the opening bracket"
            )
        if left[0] == ",":
            help = "remove it: each item of a list that begins with '- ' has a line of its own"
            raise Found("a ',' after the closing bracket", start, start + 1, help)
        help = "write '- ' before each item, each on a line of its own"
        raise Found("a second value on one line", start, end, help)


def _key(text: str, at: int) -> tuple[str, int]:
    """A key that begins here, and where its value does; the key is empty if there is none."""
    quoted = _QUOTED_KEY.match(text, at)
    if quoted:
        return quoted[1], quoted.end()
    colon = _COLON.search(text, at) if text[at : at + 1] not in _NO_KEY else None
    if colon is None or not colon[1]:
        return "", at
    return text[at : colon.start()].rstrip(), colon.end()


def _blanks(count: int) -> str:
    return f"{count} space{'' if count == 1 else 's'}"
