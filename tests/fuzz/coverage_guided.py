"""The same target under atheris, which looks for inputs that reach new code (``pip install atheris``).

python -m tests.fuzz.coverage_guided CORPUS -max_total_time=3600
"""

import sys

import atheris

with atheris.instrument_imports(include=["cnncalc"]):
    from tests.fuzz import target

target.SECONDS = 60.0  # instrumented code is slow; -timeout= looks for hangs

if __name__ == "__main__":
    atheris.Setup(sys.argv, target.one_input)
    atheris.Fuzz()
