"""Commands run in this process."""

import contextlib
import io
import sys

import pytest

from cnncalc.__main__ import main

linux = pytest.mark.skipif(sys.platform != "linux", reason="devices and limits of Linux")


def here(arguments):
    """Exit code and what was written, in this process."""
    out = io.TextIOWrapper(io.BytesIO(), "utf-8")
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        code = main(arguments)
        out.flush()
    return code, out.buffer.getvalue().decode("utf-8", "replace")
