"""Property tests draw the same examples in every run; ``CNNCALC_EXPLORE=1`` draws new ones."""

import os

from hypothesis import settings

settings.register_profile("steady", derandomize=True)
if not os.environ.get("CNNCALC_EXPLORE"):
    settings.load_profile("steady")
