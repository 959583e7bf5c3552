"""Hypothesis strategies for layers. What a field may hold follows from its annotation: see ``cnncalc.testing.drawing``."""

from hypothesis import strategies as st

from cnncalc.registry import all_types
from cnncalc.testing.drawing import random_fields, random_item, random_spec

TYPES = all_types()
CLASSES = st.sampled_from(list(TYPES.values()))
DRAWS = st.randoms(use_true_random=False)  # which hypothesis shrinks


def fields(cls):
    """Values for the required fields of a layer type, and for some of the others; errors name fields without values."""
    return DRAWS.map(lambda draw: random_fields(draw, cls))


def items(shape=(4, 8, 8)):
    """Items of a spec, of any type."""
    return st.builds(lambda draw, cls: random_item(draw, cls, shape), DRAWS, CLASSES)


def specs():
    """Specs of one layer, of any type, on a small input."""
    return st.builds(random_spec, DRAWS, CLASSES)
