"""``cnncalc verify``."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cnncalc.cli.common import complain, read_network, spec_argument, write
from cnncalc.cli.options import batch_option, format_option, max_layers_option, set_option
from cnncalc.dims import concrete
from cnncalc.errors import UsageError

if TYPE_CHECKING:
    from cnncalc.counting.propagate import Report

BAR_FROM = 4 * 10**9  # MACs
SMALL = 100  # elements that --values prints
BLAS_THREADS = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


@click.command("verify")
@spec_argument
@set_option
@batch_option
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), default=0, show_default=True, metavar="N",
              help="Seed for the random inputs and weights.")  # fmt: skip
@click.option("--dtype", type=click.Choice(["float32", "float64"]), default="float32", show_default=True,
              help="Data type of the computation.")  # fmt: skip
@click.option("--input", "inputs", multiple=True, metavar="[NAME=]X.npy",
              help="Use this input, of shape (N, C, ...), instead of random numbers.")  # fmt: skip
@click.option(
    "--weights",
    metavar="W.npz",
    help="Use these weights (PATH.weight, PATH.bias, ...) instead of random ones.",
)
@click.option(
    "--save-output",
    metavar="Y.npz",
    help="Write the network's outputs by path (.npz), or a single output (.npy).",
)
@click.option("--values", is_flag=True, help=f"Print outputs that have at most {SMALL} elements.")
@click.option(
    "--receptive-field",
    is_flag=True,
    help="Also check receptive fields by perturbing every row of the input; use a small input size.",
)
@click.option(
    "--max-memory",
    metavar="SIZE",
    help="Refuse to start if more memory is needed, e.g. 4GiB. Default: half of the free memory.",
)
@click.option(
    "--threads",
    type=click.IntRange(1, 256),
    metavar="N",
    help="Number of threads. Default: one per processor.",
)
@format_option("verification")
@max_layers_option
def command(spec: str, settings: tuple[str, ...], **options: Any) -> int:
    """Run the network on random numbers and compare every array with the computed numbers.

    NumPy does the arithmetic. The shape, the parameters and the MACs that each layer actually used must equal
    the computed ones.

    \b
    cnncalc verify resnet50
    cnncalc verify my.yaml --set H=64 --set W=64 --receptive-field
    cnncalc verify lessons/sobel --values
    """
    network, given, _ = read_network(spec, settings, ())
    report = network.summary(set=given, batch=options["batch"])
    for variable in BLAS_THREADS if "numpy" not in sys.modules else ():
        os.environ.setdefault(variable, "1")  # threads of ours share the work, each with a BLAS of its own
    from cnncalc.analysis import verify
    from cnncalc.report.formats import FORMATS

    threads = options["threads"] or _processors()
    _refuse_too_much(verify.estimate(report, options["dtype"]), options["max_memory"])
    setup = verify.prepared(
        report,
        seed=options["seed"],
        dtype=options["dtype"],
        inputs=_inputs(options["inputs"], report),
        weights=_weights(options["weights"]),
    )
    target = _target(options["save_output"], report)
    with _bar(report) as advance:
        found = verify.verified(
            report, setup, threads=threads, keep_values=SMALL * options["values"],
            keep_outputs=target is not None, watch=advance,
        )  # fmt: skip
    if target is not None:
        from cnncalc.arrays import write_arrays

        write_arrays(target, found.outputs)
    problems = [verify.as_problem(check) for check in found.checks if not check.agrees]
    if options["receptive_field"]:
        from cnncalc.analysis.perturb import judged

        wrong, reached = judged(report, setup, threads=threads)
        problems += wrong
        found = found._replace(reached=reached if not problems else None)
    write(FORMATS["verification"][options["fmt"]](found._replace(memory=_peak())))
    return complain(problems, graphs=[report.graph])


def _target(path: str | None, report: Report) -> str | None:
    """Where outputs go, if the file can hold them."""
    if path is None or path.endswith(".npz"):
        return path
    if not path.endswith(".npy"):
        raise UsageError(f"cannot write arrays to '{path}': the file name must end in .npz or .npy")
    if len(report.outputs) > 1:
        raise UsageError(
            f"a .npy file holds one array, but the network has the outputs {', '.join(report.outputs)}: write a .npz"
        )
    return path


def _inputs(texts: tuple[str, ...], report: Report) -> dict[str, Any]:
    from cnncalc.arrays import read_npy

    found: dict[str, Any] = {}
    first, *others = report.inputs
    for text in texts:
        name, equals, path = text.partition("=")
        if not equals or name not in report.inputs:
            if others:
                several = ", ".join(report.inputs)
                raise UsageError(f"--input: the network has inputs {several}: name one, as in {first}=x.npy")
            name, path = first, text
        if name in found:
            raise UsageError(f"--input: '{name}' is given twice")
        found[name] = read_npy(path)
    return found


def _weights(path: str | None) -> Any:
    from cnncalc.arrays import WeightFile

    return WeightFile(path) if path else None


def _refuse_too_much(need: int, asked: str | None) -> None:
    """Raise ``UsageError`` if a run needs more than it may take."""
    from cnncalc.arrays import free_memory
    from cnncalc.reading.expressions import quantity
    from cnncalc.report.text import size

    if asked is not None:
        limit = quantity.parse(asked)
        if limit is None:
            raise UsageError(f"--max-memory: '{asked}' is not a size; write 4GiB or 500MB")
        what = "but --max-memory is"
    else:
        free = free_memory()
        limit, what = (None, "") if free is None else (free // 2, "but half of the free memory is")
    if limit is not None and need > limit:
        advice = "lower --batch or the input size (--set), or raise --max-memory"
        raise UsageError(f"this run needs about {size(need)}, {what} {size(int(limit))}: {advice}")


@contextmanager
def _bar(report: Report) -> Iterator[Any]:
    """A bar on standard error for long runs that somebody watches."""
    total = concrete(report.totals.macs) * report.batch
    if total < BAR_FROM or not sys.stderr.isatty():
        yield lambda check: None
        return
    with click.progressbar(length=total, label="verify", file=sys.stderr) as bar:
        yield lambda check: bar.update(check.macs * report.batch)


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return min(len(os.sched_getaffinity(0)), 16)
    return min(os.cpu_count() or 1, 16)


def _peak() -> int | None:
    """Most memory that this process held at once, in bytes; None where the system does not say."""
    try:  # what getrusage says on Linux holds the memory of the parent process too
        status = Path("/proc/self/status").read_text("ascii")
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024
    except (OSError, ValueError, IndexError):
        pass
    try:
        import resource
    except ImportError:  # Windows
        return None
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
