"""Property tests draw the same examples in every run; ``CNNCALC_EXPLORE=1`` draws new ones.

With ``CNNCALC_PROCESSOR_SECONDS=5`` a test that is not marked ``slow`` fails if it takes more processor time than
that, its child processes counted.

Nothing is remembered from test to test: the tests of the cache use folders of their own.
"""

import os

import pytest
from hypothesis import settings

os.environ["CNNCALC_NO_CACHE"] = "1"
os.environ.pop("FORCE_COLOR", None)  # the texts that tests compare have none

settings.register_profile("steady", derandomize=True)
if not os.environ.get("CNNCALC_EXPLORE"):
    settings.load_profile("steady")


def _processor_seconds():
    return sum(os.times()[:4])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    start = _processor_seconds()
    found = yield
    took, limit = _processor_seconds() - start, float(os.environ.get("CNNCALC_PROCESSOR_SECONDS", "inf"))
    if took > limit and item.get_closest_marker("slow") is None:
        pytest.fail(
            f"{took:.1f} s of processor time, over {limit:g} s: make it cheaper, or mark it slow",
            pytrace=False,
        )
    return found
