"""What a run asks the system for, and what it says and writes.

The interpreter tells of every file that is opened and every folder that is listed (audit events). Of questions about
a path, which ``os.stat``, ``os.lstat`` and ``os.readlink`` answer, it does not: these are replaced while a run is
watched. So whoever reads one more file need not think of the cache. ``files`` and ``reading.text.git`` tell by events of
their own what they write and what git says, and between ``cnncalc.aside`` and ``cnncalc.back`` nothing is watched. What
cannot be followed makes the run one that is not remembered.
"""

from __future__ import annotations

import os
import sys
from io import BufferedIOBase, TextIOWrapper

from cnncalc.cache.states import Untold, answer, lstat, readlink, stat, state
from cnncalc.cache.store import LARGEST

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, Self, TextIO

CODE = (".py", ".pyc", ".so", ".pyd", ".dll", ".dylib")
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class Watch:
    """A run that is watched: ``with Watch(code) as watch: ...``."""

    def __init__(self, code: tuple[str, ...]) -> None:
        self.code = code
        self.seen: dict[tuple[bytes, bool], bytes] = {}  # a path, whether its content counts, and its state
        self.git: dict[tuple[str, ...], bytes] = {}  # what git was asked, and what it said
        self.said: list[tuple[str, str, bytes]] = []  # "out", "err" or "file"; its path; bytes
        self.sound = True
        self._busy = False  # the watch itself asks for something
        self._open = 0  # files opened for writing that are not told of
        self._running = 0  # processes
        self._streams = sys.stdout, sys.stderr
        self._tees: list[tuple[_Tee, TextIOWrapper[_Tee]]] = []

    def __enter__(self) -> Self:
        global _current  # noqa: PLW0603 - an audit hook stays for ever; this is where it looks
        self._streams = sys.stdout, sys.stderr
        for stream in self._streams:
            stream.flush()
        sys.stdout = self._tee(sys.stdout, "out")
        sys.stderr = self._tee(sys.stderr, "err")
        if not _hooked:
            sys.addaudithook(_hook)
            _hooked.append(True)
        os.stat, os.lstat = _watching(stat), _watching(lstat)
        os.readlink = _watching(readlink)
        _current = self
        return self

    def __exit__(self, *_: object) -> None:
        global _current  # noqa: PLW0603
        _current = None
        os.stat, os.lstat, os.readlink = stat, lstat, readlink
        sys.stdout, sys.stderr = self._streams
        self.sound = self.sound and not self._open and not self._running
        for tee, stream in self._tees:
            try:
                stream.flush()
            finally:
                tee.let_go()
                stream.detach()

    def _tee(self, stream: TextIO, kind: str) -> TextIOWrapper[_Tee]:
        tee = _Tee(stream, lambda data: self.say(kind, data))
        text = TextIOWrapper(
            tee,
            stream.encoding,
            stream.errors,
            line_buffering=bool(stream.line_buffering),
            write_through=True,
        )
        self._tees.append((tee, text))
        return text

    def say(self, kind: str, data: bytes, path: str = "") -> None:
        """Remember what was written, in its order."""
        if not self.sound:
            return
        if self.said and kind != "file" and self.said[-1][0] == kind:
            data = self.said.pop()[2] + data
        self.said.append((kind, path, data))
        self.sound = self.sound and sum(len(data) for _, _, data in self.said[-2:]) <= LARGEST

    def unchanged(self) -> bool:
        """Whether everything that was asked for is still as it was."""
        try:
            return all(state(path, deep=deep) == said for (path, deep), said in self.seen.items())
        except Untold:
            return False

    def note(self, path: Any, *, deep: bool) -> None:
        """Something was asked about a path: what it is, or with ``deep`` its content."""
        if isinstance(path, int):  # opened before
            return
        name = os.fsencode(path)
        while name.startswith(b"./"):
            name = name[2:].lstrip(b"/") or b"."
        if b"\0" in name:
            raise Untold
        if (name, deep) not in self.seen:
            self.seen[name, deep] = state(name, deep=deep)

    # ---------------------------------------------------------------- audit events

    def event(self, name: str, arguments: tuple[Any, ...]) -> None:
        """Follow an audit event."""
        if self._busy:
            return
        self._busy = True
        try:
            _EVENTS[name](self, *arguments)
        except Exception:  # noqa: BLE001 - an error here would end the run
            self.sound = False
        finally:
            self._busy = name == "cnncalc.aside"

    def asked(self, path: Any, dir_fd: object) -> None:
        """``os.stat`` and its like were called."""
        if not self._busy:
            self._busy = True
            try:
                self.sound = self.sound and dir_fd is None
                self.note(path, deep=False)
            except Exception:  # noqa: BLE001
                self.sound = False
            finally:
                self._busy = False

    def opened(self, path: Any, _mode: object, flags: int) -> None:
        if isinstance(path, int):
            return
        text = os.fsdecode(path)
        ours = os.path.abspath(text).startswith(self.code)
        if text.endswith(CODE) or "__pycache__" in text:
            self.sound = self.sound and ours
        elif flags & WRITING:
            self._open += 1
        elif not (ours and ".dist-info" in text):
            self.note(path, deep=True)

    def listed(self, path: Any) -> None:
        """``os.listdir``, which imports use to find modules."""
        folder = os.path.join(os.path.abspath(os.fsdecode("." if path is None else path)), "")
        if not folder.startswith(self.code):
            self.note("." if path is None else path, deep=True)

    def scanned(self, path: Any) -> None:
        self.note("." if path is None else path, deep=True)

    def lost(self, *_: object) -> None:
        """Something that cannot be followed."""
        self.sound = False

    def started(self, *_: object) -> None:
        self._running += 1

    def heard(self, arguments: Iterable[str], code: int, out: bytes, err: bytes) -> None:
        """Git was run and has ended."""
        self._running -= 1
        said = answer(code, out, err)
        if "\n" in "".join(arguments):
            raise Untold
        self.sound = self.sound and self.git.setdefault(tuple(arguments), said) == said

    def back(self) -> None:
        """After ``cnncalc.aside``: until here, what was asked concerned nobody."""
        self._busy = False

    def writes(self, path: str, data: bytes) -> None:
        """A file is about to be written."""
        self.sound = self.sound and not path.lower().endswith(".png")  # drawn with the system's fonts
        self.say("file", data, path)


_EVENTS: dict[str, Callable[..., None]] = {
    "open": Watch.opened,
    "os.listdir": Watch.listed,
    "os.scandir": Watch.scanned,
    "subprocess.Popen": Watch.started,
    "cnncalc.ran": Watch.heard,
    "cnncalc.write": Watch.writes,
    "cnncalc.aside": lambda _: None,
    **dict.fromkeys(("os.fork", "os.posix_spawn", "os.system", "os.exec", "socket.connect"), Watch.lost),
    **dict.fromkeys(("_thread.start_new_thread", "_thread.start_joinable_thread"), Watch.lost),
    **dict.fromkeys(("os.chdir", "cnncalc.processes"), Watch.lost),
}
_current: Watch | None = None
_hooked: list[bool] = []


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    watch = _current
    if watch is None:
        return
    if event == "cnncalc.back":
        watch.back()
    elif event in _EVENTS:
        watch.event(event, arguments)


def _watching(ask: Callable[..., Any]) -> Callable[..., Any]:
    def asking(path: Any, *args: Any, dir_fd: Any = None, **more: Any) -> Any:
        if _current is not None:
            _current.asked(path, dir_fd)
        return ask(path, *args, dir_fd=dir_fd, **more)

    return asking


class _Tee(BufferedIOBase):
    """A binary stream that tells what is written to it."""

    def __init__(self, stream: TextIO, tell: Callable[[bytes], None]) -> None:
        self._stream, self._tell = stream, tell
        self._gone = False

    def let_go(self) -> None:
        """Leave the stream alone from now on."""
        self._gone = True

    @property
    def name(self) -> str:
        return self._stream.name

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        kept = bytes(data)
        count = self._stream.buffer.write(kept)
        self._tell(kept[:count])
        return count

    def flush(self) -> None:
        if not self._gone:
            self._stream.flush()

    def fileno(self) -> int:
        return self._stream.fileno()

    def isatty(self) -> bool:
        return self._stream.isatty()
