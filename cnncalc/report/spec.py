"""A spec as text; what writes imported networks writes it."""

from cnncalc.interchange.writing import as_json, as_yaml

__all__ = ["as_json", "as_yaml"]
