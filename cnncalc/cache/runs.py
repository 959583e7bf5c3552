"""A run of a command that was watched before is not done again: what it said and wrote is said and written.

An entry is found by the program, the arguments, the working folder, the environment and the terminal; it lists what the
run asked for, with the state of each. Only if all of that is the same now, it holds. A wrong answer would be
far worse than a late one: whatever is in doubt is run.
"""

from __future__ import annotations

import os
import sys
import time

from cnncalc.cache.identity import PACKAGE, code_folders, fingerprint, identity
from cnncalc.cache.states import Untold, answer, settled, signature, state
from cnncalc.cache.store import Store, default_folder, digest
from cnncalc.cache.watching import Watch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

COMMANDS = ("table", "diff", "draw", "check")
VARIABLES = ("COLUMNS", "LINES", "TERM", "COLORTERM", "NO_COLOR", "FORCE_COLOR", "HOME", "PATH", "CI",
             "GITHUB_ACTIONS", "GITHUB_WORKSPACE", "GITHUB_STEP_SUMMARY", "CI_PROJECT_DIR", "TZ", "TMPDIR")  # fmt: skip
FAMILIES = ("CNNCALC_", "PY", "LC_", "LANG", "CLICOLOR", "GIT_", "XDG_")
OFF = ("", "0", "false", "no", "off")
SETTING = (b"cache-dir", b"cache_dir")
FILES = (".cnncalc.toml", "cnncalc.toml", "pyproject.toml")


class Cache:
    """A store, for one state of the program."""

    def __init__(self, store: Store, program: bytes) -> None:
        self.store, self.program = store, program

    def name(self, *parts: bytes) -> str:
        """What an entry is called that depends on these and the program."""
        return digest([self.program, *parts])


def run(arguments: Sequence[str] | None, command: Callable[[Cache | None], int]) -> int:
    """The exit code of a command, remembered or run; it is given the cache, if there is one to use."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    folder = folder_of(words) if words[:1] and words[0] in COMMANDS else None
    if folder is None:
        return command(None)
    try:
        seen = fingerprint()
    except OSError:  # in an archive
        seen = None
    store = Store(folder)
    program = identity(store, seen) if seen else None
    if seen is None or program is None:
        return command(None)
    cache = Cache(store, program)
    try:
        return _remembered(cache, words, seen, lambda: command(cache))
    finally:
        store.settle()


def folder_of(words: Sequence[str]) -> str | None:
    """The folder of the cache; None where the options or the environment say that there is to be none."""
    options = words[: words.index("--")] if "--" in words else words
    off = os.environ.get("CNNCALC_NO_CACHE", "").lower() not in OFF
    if off or "--no-cache" in options or any(v.startswith("_CNNCALC") for v in os.environ):
        return None
    given = ""
    for number, word in enumerate(options):
        if word == "--cache-dir":
            given = "".join(options[number + 1 : number + 2])
        elif word.startswith("--cache-dir="):
            given = word.partition("=")[2]
    return chosen(given)


def chosen(given: str = "") -> str | None:
    """The folder of the cache, if one is used: the one given, of the environment, the settings, the user."""
    return given or os.environ.get("CNNCALC_CACHE_DIR") or _setting() or default_folder()


def _setting() -> str | None:
    """``cache-dir`` of the project; its file is only read as settings if that occurs in it."""
    folder = os.getcwd()
    while True:
        for name in FILES:
            try:
                with open(os.path.join(folder, name), "rb") as stream:
                    text = stream.read()
            except OSError:
                continue
            if any(word in text for word in SETTING) or (
                b"cnncalc" in text + os.fsencode(name) and b"extend" in text
            ):
                return _read_setting()
        if folder == os.path.dirname(folder):
            return None
        folder = os.path.dirname(folder)


def _read_setting() -> str | None:
    from pathlib import Path

    from cnncalc.config import read_config
    from cnncalc.errors import UsageError

    try:
        config = read_config(Path.cwd())
    except (OSError, UsageError):
        return None  # the command says what is wrong
    return config.cache_dir and os.path.join(config.folder("cache_dir"), config.cache_dir)


# --------------------------------------------------------------------------------------- remembering


def _remembered(cache: Cache, words: list[str], seen: bytes, command: Callable[[], int]) -> int:
    if os.name == "nt" or {"-", "--watch"} & {*words} or not _are_files(sys.stdout, sys.stderr):
        return command()  # on Windows questions about paths cannot be watched, and consoles are no files
    name = _name(cache, words)
    found = _recall(cache, name)
    if found is not None and _may_write(found, words):
        return _replay(found)
    if not _is_fresh():
        return command()
    with Watch(code_folders()) as watch:
        code = command()
    if code in (0, 1) and watch.sound and _is_plain(watch) and watch.unchanged() and fingerprint() == seen:
        _remember(cache, name, watch, code)
    return code


def _are_files(*streams: object) -> bool:
    return all(hasattr(stream, "buffer") and hasattr(stream, "line_buffering") for stream in streams)


def _is_fresh() -> bool:
    """Whether this process has not read anything yet that it would not read again."""
    return "cnncalc.cli" not in sys.modules


def _is_plain(watch: Watch) -> bool:
    """Whether there is no progress among what was said, which shows how long it took."""
    return not (sys.stderr.isatty() and any(kind == "err" and b"\r" in data for kind, _, data in watch.said))


def _name(cache: Cache, words: Sequence[str]) -> str:
    """What the run is called: all that may matter for it beside what it asks for."""
    variables = sorted(
        f"{key}={value}"
        for key, value in os.environ.items()
        if (key in VARIABLES or key.startswith(FAMILIES))
        and key not in ("CNNCALC_CACHE_DIR", "CNNCALC_NO_CACHE")
    )
    streams = [f"{s.encoding} {s.isatty()}" for s in (sys.stdout, sys.stderr)]
    try:
        size = repr(tuple(os.get_terminal_size(sys.__stdout__.fileno())))  # type: ignore[union-attr]
    except (AttributeError, ValueError, OSError):
        size = ""
    given = [PACKAGE, os.getcwd(), repr(sys.flags), size, *streams, *variables, "", *words]
    return cache.name(b"run", *(text.encode("utf-8", "surrogatepass") for text in given))


def _remember(cache: Cache, name: str, watch: Watch, code: int) -> None:
    """Keep a run: what it said under the states of all that it asked for, and under its name what that was."""
    deep = {path for path, is_deep in watch.seen if is_deep}
    wanted = [(b"d" if d else b"s") + path for path, d in watch.seen if d or path not in deep]
    wanted += [b"g" + b"\n".join(map(os.fsencode, asked)) for asked in watch.git]
    states = [
        *(watch.seen[key[1:], key[:1] == b"d"] for key in wanted if key[:1] != b"g"),
        *watch.git.values(),
    ]
    said = [field for kind, path, data in watch.said for field in (kind.encode(), os.fsencode(path), data)]
    cache.store.put(_under(name, wanted, states), _framed([b"%d" % code, *said]))
    _keep_wanted(cache, name, wanted, states)


def _under(name: str, wanted: Sequence[bytes], states: Sequence[bytes]) -> str:
    return digest([name.encode(), *wanted, *states])


def _keep_wanted(cache: Cache, name: str, wanted: Sequence[bytes], states: Sequence[bytes]) -> None:
    now = time.time_ns()
    fields = [_under(name, wanted, states).encode()]
    for key, said in zip(wanted, states, strict=True):
        seen = signature(key[1:]) if key[:1] != b"g" and settled(key[1:], now) else b""
        fields += [key, said, seen]
    cache.store.put(name, b"\0".join(fields))


def _recall(cache: Cache, name: str) -> list[bytes] | None:
    """What a run said, if all that it asked for is as it was."""
    entry = cache.store.get(name)
    if entry is None:
        return None
    under, *fields = entry.split(b"\0")
    wanted, states, seen = fields[::3], fields[1::3], fields[2::3]
    try:
        now = [
            said if known and signature(key[1:]) == known else _now(key)
            for key, said, known in zip(wanted, states, seen, strict=True)
        ]
    except (Untold, ValueError, OSError):
        return None
    if now == states:
        payload = cache.store.get(os.fsdecode(under))
    else:
        payload = cache.store.get(_under(name, wanted, now))
        if payload is not None:
            _keep_wanted(cache, name, wanted, now)
    return None if payload is None else _unframed(payload)


def _now(key: bytes) -> bytes:
    """The state of something that a run asked for."""
    if key[:1] != b"g":
        return state(key[1:], deep=key[:1] == b"d")
    import subprocess

    asked = [os.fsdecode(word) for word in key[1:].split(b"\n")]
    done = subprocess.run(["git", *asked], capture_output=True, check=False)  # noqa: S603, S607
    return answer(done.returncode, done.stdout, done.stderr)


def _may_write(found: Sequence[bytes], words: Sequence[str]) -> bool:
    """Whether the files of an entry are named on the command line: nobody else may put others there."""
    named = {part for word in words for part in (word, word.partition("=")[2], word[2:])}
    kinds, paths = found[1::3], found[2::3]
    return all(kind != b"file" or os.fsdecode(path) in named for kind, path in zip(kinds, paths, strict=True))


def _replay(found: Sequence[bytes]) -> int:
    for kind, path, data in zip(found[1::3], found[2::3], found[3::3], strict=True):
        if kind == b"file":
            from cnncalc.files import write_atomically

            write_atomically(os.fsdecode(path), data)
        else:
            stream = sys.stdout if kind == b"out" else sys.stderr
            stream.flush()
            stream.buffer.write(data)
            stream.flush()
    return int(found[0])


def _framed(fields: Sequence[bytes]) -> bytes:
    lengths = b" ".join(b"%d" % len(field) for field in fields)
    return lengths + b"\n" + b"".join(fields)


def _unframed(payload: bytes) -> list[bytes]:
    head, _, rest = payload.partition(b"\n")
    fields, at = [], 0
    for length in map(int, head.split()):
        fields.append(rest[at : at + length])
        at += length
    return fields
