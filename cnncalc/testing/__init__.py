"""Tests for layer types of your own: the laws that every type of cnncalc obeys.

>>> from cnncalc.testing import check_layer
>>> check_layer(LpPool2d)  # doctest: +SKIP

With pytest, ``pytest -p cnncalc.testing.plugin --cnncalc-layers shop.layers`` makes a test of each law for each type of
a module; see ``docs/layers.md``.
"""

from cnncalc.testing.drawing import random_fields, random_item, random_spec, values
from cnncalc.testing.laws import LAWS, Law, check_layer

__all__ = ["LAWS", "Law", "check_layer", "random_fields", "random_item", "random_spec", "values"]
