"""The closed forms of every shipped architecture, at its default and at twenty random sizes (``CNNCALC_SIZES``)."""

import os
import random

import pytest

from cnncalc.dims import substitute
from cnncalc.errors import SpecError
from cnncalc.network import build
from cnncalc.reading.text.files import read_spec
from cnncalc.reading.text.shipped import shipped_specs
from cnncalc.validity import validity

SPECS = shipped_specs()
SIZES = int(os.environ.get("CNNCALC_SIZES", "20"))
NUMBERS = ("weights", "biases", "buffers", "macs", "flops")
#: variables that scale widths; free ones are positive integers
WIDTHS = ("w", "classes", "k")


def agree(symbolic, numeric, values):
    for number in (*NUMBERS, "param_bytes", "activation_bytes"):
        assert substitute(getattr(symbolic.totals, number), values) == getattr(numeric.totals, number), number
    for one, two in zip(symbolic.rows, numeric.rows, strict=True):
        assert tuple(substitute(d, values) for d in one.output) == two.output, one.path
        for number in NUMBERS:
            assert substitute(getattr(one, number), values) == getattr(two, number), (one.path, number)


@pytest.mark.parametrize("name", SPECS)
def test_closed_forms_are_the_numbers(name):
    path, variant = SPECS[name]
    network = build(read_spec(str(path))[0], variant or None)
    default = network.summary()
    setting = default.graph.variables
    free = [
        n
        for n in ("H", "W", *WIDTHS)
        if n in setting and isinstance(setting[n], int) and not isinstance(setting[n], bool)
    ]
    for names in (free, ["H", "W"]):
        try:
            symbolic = network.summary(free=names)
            break
        except SpecError as error:  # its structure depends on a width
            assert {p.code for p in error.problems} <= {"C306", "C101"}
    agree(symbolic, default, setting)
    draw = random.Random(name)
    valid = validity([demand.condition for demand in symbolic.graph.demands], symbolic.graph.free).sets
    compared = 0
    for index in range(100):
        if index >= (SIZES if not variant else SIZES // 10) and compared:
            break
        values = {n: draw.randint(1, 400 if n in "HW" else 40) for n in names}
        if index % 2:  # few sizes of a U-Net are valid
            values = {n: valid[n].nearest(value, step=1) or value for n, value in values.items()}
        try:
            numeric = network.summary(set=values)
        except SpecError:
            assert not all(c.holds(values) for c in symbolic.conditions), values
            continue
        assert all(c.holds(values) for c in symbolic.conditions), values
        if not numeric.graph.misfits:
            agree(symbolic, numeric, values)
            compared += 1
    assert compared > 0
