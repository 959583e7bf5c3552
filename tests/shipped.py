"""The files of the shipped architectures: one network for each, a family's being that of its file's own values."""

import pytest

from cnncalc.reading.text.shipped import shipped_specs

PATHS = sorted({path for path, _ in shipped_specs().values()})


def files(marks=None):
    """Parameters for a test that loads each of them."""
    return [pytest.param(str(path), id=path.stem, marks=(marks or {}).get(path.stem, ())) for path in PATHS]
