"""Files at a Git revision."""

from __future__ import annotations

import os
import posixpath
import subprocess
import sys

from cnncalc.errors import UsageError
from cnncalc.reading.text.files import SUFFIXES, MissingFile, read_bytes
from cnncalc.reading.text.find import LOOKED_AT, SKIPPED, is_spec
from cnncalc.reading.text.nodes import Document


def read_revision(reference: str) -> tuple[Document, str | None]:
    """Read a spec at a Git revision: ``git:REV:PATH`` or ``git:REV:PATH@variant``.

    As in git itself, ``./`` and ``../`` begin at the working folder, and other paths at the top of the
    repository; where nothing is there, they too are looked up from the working folder.

    Raises:
        MissingFile: the revision has no such file.
        UsageError: git is not there or knows no such revision, or two files may be meant.
        SpecError: the file is no valid YAML or JSON.
    """
    revision, path = _parts(reference)
    path, _, variant = path.partition("@")
    if not path:
        raise UsageError(f"'{reference}' is not git:REV:PATH")
    return read_bytes(_data(reference, revision, path), reference, path), variant or None


def is_folder(reference: str) -> bool:
    """Whether ``git:REV:PATH`` is a folder of the revision."""
    return _tree(reference) is not None


def is_there(reference: str) -> bool:
    """Whether ``git:REV:PATH`` is a file or a folder of the revision.

    Raises:
        UsageError: git is not there or knows no such revision, or two files may be meant.
    """
    revision, path = _parts(reference)
    try:
        _data(reference, revision, path)
    except MissingFile:
        return False
    return True


def specs_in(reference: str) -> dict[str, str]:
    """The specs in a folder ``git:REV:PATH``, and in folders below it: by their names in it, how each is called."""
    tree = _tree(reference)
    if tree is None:
        return {}
    revision, path = tree
    listed = (
        _git("ls-tree", "-r", "-z", "--full-tree", "--name-only", revision, "--", path and f"{path}/") or b""
    )
    found = {}
    for name in listed.decode("utf-8", "surrogateescape").split("\0"):
        within = name.removeprefix(f"{path}/") if path else name
        folders = within.split("/")[:-1]
        if name.endswith(SUFFIXES) and not any(f.startswith(".") or f in SKIPPED for f in folders):
            data = _git("show", f"{revision}:{name}") or b""
            if is_spec(name, data[:LOOKED_AT]):
                found[within] = f"git:{revision}:{name}"
    return found


def _parts(reference: str) -> tuple[str, str]:
    """Revision and path of ``git:REV:PATH``.

    Raises:
        UsageError: it has no revision.
    """
    revision, colon, path = reference.partition(":")[2].partition(":")
    if not colon or not revision or revision.startswith("-"):
        raise UsageError(f"'{reference}' is not git:REV:PATH")
    return revision, path.replace(os.sep, "/")


def _tree(reference: str) -> tuple[str, str] | None:
    """Revision and path, from the top of the repository, of a folder; None where there is none."""
    revision, colon, path = reference.partition(":")[2].partition(":")
    if not colon or not revision or revision.startswith("-"):
        return None
    path = path.replace(os.sep, "/").rstrip("/")
    prefix = (_git("rev-parse", "--show-prefix") or b"").decode("utf-8", "surrogateescape").strip("\n")
    here = posixpath.normpath(f"{prefix}{path}")
    places = [here] if path.startswith((".", "..")) or not path else [path, here]
    for place in places:
        inside = "" if place == "." else place
        if not inside.startswith("..") and _git("cat-file", "-t", f"{revision}:{inside}") == b"tree\n":
            return revision, inside
    return None


def changed_since(revision: str) -> set[str]:
    """Files of the working folder's repository, by their real paths, that differ from a revision or are not tracked.

    Where the branch has left the revision's history, what has changed since it did so counts, as in a pull request.

    Raises:
        UsageError: git is not there, knows no such revision, or cannot compare with it.
    """
    top = _git("rev-parse", "--show-toplevel")
    if top is None:
        reason = _refused() or "this repository has no working tree"
        raise UsageError(f"cannot tell what has changed since '{revision}': {reason}")
    if revision.startswith("-") or _git("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}") is None:
        raise UsageError(f"there is no revision '{revision}'; git branch --all lists the existing ones")
    base = (_git("merge-base", revision, "HEAD") or revision.encode()).strip().decode()
    root = top.rstrip(b"\n").decode("utf-8", "surrogateescape")
    listed = [
        _git("-C", root, "diff", "--name-only", "-z", "--no-renames", base, "--"),
        _git("-C", root, "ls-files", "-z", "--others", "--exclude-standard"),
    ]
    if None in listed:  # in a shallow or damaged repository: nothing would seem to have changed
        raise UsageError(f"cannot tell what has changed since '{revision}': git cannot compare with it")
    names = [
        name.decode("utf-8", "surrogateescape")
        for out in listed
        for name in (out or b"").split(b"\0")
        if name
    ]
    return {os.path.realpath(os.path.join(root, name)) for name in names}


def _data(reference: str, revision: str, path: str) -> bytes:
    if path.startswith(("./", "../")):
        places = [path]
    else:
        prefix = (_git("rev-parse", "--show-prefix") or b"").decode("utf-8", "surrogateescape").strip("\n")
        places = [path, f"./{path}"] if prefix else [path]
    found = {place: data for place in places if (data := _git("show", f"{revision}:{place}")) is not None}
    if len(found) > 1:
        up = "../" * prefix.count("/")
        raise UsageError(
            f"cannot read {reference}: '{path}' is at the top of the repository and in this folder; "
            f"write git:{revision}:{up}{path} or git:{revision}:./{path}"
        )
    for data in found.values():
        return data
    if _git("rev-parse", "--verify", "--quiet", f"{revision}^{{tree}}") is not None:
        raise MissingFile(f"cannot read {reference}: there is no file '{path}' in '{revision}'")
    reason = _refused() or f"there is no revision '{revision}'"
    raise UsageError(f"cannot read {reference}: {reason}")


def _git(*arguments: str) -> bytes | None:
    """What git prints; None where it fails."""
    done = _run(*arguments)
    return None if done.returncode else done.stdout


def _refused() -> str | None:
    """Why git does not look into any repository here, in its own words; None if it does."""
    done = _run("rev-parse", "--git-dir")
    lines = done.stderr.decode("utf-8", "replace").strip().splitlines() if done.returncode else []
    return lines[0].removeprefix("fatal: ") if lines else None


def _run(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    try:
        done = subprocess.run(["git", *arguments], capture_output=True, check=False)  # noqa: S603, S607
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot run git: {error}") from None
    sys.audit("cnncalc.ran", arguments, done.returncode, done.stdout, done.stderr)  # the cache listens
    return done
