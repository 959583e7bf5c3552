"""How many examples hypothesis draws: few in every run; ``CNNCALC_EXAMPLES=5`` draws five times as many."""

import os

from hypothesis import HealthCheck, settings

FACTOR = float(os.environ.get("CNNCALC_EXAMPLES", "0.6"))


def examples(number):
    """``@examples(100)``: this many examples, times the factor; slow ones are not reported."""
    return settings(
        max_examples=max(1, round(number * FACTOR)), deadline=None, suppress_health_check=list(HealthCheck)
    )
