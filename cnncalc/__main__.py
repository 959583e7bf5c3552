"""The entry point, and the only place where errors become exit codes.

0: success; 1: the spec is wrong or an expectation fails; 2: the command could not run; 3: internal error;
130: Ctrl-C.
"""

from __future__ import annotations

import gc
import os
import sys

TYPE_CHECKING = False  # importing typing would take longer than a remembered run
if TYPE_CHECKING:
    import click

    from cnncalc.cache.runs import Cache


def main(arguments: list[str] | None = None) -> int:
    """Run the command line. Never raises."""
    gc.set_threshold(100_000)  # a short process that makes no cycles: collecting would only cost
    try:  # imports are inside, because Ctrl-C may arrive while they run
        return _run(arguments)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        _silence_output()
        return 141


def _run(arguments: list[str] | None) -> int:
    from cnncalc.cache.runs import run

    if sys.stdout is None:
        if sys.stderr is not None:
            sys.stderr.write("error: standard output is closed\n")
        return 2
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        return run(arguments, lambda cache: _command(arguments, cache))
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001 - the boundary: a traceback never reaches a user
        return _failure(error)


def _command(arguments: list[str] | None, cache: Cache | None) -> int:
    from cnncalc.cli import cli
    from cnncalc.cli.progress import watched

    with watched():
        result = cli.main(arguments, prog_name="cnncalc", standalone_mode=False, obj=cache)
    sys.stdout.flush()
    return result if isinstance(result, int) else 0


def _failure(error: Exception) -> int:
    """Say why a command did not come to an end; the exit code."""
    import click

    from cnncalc.dims import DimError
    from cnncalc.errors import CnncalcError, SpecError

    match error:
        case click.exceptions.Abort():
            return 130
        case click.ClickException():
            return _wrong_usage(error)
        case DimError():
            click.echo(f"error: this cannot be decided: {error}", err=True)
            return 1
        case SpecError():
            from cnncalc.cli.common import complain

            return complain(error.problems)
        case CnncalcError():
            from cnncalc.report.text import safe

            click.echo(f"error: {safe(str(error))}", err=True)
            return error.exit_code
        case OSError():
            _silence_output()
            click.echo(f"error: cannot write: {error.strerror or error}", err=True)
            return 2
    return _internal_error(error)


def _wrong_usage(error: click.ClickException) -> int:
    """Print click's message about wrong arguments, without control characters."""
    import io

    import click

    from cnncalc.report.text import safe

    said = io.StringIO()
    error.show(said)
    click.echo("\n".join(map(safe, said.getvalue().expandtabs(4).split("\n"))), err=True, nl=False)
    return 2


def _internal_error(error: Exception) -> int:
    if os.environ.get("CNNCALC_TRACEBACK"):
        raise error
    kind = type(error).__name__
    message = f"internal error ({kind}): this is a bug in cnncalc; please report it with the spec"
    sys.stderr.write(f"{message} (CNNCALC_TRACEBACK=1 shows where)\n")
    return 3


def _silence_output() -> None:
    """Redirect standard output to nowhere, because its reader is gone and the interpreter flushes it at exit."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError, AttributeError):
        pass


if __name__ == "__main__":
    sys.exit(main())
